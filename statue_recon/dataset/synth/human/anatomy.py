"""The body before it is somebody: MakeHuman's base mesh, its shape targets, and its rig. Metres, Z up, facing −Y."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_DECIMETRE = 0.1
_RIG_PREFIX = "mixamorig:"
_TARGET = ".target.gz"
_JOINT_PREFIX = "joint-"  # groups of little cubes around the rig's joints


@dataclass(frozen=True)
class Bone:
    """A bone of the rig; its ends are the means of vertices, so that they follow every shape."""

    name: str
    parent: str  # "" for the root
    head: NDArray[np.int64]  # vertices
    tail: NDArray[np.int64]


@dataclass(frozen=True)
class Target:
    """A change of shape: some vertices, moved."""

    vertices: NDArray[np.int64]  # [N]
    offsets: NDArray[np.float32]  # [N, 3] metres


@dataclass(frozen=True)
class Anatomy:
    """Everything that is the same for all figures."""

    folder: Path
    base: NDArray[np.float32]  # [V, 3]
    faces: dict[str, NDArray[np.int32]]  # group → [F, 3] triangles
    bones: tuple[Bone, ...]  # parents before children
    weights: NDArray[np.float32]  # [V, B], rows sum to 1

    @property
    def bone_names(self) -> tuple[str, ...]:
        return tuple(bone.name for bone in self.bones)

    @cached_property
    def strongest(self) -> NDArray[np.intp]:
        """[V] the bone that moves each vertex most."""
        return self.weights.argmax(axis=1)

    @property
    def body_size(self) -> int:
        """The first so many vertices are the body's skin; the helpers follow."""
        return int(self.faces["body"].max()) + 1

    @property
    def details(self) -> tuple[str, ...]:
        """The names of all targets of single features, without "detail/", in order."""
        return _details(self.folder)

    def target(self, name: str) -> Target:
        """A target by its path inside the folder "targets", without the ending: "detail/nose/nose-greek-incr"."""
        return _target(self.folder, name)

    def joints(self, vertices: NDArray) -> dict[str, NDArray]:
        """[3] where each bone of a body in its rest pose begins, and under "NAME.tail" where it ends."""
        found = {}
        for bone in self.bones:
            found[bone.name] = vertices[bone.head].mean(axis=0, dtype=np.float64)
            found[f"{bone.name}.tail"] = vertices[bone.tail].mean(axis=0, dtype=np.float64)
        return found


@cache
def load(folder: Path) -> Anatomy:
    """Reads the body data; once per process."""
    places, faces, cubes = _base(folder)
    bones = _bones(folder, cubes)
    return Anatomy(folder, places, faces, bones, _weights(folder, bones, len(places)))


def _base(folder: Path) -> tuple[NDArray[np.float32], dict[str, NDArray[np.int32]], dict[str, NDArray[np.int64]]]:
    """Vertices [V, 3], triangles [F, 3] per group, and the vertices of each joint's cube."""
    vertices: list[list[str]] = []
    quads: dict[str, list[list[int]]] = {}
    group: list[list[int]] = []
    for line in _text(folder / "base.obj.gz").splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            vertices.append(rest.split())
        elif kind == "g":
            group = quads.setdefault(rest.strip(), [])
        elif kind == "f":
            group.append([int(corner.partition("/")[0]) - 1 for corner in rest.split()])
    corners = {name: np.array(faces) for name, faces in quads.items()}
    cubes = {name: np.unique(faces) for name, faces in corners.items() if name.startswith(_JOINT_PREFIX)}
    faces = {name: _triangles(faces) for name, faces in corners.items() if name not in cubes}
    return _turned(np.array(vertices, np.float64)), faces, cubes


def _triangles(quads: NDArray) -> NDArray[np.int32]:
    return np.concatenate([quads[:, (0, 1, 2)], quads[:, (0, 2, 3)]]).astype(np.int32)


def _turned(points: NDArray) -> NDArray[np.float32]:
    """From MakeHuman's decimetres, Y up, facing +Z."""
    return np.stack([points[:, 0], -points[:, 2], points[:, 1]], axis=1).astype(np.float32) * np.float32(_DECIMETRE)


def _bones(folder: Path, cubes: dict[str, NDArray[np.int64]]) -> tuple[Bone, ...]:
    rig = json.loads(_text(folder / "rig.json.gz"))["bones"]

    def end(where: dict) -> NDArray[np.int64]:
        return cubes[where["cube_name"]] if where["strategy"] == "CUBE" else np.array(where["vertex_indices"])

    found = {name: Bone(_plain(name), _plain(b["parent"]), end(b["head"]), end(b["tail"])) for name, b in rig.items()}
    depth: dict[str, int] = {"": 0}

    def generation(bone: Bone) -> int:
        if bone.name not in depth:
            depth[bone.name] = generation(found[_RIG_PREFIX + bone.parent]) + 1 if bone.parent else 1
        return depth[bone.name]

    return tuple(sorted(found.values(), key=lambda bone: (generation(bone), bone.name)))


def _weights(folder: Path, bones: tuple[Bone, ...], count: int) -> NDArray[np.float32]:
    given = json.loads(_text(folder / "weights.json.gz"))["weights"]
    weights = np.zeros((count, len(bones)), np.float32)
    for column, bone in enumerate(bones):
        rows = np.array(given[_RIG_PREFIX + bone.name])
        weights[rows[:, 0].astype(int), column] = rows[:, 1]
    return weights / weights.sum(axis=1, keepdims=True)


@cache
def _details(folder: Path) -> tuple[str, ...]:
    place = folder / "targets" / "detail"
    return tuple(
        sorted(path.relative_to(place).as_posix().removesuffix(_TARGET) for path in place.rglob(f"*{_TARGET}"))
    )


@cache
def _target(folder: Path, name: str) -> Target:
    lines = _text(folder / "targets" / f"{name}{_TARGET}").splitlines()
    rows = [line for line in lines if line and not line.startswith("#")]
    numbers = np.array(" ".join(rows).split(), np.float64).reshape(-1, 4)
    return Target(numbers[:, 0].astype(np.int64), _turned(numbers[:, 1:]))


def _plain(name: str) -> str:
    return name.removeprefix(_RIG_PREFIX)


def _text(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode("utf-8")
