"""What a person chose for models: a folder of theirs, or another repository, for hubs take models away.

It lies in MODELS/own.json: for each identifier a folder, or a repository and a revision. Standard library only.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ..contract import Failure
from ..whole import write_whole
from . import layouts

log = logging.getLogger(__name__)

FILE = "own.json"
REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")


@dataclass(frozen=True)
class Choice:
    """For one model; None: as the registry has it."""

    folder: str | None = None
    repository: str | None = None  # OWNER/NAME
    revision: str | None = None  # of that repository: a commit, a tag or a branch


def choices(folder: Path) -> dict[str, Choice]:
    """What was chosen, by identifier. A file that cannot be read chooses nothing, and the log says so."""
    path = folder / FILE
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        return {identifier: Choice(**fields) for identifier, fields in listed.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        log.warning("%s cannot be read (%s): models are looked for where the registry says.", path, error)
        return {}


def use_folder(models: Path, identifier: str, layout: str | None, place: Path) -> None:
    """Uses a model where it lies. Raises Failure."""
    if reason := layouts.problem(layout, place):
        raise Failure(reason, next_step="Choose the folder of the whole model, with safetensors weights.")
    _change(models, identifier, folder=str(place.resolve()))


def forget_folder(models: Path, identifier: str) -> None:
    """Looks for a model where it usually lies again."""
    _change(models, identifier, folder=None)


def change_source(models: Path, identifier: str, repository: str | None, revision: str | None) -> None:
    """Names the repository a model is downloaded from; none: the usual one. Raises Failure."""
    _change(models, identifier, repository=repository or None, revision=(revision or "main") if repository else None)


def _change(models: Path, identifier: str, **changes: str | None) -> None:
    choose(models, identifier, dataclasses.replace(choices(models).get(identifier, Choice()), **changes))


def choose(folder: Path, identifier: str, choice: Choice) -> None:
    """Writes down a choice in place of an earlier one; an empty one forgets it. Raises Failure."""
    if choice.repository and not REPOSITORY.fullmatch(choice.repository):
        raise Failure(
            f"“{choice.repository}” is no repository.",
            next_step="Name it as OWNER/NAME, as the page of the model at the hub does.",
        )
    known: Mapping[str, Choice] = choices(folder) | {identifier: choice}
    listed = {
        name: {field: value for field, value in dataclasses.asdict(one).items() if value}
        for name, one in sorted(known.items())
        if one != Choice()
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_whole(folder / FILE, (json.dumps(listed, indent=2, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise Failure(
            f"The choice could not be written into {folder} ({error.strerror or error}).",
            next_step="Allow writing to that folder, then try again.",
        ) from error
