"""What priors are worth in the geometry stage: .venv/bin/python -m bench.refine [--start none] [--prior shape,view] …

From the same fitted field of each statue the stage is run three times: with evidence alone (*no prior*, the baseline),
with the priors asked for heeding no visibility, and with them weighted by visibility. The field to start from is what
the bundled prior imagined, or with `--start none` the outline inflated: as published, nothing was imagined before.
Test statues of bench/statues, photographed from the front with their true masks; or --held-out, statues that the
training never saw, as bench/held_out.py photographs them. Draft quality, without the fine scale, for the stage moves a
coarse copy.

The truth in its unit box; all variants where the fitted field stands in its own: else a back that grows would move the
front out of place. *Seen* are points that the photo's camera sees, of the result and of the truth each by itself,
*invented* all others; the Chamfer distance of a part is the mean of both ways. Published (DP-Recon, whole objects):
7.67 without prior, 6.35 with it, 5.54 with visibility too. Prints JSON; “change” counts from the baseline.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import statue_recon.device  # noqa: F401  # before torch: threads shall sleep, not spin, while they wait

# isort: split
import numpy as np
from PIL import Image

from statue_recon.contract import Request
from statue_recon.device import seed_torch
from statue_recon.evaluate.parts import pred_parts, truth_parts
from statue_recon.evaluate.picture import overlap
from statue_recon.evaluate.protocol import Comparison, Placement, in_unit_box
from statue_recon.evaluate.subject import Subject, read_mesh
from statue_recon.field.fit import fit
from statue_recon.field.sdf import SDF
from statue_recon.field.silhouette import inflate
from statue_recon.imagine import coarse_field, imagine
from statue_recon.mesh.extract import extract
from statue_recon.mesh.mesh import Mesh
from statue_recon.photo.load import load_photo
from statue_recon.photo.photo import Photo
from statue_recon.priors import names
from statue_recon.quality import QUALITIES
from statue_recon.refine.chosen import Told, guidance_of
from statue_recon.refine.geometry import GeometrySettings, GeometryStage, refine_geometry
from statue_recon.refine.seen import Weigh, everywhere, hidden_weight
from statue_recon.render.raster import cover_of_photo
from statue_recon.render.rays import Rays
from statue_recon.report import Report
from statue_recon.train.objects import Objects
from tools.contact_sheet import sheet

from .held_out import chosen, photograph
from .statues.photos import take
from .statues.sheet import SIDE, picture
from .statues.views import views

START, BASELINE = "as fitted", "no prior"
VARIANTS: dict[str, tuple[bool, Weigh]] = {  # whether the prior speaks, and how visibility becomes its weight
    BASELINE: (False, hidden_weight),
    "prior, visibility unheeded": (True, everywhere),
    "prior, weighted by visibility": (True, hidden_weight),
}
PARTS = {"seen": "in_view", "invented": "out_of_view"}  # of the result, and of the truth
LESS_IS_BETTER = ("chamfer", "point_to_surface")
POINTS = 30_000
QUALITY = QUALITIES["draft"]

Figures = dict[str, float]
Rows = dict[str, dict[str, Figures]]  # by statue and variant


@dataclass(frozen=True)
class Statue:
    """A photographed statue of which the truth is known."""

    name: str
    photo: Photo
    truth: Mesh
    elevation: float | None  # degrees; None: the engine is not told


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.refine", description="The geometry stage with and without.")
    parser.add_argument("--held-out", type=Path, metavar="DATA", help="prepared statues, instead of the test statues")
    parser.add_argument("--statues", nargs="+", default=[], metavar="NAME", help="default: all, of those held out 16")
    parser.add_argument("--start", choices=("bundled", "none"), default="bundled", help="what makes the first field")
    parser.add_argument(
        "--prior", default=names.SHAPE, metavar="NAMES", help="what speaks: shape,view:0.5 (default: shape)"
    )
    parser.add_argument("--steps", type=int, default=GeometrySettings().steps)
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="a line of pictures for each statue: see `line`")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", choices=("cpu", "cuda"), default="cpu")
    given = parser.parse_args()
    rows: Rows = {}
    lines = []
    for statue in held_out(given.held_out, given.statues) if given.held_out else tested(given.statues):
        fields, costs = refined(statue, given)
        place = in_unit_box(extract(fields[START]))
        rows[statue.name] = {
            name: figures(field, statue, place) | costs.get(name, {}) for name, field in fields.items()
        }
        if given.sheet:
            lines.append(line(statue, fields, place))
        sys.stderr.write(f"{statue.name} {json.dumps(rows[statue.name])}\n")
    if lines:
        sheet(lines, SIDE).save(given.sheet)
    if not rows:
        sys.exit(f"There is no statue called {' or '.join(given.statues)}.")
    asked = {name: getattr(given, name) for name in ("start", "prior", "steps", "seed", "device")}
    mean = means(rows)
    told = {
        "baseline": BASELINE,
        **asked,
        "statues": len(rows),
        "mean": mean,
        "change": changes(mean),
        "order": orders(mean),
        "rows": rows,
    }
    sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")


def held_out(data: Path, names: list[str]) -> Iterator[Statue]:
    objects = Objects(data)
    entries = [entry for entry in objects.of("validation") if entry.id in names] if names else chosen(objects, 12)
    for entry in entries:
        truth, _ = objects.mesh(entry)
        yield Statue(entry.id, photograph(truth), truth, 0.0)


def tested(names: list[str]) -> Iterator[Statue]:
    for taken in take(views(("frontal",), tuple(names))):
        request = Request(photo=str(taken.photo), mask=str(taken.mask), mask_source="painted")
        with tempfile.TemporaryDirectory() as folder:
            photo = quietly(folder, lambda report, asked=request: load_photo(report.folder, asked, report))
        yield Statue(taken.view.statue, photo, read_mesh(taken.truth).mesh, None)


def quietly(folder: str, work: Callable):
    """Does what wants a report; nobody reads it."""
    report = Report(Path(folder))
    try:
        return work(report)
    finally:
        report.close()


def refined(statue: Statue, given: argparse.Namespace) -> tuple[dict[str, SDF], dict[str, Figures]]:
    """The fitted field and what each variant of the stage makes of it, and the variants' seconds."""
    seed_torch(given.seed)
    with tempfile.TemporaryDirectory() as folder:
        field = quietly(folder, lambda report: fitted(statue, given, report))
    made, costs = {START: field}, {}
    for name, (speaks, weigh) in VARIANTS.items():
        chosen = names.read(given.prior) if speaks else {}
        guidance = guidance_of(chosen, Told(statue.photo, statue.elevation), given.device, sys.stderr.write)
        wall, work = time.perf_counter(), time.process_time()
        settings = GeometrySettings(steps=given.steps)
        stage = GeometryStage(field, statue.photo, guidance, settings, given.seed, given.device, weigh)
        made[name] = refine_geometry(stage)
        cost = {"seconds": time.perf_counter() - wall, "processor_seconds": time.process_time() - work}
        costs[name] = {each: round(seconds, 2) for each, seconds in cost.items()}
    return made, costs


