"""Objects from a folder of meshes, which stay where they are."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from ...contract import Failure
from ..manifest import Manifest
from .sidecar import Beside
from .work import MESHES, LeftOut, Work, digest_of, plain_words

HOW_TO_STATE = (
    "State it with --licence for all that say nothing themselves, or file by file: in NAME.json or metadata.csv beside "
    "the meshes (file, title, description, author, licence, url), or in a LICENSE file of their folder."
)


def meshes(root: Path, leave: Path) -> Iterator[Path]:
    """The mesh files below `root` in a fixed order; not those below `leave` (what a collection has downloaded)."""
    for place, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and Path(place, name) != leave)
        for name in sorted(files):
            if name.lower().endswith(MESHES) and not name.startswith("."):
                yield Path(place, name)


def checked(root: Path) -> Path:
    """The folder as the manifest will know it. Raises Failure."""
    if not root.is_dir():
        raise Failure(f"There is no folder {root}.", next_step="Check the path of the folder with the meshes.")
    return root.resolve()


class Folder:
    """Records the meshes of a folder."""

    def __init__(self, root: Path, manifest: Manifest, licence: str, author: str):
        self._manifest = manifest
        self._licence, self._author = licence, author
        self._beside = Beside(root)
        self._home = manifest.folder.resolve()

    def close(self) -> None:
        self._beside.close()

    def take(self, mesh: Path) -> bool:
        """Records this mesh if it is new, or was changed, or more is said of it. Returns whether. Raises LeftOut.

        A file whose size and time of change are as they were is not read again.
        """
        work = self._work(mesh)
        work.check()
        state = mesh.stat()
        if not state.st_size:
            raise LeftOut("is empty")
        entry = self._manifest.get(work.identifier)
        before: dict[str, Any] = (entry and entry["source"]) or {}
        same = (before.get("bytes"), before.get("changed")) == (state.st_size, state.st_mtime_ns)
        digest = before["hash"] if same else digest_of(mesh)
        source = work.as_source(self._name(mesh), digest, state.st_size) | {"changed": state.st_mtime_ns}
        if source == before:
            return False
        self._manifest.record(work.identifier, "source", source)
        return True

    def _work(self, mesh: Path) -> Work:
        said = self._beside.about(mesh)
        name = self._name(mesh)
        work = Work(
            identifier=f"{_slug(mesh.stem)}-{hashlib.sha256(name.encode('utf-8', 'surrogatepass')).hexdigest()[:10]}",
            title=said.get("title") or plain_words(mesh.stem.replace("_", " ")) or "Untitled",
            description=said.get("description", ""),
            source="folder",
            author=said.get("author", ""),
            licence=said.get("licence", ""),
            url=said.get("url", ""),
        )
        return replace(work, author=work.author or self._author, licence=work.licence or self._licence)

    def _name(self, mesh: Path) -> str:
        """How the manifest calls the file: from the collection's folder if it lies there, so that both can be moved."""
        return mesh.relative_to(self._home).as_posix() if mesh.is_relative_to(self._home) else mesh.as_posix()


def _slug(stem: str) -> str:
    """Of a file's name what every disk and every address takes."""
    return re.sub(r"[^a-z0-9]+", "-", stem.lower())[:40].strip("-") or "mesh"
