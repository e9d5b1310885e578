"""The ruler's record as a table for people."""

from __future__ import annotations

from .protocol import ALIGNED_POINTS, UNIT_BOX_POINTS

WORDS = {
    "point_to_surface": "point to surface",
    "completeness": "completeness",
    "chamfer": "Chamfer distance",
    "normal_consistency": "normal consistency",
    "normal_consistency_signed": "normal consistency, signed",
    "iou": "volumetric IoU",
    "silhouette_iou": "silhouette IoU",
    "psnr": "PSNR (dB)",
    "ssim": "SSIM",
    "share": "share of its surface",
}
PARTS = {"seen": "seen", "invented": "invented", "in_view": "in view", "out_of_view": "out of view"}
_WORD, _CELL = 28, 12  # characters


def as_text(record: dict) -> str:
    faces = record["faces"]
    lines = [f"{record['pred']} ({faces['pred']:,} faces) against {record['truth']} ({faces['truth']:,} faces)"]
    lines += _protocol(f"Unit box, {UNIT_BOX_POINTS:,} points", record["unit_box"])
    if "aligned" in record:
        lines += _protocol(f"Aligned, {ALIGNED_POINTS:,} points", record["aligned"])
    for photo in record.get("photos", []):
        lines += ["", f"On {photo['photo']}"]
        lines += [_line(name, [value]) for name, value in photo.items() if name != "photo"]
    return "\n".join(lines)


def _protocol(title: str, figures: dict) -> list[str]:
    """A line for each figure: of the whole, and of the parts that have it."""
    parts = figures.get("parts", {})
    headings = "".join(f"{PARTS[name]:>{_CELL}}" for name in parts)
    whole = ({"share": 1.0} if parts else {}) | {n: value for n, value in figures.items() if isinstance(value, float)}
    lines = ["", f"{title:<{_WORD}}{'all' if parts else '':>{_CELL}}{headings}".rstrip()]
    return lines + [_line(name, [value, *(part.get(name) for part in parts.values())]) for name, value in whole.items()]


def _line(name: str, values: list[float | None]) -> str:
    words = f"F-score at {name.removeprefix('f_score_')}" if name.startswith("f_score_") else WORDS[name]
    return f"  {words:<{_WORD - 2}}" + "".join(f"{_number(name, value):>{_CELL}}" for value in values).rstrip()


def _number(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.1%}" if name == "share" else f"{value:.2f}" if name == "psnr" else f"{value:.4f}"
