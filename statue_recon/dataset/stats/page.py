"""The page: one HTML file that holds all it shows, written piece by piece."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from html import escape
from pathlib import Path

from ...contract import Failure
from ...whole import draft_of
from ..collect.licence import asks_for_the_author
from ..manifest import USED, Entry, Manifest
from . import charts
from .numbers import Numbers, Tally, said
from .pictures import Picture

STYLE = Path(__file__).with_name("page.css")
_ORDER = ("keep", "look", "unsure", "drop", "train", "validation", "test", "not yet")
_LISTED = 12  # licences, sources and authors that have a bar
_AUTHORS = 300  # named at all; the credits below name those who ask for it

_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="color-scheme" content="light dark"><title>{name} · Statue Recon</title><link rel="icon" href="data:,">
<style>{style}</style></head><body><main>
<header><h1>{name}</h1><p>A collection as Statue Recon knew it on {day}.</p></header>
"""


def write_page(manifest: Manifest, numbers: Numbers, shown: Iterable[Picture | None], out: Path) -> None:
    """Writes the page in place of an earlier one. shown: the pictures; fetched as they are written."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with draft_of(out) as draft, draft.open("w", encoding="utf-8", errors="replace", newline="\n") as file:
            file.writelines(_page(manifest, numbers, shown))
    except OSError as error:
        raise Failure(
            f"The page {out} cannot be written: {error.strerror or error}.", next_step="Choose another --out."
        ) from error


def _page(manifest: Manifest, numbers: Numbers, shown: Iterable[Picture | None]) -> Iterator[str]:
    name = escape(manifest.folder.absolute().name)
    style = STYLE.read_text(encoding="utf-8")
    yield _HEAD.format(name=name, day=time.strftime("%d %B %Y"), style=style)
    yield _main_numbers(numbers)
    yield "<section><h2>How far it is</h2>"
    yield from (
        charts.strip(title, _ordered(tally))
        for title, tally in (
            ("Clean", numbers.clean),
            ("Review", numbers.review),
            ("Split, of those used", numbers.sets),
        )
    )
    yield "</section>"
    if numbers.used:
        yield "<section><h2>What is in it</h2>"
        yield from _pictures(shown)
        yield f'<div class="two"><div><h3>Classes, of all found</h3>{_most(numbers.classes, numbers.found)}</div>'
        yield f"<div><h3>Sources</h3>{_most(numbers.sources, numbers.used)}</div></div></section>"
        yield from _words(numbers)
        yield from _sizes(numbers)
        yield from _rights(numbers)
        yield from _credits(manifest)
    yield "</main></body></html>\n"


def _main_numbers(numbers: Numbers) -> str:
    reviewed = numbers.found - dict(numbers.review.most_common()).get("not yet", 0)
    tiles = [("objects found", charts.amount(numbers.found)), ("are used", charts.amount(numbers.used))]
    tiles.append(("a person decided", charts.amount(reviewed)))
    if numbers.faces.count:
        tiles.append(("triangles", charts.short(numbers.faces.total)))
    if numbers.bytes.count:
        tiles.append(("of meshes and textures", charts.bytes_of(numbers.bytes.total)))
    shown = "".join(f"<li><b>{value}</b>{words}</li>" for words, value in tiles)
    return f"<ul class=tiles>{shown}</ul>"


def _ordered(tally: Tally) -> list[tuple[str, int]]:
    """In the order of the work; what we do not know after that."""
    place = {name: number for number, name in enumerate(_ORDER)}
    return sorted(tally.most_common(), key=lambda pair: place.get(pair[0], len(place)))


def _most(tally: Tally, total: int) -> str:
    found = tally.most_common(_LISTED)
    rest = len(tally) - len(found)
    return charts.bars(found, total) + (f"<p class=rest>and {charts.amount(rest)} more</p>" if rest else "")


def _pictures(shown: Iterable[Picture | None]) -> Iterator[str]:
    yield "<div class=pictures>"
    for picture in shown:
        if picture:
            title = escape(picture.title, quote=True)
            yield f'<img src="{picture.data}" alt="{title}" title="{title}" width="88" height="88">\n'
    yield "</div>"


def _words(numbers: Numbers) -> Iterator[str]:
    words = numbers.words.most_common(90)
    if not words:
        return
    yield f"<section><h2>Words of the titles</h2>{charts.word_cloud(words)}"
    yield f"<details><summary>As a list</summary>{charts.bars(words[:40], numbers.used)}</details></section>"


def _sizes(numbers: Numbers) -> Iterator[str]:
    if not numbers.faces.count and not numbers.bytes.count:
        return
    yield '<section><h2>Sizes</h2><div class="two">'
    yield charts.histogram("Triangles of a mesh", numbers.faces.bars, charts.short)
    yield charts.histogram("Bytes of an object", numbers.bytes.bars, charts.bytes_of)
    yield "</div>"
    unknown = numbers.used - numbers.faces.count
    if unknown:
        yield f"<p class=rest>The triangles of {charts.amount(unknown)} are not known: clean has not measured them.</p>"
    yield "</section>"


def _rights(numbers: Numbers) -> Iterator[str]:
    yield '<section><h2>Whose it is</h2><div class="two">'
    yield f"<div><h3>Licences</h3>{_most(numbers.licences, numbers.used)}</div>"
    yield f"<div><h3>Authors</h3>{_most(numbers.authors, numbers.used)}</div></div>"
    named = numbers.authors.most_common(_AUTHORS)
    if len(named) > _LISTED:
        names = " · ".join(f"{escape(name)} <span>{charts.amount(count)}</span>" for name, count in named)
        rest = len(numbers.authors) - len(named)
        more = f" · and {charts.amount(rest)} more" if rest or numbers.authors.forgotten else ""
        yield f"<details><summary>All authors</summary><p class=authors>{names}{more}</p></details>"
    yield "</section>"


def _credits(manifest: Manifest) -> Iterator[str]:
    """A line for every used object whose licence asks to name its author."""
    began = False
    for entry in manifest.entries(USED):
        if asks_for_the_author(said(entry, "source", "licence")):
            if not began:
                yield "<section><h2>Credits</h2><p>These ask to be named with whatever is made of them.</p>"
                yield "<details><summary>Show them</summary><ul class=credits>"
                began = True
            yield f"<li>{escape(_credit(entry))}</li>\n"
    if began:
        yield "</ul></details></section>"


def _credit(entry: Entry) -> str:
    """As collect wrote it, else in the same words."""
    title, author, licence, url = (said(entry, "source", name) for name in ("title", "author", "licence", "url"))
    by = f" by {author}" if author else ""
    made = f"“{title or entry['id']}”{by}, {licence}" + (f", {url}" if url else "")
    return said(entry, "source", "credit") or made
