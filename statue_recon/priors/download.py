"""Putting a model on this disk, checked, and whole or not at all: downloaded, or from a file somebody carried here.

Standard library only, for Blender's side runs this too (in a thread). A download that breaks off is kept and gone on
with; nothing is called installed before its hashes are the registry's, or those that the hub states of it.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import http.client
import logging
import shutil
import ssl
import tarfile
import threading
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from ..contract import Failure
from ..transfer import PIECE, read_on, size_of
from . import hub, own
from .models import File, Model, is_whole, write_stamp

log = logging.getLogger(__name__)

Progress = Callable[[float, str], None]  # share that is done 0 … 1, what is being done

TRIES = 4  # connections that break are taken up again where they broke, if they brought anything
DOWNLOADING = 0.9  # of the bar; the rest is checking and unpacking
PARTS = ".parts"  # folder of downloads that are not done, beside the models
FULL_DISK = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class Stopped(Exception):
    """The download was asked to stop; what it has is kept."""


class Fetching:
    """One try to put a model into `folder/IDENTIFIER`."""

    def __init__(self, model: Model, folder: Path, progress: Progress, cancelled: threading.Event):
        self.model, self.folder = model, folder
        self.place = folder / model.identifier
        self._progress, self._cancelled = progress, cancelled
        self._parts = folder / PARTS / model.identifier

    def download(self) -> Path:
        """Fetches what is missing and returns the model's folder. Raises Failure, or Stopped."""
        if is_whole(self.model, self.place):
            return self.place
        if not self.model.can_be_fetched or self.model.folder:
            raise Failure(
                f"{self.model.title} cannot be downloaded here: nothing is known to check its files by.",
                next_step=f"Get it from {self.model.homepage} and put it into {self.place}.",
            )
        with self._disk_in_words():
            self._parts.mkdir(parents=True, exist_ok=True)
            self._ask_hub()
            self._check_space()
            if archive := self.model.archive:
                packed = self._fetch(File("", archive.size, archive.sha256, url=archive.url), 0, archive.size)
                self._unpack(packed)
            else:
                self._fetch_files()
            self._install()
        return self.place

    def take(self, given: Path) -> Path:
        """Installs from a file that was carried here: the archive, or the model's one file. The same checks."""
        with self._disk_in_words():
            digest = self._hash(given, "Checking the file", hashlib.sha256())
            self._parts.mkdir(parents=True, exist_ok=True)
            if self.model.archive and digest == self.model.archive.sha256:
                self._unpack(given)
            elif [digest] == [file.sha256 for file in self.model.files]:
                shutil.copyfile(given, self._target(self.model.files[0]))
            else:
                raise Failure(
                    f"{given.name} is not {self.model.name}: its contents are others.",
                    next_step=f"Choose the file that lies at {self._address}.",
                )
            self._install()
        return self.place

    def _ask_hub(self) -> None:
        """What the registry does not know of the files, the hub says."""
        self._progress(0.0, "Asking what there is")
        try:
            self.model = hub.described(self.model)
        except (OSError, http.client.HTTPException) as error:
            raise _in_words(error, str(getattr(error, "url", self.model.homepage)), self.model) from error

    def _fetch_files(self) -> None:
        before = 0
        for file in self.model.files:
            assert file.size is not None
            if size_of(self._target(file)) != file.size:  # else an earlier try came as far as this
                self._fetch(file, before, self.model.size or file.size).replace(self._target(file))
            before += file.size

    def _fetch(self, source: File, before: int, whole: int) -> Path:
        """The download of `source`, checked; `before` of `whole` bytes came with others."""
        assert source.url and source.size is not None and source.has_hash  # can_be_fetched says so
        part = self._parts / f"{(source.sha256 or source.git or '')[:16]}.part"
        for attempt in range(TRIES):
            had = size_of(part)
            if had >= source.size:
                break
            try:
                self._read(source, part, before, whole)
            except (OSError, http.client.HTTPException) as error:
                if size_of(part) == had or attempt == TRIES - 1 or _is_final(error):
                    raise _in_words(error, source.url, self.model) from error
                log.info("%s broke off at %d bytes: %s", source.url, size_of(part), error)
        if not self._is(part, source, "Checking the download"):
            part.unlink()
            raise Failure(
                f"The download of {self.model.title} is damaged: its contents are not what its makers published.",
                next_step="Try again; if it stays so, something on the way (a proxy, a virus scanner) changes it.",
            )
        return part

    def _read(self, source: File, part: Path, before: int, whole: int) -> None:
        """Goes on with a download until it ends or breaks."""
        assert source.url

        def arrived(had: int) -> None:
            self._stop_if_asked()
            self._progress(DOWNLOADING * (before + had) / whole, f"Downloading: {(before + had) / 1e6:.0f} MB")

        read_on(source.url, part, source.size, arrived)

    def _unpack(self, packed: Path) -> None:
        """Takes the model's files out of the archive, and nothing else."""
        wanted = {file.member: file for file in self.model.files}
        try:
            with tarfile.open(packed, "r|gz") as archive:
                for member in archive:
                    self._stop_if_asked()
                    file = wanted.get(member.name)
                    content = archive.extractfile(member) if file and member.isfile() else None
                    if file and content:
                        self._copy(content, self._target(file))
        except (tarfile.TarError, EOFError, zlib.error) as error:
            raise self._damaged() from error

    def _copy(self, content: IO[bytes], target: Path) -> None:
        with target.open("wb") as file:
            while piece := content.read(PIECE):
                self._stop_if_asked()
                file.write(piece)

    def _install(self) -> None:
        """Checks the files and moves them, all at once, to where models lie."""
        for file in self.model.files:
            target = self._target(file)
            if not target.is_file() or not self._is(target, file, "Checking the files"):
                raise self._damaged()
        write_stamp(self.model, self._unpacked)
        if self.place.exists():
            shutil.rmtree(self.place)
        self._unpacked.rename(self.place)
        self._clear()
        self._progress(1.0, "Ready")

    @property
    def _unpacked(self) -> Path:
        return self._parts / "unpacked"

    @property
    def _address(self) -> str:
        return self.model.archive.url if self.model.archive else self.model.homepage

    def _target(self, file: File) -> Path:
        path = self._unpacked / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path

    def _is(self, path: Path, file: File, words: str) -> bool:
        """Whether a file's contents are those that are wanted."""
        if file.sha256:
            return self._hash(path, words, hashlib.sha256()) == file.sha256
        started = hashlib.sha1(f"blob {size_of(path)}\0".encode(), usedforsecurity=False)  # as git does
        return self._hash(path, words, started) == file.git

    def _hash(self, path: Path, words: str, digest: Any) -> str:
        self._progress(DOWNLOADING, words)
        with path.open("rb") as file:
            while piece := file.read(PIECE):
                self._stop_if_asked()
                digest.update(piece)
        return str(digest.hexdigest())

    def _check_space(self) -> None:
        """An archive and what is in it lie here together for a while."""
        needed = (self.model.size or 0) + (self.model.archive.size if self.model.archive else 0)
        free = shutil.disk_usage(self._parts).free + sum(map(size_of, self._parts.rglob("*")))
        if free < needed:
            raise Failure(
                f"{self.model.title} needs {needed / 1e6:.0f} MB, but {self.folder} has only {free / 1e6:.0f} MB free.",
                next_step="Free some space on that disk and try again.",
            )

    def _damaged(self) -> Failure:
        self._clear()
        return Failure(
            f"The files of {self.model.title} are damaged: they are not what its makers published.",
            next_step="Try again; if it stays so, something on the way (a proxy, a virus scanner) changes them.",
        )

    def _clear(self) -> None:
        shutil.rmtree(self._parts, ignore_errors=True)
        with contextlib.suppress(OSError):  # downloads of other models lie in it
            self._parts.parent.rmdir()

    def _stop_if_asked(self) -> None:
        if self._cancelled.is_set():
            raise Stopped

    @contextlib.contextmanager
    def _disk_in_words(self) -> Iterator[None]:
        """Turns what the disk may refuse into a sentence."""
        try:
            yield
        except OSError as error:
            if error.errno in FULL_DISK:
                raise Failure(
                    f"The disk is full: {self.model.title} does not fit into {self.folder}.",
                    next_step="Free some space on that disk and try again: the download goes on where it stopped.",
                ) from error
            raise Failure(
                f"{error.filename or self.folder} cannot be read or written: {error.strerror or error}.",
                next_step="Check that folder and its permissions, then try again.",
            ) from error


