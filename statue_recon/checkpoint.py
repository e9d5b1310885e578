"""Finished stages kept on disk, so that a job that was interrupted goes on where it stood.

A checkpoint holds arrays and plain values only (NumPy's .npz, never a pickle). Its name carries a key of all that went
into the run: a request, photo or mask that was changed since finds no checkpoint and starts from the beginning.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib
import json
import logging
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from . import __version__, contract, contract_edit
from .contract import CHECKPOINT_FOLDER, Request
from .contract_edit import EditJob
from .whole import draft_of, remove_drafts

log = logging.getLogger(__name__)
T = TypeVar("T")

UNREADABLE = (OSError, EOFError, ValueError, KeyError, TypeError, zipfile.BadZipFile)
TREE = "tree"  # the entry of the .npz that says how the arrays hang together
RECORDS = {  # the dataclasses that stages hand on, and where they live: nothing else is ever built from a file
    "Camera": "camera",
    "Photo": "photo.photo",
    "Delit": "photo.delight",
    "Columns": "priors.shape.columns",
    "Imagined": "priors.shape.prior",
    "SDF": "field.sdf",
    "Mesh": "mesh.mesh",
    "GeometryState": "refine.geometry",
    "Refined": "refine.stage",
    "BuiltMesh": "mesh.mesh",
    "TexturedMesh": "mesh.mesh",
    "RepaintState": "refine.appearance.repaint",
    "DistilState": "refine.appearance.distil",
    "PaintingState": "refine.painting",
    "Painted": "refine.painting",
    "Region": "edit.statue",
    "Layer": "edit.statue",
    "MaterialLayer": "edit.surface",
}


@dataclass(frozen=True)
class SoFar:
    """How far a stage has come that is not done yet."""

    path: Path

    def read(self) -> Any | None:
        """What was written last; None if there is nothing, or nothing that can be read."""
        if not self.path.exists():
            return None
        try:
            return read(self.path)
        except UNREADABLE as error:
            log.warning("The checkpoint %s cannot be read (%s): the stage begins anew.", self.path, error)
            return None

    def write(self, value: Any) -> None:
        write(self.path, value)


class Checkpoints:
    """The finished stages of one request in `folder/checkpoints`."""

    def __init__(self, folder: Path, request: Request | EditJob):
        self.folder = folder / CHECKPOINT_FOLDER
        self.key = key_of(folder, request)
        remove_drafts(self.folder)
        for stale in self.folder.glob("*.npz*"):
            if self.key not in stale.name:
                stale.unlink()

    def or_make(self, name: str, work: Callable[..., T], *inputs: Any) -> T:
        """What `work(*inputs)` gives: read from disk if an earlier run of this request got that far, else made."""
        path = self.folder / f"{name}-{self.key}.npz"
        if path.exists():
            try:
                value = read(path)
                log.info("%s: read from its checkpoint", name)
                return value
            except UNREADABLE as error:
                log.warning("The checkpoint %s cannot be read (%s): the stage is done again.", path, error)
        value = work(*inputs)
        write(path, value)
        self.so_far(name).path.unlink(missing_ok=True)
        return value

    def so_far(self, name: str) -> SoFar:
        """Where a long stage keeps how far it has come."""
        return SoFar(self.folder / f"{name}-so-far-{self.key}.npz")

    def clear(self) -> None:
        """Removes them: the run is done, and what it made lies in the result."""
        for path in self.folder.glob("*.npz*"):
            path.unlink()
        if self.folder.exists() and not any(self.folder.iterdir()):
            self.folder.rmdir()


def key_of(folder: Path, request: Request | EditJob) -> str:
    """20 letters that change with anything that may change what a stage gives."""
    if isinstance(request, Request):
        said, files = contract.request_to_json(request), [name for name in (request.photo, request.mask) if name]
    else:
        said, files = contract_edit.edit_to_json(request), contract_edit.files_of(request)
    digest = hashlib.sha256(f"{__version__} {contract.VERSION} {said}".encode())
    for name in files:
        path = folder / name
        digest.update(path.read_bytes() if path.is_file() else b"missing")
    return digest.hexdigest()[:20]


def write(path: Path, value: Any) -> None:
    """Writes a stage's value so that a reader finds it whole or not at all."""
    arrays: list[np.ndarray] = []
    tree = json.dumps(_take_apart(value, arrays))
    path.parent.mkdir(exist_ok=True)
    entries = {str(number): array for number, array in enumerate(arrays)}
    entries[TREE] = np.frombuffer(tree.encode(), dtype=np.uint8)
    with draft_of(path) as draft, draft.open("wb") as file:
        np.savez(file, allow_pickle=False, **entries)


def read(path: Path) -> Any:
    """The value written by `write`, equal to the last bit."""
    with np.load(path, allow_pickle=False) as entries:
        return _put_together(json.loads(entries[TREE].tobytes()), entries)


def _take_apart(value: Any, arrays: list[np.ndarray]) -> Any:
    """The value as JSON, with each array replaced by its number in `arrays`."""
    if isinstance(value, np.ndarray):
        arrays.append(value)
        return {"array": len(arrays) - 1}
    if isinstance(value, np.generic):
        return value.item()
    if dataclasses.is_dataclass(value) and type(value).__name__ in RECORDS:
        fields = {f.name: _take_apart(getattr(value, f.name), arrays) for f in dataclasses.fields(value)}
        return {"record": type(value).__name__, "fields": fields}
    if isinstance(value, (tuple, list)):
        return {"tuple": [_take_apart(part, arrays) for part in value]}
    if value is None or isinstance(value, (str, int, float, bool)):
        return value
    raise TypeError(f"A stage handed on a {type(value).__name__}, which no checkpoint can hold")


def _put_together(tree: Any, arrays: Any) -> Any:
    if not isinstance(tree, dict):
        return tree
    if "array" in tree:
        return arrays[str(tree["array"])]
    if "tuple" in tree:
        return tuple(_put_together(part, arrays) for part in tree["tuple"])
    module = importlib.import_module(f".{RECORDS[tree['record']]}", __package__)
    fields = {name: _put_together(part, arrays) for name, part in tree["fields"].items()}
    return getattr(module, tree["record"])(**fields)
