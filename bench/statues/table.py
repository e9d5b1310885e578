"""The figures of a benchmark: as rows, as means of each set, as text, and compared with those of another."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

Row = dict[str, Any]

# Name in the JSON, heading, decimals, and whether more is better (None: it is neither).
COLUMNS: tuple[tuple[str, str, int, bool | None], ...] = (
    ("point_to_surface", "P2S", 4, False),
    ("seen_point_to_surface", "P2S seen", 4, False),
    ("invented_point_to_surface", "P2S inv.", 4, False),
    ("chamfer", "CD", 4, False),
    ("aligned_chamfer", "CD align.", 4, False),
    ("normal_consistency", "NC", 3, True),
    ("f_score", "F 0.02", 3, True),
    ("iou", "IoU", 3, True),
    ("silhouette_iou", "outline", 4, True),
    ("psnr", "PSNR", 2, True),
    ("ssim", "SSIM", 3, True),
    ("seconds", "s", 1, False),
    ("cpu_seconds", "CPU s", 1, False),
    ("peak_megabytes", "MB", 0, False),
)
_NAME, _CELL = 36, 10  # characters


def row(record: Row) -> Row:
    """The columns of one record of the ruler."""
    box, aligned = record["unit_box"], record["aligned"]
    photo = record["photos"][0]
    parts = box.get("parts", {})
    return {
        **{name: box[name] for name in ("point_to_surface", "chamfer", "normal_consistency", "iou")},
        **{f"{part}_point_to_surface": parts.get(part, {}).get("point_to_surface") for part in ("seen", "invented")},
        "aligned_chamfer": aligned["chamfer"],
        "f_score": box["f_score_0.02"],
        **{name: photo[name] for name in ("silhouette_iou", "psnr", "ssim")},
    }


def means(rows: Iterable[Row]) -> dict[str, Row]:
    """The mean of each column over each set, failed runs left out and counted."""
    sets: dict[str, list[Row]] = {}
    for one in rows:
        sets.setdefault(one["set"], []).append(one)
    return {name: _mean(members) for name, members in sets.items()}


def _mean(rows: list[Row]) -> Row:
    whole = [one for one in rows if not one.get("problem")]
    found: Row = {"photos": len(rows), "failed": len(rows) - len(whole)}
    for name, *_ in COLUMNS:
        values = [one[name] for one in whole if one.get(name) is not None]
        found[name] = sum(values) / len(values) if values else None
    return found


def as_text(rows: list[Row]) -> str:
    lines = [f"{'':{_NAME}}" + "".join(f"{heading:>{_CELL}}" for _, heading, _, _ in COLUMNS)]
    lines += [_line(one["name"], one) for one in rows]
    lines.append("")
    for name, mean in means(rows).items():
        failed = f", {mean['failed']} failed" if mean["failed"] else ""
        lines.append(_line(f"{name}, mean of {mean['photos']}{failed}", mean))
    return "\n".join(lines)


def compared(before: dict, after: dict) -> str:
    """Two benchmarks on the photos both have: the means of each set, and the change; “!” marks what became worse."""
    names = {one["name"] for one in before["rows"]} & {one["name"] for one in after["rows"]}
    if not names:
        return "The two have no photo in common."
    a, b = (means(one for one in which["rows"] if one["name"] in names) for which in (before, after))
    lines = [f"{'':{_NAME}}" + "".join(f"{heading:>{_CELL}}" for _, heading, _, _ in COLUMNS)]
    for name in a:
        lines += [_line(f"{name}, before", a[name]), _line(f"{name}, after", b[name])]
        cells = (_change(column, a[name], b[name]) for column in COLUMNS)
        lines += [f"{'  change':{_NAME}}" + "".join(f"{cell:>{_CELL}}" for cell in cells), ""]
    return "\n".join([*lines, *_largest(before, after, names)])


def _largest(before: dict, after: dict, names: set[str]) -> list[str]:
    """The photos whose Chamfer distance changed most, either way."""
    old, new = ({one["name"]: one.get("chamfer") for one in which["rows"]} for which in (before, after))
    both = [name for name in names if old[name] is not None and new[name] is not None]
    ranked = sorted(both, key=lambda name: (new[name] - old[name], name))
    chosen = ranked if len(ranked) <= 6 else [*ranked[:3], *ranked[-3:]]
    return ["Chamfer distance, from best to worst change:"] + [
        f"  {name:{_NAME}}{old[name]:8.4f} → {new[name]:.4f}" for name in chosen
    ]


def _line(name: str, figures: Row) -> str:
    if figures.get("problem"):
        return f"{name:{_NAME}}  failed: {figures['problem'].strip().splitlines()[-1]}"
    return f"{name:{_NAME}}" + "".join(f"{_cell(figures.get(key), digits):>{_CELL}}" for key, _, digits, _ in COLUMNS)


def _cell(value: float | None, digits: int) -> str:
    return "–" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def _change(column: tuple[str, str, int, bool | None], before: Row, after: Row) -> str:
    key, _, digits, more_is_better = column
    old, new = before[key], after[key]
    if old is None or new is None:
        return "–"
    worse = (new < old) if more_is_better else (new > old)
    return f"{new - old:+.{digits}f}{'!' if worse and round(new - old, digits) else ' '}"
