"""statue-recon dataset review: look at every object in the browser and say keep, drop or unsure."""

from __future__ import annotations

import argparse
import signal
import sys
import webbrowser
from pathlib import Path

from ...ending import DONE
from ..manifest import Manifest
from .desk import FILTERS

ABOUT = """\
Opens a page in your browser that turns one object after the other.

K keep, D drop, N not sure, U undo, arrow keys to walk; more under “Keys” on the page. What you decide is in the
manifest at once; no file is moved or deleted. End with Ctrl-C, and go on another day: the page opens at the first
object that is not decided. The page is for you alone: it is not reachable from other machines."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes the command to a parser of its own."""
    parser.description, parser.formatter_class = ABOUT, argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path, metavar="COLLECTION", help="a folder with a manifest.jsonl")
    parser.add_argument("--only", choices=tuple(FILTERS), default="all", help="which objects (default: all)")
    parser.add_argument("--port", type=int, default=0, help="default: one that is free")
    parser.add_argument("--no-browser", action="store_true", help="show the page's address and open nothing")


def run(given: argparse.Namespace) -> int:
    """Runs the command; returns its exit code."""
    with Manifest(given.folder) as manifest:
        _serve(manifest, given)
    return DONE


def _serve(manifest: Manifest, given: argparse.Namespace) -> None:
    from .desk import Desk
    from .server import ReviewServer
    from .shelf import Shelf

    signal.signal(signal.SIGTERM, _interrupt)  # so that a closed session leaves no files and no processes either
    shelf = Shelf()
    try:
        with ReviewServer(Desk(manifest), shelf, given.folder.absolute().name, given.only, given.port) as server:
            sys.stdout.write(f"{server.url}\n")
            sys.stdout.flush()
            sys.stderr.write("Ctrl-C ends it; what you decide is in the manifest at once.\n")
            if not given.no_browser:
                webbrowser.open(server.url)
            server.serve_forever()
    except KeyboardInterrupt:
        sys.stderr.write("Ended. The same command goes on with what is not decided yet.\n")
    finally:
        shelf.close()


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt
