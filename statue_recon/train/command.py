"""`statue-recon train`: from meshes to the weights that ship."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from pathlib import Path

from ..contract import Failure
from ..ending import CANCELLED, DONE, FAILURE

# What is learnt, in a line. The arguments are alike; what each is made of: tasks.py. Nothing heavy is imported here.
LEARNT = {
    "shape": "learn the shape prior: photo to volume",
    "fine": "learn the fine shape prior: regions at higher resolution",
    "view": "learn the view prior: photo to other views",
}
FACES = 20_000  # as prepare.FACES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="train_command", required=True, metavar="COMMAND")
    _add_prepare(commands.add_parser("prepare", help="meshes and lights become one small folder to train from"))
    for name, words in LEARNT.items():
        learning = commands.add_parser(name, help=words)
        _add_run(learning, name)
        if name == "fine":
            learning.add_argument(
                "--coarse",
                metavar="WEIGHTS",
                help="the shape prior whose guesses it is shown: “bundled”, or the folder of a run (default: none)",
            )
    _add_adapt(commands.add_parser("adapt", help="get the shape prior used to photographs, without volumes"))
    _add_ship(commands.add_parser("ship", help="put the weights of a run into the bundle"))
    card = commands.add_parser("card", help="write the model card of the bundle")
    card.add_argument("--measured", type=Path, metavar="FILE", help="Markdown: what was measured, for the card to keep")
    _add_bundle(card)


def run(given: argparse.Namespace) -> int:
    """Runs one command. Returns the exit code."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a character shows a replacement
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    logging.basicConfig(level=logging.WARNING, format="%(asctime)s %(message)s", datefmt="%H:%M:%S")
    logging.getLogger("statue_recon.train").setLevel(logging.INFO)
    try:
        RUNNERS.get(given.train_command, _learn)(given)
    except Failure as failure:
        sys.stderr.write(f"{failure.message}\n{failure.next_step}\n")
        return FAILURE
    except KeyboardInterrupt:
        kept = f"What was learnt is kept in {given.out}; the same command goes on from there." if _learns(given) else ""
        sys.stderr.write(f"\nCancelled. {kept}\n")
        return CANCELLED
    return DONE


def _learns(given: argparse.Namespace) -> bool:
    return given.train_command in (*LEARNT, "adapt")


def _add_prepare(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Reads collections (of `dataset synth` or `dataset collect`) and plain folders of meshes, in the order given, "
        "and writes what training needs of them; lights too, so that the folder can travel alone. Never give it the "
        "statues you want to test on."
    )
    parser.add_argument(
        "--from",
        dest="sources",
        type=_named_folder,
        action="append",
        required=True,
        metavar="NAME=DIR",
        help="a collection or a folder of meshes, and what to call it; again for each",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder to train from")
    parser.add_argument(
        "--faces",
        type=_named_number,
        action="append",
        default=[],
        metavar="[NAME=]N",
        help=f"of a mesh, at most (default: {FACES}); NAME: of that source only; again for each",
    )
    parser.add_argument("--lights", type=Path, metavar="DIR", help="a folder of .hdr pictures of surroundings")
    parser.add_argument("--limit", type=float, metavar="MIB", help="stop before the folder grows beyond this")
    parser.add_argument(
        "--hold-out", default="", metavar="NAMES", help="objects to validate with, by name, with commas"
    )
    parser.add_argument(
        "--validation",
        type=float,
        default=0.03,
        metavar="SHARE",
        help="share of a collection without a split that is held out to validate with (default: 0.03)",
    )


def _add_run(parser: argparse.ArgumentParser, name: str) -> None:
    parser.description = (
        f"Trains until the minutes are spent. The same command goes on where it was interrupted. {name}-cpu and "
        f"{name}-gpu are configurations that come with it (statue_recon/train/configs)."
    )
    _add_common(parser)
    parser.add_argument(
        "--from",
        dest="weights",
        metavar="WEIGHTS",
        help="weights to start with: “bundled”, or the folder of a run or of a bundle (default: none)",
    )


def _add_adapt(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Trains the shape prior on, with photographs of statues nobody has a volume of beside the prepared ones."
    )
    _add_common(parser)
    parser.add_argument(
        "--from",
        dest="weights",
        default="bundled",
        metavar="WEIGHTS",
        help="weights to start with: “bundled” (default), or the folder of a run or of a bundle",
    )
    parser.add_argument(
        "--photos",
        type=Path,
        metavar="DIR",
        help="the photographs, NAME_mask.png beside each if need be (default: renders of the scans)",
    )


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="a folder made by `train prepare`")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder of the run")
    parser.add_argument("--config", metavar="NAME", help="a configuration, by name or path (default: by the device)")
    parser.add_argument(
        "--lights", type=Path, metavar="DIR", help=".hdr pictures (default: those prepared with the data)"
    )
    parser.add_argument("--minutes", type=float, metavar="M", help="other than the configuration says")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="default: auto")


def _add_ship(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", type=Path, metavar="RUN", help="the folder of a run")
    parser.add_argument("--as", dest="part", choices=tuple(LEARNT), required=True, help="which prior it becomes")
    parser.add_argument("--catalogue", type=Path, metavar="FILE", help="CATALOGUE.md of the scans, for the credits")
    _add_bundle(parser)


def _add_bundle(parser: argparse.ArgumentParser) -> None:
    from ..priors.bundled import FOLDER

    parser.add_argument("--bundle", type=Path, default=FOLDER, metavar="DIR", help="default: that of this installation")


def _prepare(given: argparse.Namespace) -> None:
    from .prepare import Wishes, prepare

    everywhere = [number for name, number in given.faces if not name]
    faces = {name: everywhere[-1] if everywhere else FACES for name, _ in given.sources}
    faces |= {name: number for name, number in given.faces if name}
    held = tuple(name.strip() for name in given.hold_out.split(",") if name.strip())
    wishes = Wishes(faces, given.limit, held, given.validation, given.lights)
    entries, size = prepare(given.sources, given.out, wishes)
    held_out = sum(entry.set == "validation" for entry in entries)
    sys.stdout.write(
        f"{len(entries)} objects, {held_out} of them to validate with: {size / 2**20:.1f} MiB in {given.out}\n"
    )


def _learn(given: argparse.Namespace) -> None:
    from .run import run

    run(given)


def _adapt(given: argparse.Namespace) -> None:
    from .run_adapt import run

    run(given)


def _ship(given: argparse.Namespace) -> None:
    from .ship import ship

    part = ship(given.run, given.part, given.bundle, given.catalogue)
    size = sum(file.bytes for file in part.files) / 2**20
    sys.stdout.write(f"{given.part} {part.version}: {part.parameters / 1e6:.1f} M parameters, {size:.1f} MiB\n")


def _card(given: argparse.Namespace) -> None:
    from .card import keep_measured, write_card

    if given.measured:
        keep_measured(given.measured, given.bundle)
    sys.stdout.write(f"{write_card(given.bundle)}\n")


RUNNERS: dict[str, Callable[[argparse.Namespace], None]] = {
    "prepare": _prepare,
    "adapt": _adapt,
    "ship": _ship,
    "card": _card,
}


def _named_folder(text: str) -> tuple[str, Path]:
    """NAME=DIR, or DIR, which is called by its last part."""
    name, equals, folder = text.rpartition("=")
    return (name if equals else Path(folder).name), Path(folder)


def _named_number(text: str) -> tuple[str, int]:
    """NAME=N, or N."""
    name, _, number = text.rpartition("=")
    return name, int(number)
