"""What edits by words are worth: .venv/bin/python -m bench.edit [--sheet PNG] [--statues NAME …] > edit.json

Four test statues as reconstructed with the bundled prior from their frontal photos (of a run of bench/statues, or
--results FOLDER), twelve prompts each, all through edit/run.py as a job goes, at full resolution (or --preview), and
with *Keep what the photo shows* off, so that the whole statue is judged. The judge (edit_judge.py) looks at pictures
from eight sides before and after, through the same cameras: coloured ones for surfaces, carved ones for shapes.

    rise        the prompt's word in the judge's log-odds, after less before: the baseline is the statue before the edit
    control     the same of a word that was not asked: an edit that only makes a statue odd raises both
    place       1: of all words of its kind the prompt's rose the most
    counts      whether the judge can tell the word at all, on statues held out (AUC ≥ edit_judge.LEAST)

Then what may not change does not: `checks` (edit_checks.py). Seconds are the processor's, of one thread.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import sys
import time
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import statue_recon.device  # noqa: F401  # before torch: threads shall sleep, not spin, while they wait

# isort: split
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from statue_recon.contract import Failure
from statue_recon.contract_edit import EditRequest
from statue_recon.edit.region_words import looked_at
from statue_recon.edit.run import edit
from statue_recon.edit.shape import HEAD_RISE, HEAD_SCALE
from statue_recon.evaluate.picture import draw
from statue_recon.evaluate.subject import Subject, read_subject
from statue_recon.report import Report
from tools.contact_sheet import sheet

from .edit_checks import checked
from .edit_judge import CACHE, LEAST, Judge, judge_of
from .edit_views import Frame, Pixels, carved, coloured
from .statues.runs import RUNS
from .statues.sheet import picture

log = logging.getLogger(__name__)

STATUES = ("danish_dancing_girl", "danish_man_wreath", "tds_hermes_sandal", "tds_plato")
AZIMUTHS = (-135, -90, -45, -20, 20, 45, 90, 135)  # degrees, for surfaces
FACES = (-75, -50, -25, -10, 10, 25, 50, 75)  # degrees, for shapes: the sides from which the judge has learnt
ELEVATION = 5.0  # degrees
LIGHT = np.array([-0.45, -0.7, -0.55])  # from the viewer's upper left, in the camera's frame: x right, y down
SHOWN, SIDE = 20, 150  # degrees, and pixels of a picture of the sheet
KINDS = {"surface": "painted", "shape": "figures"}  # of the judge


@dataclass(frozen=True)
class Asked:
    """A prompt, and which of the judge's words it means."""

    prompt: str
    what: str
    word: str
    control: str  # a word that it does not mean

    @property
    def name(self) -> str:
        return self.prompt.replace(" ", "-")


PROMPTS = (
    Asked("bronze with green patina", "surface", "green patina", "terracotta"),
    Asked("weathered limestone", "surface", "limestone", "granite"),
    Asked("terracotta", "surface", "terracotta", "gilded"),
    Asked("gilded", "surface", "gilded", "painted"),
    Asked("painted warm marble", "surface", "painted", "green patina"),
    Asked("polished white marble", "surface", "marble", "limestone"),
    Asked("grey granite", "surface", "granite", "marble"),
    Asked("stout", "shape", "heavier", "older"),
    Asked("lean", "shape", "lean", "bearded"),
    Asked("old", "shape", "older", "lean"),
    Asked("woman", "shape", "female", "heavier"),
    Asked("beard", "shape", "bearded", "female"),
)


