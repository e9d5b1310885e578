"""The optional models as this session sees them: which there are, which are installed, and those being fetched.

The answers come from memory, because panels ask at every redraw; `refresh()` looks at the disk, after anything that may
have changed it.
"""

import os
from pathlib import Path

import bpy

from ..inference.models import Fetch, FetchState
from ..statue_recon.contract import Failure
from ..statue_recon.priors import models, own
from ..statue_recon.priors.models import Model
from . import runtime
from .preferences import user_folder

WATCH_SECONDS = 0.25  # between two looks at a download

_listed: tuple[Model, ...] = ()
_installed: set[str] = set()
_fetches: dict[str, Fetch] = {}
_problem = ""
_told = False  # whether it was us who named the folder to this process and its workers


def listed() -> tuple[Model, ...]:
    """All models there are."""
    return _listed


def problem() -> str:
    """Why the list cannot be shown; empty when it can."""
    return _problem


def installed(identifier: str) -> bool:
    return identifier in _installed


def can(task: str) -> bool:
    """Whether an installed model does this."""
    return any(model.task == task and model.identifier in _installed for model in _listed)


def state(identifier: str) -> FetchState | None:
    """How far the last fetching of a model in this session came; None before the first."""
    fetch = _fetches.get(identifier)
    return fetch.state if fetch else None


def running(identifier: str) -> bool:
    found = state(identifier)
    return found is not None and found.running


def any_running() -> bool:
    return any(fetch.state.running for fetch in _fetches.values())


def start(identifier: str, file: Path | None = None) -> None:
    """Fetches a model in the background: from the network, or from a file of the user's."""
    if running(identifier):
        return
    fetch = Fetch(models.entry(identifier), models.folder(), file, allow_network=bpy.app.online_access)
    _fetches[identifier] = fetch
    fetch.start()
    if not bpy.app.timers.is_registered(watch):
        bpy.app.timers.register(watch, first_interval=WATCH_SECONDS, persistent=True)


def cancel(identifier: str) -> None:
    if fetch := _fetches.get(identifier):
        fetch.cancel()


def remove(identifier: str) -> None:
    """Deletes an installed model. Raises Failure."""
    from ..statue_recon.priors.download import remove as remove_files

    remove_files(models.entry(identifier), models.folder())
    _fetches.pop(identifier, None)
    refresh()


def use_folder(identifier: str, folder: Path) -> None:
    """Uses a model where it lies, in a folder of the user's. Raises Failure."""
    own.use_folder(models.folder(), identifier, models.entry(identifier).layout, folder)
    refresh()


def change_source(identifier: str, repository: str, revision: str) -> None:
    """Names the repository a model is downloaded from; an empty one: the usual one. Raises Failure."""
    own.change_source(models.folder(), models.entry(identifier).identifier, repository, revision)
    refresh()


def refresh() -> None:
    """Looks again which models lie on the disk."""
    global _listed, _problem
    try:
        _listed, _problem = models.entries(), ""
    except Failure as failure:
        _listed, _problem = (), str(failure)
    _installed.clear()
    _installed.update(model.identifier for model in _listed if models.is_whole(model, models.place(model)))


def watch() -> float | None:
    """Timer: keeps the preferences' bars moving while something is fetched."""
    busy = any_running()
    refresh()
    runtime.redraw({"PREFERENCES"})
    return WATCH_SECONDS if busy else None


def register():
    global _told
    if models.VARIABLE not in os.environ:  # a folder that many machines share, say
        os.environ[models.VARIABLE] = str(user_folder() / "models")  # workers inherit it
        _told = True
    bpy.app.timers.register(watch, first_interval=0.1, persistent=True)


def unregister():
    global _told
    for fetch in _fetches.values():
        fetch.cancel()
    _fetches.clear()
    if bpy.app.timers.is_registered(watch):
        bpy.app.timers.unregister(watch)
    if _told:
        os.environ.pop(models.VARIABLE, None)
        _told = False