def remove(model: Model, folder: Path) -> None:
    """Takes a model off this disk, with what is left of an unfinished download. Raises Failure.

    A folder that a person chose is forgotten, not deleted: it is theirs.
    """
    if model.folder:
        own.forget_folder(folder, model.identifier)
        return
    try:
        for place in (folder / model.identifier, folder / PARTS / model.identifier):
            if place.exists():
                shutil.rmtree(place)
    except OSError as error:
        raise Failure(
            f"{model.title} could not be removed: {error.strerror or error} ({error.filename}).",
            next_step="Wait until no job uses it, then try again.",
        ) from error


def _is_final(error: Exception) -> bool:
    """Whether trying once more at once cannot help."""
    if isinstance(error, urllib.error.HTTPError):
        return error.code < 500
    return isinstance(error, OSError) and error.errno in FULL_DISK


def _in_words(error: Exception, url: str, model: Model) -> Exception:
    """The network's error as a sentence; one of the disk's is handed back as it is."""
    title, instead = model.title, "Use a Folder" if model.layout else "Use a File"
    host = urllib.parse.urlsplit(url).hostname or url
    later = "Try again later: the download goes on where it stopped."
    if isinstance(error, urllib.error.HTTPError):
        if refusal := hub.refused(error, model):
            return refusal
        if error.code in (404, 410):
            return Failure(
                f"{title} is not at its address any more: {url}.",
                next_step=f"Update the extension, or choose what you have with {instead}.",
            )
        return Failure(f"{host} refuses the download of {title} ({error.code} {error.reason}).", next_step=later)
    reason = error.reason if isinstance(error, urllib.error.URLError) else error
    if isinstance(reason, ssl.SSLCertVerificationError):
        return Failure(
            f"{host} could not prove who it is (a certificate is missing or a proxy changes the traffic).",
            next_step=f"Ask whoever runs your network, or choose what you have with {instead}.",
        )
    network = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError)
    if isinstance(error, network):
        return Failure(
            f"{host} could not be reached, or the connection broke off ({reason}).",
            next_step="Check the network and try again: the download goes on where it stopped.",
        )
    return error