@dataclass(frozen=True)
class Shown:
    """A test statue before any edit, and how pictures of it are taken."""

    name: str
    folder: Path

    @cached_property
    def subject(self) -> Subject:
        return read_subject(self.folder)

    @cached_property
    def frame(self) -> Frame:
        return Frame.around(self.subject.mesh.vertices)

    @cached_property
    def head(self) -> Frame:
        """As much around the head as the judge has learnt from; of a statue without a head, its uppermost third."""
        heads = looked_at(self.subject.mesh).heads
        if not heads:
            return self.frame.upper(1 / 3)
        lift = np.array([0.0, 0.0, HEAD_RISE * heads[0].radius])
        return Frame(heads[0].middle + lift, 2 * HEAD_SCALE * heads[0].radius)

    def pictures(self, subject: Subject, what: str) -> Pixels:
        """[N, C, SIDE, SIDE] of the statue before or after, as the judge of this kind looks at it."""
        if what == "surface":
            return np.stack([self._coloured(subject, azimuth) for azimuth in AZIMUTHS])
        frames = self.frame, self.head
        sides = [[frame.camera(azimuth, ELEVATION) for frame in frames] for azimuth in FACES]
        return np.stack([np.concatenate([carved(subject.mesh, camera) for camera in side]) for side in sides])

    def _coloured(self, subject: Subject, azimuth: float) -> Pixels:
        uv, atlas = subject.uv, subject.atlas
        assert uv is not None and atlas is not None
        camera = self.frame.camera(azimuth, ELEVATION)
        return coloured(subject.mesh, camera, lambda cover: draw(cover, uv, atlas)[cover.faces >= 0], LIGHT)


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    parser = argparse.ArgumentParser(prog="python -m bench.edit", description="Edits by words, judged.")
    parser.add_argument("--results", type=Path, metavar="FOLDER", help="of reconstructions; default: the newest run")
    parser.add_argument("--statues", nargs="+", default=list(STATUES), metavar="NAME")
    parser.add_argument("--preview", action="store_true", help="surfaces at low resolution, as previews are")
    parser.add_argument("--checks", type=int, metavar="N", help="on how many of the statues; default: all")
    parser.add_argument("--sheet", type=Path, metavar="PNG", help="before and after: a line for each prompt")
    given = parser.parse_args()
    results = given.results or newest(given.statues)
    statues = [Shown(name, results / f"{name}_az+00_el+00") for name in given.statues]
    judges = {what: judge_of(kind) for what, kind in KINDS.items()}
    code, rows, lines = code_of_edits(), [], []
    for asked in PROMPTS:
        line = [label(asked)]
        for statue in statues:
            after = statue.subject
            try:
                folder, seconds = edited(statue, asked, code, given.preview)
                after = read_subject(folder)
                rows.append(row(statue, asked, after, judges[asked.what]) | {"processor_seconds": seconds})
            except Failure as refusal:
                rows.append({"statue": statue.name, "prompt": asked.prompt, "refused": refusal.message})
            log.info("%s, “%s”: %s", statue.name, asked.prompt, json.dumps(rows[-1]))
            if given.sheet:
                line += [picture(each, SHOWN, asked.what == "surface") for each in (statue.subject, after)]
        lines.append(line)
    told = {
        "baseline": "before the edit",
        "results": str(results),
        "preview": given.preview,
        "clip": "not installed; no verdict of it",
        "least_auc": LEAST,
        "judge": {what: judge.known for what, judge in judges.items()},
        "prompts": summary(rows, judges),
        "checks": [check for statue in statues[: given.checks] for check in checked(statue.folder, CACHE / "checks")],
        "rows": rows,
    }
    if given.sheet:
        sheet(lines, SIDE).save(given.sheet)
    sys.stdout.write(json.dumps(told, indent=2, ensure_ascii=False) + "\n")


def newest(names: list[str]) -> Path:
    """The newest run of bench/statues that has all these statues, made with the bundled prior."""
    for folder in sorted(RUNS.glob("*"), key=lambda path: path.stat().st_mtime, reverse=True):
        told = [folder / f"{name}_az+00_el+00" / "provenance.json" for name in names]
        if all(path.is_file() and _bundled(path) for path in told):
            return folder
    raise SystemExit(
        "Make the statues first: python -m bench.statues run --sets frontal --engine-args '--prior bundled'"
    )


def _bundled(provenance: Path) -> bool:
    return json.loads(provenance.read_text(encoding="utf-8"))["request"]["prior"] == "bundled"


