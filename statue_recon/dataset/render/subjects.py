"""Which objects are to be rendered: those of a collection that are used, or the meshes of any folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ...contract import Failure
from ...provenance import sha256_of_file
from ..manifest import JOURNAL, USED, Manifest
from .shape import FORMATS


@dataclass(frozen=True)
class Subject:
    """An object to be rendered."""

    identifier: str
    path: Path  # of its mesh
    known_hash: str | None = None  # "sha256:…" where the manifest has it

    @property
    def folder_name(self) -> str:
        """The identifier as a name that every file system takes, each its own."""
        return quote(self.identifier, safe=" ()[]+,=@")

    def hash(self) -> str:
        """ "sha256:…" of the file as it lies there."""
        return self.known_hash or f"sha256:{sha256_of_file(self.path)}"


class Subjects:
    """The objects in a fixed order, one at a time: a collection may have more than memory holds."""

    def __init__(self, place: Path):
        """place: a collection, a folder of meshes (searched to its depth), or one mesh file."""
        if not place.exists():
            raise Failure(f"There is nothing at {place}.", next_step="Check the path of the collection.")
        self._place = place
        self._manifest = Manifest(place) if (place / JOURNAL).exists() else None

    def __len__(self) -> int:
        if self._manifest:
            return self._manifest.count(USED)
        return sum(1 for _ in self)

    def __iter__(self) -> Iterator[Subject]:
        if self._manifest:
            for entry in self._manifest.entries(USED):
                source = entry["source"] or {}
                yield Subject(entry["id"], self._place / source.get("file", ""), source.get("hash"))
        elif self._place.is_dir():
            for path in _meshes(self._place):
                yield Subject(path.relative_to(self._place).as_posix(), path)
        else:
            yield Subject(self._place.stem, self._place)

    def close(self) -> None:
        if self._manifest:
            self._manifest.close()


def _meshes(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.is_dir() and not path.name.startswith("."):
            yield from _meshes(path)
        elif path.suffix.lower() in FORMATS:
            yield path
