"""`statue-recon train ship`: what a run has learnt becomes one of the bundled priors."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..contract import Failure
from ..priors import bundled
from .card import write_card
from .loop import read_log
from .record import Record
from .start import record_of, state_of


def ship(run: Path, name: str, folder: Path, catalogue: Path | None = None) -> bundled.Part:
    """Puts the averaged weights of a run into the bundle, as `name`, with the credits and the card.

    catalogue: CATALOGUE.md of the scans that were trained on; without it the credits stay as they are.
    """
    record, state = record_of(run, name), state_of(run)
    told = {**asdict(record), "steps": state["step"], "figures": figures_of(run)}
    about = {"architecture": record.architecture, "trained": in_a_line(record, told), "run": told}
    part = bundled.put(name, about, state["average"], folder)
    if catalogue is not None:
        shipped = bundled.bundle(folder)
        named = {name for one in shipped.parts.values() for name in one.run.get("data", {}).get("named", [])}
        bundled.write_list(replace(shipped, credits=tuple(credits_of(catalogue, named))), folder)
    write_card(folder)
    return part


def figures_of(run: Path) -> dict[str, dict[str, float]]:
    """The first and the last line of the log."""
    lines = read_log(run)
    return {"first": lines[0], "last": lines[-1]} if lines else {}


def in_a_line(record: Record, told: dict[str, Any]) -> str:
    """When and how something was trained."""
    last = record.sittings[-1]
    minutes = told["figures"]["last"]["minutes"] if told["figures"] else record.budget["minutes"]
    return (
        f"{last['begun'][:10]}, {minutes:.0f} minutes on {last['device']}, {told['steps']} steps of "
        f"{record.budget['batch']}, from {record.begun_from}"
    )


def credits_of(catalogue: Path, named: set[str]) -> list[dict[str, str]]:
    """Who made what was trained on: the rows of the catalogue's tables, of folders and of single files.

    named: the files that were trained on. What was only tested with is no part of the weights.
    """
    try:
        text = catalogue.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise Failure(
            f"{catalogue} cannot be read ({error}).", next_step="Name the CATALOGUE.md of the data."
        ) from error
    found = []
    for row in _rows(text):
        if "file" in row and row["file"] in named:
            found.append(
                {
                    "file": row["file"],
                    "licence": row["licence"],
                    "author": row["object, author"],
                    "source": row["source"],
                }
            )
        elif row.get("folder", "").strip("`") in ("heads", "humans", "lights"):
            found.append(
                {"file": row["folder"].strip("`"), "licence": row["licence"], "author": row["what"], "source": ""}
            )
    return found


def _rows(text: str) -> list[dict[str, str]]:
    """The rows of all tables in a Markdown text, by their heads."""
    rows: list[dict[str, str]] = []
    heads: list[str] = []
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            heads = []
        elif not heads:
            heads = cells
        elif not re.fullmatch(r"[-:| ]+", line.strip()):
            rows.append(dict(zip(heads, cells, strict=False)))
    return rows
