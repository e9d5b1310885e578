"""`statue-recon dataset`: everything about the data that priors are trained on."""

from __future__ import annotations

import argparse
import logging
import sys
from importlib import import_module

from ..contract import Failure
from ..ending import CANCELLED, FAILURE

# command: (module with add_arguments and run, what it does in a line)
COMMANDS = {
    "synth": (".synth.command", "make statues and relics from numbers"),
    "collect": (".collect.command", "gather scans with their licences from a folder, the Smithsonian or Sketchfab"),
    "clean": (".clean.command", "check the meshes, find duplicates and classes"),
    "review": (".review.command", "look at the objects in the browser and decide"),
    "split": (".split", "divide the objects into train, validation and test"),
    "stats": (".stats.command", "a page with counts, sizes and licences"),
    "render": (".render.command", "pictures, depths and normals of every object"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    commands = parser.add_subparsers(dest="dataset_command", required=True, metavar="COMMAND")
    for name, (module, words) in COMMANDS.items():
        import_module(module, __package__).add_arguments(commands.add_parser(name, help=words))


def run(given: argparse.Namespace) -> int:
    """Runs one command. Returns the exit code."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a character shows a replacement
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    logging.basicConfig(level=logging.WARNING, format="%(message)s")
    module, _ = COMMANDS[given.dataset_command]
    try:
        return import_module(module, __package__).run(given)
    except Failure as failure:
        sys.stderr.write(f"{failure.message}\n{failure.next_step}\n")
        return FAILURE
    except KeyboardInterrupt:
        sys.stderr.write("\nCancelled. The same command goes on from here.\n")
        return CANCELLED
