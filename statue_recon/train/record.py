"""run.json: what a run of training is, kept beside what it learns, so that its weights can say where they come from."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .. import __version__
from ..contract import Failure
from ..whole import write_whole
from .objects import LIST, Objects

RECORD = "run.json"


@dataclass(frozen=True)
class Record:
    """A run: what is learnt from what, and each time somebody worked at it."""

    task: str  # the command
    part: str  # of the bundled priors, that it makes
    architecture: dict[str, Any]
    budget: dict[str, Any]
    data: dict[str, Any]  # as told by `told_of`, and what the configuration says of it
    begun_from: str  # "nothing", or which weights
    sittings: list[dict[str, Any]]  # when, command, device, versions

    def write(self, run: Path) -> None:
        run.mkdir(parents=True, exist_ok=True)
        write_whole(run / RECORD, (json.dumps(asdict(self), indent=1, ensure_ascii=False) + "\n").encode("utf-8"))


def read_record(run: Path) -> Record | None:
    """None where no run has been."""
    path = run / RECORD
    if not path.is_file():
        return None
    try:
        return Record(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise Failure(f"{path} cannot be read ({error}).", next_step="Start the run anew in another folder.") from error


def told_of(objects: Objects, said: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a run in a few words: how many objects of each group, and which of those that have no recipe."""
    counts: dict[str, dict[str, int]] = {}
    for entry in objects.entries:
        group = counts.setdefault(entry.group, {"train": 0, "validation": 0})
        group[entry.set] = group.get(entry.set, 0) + 1
    named = sorted(entry.id for entry in objects.entries if not entry.caption)
    list_hash = hashlib.sha256((objects.folder / LIST).read_bytes()).hexdigest()
    return {"groups": counts, "named": named, "list_sha256": list_hash, **said}


def cores() -> int:
    """Of the processor, that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def sitting(device: str) -> dict[str, Any]:
    """This process, as one that works at a run."""
    import torch

    where = torch.cuda.get_device_name() if device == "cuda" else f"{cores()} CPU cores"
    return {
        "begun": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": shlex.join(["statue-recon", *sys.argv[1:]]),
        "device": where,
        "engine": __version__,
        "python": platform.python_version(),
        "torch": torch.__version__,
    }
