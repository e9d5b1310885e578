"""How a run ends: whatever happened, one sentence of the contract."""

from __future__ import annotations

import errno
import logging

from .contract import Cancelled, EditResult, Event, Failed, Failure, Result
from .report import Stopped

log = logging.getLogger(__name__)

FULL_DISK = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
# Libraries that allocate in C++ say it in their own words and types.
OUT_OF_MEMORY = ("out of memory", "can't allocate memory", "cannot allocate memory", "insufficient memory", "bad_alloc")

# Exit codes of every command; 2, a wrong command line, is argparse's.
DONE, BUG, FAILURE, CANCELLED = 0, 1, 3, 130

SET_UP = "Press Set Up Engine in the extension's preferences (or: pip install -r requirements/engine.txt)."


def ending(error: BaseException, preview: str | None) -> Failed | Cancelled:
    """The last event of a run that `error` broke off; what was no Failure goes into the log with its traceback."""
    if isinstance(error, (Stopped, KeyboardInterrupt, BrokenPipeError)):  # the last: nobody listens any more
        return Cancelled(preview)
    if isinstance(error, Failure):
        log.info("Failure: %s", error)
        return Failed(error.message, error.next_step)
    log.error("The run was broken off.", exc_info=error)
    if isinstance(error, OSError) and error.errno in FULL_DISK:
        return Failed(
            f"The disk is full: the job could not write {error.filename or 'its files'}.",
            "Free some space, or choose another job folder in the preferences, then resume the job.",
        )
    if _out_of_memory(error):
        return Failed(
            "The memory did not suffice for this job.",
            "Choose a lower quality or a smaller photo, or close other programs, then try again.",
        )
    if isinstance(error, PermissionError):
        return Failed(
            f"The job may not write or read {error.filename or 'one of its files'}.",
            "Check the permissions of that folder, or choose another one.",
        )
    if isinstance(error, ImportError) and not (error.name or "").startswith("statue_recon"):
        return Failed(f"The engine's Python lacks what it needs: {error}.", SET_UP)
    return Failed(
        f"Statue Recon made a mistake ({type(error).__name__}: {error}).",
        "Please report it with the log; another quality or mask may get around it.",
        bug=True,
    )


def exit_code(event: Event) -> int:
    if isinstance(event, (Result, EditResult)):
        return DONE
    if isinstance(event, Failed):
        return BUG if event.bug else FAILURE
    return CANCELLED


def _out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno == errno.ENOMEM):
        return True
    said = str(error).lower()
    return type(error).__name__ == "OutOfMemoryError" or any(words in said for words in OUT_OF_MEMORY)
