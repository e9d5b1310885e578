"""What `dataset clean` costs: .venv/bin/python bench/dataset_clean.py OBJECTS [JOBS]

Cleans a collection of that many different small objects (1 280 faces each) and prints, as JSON, the seconds of
processor time for each object and the most memory that the main process had at once. Run it with 1 000 and with 10 000:
the memory must be the same.
"""

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import trimesh

from statue_recon.dataset.clean.pen import Limits
from statue_recon.dataset.clean.sift import Settings, sift
from statue_recon.dataset.manifest import Manifest


def main(count: int, jobs: int) -> None:
    with tempfile.TemporaryDirectory() as folder, Manifest(Path(folder), create=True) as manifest:
        manifest.record_many("source", (plant(Path(folder), number) for number in range(count)))
        settings = Settings(Limits(60.0, 2**30), ("artefact",), None, None)
        began, own = time.monotonic(), time.process_time()
        outcome = sift(manifest, settings, None, jobs)
        measured = {
            "objects": count,
            "verdicts": {name: outcome[name] for name in ("keep", "look", "drop")},
            "seconds": round(time.monotonic() - began, 1),
            "main_process_cpu_ms_each": round(1000 * (time.process_time() - own) / count, 2),
            "workers_cpu_ms_each": round(1000 * resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime / count, 1),
            "main_process_peak_MiB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
        }
    sys.stdout.write(json.dumps(measured, indent=2) + "\n")


def plant(folder: Path, number: int) -> tuple[str, dict]:
    """A ball with bumps, another for each number."""
    chance = np.random.default_rng(number)
    ball = trimesh.creation.icosphere(subdivisions=3)
    waves = chance.normal(size=(12, 3)) * chance.uniform(0.5, 4.0)
    bumps = chance.uniform(0.02, 0.3) * np.sin(ball.vertices @ waves.T + chance.uniform(0, 6, 12)).sum(axis=1)
    vertices = ball.vertices * (1 + bumps)[:, None] * chance.uniform(0.1, 2.0, 3)
    trimesh.Trimesh(vertices, ball.faces, process=False).export(folder / f"{number}.ply")
    return str(number), {"file": f"{number}.ply", "title": "Statue", "source": "folder", "bytes": 1}


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 1)
