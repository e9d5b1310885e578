"""The photographs of the test statues, with what is known of them: mask, camera, and the truth in the photo's frame.

Each lies in a folder of its own, .cache/bench/statues/photos/NAME:

    photo.jpg    by a 50 mm lens (what the engine takes a photo without EXIF for)
    mask.png     the statue's true coverage of each pixel
    camera.json  the true camera in the frame of truth.ply
    truth.ply    the statue turned so that the photo is its azimuth 0: the camera stands at −Y (and lifted by the
                 elevation, for the statue stays upright)
    view.json    what the photo was taken of, and how; written last
"""

from __future__ import annotations

import dataclasses
import json
import logging
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import trimesh
from PIL import Image

from statue_recon.camera import SENSOR_WIDTH, Camera
from statue_recon.mesh.mesh import Mesh
from statue_recon.render.raster import cover_of_photo
from tools.blenders import environment

from .views import LIGHTS, ROOT, STATUES, View

log = logging.getLogger(__name__)

CACHE = ROOT / ".cache" / "bench" / "statues"
PHOTOS = CACHE / "photos"
BLENDER = "4.5"
LENS = 50.0  # mm
FILL = 0.84  # of the photo's width or height by the statue
FINER = 4  # times the photo's pixels: how the mask is drawn before it is averaged


@dataclasses.dataclass(frozen=True)
class Taken:
    """A photograph that is there."""

    view: View
    folder: Path

    @property
    def photo(self) -> Path:
        return self.folder / "photo.jpg"

    @property
    def mask(self) -> Path:
        return self.folder / "mask.png"

    @property
    def truth(self) -> Path:
        return self.folder / "truth.ply"

    @property
    def camera(self) -> Camera:
        return Camera.from_json(json.loads((self.folder / "camera.json").read_text(encoding="utf-8")))

    @property
    def up_to_date(self) -> bool:
        stamp = self.folder / "view.json"
        return stamp.exists() and json.loads(stamp.read_text(encoding="utf-8")) == dataclasses.asdict(self.view)


def take(wanted: list[View], threads: int = 0) -> list[Taken]:
    """The photographs of these views; those that are missing are rendered, in one Blender. threads 0: all cores."""
    taken = [Taken(view, PHOTOS / view.name) for view in wanted]
    missing = [photo for photo in taken if not photo.up_to_date]
    if missing:
        _render(missing, threads)
    return taken


def _render(missing: list[Taken], threads: int) -> None:
    python = environment(BLENDER)
    if python is None:
        raise SystemExit(f"Blender {BLENDER} cannot be set up here: it needs Python 3.11.")
    by_name = {photo.view.name: photo for photo in missing}
    with tempfile.TemporaryDirectory() as folder:
        jobs = Path(folder) / "jobs.json"
        jobs.write_text(json.dumps([_prepare(photo) for photo in missing]), encoding="utf-8")
        script = Path(__file__).with_name("scene.py")
        command = [str(python), str(script), str(jobs), str(threads)]
        blender = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, encoding="utf-8")
        assert blender.stdout is not None
        for line in blender.stdout:
            if line.startswith("photo "):
                _stamp(by_name[line.split()[1]])
                log.info("%s", line.strip())
    if blender.returncode or blender.wait():
        raise SystemExit(f"Blender ended with code {blender.returncode}.")


def _prepare(photo: Taken) -> dict:
    """Writes what is known beforehand; returns the job of scene.py."""
    photo.folder.mkdir(parents=True, exist_ok=True)
    (photo.folder / "view.json").unlink(missing_ok=True)
    statue = trimesh.load(STATUES / f"{photo.view.statue}.ply", process=False)
    turn = trimesh.transformations.rotation_matrix(-np.radians(photo.view.azimuth), (0, 0, 1))
    statue.apply_transform(turn)
    statue.apply_translation(-statue.bounds.mean(axis=0))
    statue.export(photo.truth)
    camera = stand(statue.vertices, photo.view.elevation, photo.view.long_side)
    Image.fromarray(coverage(statue, camera)).save(photo.mask)
    told = camera.to_json() | {"blender": camera.to_blender()}
    (photo.folder / "camera.json").write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    return dataclasses.asdict(photo.view) | {
        "name": photo.view.name,
        "truth": str(photo.truth),
        "light": str(LIGHTS / f"{photo.view.light}.hdr"),
        "photo": str(photo.photo),
        "camera": camera.to_blender(),
        "width": camera.width,
        "height": camera.height,
    }


def stand(vertices: np.ndarray, elevation: float, long_side: int) -> Camera:
    """Where a photographer stands for the statue to fill the picture, upright or lying as the statue is."""
    size = np.ptp(vertices, axis=0)
    short_side = long_side * 3 // 4
    width, height = (short_side, long_side) if size[2] >= size[0] else (long_side, short_side)
    focal = LENS / SENSOR_WIDTH * long_side
    distance = 4.0
    for _ in range(20):  # steps back or forth until the statue fills the picture as wanted
        pixels, _ = Camera.orbit(0, elevation, distance, width, height, focal).project(vertices)
        distance *= float((2 * np.abs(pixels - (width / 2, height / 2)).max(axis=0) / (width, height)).max()) / FILL
    return Camera.orbit(0, elevation, distance, width, height, focal)


def coverage(statue: trimesh.Trimesh, camera: Camera) -> np.ndarray:
    """How much of each pixel the statue covers, [H, W] uint8."""
    mesh = Mesh(np.asarray(statue.vertices, np.float32), np.asarray(statue.faces, np.int32))
    height, width = camera.height, camera.width
    fine = cover_of_photo(mesh, camera.resized(FINER * width, FINER * height)).faces >= 0
    return np.round(255 * fine.reshape(height, FINER, width, FINER).mean(axis=(1, 3))).astype(np.uint8)


def _stamp(photo: Taken) -> None:
    text = json.dumps(dataclasses.asdict(photo.view), indent=2) + "\n"
    (photo.folder / "view.json").write_text(text, encoding="utf-8")
