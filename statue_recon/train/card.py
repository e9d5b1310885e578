"""`statue-recon train card`: the model card of the bundled priors, from what bundled.json knows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from ..contract import Failure
from ..priors import bundled
from ..whole import write_whole

WHAT = {
    "shape": "Photo → signed distances of the whole statue, aligned with the photo (a diffusion model; StatueDiff)",
    "fine": "Photo and coarse volume → signed distances of a region at twice the resolution and more",
    "view": "Photo, change of the camera and caption → colours and normals of a new view (Zero123, One-2-3-45)",
    "edit": "Distances around places of a surface → which way each of them goes for each word (older, heavier, …)",
}
HEAD = """\
# The bundled priors of Statue Recon

Diffusion models of statues that ship with the extension and run offline. Written by `statue-recon train ship` and
`statue-recon train card` from `bundled.json`; do not edit by hand.

**Licence of the weights:** GPL-3.0-or-later, as the rest of Statue Recon. They were trained on scans whose licences
(CC BY) ask for credit: it is given below, and has to travel with the weights.
"""
LIMITS = """\
## Limits

- They know figures, busts, heads, animals and vessels. A group of several figures, thin things held away from the body
  and everything that is no statue are guessed badly.
- What the photo does not show is invented: plausible, not documented. The attribute `seen` of a result says which is
  which; several seeds show how far inventions differ.
- Most of the training statues are synthetic: bodies with drapery made from numbers. Scans are few, and European
  sculpture in the classical tradition prevails among them.
- The words of shape edits were learnt from synthetic bodies and heads: what is no human figure is moved by chance, and
  a face that is not modelled grows no beard. They say the mean of what a word may mean: no wrinkles, no locks of hair.
- The weights are kept in eight bits: see `priors/bundled.py`.
- None of the statues they are measured with (`statues/test`) was trained on.
"""


def write_card(folder: Path) -> Path:
    """Writes the card into the folder of the bundle; returns its path."""
    path = folder / bundled.CARD
    write_whole(path, card(bundled.bundle(folder)).encode("utf-8"))
    return path


def card(shipped: bundled.Bundle) -> str:
    """The card as Markdown."""
    parts = [_part(name, part) for name, part in sorted(shipped.parts.items())]
    measured = f"## Measured\n\n{shipped.measured.strip()}\n" if shipped.measured.strip() else ""
    return "\n".join(text for text in (HEAD, _overview(shipped), *parts, measured, LIMITS, _credits(shipped)) if text)


def _overview(shipped: bundled.Bundle) -> str:
    rows = [
        (name, part.version, f"{part.parameters / 1e6:.1f} M", _size(part), part.trained)
        for name, part in sorted(shipped.parts.items())
    ]
    return _table(("part", "version", "parameters", "MiB", "trained"), rows)


def _part(name: str, part: bundled.Part) -> str:
    lines = [f"## {name}", "", f"{WHAT.get(name, name)}.", ""]
    run = part.run
    lines += [f"- Architecture: {_listed(part.architecture)}"]
    if run:
        data = run["data"]
        lines += [f"- Data: {_groups(data['groups'], data.get('shares', {}))}"]
        lines += [f"- Compute: {part.trained}; seed {run['budget']['seed']}, {run['budget']['precision']}"]
        lines += [f"- Budget: {_listed(run['budget'])}"]
    lines += [f"- File: `{file.name}`, SHA-256 `{file.sha256}`" for file in part.files]
    if run and run["figures"]:
        first, last = run["figures"]["first"], run["figures"]["last"]
        rows = [(figure, first.get(figure, ""), last[figure]) for figure in last if figure not in ("step", "minutes")]
        lines += ["", f"On the statues held out, after {first['minutes']:.0f} and {last['minutes']:.0f} minutes:", ""]
        lines += [_table(("figure", "first", "last"), rows)]
    if run:
        lines += ["To train it again:", "", "```", *_commands(run["sittings"]), "```", ""]
    return "\n".join(lines)


def _commands(sittings: list[dict[str, Any]]) -> list[str]:
    """The commands, each once: a run that was interrupted goes on with the same."""
    return list(dict.fromkeys(sitting["command"] for sitting in sittings))


def _groups(groups: dict[str, dict[str, int]], shares: dict[str, float]) -> str:
    told = [f"{name}: {some['train']} to train, {some['validation']} to validate" for name, some in groups.items()]
    shown = [f"{kind} {share:.0%}" for kind, share in shares.items()]
    return "; ".join([*told, *(["of the photos " + ", ".join(shown)] if shown else [])])


def _credits(shipped: bundled.Bundle) -> str:
    if not shipped.credits:
        return ""
    rows = [(row["file"], row["licence"], row["author"], row["source"]) for row in shipped.credits]
    return "## Credits\n\n" + _table(("what", "licence", "object, author", "source"), rows)


def _size(part: bundled.Part) -> str:
    return f"{sum(file.bytes for file in part.files) / 2**20:.1f}"


def _listed(fields: dict[str, Any]) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in fields.items())


def _plain(value: Any) -> str:
    return " × ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


def _table(heads: tuple[str, ...], rows: list[tuple]) -> str:
    lines = [heads, ("---",) * len(heads), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines) + "\n"


def keep_measured(file: Path, folder: Path) -> None:
    """Takes a Markdown text about what the parts reach into bundled.json, where each card to come finds it."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise Failure(f"{file} cannot be read ({error}).", next_step="Name a Markdown file.") from error
    bundled.write_list(replace(bundled.bundle(folder), measured=text), folder)
