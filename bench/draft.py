"""How long a Draft takes and how well it keeps to its outline: .venv/bin/python bench/draft.py [PHOTO]

Runs the command line as a process of its own, imports and all, and prints JSON. The baseline is what issue 4 asks of
the bundled prior on two cores: 60 s in all, a coarse mesh within 10 s, 2 GB of memory; the outline's IoU is issue 1's.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from statue_recon.camera import Camera
from statue_recon.contract import Progress, Request, Result, from_line
from statue_recon.mesh.mesh import Mesh
from statue_recon.photo.load import load_photo
from statue_recon.render.raster import cover_of_photo
from statue_recon.report import Report

ROOT = Path(__file__).resolve().parent.parent
BASELINE = {"seconds": 60.0, "first_mesh_seconds": 10.0, "peak_megabytes": 2048, "silhouette_iou": 0.97}


def main(photo: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        measured = run(photo, Path(folder))
        measured["silhouette_iou"] = round(silhouette_iou(photo, Path(folder)), 4)
    sys.stdout.write(json.dumps({"photo": photo.name, **measured, "baseline": BASELINE}, indent=2) + "\n")


def run(photo: Path, out: Path) -> dict:
    """Wall seconds from the start of the process, and the most memory it held, in megabytes."""
    began = time.monotonic()
    command = [sys.executable, "-m", "statue_recon", "reconstruct", str(photo), "--out", str(out), "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8", cwd=ROOT)
    measured: dict = {"cores": os.cpu_count()}
    assert process.stdout is not None
    for line in process.stdout:
        event = from_line(line)
        if isinstance(event, Progress) and event.preview and "first_mesh_seconds" not in measured:
            measured["first_mesh_seconds"] = round(time.monotonic() - began, 2)
        if isinstance(event, Result):
            measured["faces"] = event.faces
    if process.wait():
        sys.exit(f"The run failed with exit code {process.returncode}.")
    measured["seconds"] = round(time.monotonic() - began, 2)
    if sys.platform != "win32":
        import resource

        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        measured["peak_megabytes"] = round(peak / (2**20 if sys.platform == "darwin" else 2**10))
    measured["stage_seconds"] = json.loads((out / "provenance.json").read_text(encoding="utf-8"))["seconds"]
    return measured


def silhouette_iou(photo: Path, out: Path) -> float:
    """How the mesh, drawn through its own camera, covers the mask the run used."""
    arrays = np.load(out / "mesh.npz")
    camera = Camera.from_json(json.loads((out / "camera.json").read_text(encoding="utf-8")))
    drawn = cover_of_photo(Mesh(arrays["vertices"], arrays["faces"]), camera, "cpu").faces >= 0
    report = Report(out)
    mask = load_photo(out, Request(photo=str(photo)), report).alpha > 0.5
    report.close()
    return float((drawn & mask).sum() / (drawn | mask).sum())


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else ROOT / "samples" / "beethoven.jpg").resolve())
