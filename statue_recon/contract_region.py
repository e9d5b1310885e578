"""How a request spells a part of a statue: for edits by words and by hand. Standard library only."""

from __future__ import annotations

from .contract_data import Failure

ALL = "all"
REGIONS = ("mask", "weights", "group", "words")  # the kinds of a region, before its colon; beside ALL


def check_region(region: str, what: str) -> None:
    """Refuses a region that is not spelled as one."""
    kind, _, which = region.partition(":")
    if region == ALL or (kind in REGIONS and which.strip()):
        return
    raise Failure(
        f"The request asks for the {what} “{region}”, which nobody can find.",
        next_step="Choose all, a mask, a vertex group, or words for a part of the statue.",
    )


def region_file(region: str) -> str | None:
    """The path in a region that lies in a file; None for the others."""
    kind, _, path = region.partition(":")
    return path if kind in ("mask", "weights") else None
