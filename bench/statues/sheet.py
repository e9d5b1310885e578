"""The contact sheet: each photo, what was made of it from three sides, and the truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from statue_recon.camera import Camera
from statue_recon.evaluate.picture import draw
from statue_recon.evaluate.protocol import in_unit_box
from statue_recon.evaluate.subject import Subject, read_mesh, read_subject
from statue_recon.render.raster import cover_of_photo
from tools.contact_sheet import sheet

from .photos import Taken

SIDE = 300  # pixels of a picture
FAR, FOCAL = 4.0, 3.4  # distance in longest sides, and focal length in sides of the picture: a statue fills 85 %
CLAY = np.array([0.62, 0.60, 0.57], dtype=np.float32)
LIGHT = np.array([-0.45, -0.55, 0.7])  # from the viewer's upper left, in the viewer's frame: x right, y in, z up


def write_sheet(photos: list[Taken], folders: list[Path], out: Path) -> None:
    """One line for each photo: the photo; the result in its colours from the front, the side and the back; as clay from
    the front and the side; the truth as clay from the front and the side."""
    lines = []
    for photo, folder in zip(photos, folders, strict=True):
        line = [Image.open(photo.photo).convert("RGBA")]
        if (folder / "mesh.npz").exists():
            made = read_subject(folder)
            line += [picture(made, azimuth, coloured=True) for azimuth in (0, 90, 180)]
            line += [picture(made, azimuth, coloured=False) for azimuth in (0, 90)]
        truth = read_mesh(photo.truth)
        line += [picture(truth, azimuth, coloured=False) for azimuth in (0, 90)]
        lines.append(line)
    sheet(lines, SIDE).save(out)


def picture(subject: Subject, azimuth: float, coloured: bool) -> Image.Image:
    """The subject from one side [SIDE, SIDE], transparent around."""
    mesh = in_unit_box(subject.mesh).of(subject.mesh)
    camera = Camera.orbit(azimuth, 0, FAR, SIDE, SIDE, FOCAL * SIDE)
    cover = cover_of_photo(mesh, camera)
    there = cover.faces >= 0
    colours: NDArray = np.broadcast_to(CLAY, (SIDE, SIDE, 3)).copy()
    if coloured and subject.uv is not None and subject.atlas is not None:
        colours = draw(cover, subject.uv, subject.atlas)
    normals = cover.of(mesh.normals, mesh.faces)
    right, down, inwards = camera.rotation
    light = LIGHT @ np.stack([right, inwards, -down]) / np.linalg.norm(LIGHT)
    bright = 0.35 + 0.75 * np.clip(normals @ light, 0, 1)
    colours[there] *= np.minimum(bright, 1.0)[:, None].astype(np.float32)
    pixels = np.dstack([colours, there.astype(np.float32)])
    return Image.fromarray(np.round(255 * np.clip(pixels, 0, 1)).astype(np.uint8))
