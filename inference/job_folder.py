"""The folder of a job: making it, reading it back, finding unfinished ones, and keeping their size in bounds.

What the folder holds is spelled in statue_recon/contract.py, and for edits in contract_edit.py; Blender's side adds
`origin.json` (the photo's or statue's name, and which file, scene and object asked), `lock`, and the empty marks
`inserted` and `dismissed`. Names stay short because Windows ends a path at 260 characters unless told otherwise: a job
adds at most 110 characters to its location.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import logging
import re
import shutil
import time
import unicodedata
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..statue_recon import contract, contract_edit
from ..statue_recon.contract import Failure, Request, Result
from ..statue_recon.contract_edit import EDIT_FILE, EditJob, EditResult
from . import lock
from .events import ending_of

log = logging.getLogger(__name__)

ORIGIN_FILE = "origin.json"
INSERTED = "inserted"  # its result is in a scene
DISMISSED = "dismissed"  # nobody wants it resumed
STATUE_FOLDER = "statue"  # of an edit: the statue as it was taken out of Blender
NAME_LENGTH = 40  # characters of the photo's name that go into the folder's

Fill = Callable[[Path], None]  # writes into a new folder what the job needs, its request last


def create(root: Path, title: str, request: Request, photo: bytes, mask: bytes | None, origin: dict[str, Any]) -> Path:
    """A new job folder below `root`, named after the time and the photo's `title`. `photo` and `mask` are PNG files."""

    def fill(folder: Path) -> None:
        (folder / contract.PHOTO_FILE).write_bytes(photo)
        if mask is not None:
            (folder / contract.MASK_FILE).write_bytes(mask)
        own = dataclasses.replace(request, photo=contract.PHOTO_FILE, mask=None if mask is None else contract.MASK_FILE)
        (folder / contract.REQUEST_FILE).write_text(contract.request_to_json(own), encoding="utf-8")

    return _create(root, title, origin, fill)


def create_edit(root: Path, title: str, request: EditJob, statue: Fill, origin: dict[str, Any]) -> Path:
    """A new job folder of an edit. `statue` writes the statue into the folder it is given; `title` is its name."""

    def fill(folder: Path) -> None:
        (folder / STATUE_FOLDER).mkdir()
        statue(folder / STATUE_FOLDER)
        own = dataclasses.replace(request, statue=STATUE_FOLDER)
        (folder / EDIT_FILE).write_text(contract_edit.edit_to_json(own), encoding="utf-8")

    return _create(root, title, origin, fill)


def _create(root: Path, title: str, origin: dict[str, Any], fill: Fill) -> Path:
    """The request is written last: a folder without one is no job, so a crash in between leaves nothing half begun."""
    with _writing(root):
        root.mkdir(parents=True, exist_ok=True)
        folder = _new_folder(root, f"{time.strftime('%Y%m%d-%H%M%S')}-{_safe(title)}")
        try:
            text = json.dumps({"title": title, "asked_from": origin}, ensure_ascii=False, indent=2)
            (folder / ORIGIN_FILE).write_text(text, encoding="utf-8")
            fill(folder)
        except (OSError, Failure):
            shutil.rmtree(folder, ignore_errors=True)  # a full disk gets its space back
            raise
    return folder


def is_edit(folder: Path) -> bool:
    """Whether the job changes a statue that is there, rather than making one of a photo."""
    return (folder / EDIT_FILE).is_file()


def read_request(folder: Path) -> Request | EditJob:
    """The request of a job; a Failure where there is none or where it was edited into something else."""
    edit = is_edit(folder)
    name = EDIT_FILE if edit else contract.REQUEST_FILE
    again = "edit the statue" if edit else "reconstruct the photo"
    try:
        text = (folder / name).read_text(encoding="utf-8")
        return contract_edit.edit_from_json(text) if edit else contract.request_from_json(text)
    except OSError as error:
        raise Failure(
            f"{folder.name} is no job folder: its {name} cannot be read ({error.strerror}).",
            next_step=f"It was moved, removed or cleaned up: {again} again.",
        ) from error
    except UnicodeDecodeError as error:
        raise Failure(
            f"{name} of the job {folder.name} is not text any more.",
            next_step="The folder was edited by hand: start the job anew.",
        ) from error


def read_origin(folder: Path) -> dict[str, Any]:
    """Which file and scene asked, as it was given to `create`; empty if that is not known any more."""
    asked_from = _origin(folder).get("asked_from")
    return asked_from if isinstance(asked_from, dict) else {}