def code_of_edits() -> str:
    """Ten letters that change with the code and the data of edits."""
    import statue_recon.edit.run as run

    mark = hashlib.sha256()
    for path in sorted(Path(str(run.__file__)).parent.glob("*")):
        if path.suffix in (".py", ".json"):
            mark.update(path.name.encode() + b"\0" + path.read_bytes())
    return mark.hexdigest()[:10]


def edited(statue: Shown, asked: Asked, code: str, preview: bool) -> tuple[Path, float]:
    """The folder of the edited statue, from the cache if nothing has changed, and the processor's seconds it took."""
    preview = preview and asked.what == "surface"  # a shape is the same in a preview
    folder = CACHE / "edits" / statue.name / asked.name
    record, mark = folder / "made.json", {"code": code, "of": str(statue.folder.resolve()), "preview": preview}
    if record.is_file():
        made = json.loads(record.read_text(encoding="utf-8"))
        if made["mark"] == mark:
            return folder, made["seconds"]
        record.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    place = str(statue.folder.resolve())
    request = EditRequest(place, asked.prompt, what=asked.what, keep_seen=False, preview=preview, device="cpu")
    report, began = Report(folder), time.process_time()
    try:
        edit(request, folder, "", report)
    finally:
        report.close()
    seconds = round(time.process_time() - began, 2)
    record.write_text(json.dumps({"mark": mark, "seconds": seconds}), encoding="utf-8")
    return folder, seconds


def row(statue: Shown, asked: Asked, after: Subject, judge: Judge) -> dict[str, Any]:
    """What the judge says of one edit."""
    before, now = (judge.log_odds(statue.pictures(each, asked.what)) for each in (statue.subject, after))
    return {"statue": statue.name, "prompt": asked.prompt, **verdict(before, now, judge.words, asked)}


def verdict(before: NDArray, after: NDArray, words: tuple[str, ...], asked: Asked) -> dict[str, Any]:
    """Of log-odds [N, W] of the same views before and after."""
    rises = after - before
    mean, word, control = rises.mean(axis=0), words.index(asked.word), words.index(asked.control)
    return {
        "before": round(float(before[:, word].mean()), 3),
        "after": round(float(after[:, word].mean()), 3),
        "rise": round(float(mean[word]), 3),
        "views_right": round(float((rises[:, word] > 0).mean()), 3),
        "control": round(float(mean[control]), 3),
        "place": int((mean > mean[word]).sum()) + 1,
    }


def summary(rows: list[dict[str, Any]], judges: dict[str, Judge]) -> dict[str, dict[str, Any]]:
    """By prompt, over the statues; and over all prompts whose verdict counts."""
    found: dict[str, dict[str, Any]] = {}
    for asked in PROMPTS:
        some = [each for each in rows if each["prompt"] == asked.prompt]
        judge = judges[asked.what]
        found[asked.prompt] = {
            "word": asked.word,
            "auc": judge.known[asked.word]["auc"],
            "counts": judge.can_tell(asked.word),
            "control_word": asked.control,
            **means(some),
        }
    counted = [each for each in rows if found[each["prompt"]]["counts"]]
    return found | {"all that count": means(counted)}


def means(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Over edits; those that the engine refused moved nothing, and count as not right."""
    made = [each for each in rows if "refused" not in each]
    counts = {"edits": len(rows), "refused": len(rows) - len(made)}
    if not made:
        return counts
    names = ("rise", "control", "views_right", "place", "processor_seconds")
    return counts | {
        **{name: round(float(np.mean([each[name] for each in made])), 3) for name in names},
        "statues_right": round(sum(each["rise"] > 0 for each in made) / len(rows), 3),
        "above_control": round(sum(each["rise"] > each["control"] for each in made) / len(rows), 3),
    }


def label(asked: Asked) -> Image.Image:
    """The words of a line of the sheet."""
    shown = Image.new("RGBA", (SIDE, SIDE))
    ImageDraw.Draw(shown).multiline_text((6, SIDE // 2 - 14), asked.prompt.replace(" with ", "\nwith "), "white")
    return shown


if __name__ == "__main__":
    main()