def fitted(statue: Statue, given: argparse.Namespace, report: Report) -> SDF:
    """The field as a job has it before this stage."""
    volume = inflate(statue.photo, QUALITY)
    if given.start == "bundled":
        request = Request(photo="", prior="bundled", seed=given.seed, elevation=statue.elevation)
        imagined = imagine(statue.photo, request, QUALITY, given.device, report)
        volume = coarse_field(imagined, statue.photo, QUALITY)
    return fit(volume, statue.photo, QUALITY, given.device, report)


def figures(field: SDF, statue: Statue, place: Placement) -> Figures:
    """How near the field's surface is, put in its place, as a whole and in parts, and how well it keeps the outline."""
    made, camera = extract(field), statue.photo.camera
    covered = cover_of_photo(made, camera).faces >= 0
    compared = Comparison(place.of(made), in_unit_box(statue.truth).of(statue.truth), POINTS, 0)
    shown = Rays(made).seen_from(camera.position, made.vertices, made.normals)
    there = pred_parts(compared, shown.astype(np.float32))
    back = truth_parts(compared, place.of_points(camera.position))
    whole = compared.figures(())
    found = {name: whole[name] for name in (*LESS_IS_BETTER, "normal_consistency")}
    for part, of_truth in PARTS.items():
        one, other = there[part], back[of_truth]
        found[f"{part} chamfer"] = (one["point_to_surface"] + other["completeness"]) / 2
        found[f"{part} point_to_surface"] = one["point_to_surface"]
        found[f"{part} normal_consistency"] = (one["normal_consistency"] + other["normal_consistency"]) / 2
    found["silhouette_iou"] = overlap(covered, statue.photo.alpha > 0.5)
    return {name: round(float(value), 5) for name, value in found.items()}


def line(statue: Statue, fields: dict[str, SDF], place: Placement) -> list[Image.Image]:
    """The back and the side of the truth, then of each field, as clay."""
    truth = in_unit_box(statue.truth).of(statue.truth)
    shown = [truth, *(place.of(extract(field)) for field in fields.values())]
    return [picture(Subject(mesh), azimuth, coloured=False) for mesh in shown for azimuth in (180, 90)]


def means(rows: Rows) -> dict[str, Figures]:
    return {
        name: {figure: round(float(np.mean([row[name][figure] for row in rows.values()])), 5) for figure in first}
        for name, first in next(iter(rows.values())).items()
    }


def changes(mean: dict[str, Figures]) -> dict[str, Figures]:
    """What the prior changes: figures less the baseline's; of seconds, how many times the baseline's."""
    base = mean[BASELINE]
    return {
        name: {
            figure: round(value / base[figure] if figure.endswith("seconds") else value - base[figure], 5)
            for figure, value in mean[name].items()
        }
        for name in VARIANTS
        if name != BASELINE
    }


def orders(mean: dict[str, Figures]) -> dict[str, list[str]]:
    """The variants from best to worst, by each figure."""
    judged = [figure for figure in mean[BASELINE] if not figure.endswith("seconds")]
    return {
        figure: sorted(VARIANTS, key=lambda name: mean[name][figure], reverse=not figure.endswith(LESS_IS_BETTER))
        for figure in judged
    }


if __name__ == "__main__":
    main()
