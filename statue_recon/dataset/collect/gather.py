"""Taking what an archive offers into a collection: each object once, whole or not at all.

meshes/ID/      the files of an object, there only when all of them are
.parts/ID/      a download that is not done; the next run goes on with it
"""

from __future__ import annotations

import contextlib
import shutil
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..manifest import Manifest
from .unpack import bytes_of, check_mesh, main_mesh, unpack
from .web import Denied, Visitor
from .work import MESHES, LeftOut, Work, digest_of

MESHES_FOLDER = "meshes"
PARTS = ".parts"
UNPACKED = 4  # times as large as the largest download, an object may be when unpacked
_NO_REASON = "could not be fetched (HTTP status {})"
_REASONS = {
    401: "may not be downloaded by you",
    403: "may not be downloaded by you",
    404: "is not there any more",
    410: "is not there any more",
}


@dataclass(frozen=True)
class Download:
    """Where the file of an object is, for a while."""

    url: str
    size: int | None = None  # bytes, as the archive says
    ending: str = ""  # ".zip" or of a mesh; empty: as in the address

    @property
    def kind(self) -> str:
        return self.ending or PurePosixPath(urllib.parse.unquote(urllib.parse.urlsplit(self.url).path)).suffix.lower()


@dataclass(frozen=True)
class Offer:
    """An object that may be taken, and how to learn where its file is."""

    work: Work
    download: Callable[[], Download]  # raises LeftOut, Denied or Failure


@dataclass(frozen=True)
class Refusal:
    """An object that may not be taken, and why, in words that go on from its title."""

    title: str
    reason: str


class Full(Exception):
    """The next object would make the collection larger than it may be."""


class Gathering:
    """Takes offers into a collection.

    largest: bytes a download may have. room: bytes all that was fetched may have on the disk, None: any number.
    told: is called with the bytes of the download under way.
    """

    def __init__(
        self, manifest: Manifest, visitor: Visitor, largest: int, room: int | None, told: Callable[[int], None]
    ):
        self._manifest, self._visitor = manifest, visitor
        self._largest, self._room, self._told = largest, room, told
        self._home = manifest.folder
        fetched = manifest.entries("json_extract(source, '$.file') LIKE ?", f"{MESHES_FOLDER}/%")
        self.taken = sum(entry["source"].get("bytes") or 0 for entry in fetched)

    def has(self, work: Work) -> bool:
        """Whether the object is in the collection, with its file."""
        entry = self._manifest.get(work.identifier)
        return bool(entry and entry["source"] and (self._home / entry["source"]["file"]).is_file())

    def take(self, offer: Offer) -> None:
        """Fetches and records an object. Raises LeftOut, Full or Failure."""
        work = offer.work
        work.check()
        place = self._home / MESHES_FOLDER / work.identifier
        if not place.is_dir():  # else a run was ended between fetching and recording
            self._fetch(offer, place)
        mesh = main_mesh(place)
        name, size = mesh.relative_to(self._home).as_posix(), bytes_of(place)
        self._manifest.record(work.identifier, "source", work.as_source(name, digest_of(mesh), size))
        self.taken += size

    def _fetch(self, offer: Offer, place: Path) -> None:
        parts = self._home / PARTS / offer.work.identifier
        parts.mkdir(parents=True, exist_ok=True)
        unpacked = parts / "unpacked"
        shutil.rmtree(unpacked, ignore_errors=True)
        unpacked.mkdir()
        try:
            packed, kind = self._bring(offer, parts)
            if kind == ".zip":
                unpack(packed, unpacked, UNPACKED * self._largest)
            else:
                packed.replace(unpacked / f"model{kind}")
            check_mesh(main_mesh(unpacked))
            place.parent.mkdir(exist_ok=True)
            unpacked.rename(place)
        except LeftOut as error:
            if not isinstance(error.__cause__, Denied):  # else the server may be in a better mood another day
                (parts / "download").unlink(missing_ok=True)
            _clear(parts)
            raise
        (parts / "download").unlink(missing_ok=True)
        _clear(parts)

    def _bring(self, offer: Offer, parts: Path) -> tuple[Path, str]:
        """Downloads the file; returns where it lies and what it is by its ending."""
        for attempt in (1, 2):  # a temporary address may run out while the download goes on
            try:
                download = offer.download()
                if download.kind not in (".zip", *MESHES):
                    raise LeftOut(f"has a file of a kind we do not read ({download.kind or 'without ending'})")
                self._check(download.size or 0)
                part = parts / "download"
                self._visitor.file(download.url, part, self._arrived)
                return part, download.kind
            except Denied as error:
                if attempt == 2 or error.status not in (401, 403):
                    raise LeftOut(_REASONS.get(error.status, _NO_REASON.format(error.status))) from error
        raise AssertionError("unreachable")

    def _arrived(self, size: int) -> None:
        self._check(size)
        self._told(size)

    def _check(self, size: int) -> None:
        if size > self._largest:
            raise LeftOut(f"is larger than {self._largest / 1e6:.0f} MB")
        if self._room is not None and self.taken + size > self._room:
            raise Full


def _clear(parts: Path) -> None:
    """Removes the folder of a download, unless there is something to go on with."""
    if not (parts / "download").is_file():
        shutil.rmtree(parts, ignore_errors=True)
    with contextlib.suppress(OSError):  # others lie in it
        parts.parent.rmdir()
