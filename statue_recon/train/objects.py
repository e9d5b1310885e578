"""The prepared statues: one small file each, so that the folder can travel to where it is trained.

objects.json        a list: id, group (the name of the folder it came from), set, caption, title
meshes/ID.npz       places [V, 3] uint16 across the bounding box, faces [F, 3], colours [V, 3] uint8 sRGB, box [2, 3]
fields/GRID/ID.npz  distances, made when first wanted; may be left behind
lights.json         where it was prepared with lights: see lights.py
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from ..contract import Failure
from ..field.sdf import SDF
from ..mesh.mesh import LONGEST_SIDE, Mesh
from ..mesh.solid import ACCURACY, ACCURACY_CLOSED, Surface, refined
from ..photo.light import linear
from ..whole import draft_of
from .variants import chosen_variant, deformed, origin

LIST = "objects.json"
KEPT = 10  # nodes' spacings up to which distances are kept exactly; farther ones are cut off
STEPS = 127 / KEPT  # of a stored distance in a spacing


@dataclass(frozen=True)
class Entry:
    """What the list says of an object."""

    id: str
    group: str
    set: str  # train or validation
    caption: str
    title: str
    closed: bool  # whether its surface closes, so that it is quickly found what lies inside

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Entry:
        return cls(**fields)


def kind_of(entry: Entry, patterns: Iterable[str]) -> str | None:
    """The first of the patterns that its “group/id” fits, or that is its group; None: it fits none."""
    return next((it for it in patterns if entry.group == it or fnmatchcase(f"{entry.group}/{entry.id}", it)), None)


def varied(entry: Entry, rng: Generator) -> Entry:
    """A statue itself or one of its variants; those made from numbers are many, and are left as they are."""
    return entry if entry.caption else replace(entry, id=chosen_variant(entry.id, rng))


class Objects:
    """A folder of prepared statues."""

    def __init__(self, folder: Path):
        try:
            listed = json.loads((folder / LIST).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise Failure(
                f"{folder} holds no prepared statues: its {LIST} cannot be read ({error}).",
                next_step="Make it with `statue-recon train prepare`, or name another folder with --data.",
            ) from error
        self.folder = folder
        self.entries = [Entry.from_json(fields) for fields in listed]

    def of(self, set_name: str, groups: tuple[str, ...] = ()) -> list[Entry]:
        return [entry for entry in self.entries if entry.set == set_name and (not groups or entry.group in groups)]

    def mesh(self, entry: Entry) -> tuple[Mesh, NDArray[np.float32]]:
        """The mesh in the engine's frame and its linear colours [V, 3]; of a variant, deformed as its name says."""
        with np.load(mesh_file(self.folder, entry)) as kept:
            low, high = kept["box"]
            vertices = low + (high - low) * (kept["places"] / 65535.0)
            faces = np.cumsum(kept["faces"].astype(np.int64).ravel()).reshape(-1, 3).astype(np.int32)
            colours = linear(kept["colours"] / np.float32(255)).astype(np.float32)
        return deformed(Mesh(vertices.astype(np.float32), faces), entry.id), colours

    def field(self, entry: Entry, grid: int, device: str = "cpu") -> SDF:
        """Distances to it, int8 in STEPS to a spacing, on a grid with `grid` cells along the longest side."""
        path = self.folder / "fields" / str(grid) / f"{entry.id}.npz"
        if path.is_file():
            with np.load(path) as kept:
                return SDF(kept["values"], kept["lower"], float(kept["spacing"]))
        mesh, _ = self.mesh(entry)
        surface = Surface(mesh, device, ACCURACY_CLOSED if entry.closed else ACCURACY)
        low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
        found = refined(surface.signed_distances, low, high, LONGEST_SIDE / grid)
        values = np.round(np.clip(found.values / found.spacing, -KEPT, KEPT) * STEPS).astype(np.int8)
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft_of(path) as draft, draft.open("wb") as file:
            np.savez_compressed(file, values=values, lower=found.lower, spacing=found.spacing)
        return SDF(values, found.lower, found.spacing)


def mesh_file(folder: Path, entry: Entry) -> Path:
    return folder / "meshes" / f"{origin(entry.id)}.npz"


def store(folder: Path, entry: Entry, mesh: Mesh, colours: NDArray[np.uint8]) -> int:
    """Writes an object's mesh, and returns the bytes it takes."""
    low, high = mesh.vertices.min(axis=0).astype(np.float64), mesh.vertices.max(axis=0).astype(np.float64)
    places = np.round((mesh.vertices - low) / np.maximum(high - low, 1e-9) * 65535).astype(np.uint16)
    steps = np.diff(mesh.faces.ravel().astype(np.int64), prepend=0).astype(np.int32).reshape(-1, 3)
    if np.abs(steps).max(initial=0) < 2**15:
        steps = steps.astype(np.int16)
    path = mesh_file(folder, entry)
    path.parent.mkdir(parents=True, exist_ok=True)
    with draft_of(path) as draft, draft.open("wb") as file:
        np.savez_compressed(file, places=places, faces=steps, colours=colours, box=np.stack([low, high]))
    return path.stat().st_size
