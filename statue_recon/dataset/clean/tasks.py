"""What is done with strangers' meshes, in a process that may die of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...camera import Camera
from ...mesh.mesh import Mesh
from ...provenance import sha256_of_file
from ...render.start import kernels_on
from ..render.fast import FastScene
from .check import complaints, measure
from .reading import Unreadable, read
from .shape import describe
from .twin import SAME, Likeness, likeness

kernels_on("cpu")  # here, where the memory and time it takes do not count against a mesh

PICTURE = 224  # pixels of a side
VIEWS = ((25.0, 15.0), (-50.0, 25.0))  # azimuth and elevation of the cameras, degrees
_BACKGROUND = 0.93  # sRGB


@dataclass(frozen=True)
class Examined:
    """What a file turned out to be."""

    hash: str  # "sha256:…"
    complaints: list[tuple[str, str]]  # (verdict, sentence)
    measures: dict[str, Any]
    shape: NDArray[np.float16] | None  # its description; None where it cannot be compared
    pictures: NDArray[np.uint8] | None  # [VIEWS, PICTURE, PICTURE, 3]; None where nobody asked for them


def examine(path: Path, pictures: bool, blender: str | None, seconds: float) -> Examined:
    """Reads, measures and describes a mesh."""
    file_hash = f"sha256:{sha256_of_file(path)}"
    try:
        found = read(path, blender, seconds)
    except Unreadable as problem:
        return Examined(file_hash, [(problem.verdict, problem.reason)], {}, None, None)
    measures = measure(found.mesh)
    return Examined(
        file_hash,
        complaints(found, measures, path.stat().st_size),
        measures.as_json(),
        describe(found.mesh),
        taken(found.mesh) if pictures else None,
    )


def compare(path: Path, others: list[tuple[Path, bool]], blender: str | None, seconds: float) -> list[Likeness | None]:
    """How alike a mesh and each of others are, up to the first that is the same; None for one that cannot be read.

    others: (the file, whether it is hopeful).
    """
    seconds /= len(others) + 1
    mesh = read(path, blender, seconds).mesh
    found: list[Likeness | None] = []
    for other, hopeful in others:
        try:
            found.append(likeness(mesh, read(other, blender, seconds).mesh, hopeful))
        except Unreadable:  # it was changed since it was judged
            found.append(None)
            continue
        if found[-1].share >= SAME and not found[-1].mirrored:  # type: ignore[union-attr]  # just put there
            break
    return found


def taken(mesh: Mesh) -> NDArray[np.uint8]:
    """Pictures of a mesh in pale stone before a pale wall, [VIEWS, PICTURE, PICTURE, 3]."""
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    vertices = mesh.vertices - (low + high) / 2
    vertices /= np.linalg.norm(vertices, axis=1).max()  # in a ball of radius 1, which the cameras see as a whole
    scene = FastScene(Mesh(vertices.astype(np.float32), mesh.faces))
    cameras = [Camera.orbit(azimuth, elevation, 4.5, PICTURE, PICTURE, 2.0 * PICTURE) for azimuth, elevation in VIEWS]
    seen = scene.look(cameras, finer=3)
    share = seen["alpha"][..., None]
    return np.round(255 * (seen["rgb"] * share + _BACKGROUND * (1 - share))).clip(0, 255).astype(np.uint8)
