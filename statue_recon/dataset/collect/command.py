"""statue-recon dataset collect: objects into a collection, from a folder or from an open archive."""

from __future__ import annotations

import argparse
import contextlib
import sys
from pathlib import Path

from ...contract import Failure
from ...ending import DONE

ABOUT = """\
Puts objects into the collection COLLECTION, which is made if it is not there, each with its author and its licence.
What has no licence is left out. The same command goes on where it stopped, and brings nothing twice."""
DEFAULT_PAUSE = 1.0  # seconds between two requests: what both archives bear without complaint
LARGEST = 500  # MB of one download; whole scans of some 150 000 faces with textures have 5 to 50
IN_TROUBLE = 5  # objects one after the other that an archive cannot deliver, after which it is left in peace


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes the command to a parser of its own."""
    parser.description, parser.formatter_class = ABOUT, argparse.RawDescriptionHelpFormatter
    sources = parser.add_subparsers(dest="source", required=True, metavar="SOURCE")
    folder = sources.add_parser("folder", help="meshes on this disk; they stay where they are")
    folder.add_argument("path", type=Path, metavar="PATH", help="is searched with all folders in it")
    folder.add_argument("--licence", default="", metavar="NAME", help="of files that do not state theirs: CC0-1.0, …")
    folder.add_argument("--author", default="", metavar="NAME", help="of files that do not state theirs")
    smithsonian = sources.add_parser(
        "smithsonian",
        help="3D scans the Smithsonian gives to everybody (CC0)",
        description="Give a key of your own (https://api.data.gov/signup/) in the environment variable "
        "SMITHSONIAN_API_KEY for more than some thirty requests an hour.",
    )
    sketchfab = sources.add_parser(
        "sketchfab",
        help="models of Sketchfab under CC0, CC BY or CC BY-SA, with your own token",
        description="The token is taken from the environment variable SKETCHFAB_TOKEN, or from a file.",
    )
    sketchfab.add_argument("--token-file", type=Path, metavar="FILE", help="a text file with the token in it")
    for archive in (smithsonian, sketchfab):
        archive.add_argument("query", metavar="QUERY", help='what to search for: "marble bust"')
        archive.add_argument(
            "--pause", type=_positive, default=DEFAULT_PAUSE, metavar="S", help="seconds between requests (default: 1)"
        )
        archive.add_argument(
            "--largest",
            type=_positive,
            default=LARGEST,
            metavar="MB",
            help=f"most of one download (default: {LARGEST})",
        )
        archive.add_argument("--max-size", type=_positive, metavar="GB", help="on the disk, of all that was downloaded")
        archive.add_argument("--server", metavar="URL", help="another server with the same interface")
    for source in (folder, smithsonian, sketchfab):
        source.add_argument("--out", type=Path, required=True, metavar="COLLECTION", help="the collection's folder")
        source.add_argument("--limit", type=_count, metavar="N", help="at most; objects of earlier runs count")


def run(given: argparse.Namespace) -> int:
    """Runs the command; returns its exit code. Raises Failure."""
    from .tally import Tally

    with contextlib.closing(Tally(given.limit)) as tally:
        try:
            _collect(given, tally)
        except OSError as error:
            raise Failure(
                f"{error.filename or given.out} could not be read or written: {error.strerror or error}.",
                next_step="Check the disk's space and permissions; the same command goes on.",
            ) from error
    return DONE


def _collect(given: argparse.Namespace, tally) -> None:
    from ..manifest import Manifest
    from .credits import write_credits
    from .folder import checked
    from .licence import named

    if given.source == "folder":
        given.path = checked(given.path)
        if given.licence and not named(given.licence):
            raise Failure(f"“{given.licence}” is no licence.", next_step="Give one, as CC0-1.0, CC-BY-4.0 or MIT.")
    archive = None if given.source == "folder" else _archive(given)
    with Manifest(given.out, create=True) as manifest:
        try:
            if archive:
                _from_archive(given, manifest, archive, tally)
            else:
                _from_folder(given, manifest, tally)
        finally:
            credits_file = write_credits(manifest)
        tally.close()
        sys.stdout.write(
            f"{tally.new} new objects, {tally.there} were there, {tally.left_out.total()} left out; "
            f"the collection has {manifest.count('source IS NOT NULL')}. Credits: {credits_file}\n"
        )


def _from_folder(given: argparse.Namespace, manifest, tally) -> None:
    from .folder import HOW_TO_STATE, Folder, meshes
    from .gather import MESHES_FOLDER
    from .licence import named
    from .work import LeftOut

    downloaded = manifest.folder.resolve() / MESHES_FOLDER
    if tally.total is None:
        tally.total = sum(1 for _ in meshes(given.path, downloaded))
    with contextlib.closing(Folder(given.path, manifest, named(given.licence) or "", given.author)) as folder:
        for mesh in meshes(given.path, downloaded):
            try:
                tally.took(folder.take(mesh))
                if tally.taken == given.limit:
                    break
            except LeftOut as left:
                tally.refused(mesh.name, str(left))
    if not tally.taken:
        left_out = tally.left_out.total()
        found = f"None of the {left_out} meshes could be taken." if left_out else "There is no mesh."
        raise Failure(f"Nothing was collected from {given.path}: {found}", next_step=HOW_TO_STATE)
    if tally.left_out:
        tally.say(f"Something was left out. Where a licence or an author is missing: {HOW_TO_STATE}")


def _archive(given: argparse.Namespace):
    """Whom to ask; raises Failure before anything is made where a token is missing."""
    from .sketchfab import Sketchfab, token_from
    from .smithsonian import Smithsonian
    from .web import Visitor

    server = given.server.rstrip("/") if given.server else None
    if server and not server.startswith(("https://", "http://")):
        raise Failure(f"{server} is no address of a server.", next_step="Give one that begins with https://.")
    visitor = Visitor(given.pause)
    if given.source == "smithsonian":
        return Smithsonian(given.query, visitor, server), visitor
    return Sketchfab(given.query, visitor, server, token_from(given.token_file)), visitor


def _from_archive(given: argparse.Namespace, manifest, archive, tally) -> None:
    from .gather import Full, Gathering, Refusal
    from .web import Denied
    from .work import LeftOut

    source, visitor = archive
    room = round(given.max_size * 1e9) if given.max_size else None
    gathering = Gathering(manifest, visitor, round(given.largest * 1e6), room, tally.downloading)
    in_trouble = 0
    for offer in source.offers():
        if isinstance(offer, Refusal):
            tally.refused(offer.title, offer.reason)
            continue
        try:
            is_new = not gathering.has(offer.work)
            if is_new:
                gathering.take(offer)
            tally.took(is_new)
            in_trouble = 0
            if tally.taken == given.limit:
                return
        except LeftOut as left:
            tally.refused(offer.work.title, str(left))
            cause = left.__cause__
            in_trouble = in_trouble + 1 if isinstance(cause, Denied) and cause.status >= 500 else 0
            if in_trouble == IN_TROUBLE:
                raise Failure(
                    f"The archive could not deliver {IN_TROUBLE} objects one after the other.",
                    next_step="Try again later: the same command goes on where it stopped.",
                ) from left
        except Full:
            tally.say(f"“{offer.work.title}” would not fit into {given.max_size:g} GB any more: that is all.")
            return


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number


def _positive(text: str) -> float:
    number = float(text)
    if not 0 <= number < float("inf"):
        raise ValueError
    return number
