"""Pieces of the page: numbers as bars, columns and a cloud. HTML and inline SVG, coloured by page.css."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from html import escape

from .words import cloud, cloud_size

_WIDE, _HIGH, _UNDER = 460, 170, 22  # of a histogram, and what its scale takes below
_WORDS = {"keep": "keep", "drop": "drop", "look": "to be seen", "unsure": "unsure", "not yet": "not yet"}


def amount(number: float) -> str:
    """A whole number with thin blanks between the thousands."""
    return f"{number:,.0f}".replace(",", "\u202f")


def short(number: float, digits: int = 3, units: Sequence[str] = (" k", " M", " bn")) -> str:
    """A number of two or three digits: 1.2 k, 35 M."""
    power = min(int(math.log10(number) + 1e-9) // 3, len(units)) if number >= 1 else 0
    found = number / 1000**power
    shown = f"{found:.0f}" if found >= 10 ** (digits - 1) else f"{found:.{digits}g}"
    return shown + (units[power - 1] if power else "")


def bytes_of(number: float) -> str:
    return short(number, units=(" kB", " MB", " GB", " TB")) if number >= 1000 else f"{number:.0f} bytes"


def strip(name: str, counts: Sequence[tuple[str, int]]) -> str:
    """One bar, divided; each part a class of its own: keep, drop, look, unsure, not-yet, train, …"""
    total = sum(number for _, number in counts) or 1
    parts = "".join(
        f'<i class="{escape(kind.replace(" ", "-"))}" style="flex-grow:{number}"></i>' for kind, number in counts
    )
    legend = "".join(
        f'<li><i class="{escape(kind.replace(" ", "-"))}"></i>{escape(_WORDS.get(kind, kind))} <b>{amount(number)}</b> '
        f"<span>{number / total:.0%}</span></li>"
        for kind, number in counts
    )
    return f'<div class="strip"><h3>{escape(name)}</h3><div class="parts">{parts}</div><ul>{legend}</ul></div>'


def bars(counts: Sequence[tuple[str, int]], total: int) -> str:
    """A bar for each thing, as long as its share of the largest; with the number and the share of all."""
    most = max((number for _, number in counts), default=1)
    rows = "".join(
        f"<tr><th>{escape(name)}</th><td class=bar><i style='width:{100 * number / most:.2f}%'></i></td>"
        f"<td>{amount(number)}</td><td>{number / max(total, 1):.1%}</td></tr>"
        for name, number in counts
    )
    return f"<table class=bars>{rows}</table>"


def histogram(name: str, found: Sequence[tuple[float, float, int]], shown: Callable[[float], str]) -> str:
    """Columns (from, to, how many) on a scale of powers of ten, which `shown` names."""
    if not found:
        return ""
    most = max(number for _, _, number in found)
    step = _WIDE / len(found)
    columns = [
        _column(place * step, step, number / most, number, f"{shown(start)} to {shown(end)}: {amount(number)}")
        for place, (start, end, number) in enumerate(found)
    ]
    return (
        f"<figure><figcaption>{escape(name)}</figcaption>"
        f'<svg viewBox="0 0 {_WIDE} {_HIGH + _UNDER}" role="img" aria-label="{escape(name)}">'
        f"{''.join(columns)}{_scale(math.log10(found[0][0]), math.log10(found[-1][1]), shown)}"
        f'<line x1="0" x2="{_WIDE}" y1="{_HIGH}" y2="{_HIGH}"/></svg></figure>'
    )


def _column(x: float, step: float, share: float, number: int, told: str) -> str:
    """share: of the highest column, which leaves room for the number above it."""
    height = (_HIGH - 18) * share
    box = f'x="{x + 1.5:.1f}" y="{_HIGH - height:.1f}" width="{max(step - 3, 1):.1f}" height="{height:.1f}"'
    label = ""
    if number and step > 16:
        label = f'<text x="{x + step / 2:.1f}" y="{_HIGH - height - 5:.1f}">{short(number, 2)}</text>'
    return f'<g><title>{told}</title><rect {box} rx="2"/>{label}</g>'


def _scale(low: float, high: float, shown: Callable[[float], str]) -> str:
    """The powers of ten from 10^low to 10^high."""
    marks = []
    for power in range(math.ceil(low - 1e-6), math.floor(high + 1e-6) + 1):
        x = _WIDE * (power - low) / (high - low)
        anchor = "start" if x < 8 else "end" if x > _WIDE - 8 else "middle"
        words = shown(10.0**power)
        marks.append(f'<text class=scale x="{x:.1f}" y="{_HIGH + 16}" text-anchor="{anchor}">{words}</text>')
    return "".join(marks)


def word_cloud(counts: Sequence[tuple[str, int]]) -> str:
    """The words, larger where they are more frequent."""
    width, height = cloud_size()
    most = counts[0][1] if counts else 1
    words = "".join(
        # textLength holds every font to the width the word was placed with.
        f'<text x="{word.x:.1f}" y="{word.y + 0.34 * word.size:.1f}" font-size="{word.size:.1f}" '
        f'textLength="{word.width:.1f}" lengthAdjust="spacingAndGlyphs" '
        f'opacity="{0.55 + 0.45 * word.count / most:.2f}">'
        f"<title>{amount(word.count)}</title>{escape(word.word)}</text>"
        for word in cloud(counts)
    )
    return f'<svg class=cloud viewBox="0 0 {width} {height}" role="img" aria-label="Words of the titles">{words}</svg>'
