"""statue-recon evaluate: the ruler on the command line."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from ..contract import Failure
from ..ending import DONE, FAILURE

ABOUT = """\
Measures how far the mesh PRED is from the mesh TRUTH.

Unit box, always: each mesh centred in its own bounding box, whose longest side is 1; nothing else is aligned;
100 000 points. Aligned, with --align icp: the best rotation, uniform scale and shift of PRED; 10 000 points.
Distances are those to the nearest point of the surface, in the longest side of TRUTH.

PRED is a folder with a result, whose seen and invented parts are then measured apart, or a mesh file.
TRUTH is a mesh file. Meshes have Z up and face -Y, as the engine's results do; .glb has Y up."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes the command to a parser of its own."""
    parser.description, parser.formatter_class = ABOUT, argparse.RawDescriptionHelpFormatter
    parser.add_argument("pred", type=Path, metavar="PRED", help="a result folder, or .glb, .npz, .obj, .ply, .stl")
    parser.add_argument("truth", type=Path, metavar="TRUTH", help="a mesh file")
    parser.add_argument(
        "--align", choices=("none", "icp"), default="none", help="icp: measure in the protocol “aligned” too"
    )
    parser.add_argument("--photo", type=Path, nargs="+", default=[], metavar="PHOTO", help="photos PRED shall lie on")
    parser.add_argument(
        "--camera", type=Path, nargs="+", default=[], metavar="C", help="camera.json of each photo; default: PRED's"
    )
    parser.add_argument(
        "--mask", type=Path, nargs="+", default=[], metavar="M", help="mask of each photo; default: its alpha channel"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the points; the same seed repeats the figures")
    parser.add_argument("--json", action="store_true", help="the figures as JSON")


def evaluate(given: argparse.Namespace) -> int:
    """Runs the command; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a character shows a replacement
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        record = _measure(given)
    except Failure as failure:
        sys.stderr.write(f"{failure.message}\n{failure.next_step}\n")
        return FAILURE
    from .table import as_text

    sys.stdout.write((json.dumps(record, ensure_ascii=False, indent=2) if given.json else as_text(record)) + "\n")
    return DONE


def _measure(given: argparse.Namespace) -> dict:
    from .ruler import Shot, measure
    from .subject import read_mesh, read_subject

    for name in ("camera", "mask"):
        files = getattr(given, name)
        if files and len(files) != len(given.photo):
            raise Failure(
                f"There are {len(given.photo)} photos, but {len(files)} files for --{name}.",
                next_step=f"Give one --{name} file for each photo, in the same order.",
            )
    nothing = [None] * len(given.photo)
    triples = zip(given.photo, given.camera or nothing, given.mask or nothing, strict=True)
    shots = [Shot(*triple) for triple in triples]
    if not given.truth.is_file():
        raise Failure(f"There is no mesh file at {given.truth}.", next_step="Check the path of TRUTH.")
    record = measure(read_subject(given.pred), read_mesh(given.truth), given.align == "icp", shots, given.seed)
    return {"pred": str(given.pred), "truth": str(given.truth), **record}
