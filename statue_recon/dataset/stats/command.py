"""statue-recon dataset stats: what a collection holds, in numbers and as a page."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from ...ending import DONE
from ..manifest import Manifest
from .numbers import Numbers, Tally, count

if TYPE_CHECKING:
    from .pictures import Picture

ABOUT = """\
Says how many objects a collection has, what clean, review and split made of them, how large they are, whose they are
and under which licences. With --out also as a page: one HTML file that needs nothing else, with pictures of some of
the objects."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes the command to a parser of its own."""
    parser.description, parser.formatter_class = ABOUT, argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path, metavar="COLLECTION", help="a folder with a manifest.jsonl")
    parser.add_argument("--out", type=Path, metavar="PAGE", help="write the page to this .html file")
    parser.add_argument("--no-pictures", action="store_true", help="a page without pictures of the objects, at once")
    parser.add_argument("--json", action="store_true", help="the numbers as JSON")


def run(given: argparse.Namespace) -> int:
    """Runs the command; returns its exit code."""
    with Manifest(given.folder) as manifest:
        numbers = count(manifest)
        if given.out:
            from .page import write_page

            write_page(manifest, numbers, _pictures(manifest, [] if given.no_pictures else numbers.sample), given.out)
    said = json.dumps(numbers.to_json(), ensure_ascii=False, indent=2) if given.json else as_text(numbers)
    sys.stdout.write(f"{said}\n")
    return DONE


def as_text(numbers: Numbers) -> str:
    """The main numbers as lines for people."""
    from .charts import bytes_of, short

    lines = [f"{numbers.found} objects found, {numbers.used} of them used."]
    tallies = {"Clean": numbers.clean, "Class": numbers.classes, "Review": numbers.review, "Split": numbers.sets}
    tallies |= {"Source": numbers.sources, "Licence": numbers.licences, "Author": numbers.authors}
    lines += [f"{name + ':':<9}{_row(tally)}" for name, tally in tallies.items() if len(tally)]
    if numbers.faces.count:
        faces = numbers.faces
        lines.append(f"Meshes of {short(faces.least)} to {short(faces.most)} triangles, {short(faces.total)} in all.")
    if numbers.bytes.count:
        lines.append(f"{bytes_of(numbers.bytes.total)} of files.")
    return "\n".join(lines)


def _row(tally: Tally, most: int = 8) -> str:
    found = tally.most_common(most)
    more = f", and {len(tally) - len(found)} more" if len(tally) > len(found) else ""
    return ", ".join(f"{name} {number}" for name, number in found) + more


def _pictures(manifest: Manifest, sample: list[int]) -> Iterator[Picture | None]:
    if not sample:
        return
    from ..progress import Counter
    from .pictures import pictures

    progress = Counter("pictures", len(sample))
    for picture in pictures(manifest, sorted(sample)):
        yield picture
        progress.done()
    progress.end()