def title(folder: Path) -> str:
    """The name of the job's photo, or of the statue that it edits, for people."""
    return str(_origin(folder).get("title") or folder.name)


def mark_inserted(folder: Path) -> None:
    _mark(folder, INSERTED)


def dismiss(folder: Path) -> None:
    """Nobody shall be asked again whether to resume this job."""
    _mark(folder, DISMISSED)


def undismiss(folder: Path) -> None:
    (folder / DISMISSED).unlink(missing_ok=True)


def unfinished(root: Path) -> list[Path]:
    """Jobs that run in no Blender and still have something to give, newest first: those that were interrupted, and
    those that finished while the scene that asked was closed."""
    return [folder for folder in jobs(root) if _waits(folder) and not lock.is_taken(folder)]


def jobs(root: Path) -> list[Path]:
    """All job folders below `root`, newest first. Other folders there are none of our business."""
    if not root.is_dir():
        return []
    found = {path.parent for name in (contract.REQUEST_FILE, EDIT_FILE) for path in root.glob(f"*/{name}")}
    return sorted(found, key=lambda job: job.name, reverse=True)


def size(folder: Path) -> int:
    """Bytes that the files of one job take."""
    total = 0
    for path in folder.rglob("*"):
        try:
            total += path.stat().st_size if path.is_file() else 0
        except OSError:
            continue  # gone while we looked: the worker replaces its checkpoints
    return total


def total_size(root: Path) -> int:
    """Bytes that all jobs take."""
    return sum(size(job) for job in jobs(root))


def delete(folder: Path) -> None:
    """Removes a job that runs nowhere, with all it made."""
    read_request(folder)  # never removes a folder that is no job
    if lock.is_taken(folder):
        raise Failure(f"The job {folder.name} is running, here or in another Blender.", next_step="Cancel it first.")
    with _writing(folder):
        shutil.rmtree(folder)


def clean_up(root: Path, limit: int) -> int:
    """Removes the oldest finished jobs until all take `limit` bytes or less; returns the bytes freed.

    The newest job stays, and so does any that is running somewhere, can be resumed, or was edited by hand.
    """
    sizes = {job: size(job) for job in jobs(root)}
    excess = sum(sizes.values()) - limit
    freed = 0
    for job in reversed(list(sizes)[1:]):
        if freed >= excess:
            break
        if not _finished(job):
            continue
        try:
            delete(job)
        except Failure as failure:
            log.info("%s stays: %s", job, failure)
            continue
        freed += sizes[job]
    return freed


def _finished(folder: Path) -> bool:
    """Whether nothing more can come of this job."""
    try:
        read_request(folder)
        return (folder / DISMISSED).exists() or ending_of(folder) is not None
    except (Failure, OSError):
        return False


def _waits(folder: Path) -> bool:
    """Whether a person may want to resume this job, or to insert its result."""
    try:
        read_request(folder)
        ending = ending_of(folder)
    except (Failure, OSError):
        return False
    if (folder / DISMISSED).exists():
        return False
    return ending is None or (isinstance(ending, (Result, EditResult)) and not (folder / INSERTED).exists())


def _origin(folder: Path) -> dict[str, Any]:
    try:
        origin = json.loads((folder / ORIGIN_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return origin if isinstance(origin, dict) else {}


def _mark(folder: Path, name: str) -> None:
    try:
        (folder / name).touch()
    except OSError as error:
        log.warning("%s cannot be marked as %s: %s", folder, name, error)


def _new_folder(root: Path, name: str) -> Path:
    """A folder nobody else has: making it is the test, so two Blenders in the same second get two."""
    number = 1
    while True:
        folder = root / (name if number == 1 else f"{name}-{number}")
        try:
            folder.mkdir()
            return folder
        except FileExistsError:
            number += 1


def _safe(text: str) -> str:
    """Letters, digits and hyphens every file system takes: accents go, everything else becomes a hyphen."""
    plain = unicodedata.normalize("NFKD", Path(text).stem).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9]+", "-", plain).strip("-")[:NAME_LENGTH].strip("-") or "photo"


@contextmanager
def _writing(place: Path):
    """Turns what the system says about a place that cannot be written to into a sentence."""
    try:
        yield
    except OSError as error:
        if error.errno == errno.ENOSPC:
            raise Failure(
                f"The disk of the job folder {place} is full.",
                next_step="Free some space, or choose another job folder in the extension's preferences.",
            ) from error
        raise Failure(
            f"The job folder {place} cannot be written to ({error.strerror or error}).",
            next_step="Choose another job folder in the extension's preferences.",
        ) from error
