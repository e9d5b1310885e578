"""`statue-recon train prepare`: collections and folders of meshes become one small folder to train from."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract import Failure
from ..dataset.files import NoMesh, read_triangles
from ..dataset.manifest import JOURNAL, USED, Manifest
from ..mesh.extract import simplify
from ..mesh.mesh import LONGEST_SIDE, Mesh
from ..whole import write_whole
from . import lights as surroundings
from .objects import LIST, Entry, mesh_file, store

log = logging.getLogger(__name__)

MESHES = (".ply", ".glb", ".obj", ".stl", ".off")
PLAIN = (198, 194, 188)  # sRGB, of meshes without colours: pale stone
FACES = 20_000  # of a mesh, at most


@dataclass(frozen=True)
class Wishes:
    """How statues are prepared."""

    faces: dict[str, int] = field(default_factory=dict)  # of a mesh, at most, by what its source is called; else FACES
    limit: float | None = None  # MiB of the whole folder
    held: tuple[str, ...] = ()  # objects to validate with, by name
    share: float = 0.03  # of collections that nobody has split, held out to validate with
    lights: Path | None = None  # a folder of .hdr pictures


@dataclass(frozen=True)
class _Found:
    """A mesh to prepare, and what is known of it."""

    path: Path
    id: str
    group: str
    set: str
    caption: str = ""
    title: str = ""


def prepare(sources: list[tuple[str, Path]], out: Path, wishes: Wishes) -> tuple[list[Entry], int]:
    """Prepares what the sources hold, each with what it is called; returns the list and the bytes of the folder.

    What comes first is sure of its place where there is a limit.
    """
    if (out / LIST).is_file():
        raise Failure(
            f"{out} holds prepared statues already.",
            next_step="Name another folder, or delete this one: distances kept in it belong to its meshes.",
        )
    entries: list[Entry] = []
    size = 2 + (surroundings.store(out, surroundings.lights_of(wishes.lights)) if wishes.lights else 0)
    for found in _all(sources, wishes):
        prepared = _prepared(found, {entry.id for entry in entries}, wishes.faces.get(found.group, FACES))
        if prepared is None:
            continue
        entry, mesh, colours = prepared
        needed = store(out, entry, mesh, colours) + len(_listed([entry]))
        if wishes.limit is not None and size + needed > wishes.limit * 2**20:
            mesh_file(out, entry).unlink()
            log.warning("%d objects fill %.1f MiB; the rest is left out", len(entries), size / 2**20)
            break
        size += needed
        entries.append(entry)
    if not entries:
        raise Failure(
            f"There is nothing to train from: no mesh was found in {', '.join(str(source) for _, source in sources)}.",
            next_step="Name folders with meshes, or collections made by `statue-recon dataset`.",
        )
    entries = _with_some_held_out(entries)
    write_whole(out / LIST, _listed(entries))
    return entries, size


def _prepared(found: _Found, taken: set[str], faces: int) -> tuple[Entry, Mesh, NDArray[np.uint8]] | None:
    """The object as it is kept; None, and a word about it, if nothing can be made of its mesh."""
    try:
        read = read_triangles(found.path)
    except NoMesh as problem:
        log.warning("%s: the mesh %s", found.path.name, problem)
        return None
    mesh, colours = _small(read.vertices, read.faces, read.colours, faces)
    name = found.id if found.id not in taken else f"{found.group}-{found.path.name}"
    if name in taken:
        log.warning("%s: there is one of that name already; it is left out", found.path)
        return None
    return Entry(name, found.group, found.set, found.caption, found.title, _closed(mesh)), mesh, colours


def _with_some_held_out(entries: list[Entry]) -> list[Entry]:
    """The entries; if none of them is there to validate with, one in twenty is, and at least one of several."""
    if len(entries) < 2 or any(entry.set == "validation" for entry in entries):
        return entries
    chosen = sorted(entries, key=lambda entry: _chance(entry.id))[: max(len(entries) // 20, 1)]
    log.warning("held out to validate with: %s", ", ".join(sorted(entry.id for entry in chosen)))
    return [replace(entry, set="validation") if entry in chosen else entry for entry in entries]


def _listed(entries: list[Entry]) -> bytes:
    return json.dumps([asdict(entry) for entry in entries], indent=0, ensure_ascii=False).encode("utf-8")


def _chance(name: str) -> float:
    """0 … 1, always the same for a name."""
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).digest()[0] / 256


def _all(sources: list[tuple[str, Path]], wishes: Wishes) -> Iterator[_Found]:
    for name, source in sources:
        if (source / JOURNAL).is_file():
            yield from _of_collection(name, source, wishes)
        else:
            for path in sorted(path for path in source.glob("*") if path.suffix.lower() in MESHES):
                kind = "validation" if path.stem in wishes.held else "train"
                yield _Found(path, path.stem, name, kind, title=path.stem.replace("_", " "))


def _of_collection(name: str, source: Path, wishes: Wishes) -> Iterator[_Found]:
    """Its used objects but those that `dataset split` keeps for tests."""
    with Manifest(source) as manifest:
        for entry in manifest.entries(USED):
            told = entry["source"]
            kind = (entry["split"] or {}).get("set") or (
                "validation" if _chance(entry["id"]) < wishes.share else "train"
            )
            if kind == "test":
                continue
            if entry["id"] in wishes.held:
                kind = "validation"
            caption = told.get("caption") or told.get("title") or ""
            yield _Found(source / told["file"], entry["id"], name, kind, caption, told.get("title", ""))


def _small(vertices: NDArray, faces: NDArray, colours: NDArray | None, most: int) -> tuple[Mesh, NDArray[np.uint8]]:
    """The mesh in the engine's frame with at most so many faces, and its colours [V, 3]."""
    from scipy.spatial import cKDTree

    low, high = vertices.min(axis=0), vertices.max(axis=0)
    placed = ((vertices - (low + high) / 2) * (LONGEST_SIDE / (high - low).max())).astype(np.float32)
    whole = Mesh(placed, faces.astype(np.int32))
    mesh = _simplified(whole, most) if len(faces) > most else whole
    if colours is None:
        return mesh, np.broadcast_to(np.array(PLAIN, np.uint8), mesh.vertices.shape).copy()
    return mesh, colours[cKDTree(placed).query(mesh.vertices)[1]]


def _simplified(mesh: Mesh, most: int) -> Mesh:
    """The mesh with at most so many faces, closed if it is; with holes where it has some, for so scans come."""
    places, number = np.unique(mesh.vertices, axis=0, return_inverse=True)
    welded = Mesh(places, number.reshape(-1)[mesh.faces].astype(np.int32))  # at seams of textures it would be torn
    if _closed(welded):
        simpler = simplify(welded, most)
        if len(simpler.faces) <= most:
            return simpler
    from fast_simplification import simplify as collapse

    vertices, faces = collapse(welded.vertices, welded.faces, target_count=most)
    return Mesh(np.asarray(vertices, np.float32), np.asarray(faces, np.int32))


def _closed(mesh: Mesh) -> bool:
    """Whether each edge is walked once in either direction."""
    edges = mesh.faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2).astype(np.int64)
    there, back = (edges[:, a] * len(mesh.vertices) + edges[:, b] for a, b in ((0, 1), (1, 0)))
    return bool(np.array_equal(np.sort(there), np.sort(back)))
