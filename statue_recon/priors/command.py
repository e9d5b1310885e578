"""The command `statue-recon models`: what there is, what is installed, fetching and removing it."""

from __future__ import annotations

import argparse
import dataclasses
import json
import signal
import sys
import threading
from pathlib import Path

from ..contract import Failure
from ..ending import CANCELLED, DONE, FAILURE
from . import models, own
from .download import Fetching, Stopped, remove


def add_models(commands) -> None:
    """Adds the command to the `add_subparsers` of the command line."""
    command = commands.add_parser(
        "models",
        help="list, download and remove optional models",
        description=f"Optional models lie in ${models.VARIABLE}, else in a folder of your user data. "
        "By downloading one you accept its licence, which `models list` shows.",
    )
    actions = command.add_subparsers(dest="action", required=True, metavar="ACTION")
    listed = actions.add_parser("list", help="show the models, their licences, and which are installed")
    listed.add_argument("--json", action="store_true", help="as JSON")
    get = actions.add_parser("get", help="download a model; goes on where an earlier download stopped")
    get.add_argument("name", metavar="NAME")
    get.add_argument("--file", type=Path, metavar="FILE", help="install it from a file that was downloaded elsewhere")
    used = actions.add_parser("use", help="use a model from a folder on this machine, where it lies")
    used.add_argument("name", metavar="NAME")
    used.add_argument("folder", type=Path, metavar="FOLDER")
    source = actions.add_parser("source", help="download a model from another repository; without one: the usual one")
    source.add_argument("name", metavar="NAME")
    source.add_argument("repository", nargs="?", metavar="OWNER/NAME")
    source.add_argument("revision", nargs="?", default="main", metavar="REVISION")
    gone = actions.add_parser("remove", help="delete an installed model; a folder that is used is only forgotten")
    gone.add_argument("name", metavar="NAME")


def models_command(given: argparse.Namespace) -> int:
    """Runs it. Returns the exit code."""
    try:
        if given.action == "list":
            sys.stdout.write(as_json() if given.json else as_text())
        elif given.action == "get":
            _get(models.entry(given.name), given.file)
        elif given.action == "use":
            model = models.entry(given.name)
            own.use_folder(models.folder(), model.identifier, model.layout, given.folder)
        elif given.action == "source":
            model = models.entry(given.name)
            own.change_source(models.folder(), model.identifier, given.repository, given.revision)
        else:
            remove(models.entry(given.name), models.folder())
    except Failure as failure:
        sys.stderr.write(f"{failure.message}\n{failure.next_step}\n")
        return FAILURE
    except (Stopped, KeyboardInterrupt):
        sys.stderr.write("Cancelled; what was downloaded is kept for the next try.\n")
        return CANCELLED
    return DONE


def as_text() -> str:
    """The models as lines for people."""
    lines = [f"Models lie in {models.folder()}."]
    for model in models.entries():
        state = "installed" if models.installed(model.identifier) else "not installed"
        size = _size(model)
        lines += ["", f"{model.identifier}: {model.name}, {size}, {state}"]
        lines += [f"    {model.purpose}.", f"    Licence: {model.licence}.", f"    {model.homepage}"]
        lines += [f"    Used from {model.folder}."] if model.folder else []
    return "\n".join(lines) + "\n"


def as_json() -> str:
    """The models for programs."""
    listed = [
        {
            "identifier": model.identifier,
            "task": model.task,
            "title": model.title,
            "revision": model.revision,
            "licence": model.licence,
            "commercial": model.commercial,
            "repository": model.repository,
            "folder": model.folder,
            "demand": dataclasses.asdict(model.demand) if model.demand else None,
            "size": model.size,
            "to_download": model.to_download,
            "installed": models.installed(model.identifier) is not None,
        }
        for model in models.entries()
    ]
    return json.dumps({"folder": str(models.folder()), "models": listed}, ensure_ascii=False, indent=2) + "\n"


def _size(model: models.Model) -> str:
    if size := model.to_download or model.about:
        return f"{'' if model.to_download else 'about '}{size / 1e6:.0f} MB to download"
    return "size unknown"


def _get(model: models.Model, file: Path | None) -> None:
    sys.stderr.write(f"{model.title}: {model.licence}.\n")
    cancelled = threading.Event()
    signal.signal(signal.SIGINT, lambda *_: cancelled.set())
    fetching = Fetching(model, models.folder(), _show, cancelled)
    place = fetching.take(file) if file else fetching.download()
    sys.stderr.write("\n" if sys.stderr.isatty() else "")
    sys.stdout.write(f"{place}\n")


def _show(share: float, words: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{share:4.0%} {words}")
        sys.stderr.flush()
