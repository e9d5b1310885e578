"""`statue-recon dataset synth`: statues without end."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

SHEET = "sheet.png"
_ON_THE_SHEET = 48


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "Makes statues and relics from numbers: watertight meshes with colours and roughness, each with its recipe "
        "and a caption, in a folder that `dataset render`, `split` and `stats` take. The same command goes on where it "
        "was interrupted; a larger N adds to what is there."
    )
    parser.add_argument("--count", type=_positive, required=True, metavar="N", help="how many statues there shall be")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder for them")
    parser.add_argument(
        "--seed", type=int, default=0, metavar="S", help="the same seed makes the same statues (default: 0)"
    )
    parser.add_argument(
        "--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N", help="processes (default: one a core)"
    )
    parser.add_argument(
        "--grid", type=_positive, default=192, metavar="N", help="cells along the longest side (default: 192)"
    )
    parser.add_argument(
        "--faces", type=_positive, default=30_000, metavar="N", help="of a statue, at most (default: 30000)"
    )
    parser.add_argument(
        "--cloth",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="share of the figures whose dress can fall in Blender for which it does, some 10 s each (default: 0)",
    )
    parser.add_argument("--blender", type=Path, metavar="PATH", help="for the cloth: a Blender, or a Python with bpy")
    parser.add_argument("--humans", type=Path, metavar="DIR", help="the body data (default: where it usually lies)")


def run(given: argparse.Namespace) -> int:
    from ..render.blender import find_blender
    from .data import humans_folder
    from .run import Settings, synthesise

    humans = str(humans_folder(given.humans))
    blender = find_blender(given.blender) if given.cloth else ""
    settings = Settings(given.seed, given.grid, given.faces, given.cloth, humans, blender)
    out = given.out.absolute()
    counts = synthesise(settings, given.count, out, given.jobs)
    sys.stdout.write(f"{counts['there']} statues in {out} ({counts['made']} new, {counts['failed']} failed)\n")
    _sheet(out, given.count)
    return 0


def _sheet(out: Path, count: int) -> None:
    """The contact sheet of some of them, spread evenly."""
    from .run import recipe_path
    from .sheet import write_sheet

    there = [number for number in range(count) if recipe_path(out, number).exists()]
    shown = there[:: max(len(there) // _ON_THE_SHEET, 1)][:_ON_THE_SHEET]
    if shown:
        write_sheet(out, shown, out / SHEET)
        sys.stdout.write(f"{out / SHEET}\n")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise argparse.ArgumentTypeError("must lie between 0 and 1")
    return share
