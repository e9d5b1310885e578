"""What adapting to photographs gains, part by part: .venv/bin/python bench/adapt.py --data DIR --out DIR

SculptureRecon's ablation with our means. Source: the prepared bodies (group “synth”), with volumes. Target: renders of
the scans to train with, without their volumes. Every row trains the same minutes, with the same seed, from the same
start: a small network that was trained on the bodies only. Two things are measured, with the scans' volumes: views of
the scans *held out*, and other views of the target's *own* statues, as a museum adapts to what it wants to rebuild.

    OUT/start/          the start's run; goes on after a kill, as every row does
    OUT/rows/NAME/      a row's run, and its result.json once it is done
    OUT/table.json      all rows that are done; also printed, with a table in Markdown

Rows that are done are not run again, so they can be run one by one (--rows). Distances come from a single guess out of
pure noise. Chamfer: mean of both directions between zero levels, in hundredths of the true one's longest side, in the
photo's own frame. “gain” is the mean decrease of Chamfer against “source only”, over the same views, with its standard
error: what is smaller than twice that says nothing.
"""

import argparse
import json
import logging
import os
import sys
from collections import defaultdict
from pathlib import Path

import statue_recon.device  # noqa: F401  # before torch: threads shall sleep, not spin, while they wait

# isort: split
import numpy as np
import torch
from scipy.spatial import cKDTree
from torch import Tensor

from statue_recon.contract import Failure
from statue_recon.photo.window import Window, condition_of
from statue_recon.priors.shape.columns import DEPTH_STEP
from statue_recon.priors.shape.network import Architecture, Condition, ShapeNetwork
from statue_recon.priors.shape.schedule import TIMES
from statue_recon.train.adapt import AdaptSettings, adapt
from statue_recon.train.adapt_start import network_of
from statue_recon.train.loop import STATE, Budget, read_log, train
from statue_recon.train.objects import Objects
from statue_recon.train.scenes import Studio
from statue_recon.train.shape import ShapeData, ShapeTask
from statue_recon.whole import write_whole

SMALL = Architecture(widths=(64, 96, 128))  # 3.7 million parameters
SOURCE, TARGET = "synth", "scans"
ROWS = {
    "source only": frozenset({"mmd", "target", "information"}),
    "without MMD": frozenset({"mmd"}),
    "without target": frozenset({"target"}),
    "without mutual information": frozenset({"information"}),
    "without multi-level": frozenset({"levels"}),
    "all": frozenset[str](),
}
MEASURED = {"held out": ("validation", 48), "own": ("train", 60)}  # of the scans: the set, and how many views
POINTS = 6000  # of a zero level

View = tuple[Condition, Tensor]


def main(given: argparse.Namespace) -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    keep_to_the_plan(given)
    begin = started(given)
    views = {name: photographed(given, *wanted) for name, wanted in MEASURED.items()}
    results = given.out / "rows"
    finish(results / "start" / "result.json", lambda: measured(network_of(begin), views))
    for name in given.rows:
        folder = results / name.replace(" ", "-")
        finish(folder / "result.json", lambda name=name, folder=folder: row(given, ROWS[name], begin, folder, views))
    table = {name: read(results / name.replace(" ", "-") / "result.json") for name in ("start", *ROWS)}
    table = {name: result for name, result in table.items() if result}
    for result in table.values():
        result["gain"] = gain(result, table.get("source only"))
    write_whole(given.out / "table.json", json.dumps(table, indent=1).encode())
    for result in table.values():
        del result["chamfers"]
    sys.stdout.write(json.dumps(table, indent=2) + "\n\n" + markdown(table) + "\n")


def keep_to_the_plan(given: argparse.Namespace) -> None:
    """Rows of one table are made alike: with other numbers than those it was begun with there is none."""
    plan = {name: str(value) for name, value in vars(given).items() if name not in ("rows", "out", "workers")}
    path = given.out / "plan.json"
    if path.is_file() and (begun := json.loads(path.read_text())) != plan:
        raise Failure(
            f"{given.out} was begun with other settings ({begun}).",
            next_step="Run the bench with these, or give it another folder with --out.",
        )
    given.out.mkdir(parents=True, exist_ok=True)
    write_whole(path, json.dumps(plan).encode())


def started(given: argparse.Namespace) -> Path:
    """The weights that all rows begin with; trained on bodies, as long as is asked for."""
    out = given.out / "start"
    if not (out / "done").is_file():
        torch.manual_seed(given.seed)
        data = ShapeData(given.data, given.lights, {SOURCE: 1.0})
        task = ShapeTask(SMALL, data, given.batch, given.workers)
        often = max(given.pretrain_minutes / 4, 0.5)
        train(task, Budget(given.pretrain_minutes, given.batch, workers=given.workers, report_every=often), out)
        (out / "done").touch()
    return out / STATE


def row(
    given: argparse.Namespace, without: frozenset[str], begin: Path, out: Path, views: dict[str, list[View]]
) -> dict:
    """Trains one row and measures it."""
    settings = AdaptSettings(rate=given.rate, without=without, group=TARGET, shares={SOURCE: 1.0})
    network = adapt(
        settings, given.data, None, begin, out, given.minutes, given.batch, lights=given.lights,
        workers=given.workers, report_every=given.minutes / 2, seed=given.seed,
    )  # fmt: skip
    last = read_log(out)[-1]
    load = [round(load, 1) for load in os.getloadavg()]
    return {"steps": last["step"], "apart": last["apart"], "load": load, **measured(network, views)}


