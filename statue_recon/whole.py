"""Files that are there whole or not at all: written beside their place, and moved there when they are done."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE = 20  # tenths of a second a reader may keep an old file open


@contextmanager
def draft_of(path: Path) -> Iterator[Path]:
    """Where to write what is to appear at `path` when the block ends well; if it does not, nothing of it stays."""
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")  # its own, for another run may be at it too
    try:
        yield draft
        _move(draft, path)
    except BaseException:
        if draft.parent.is_dir():  # what is left of it may take the very space that is missing
            draft.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: bytes) -> None:
    with draft_of(path) as draft:
        draft.write_bytes(content)


def remove_drafts(folder: Path) -> None:
    """Removes what a run that was killed has left in a folder."""
    for draft in folder.glob(".*.part"):
        draft.unlink(missing_ok=True)


def _move(draft: Path, path: Path) -> None:
    """Puts the new file in the old one's place; Windows refuses for as long as somebody is reading the old one."""
    for _ in range(_PATIENCE):
        try:
            draft.replace(path)
            return
        except PermissionError:
            if os.name != "nt":
                raise
            time.sleep(0.1)
    draft.replace(path)
