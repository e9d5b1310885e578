"""statue-recon dataset clean: which objects of a collection are fit to learn from."""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

from ...contract import Failure
from ...ending import DONE
from ..manifest import Manifest
from .words import CLASSES

ABOUT = """\
Looks at every object of a collection and records a verdict, with its reasons, in the manifest: keep, drop, or look,
which means that a person should (`statue-recon dataset review`). Nothing is moved or deleted.

Dropped is what cannot be read, is empty or flat, is a duplicate of an earlier object, even rescaled, turned or meshed
anew, or is of a class that is not wanted. The class follows from title and description, and from a model if one is
installed (`statue-recon models list`). Run it again after collecting more: what was judged is not judged again."""

_GIBIBYTE = 2**30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes the command to a parser of its own."""
    parser.description, parser.formatter_class = ABOUT, argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path, metavar="COLLECTION", help="a folder with a manifest.jsonl")
    parser.add_argument(
        "--want",
        nargs="+",
        choices=CLASSES,
        default=["artefact", "animal"],
        metavar="CLASS",
        help=f"classes to keep, of {', '.join(CLASSES)} (default: artefact animal)",
    )
    parser.add_argument(
        "--model",
        default="auto",
        metavar="NAME",
        help="the model that tells classes, as `statue-recon models list` calls it; none: by words alone; "
        "default: one that is installed",
    )
    parser.add_argument(
        "--blender", type=Path, metavar="PROGRAM", help="for FBX and compressed glTF; default: $BLENDER"
    )
    parser.add_argument("--jobs", type=int, default=0, metavar="N", help="processes (default: one for each core)")
    parser.add_argument("--seconds", type=float, default=120.0, metavar="S", help="for one mesh (default: 120)")
    parser.add_argument("--memory", type=float, default=4.0, metavar="GIB", help="for one mesh (default: 4)")


def run(given: argparse.Namespace) -> int:
    """Runs the command; returns its exit code."""
    from .pen import Limits
    from .sift import Settings, sift

    if given.jobs < 0 or given.seconds <= 0 or given.memory <= 0:
        raise Failure("--jobs, --seconds and --memory are no negative numbers.", next_step="Leave them out.")
    model, classifier = _classifier(given.model)
    limits = Limits(given.seconds, int(given.memory * _GIBIBYTE))
    settings = Settings(limits, tuple(sorted(set(given.want))), model, _blender(given.blender))
    with Manifest(given.folder) as manifest:
        outcome = sift(manifest, settings, classifier, given.jobs or os.cpu_count() or 1)
        sys.stdout.write(as_text(manifest, outcome))
    return DONE


def as_text(manifest: Manifest, outcome: Counter[str]) -> str:
    """What this run did, and how the collection stands now."""
    verdicts = ("keep", "look", "drop")
    judged = sum(outcome[name] for name in verdicts)
    lines = [
        f"Judged {judged} objects now: {', '.join(f'{outcome[name]} {name}' for name in ('keep', 'look', 'drop'))}."
    ]
    total = manifest.count("clean IS NOT NULL")
    lines.append(f"Of all {total} that are judged:")
    for verdict, words in (("keep", "kept"), ("look", "to be looked at by a person"), ("drop", "dropped")):
        lines.append(f"{manifest.count(_SAYS.format('verdict'), verdict):>8} {words}")
    for kind in CLASSES:
        lines.append(f"{manifest.count(_SAYS.format('class'), kind):>8} of the class {kind}")
    lines.append(f"{manifest.count(_SAYS.format('verdict') + _TWIN, 'drop'):>8} duplicates of others")
    if outcome["missing"]:
        lines.append(f"{outcome['missing']:>8} have no file where the manifest says; they are judged when it is there")
    return "\n".join(lines) + "\n"


_SAYS = "json_extract(clean, '$.{}') = ?"
_TWIN = " AND json_extract(clean, '$.same_as') IS NOT NULL"


def _classifier(name: str):
    """(the model's name and revision, the model), None and None where there is none."""
    from ...priors import models

    if name == "none":
        return None, None
    from .model import TASK, Classifier

    if name == "auto":
        found = models.for_task(TASK)
        if found is None:
            return None, None
        entry, folder = found
    else:
        entry = models.entry(name)
        place = models.installed(name)
        if entry.task != TASK or place is None:
            raise Failure(
                f"The model {name} is not installed." if entry.task == TASK else f"{name} does not tell classes.",
                next_step=f"Put its files into {models.folder() / name}, or go on without it: --model none.",
            )
        folder = place
    return f"{entry.identifier} {entry.revision}", Classifier(folder)


def _blender(given: Path | None) -> str | None:
    """The program; None where there is none and nobody named one."""
    from ..render.blender import VARIABLE, find_blender

    try:
        return find_blender(given)
    except Failure:
        if given or os.environ.get(VARIABLE):
            raise
        return None