def finish(path: Path, make) -> None:
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, json.dumps(make(), indent=1).encode())


def read(path: Path) -> dict:
    return json.loads(path.read_text()) if path.is_file() else {}


def photographed(given: argparse.Namespace, kind: str, count: int) -> list[View]:
    """So many views of one set of scans, the same each time, with their volumes."""
    objects = Objects(given.data)
    studio = Studio(objects, given.lights, 96)
    entries = objects.of(kind, (TARGET,))
    rng = np.random.default_rng(11)
    by_shape: dict[tuple[int, ...], list[tuple[Window, Tensor]]] = defaultdict(list)
    for number in range(count):
        entry = entries[number % len(entries)]
        view = studio.photo(entry, rng)
        volume = studio.volume(entry, view.columns)
        by_shape[tuple(volume.shape)].append((view.window, volume))
    return [
        (condition_of([window for window, _ in some]), torch.stack([volume for _, volume in some]))
        for some in by_shape.values()
    ]


def measured(network: ShapeNetwork, views: dict[str, list[View]]) -> dict:
    """How far guesses are off, by what was photographed."""
    network.eval()
    result: dict = {"chamfers": {}}
    for name, groups in views.items():
        off, overlap, chamfers = [], [], []
        generator = torch.Generator().manual_seed(0)
        for condition, clean in groups:
            noise = torch.randn(clean.shape, generator=generator)
            with torch.no_grad():
                guess = network(noise, torch.full((len(clean),), TIMES - 1), condition).float().clamp(-1, 1)
            off += (guess - clean).abs().mean(dim=(1, 2, 3)).tolist()
            inside, truth = guess < 0, clean < 0
            overlap += ((inside & truth).sum((1, 2, 3)) / (inside | truth).sum((1, 2, 3)).clamp(min=1)).tolist()
            chamfers += [chamfer(one, other) for one, other in zip(guess, clean, strict=True)]
        result["chamfers"][name] = chamfers
        result[name] = {
            "off": round(float(np.mean(off)), 5),
            "overlap": round(float(np.mean(overlap)), 4),
            "chamfer": round(float(np.mean(chamfers)), 3),
        }
    return result


def chamfer(guess: Tensor, truth: Tensor) -> float:
    """Between the zero levels of two volumes [D, H, W], in hundredths of the true one's longest side."""
    one, other = zero_level(guess.numpy()), zero_level(truth.numpy())
    longest = float(np.ptp(other, axis=0).max())
    if not len(one):
        return 100.0
    there, back = (cKDTree(b).query(a)[0].mean() for a, b in ((one, other), (other, one)))
    return float(there + back) / 2 / longest * 100


def zero_level(volume: np.ndarray) -> np.ndarray:
    """[N, 3] points, in pitches, where a volume [D, H, W] changes its sign along one of its axes."""
    found = []
    for axis in range(3):
        low, high = (np.take(volume, range(start, volume.shape[axis] + start - 1), axis) for start in (0, 1))
        places = np.argwhere((low < 0) != (high < 0)).astype(np.float32)
        at = tuple(places.astype(int).T)
        places[:, axis] += low[at] / (low[at] - high[at])
        found.append(places)
    points = np.concatenate(found) * np.array([DEPTH_STEP, 1.0, 1.0], np.float32)
    if len(points) > POINTS:
        points = points[np.random.default_rng(0).choice(len(points), POINTS, replace=False)]
    return points


def gain(result: dict, base: dict | None) -> dict[str, list[float]]:
    """By how much Chamfer is smaller than the base's, and the standard error of that, view by view."""
    gains = {}
    for name, chamfers in result["chamfers"].items() if base else ():
        less = np.array(base["chamfers"][name]) - np.array(chamfers)
        gains[name] = [round(float(less.mean()), 3), round(float(less.std() / np.sqrt(len(less))), 3)]
    return gains


def markdown(table: dict[str, dict]) -> str:
    head = "| | steps | features apart |" + "".join(f" {name}: overlap | Chamfer | gain |" for name in MEASURED)
    lines = [head, "|---" * (3 + 3 * len(MEASURED)) + "|"]
    for name, result in table.items():
        cells = [name, str(result.get("steps", "")), str(result.get("apart", ""))]
        for kind in MEASURED:
            more, error = result["gain"].get(kind, (0.0, 0.0))
            cells += [f"{result[kind]['overlap']:.3f}", f"{result[kind]['chamfer']:.2f}", f"{more:+.2f} ± {error:.2f}"]
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="prepared statues, of the groups synth and scans")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--lights", type=Path, help="a folder of .hdr pictures")
    parser.add_argument("--pretrain-minutes", type=float, default=9.0)
    parser.add_argument("--minutes", type=float, default=3.0, help="of each row")
    parser.add_argument("--rows", default=",".join(ROWS), help="some of: " + ", ".join(ROWS))
    parser.add_argument("--batch", type=int, default=8)
    parser.add_argument("--rate", type=float, default=3e-4, help="of learning in the rows, which are short")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    given.rows = [name for name in (part.strip() for part in given.rows.split(",")) if name]
    if unknown := set(given.rows) - set(ROWS):
        parser.error(f"no rows are called {', '.join(sorted(unknown))}")
    return given


if __name__ == "__main__":
    try:
        main(asked())
    except Failure as problem:
        sys.exit(str(problem))
