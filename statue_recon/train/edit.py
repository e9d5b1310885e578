"""Trains the network of shape edits on pairs of synthetic statues, and ships it.

    python -m statue_recon.train.edit_pairs --out PAIRS --count 600         4 s each on a core
    python -m statue_recon.train.edit fit PAIRS --part head --minutes 25 --out head.pt
    python -m statue_recon.train.edit fit PAIRS --part body --minutes 25 --out body.pt
    python -m statue_recon.train.edit ship head.pt body.pt --pairs PAIRS

Every eighth statue is held out. What is told of each word is the share of the way to the twin that is left after the
edit, root mean square over the surface: 1 is as good as doing nothing.
"""

from __future__ import annotations

import argparse
import json
import logging
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from ..edit.shape_network import BODY_REACH, BODY_WORDS, HEAD_REACH, HEAD_WORDS, Architecture, Cube, EditNetwork
from ..field.sdf import SDF
from ..mesh.mesh import LONGEST_SIDE

log = logging.getLogger(__name__)

assert __doc__ is not None
COMMANDS = [line.strip() for line in __doc__.splitlines() if line.startswith("    python")]

PARTS = {"head": Architecture(HEAD_WORDS), "body": Architecture(BODY_WORDS)}
HELD_OUT = 8  # every so many statues
POINTS = 1000  # of each statue at a step
BATCH = 6
RATE = 2e-3
TURN = 50.0  # degrees to either side by which statues are turned about the vertical
CENTRE, SCALE = 0.07, 0.10  # of a reach by which a detector may miss a head, and its size
CUT = 0.25  # of the statues that are cut like busts


@dataclass(frozen=True)
class Example:
    """One part of one statue, in metres."""

    field: SDF
    points: NDArray[np.float32]  # [N, 3]
    normals: NDArray[np.float32]
    ways: NDArray[np.float32]  # [words, N, 3], NaN where a word has no twin
    head: NDArray  # [3] its middle


def read(path: Path, part: str) -> Example:
    with np.load(path) as file:
        values, lower, spacing = (file[f"{part}_{name}"] for name in ("values", "lower", "spacing"))
        return Example(
            SDF(values.astype(np.float32), lower.astype(float), float(spacing)),
            file[f"{part}_points"],
            file[f"{part}_normals"].astype(np.float32),
            file[f"{part}_ways"].astype(np.float32),
            file["head"][:3],
        )


@dataclass(frozen=True)
class Shown:
    """An example as the network is shown it: probes [N, PROBES], ways [N, words, 3]."""

    probes: Tensor
    ways: Tensor


def shown(example: Example, part: str, rng: np.random.Generator, calm: bool = False) -> Shown:
    """The example turned, mirrored, moved and cut by chance; calm: as it is."""
    cube = _calm(example, part) if calm else _chanced(example, part, rng)
    places = (example.points - cube.middle) @ cube.turn.T / cube.reach
    inner = np.flatnonzero((np.abs(places).max(axis=1) < 1.0) & (example.points[:, 2] > cube.floor))
    chosen = rng.choice(inner, POINTS, replace=len(inner) < POINTS)
    probes = cube.probes(example.field, example.points[chosen], example.normals[chosen])
    ways = np.einsum("wni,ji->nwj", example.ways[:, chosen], cube.turn) / cube.reach
    return Shown(torch.from_numpy(probes), torch.from_numpy(ways.astype(np.float32)))


def _calm(example: Example, part: str) -> Cube:
    if part == "head":
        return Cube(example.head, HEAD_REACH, np.eye(3))
    low, high = example.points.min(axis=0).astype(float), example.points.max(axis=0).astype(float)
    return Cube((low + high) / 2, BODY_REACH * float((high - low).max()) / LONGEST_SIDE, np.eye(3))


def _chanced(example: Example, part: str, rng: np.random.Generator) -> Cube:
    turn = np.radians(rng.uniform(-TURN, TURN))
    mirror = np.diag([-1.0 if rng.random() < 0.5 else 1.0, 1.0, 1.0])
    matrix = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]]) @ mirror
    if part == "head":
        middle = example.head + rng.normal(0, CENTRE, 3) * HEAD_REACH
        return Cube(middle, HEAD_REACH * float(np.exp(rng.normal(0, SCALE))), matrix)
    low, high = example.points.min(axis=0).astype(float), example.points.max(axis=0).astype(float)
    floor = -np.inf
    if rng.random() < CUT:
        low[2] = floor = float(rng.uniform(low[2] + 0.3 * (high[2] - low[2]), high[2] - 0.3))
    reach = BODY_REACH * float((high - low).max()) / LONGEST_SIDE * float(np.exp(rng.normal(0, 0.05)))
    return Cube((low + high) / 2, reach, matrix, floor)


def fit(
    folder: Path, part: str, minutes: float, out: Path, seed: int = 0, start: Path | None = None
) -> dict[str, float]:
    """Trains one network; returns what is left of the way, per word, on statues held out.

    start: weights to go on from, as `out` was written by an earlier run.
    """
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    paths = sorted(folder.glob("*.npz"))
    train = [read(path, part) for path in paths if int(path.stem) % HELD_OUT]
    network = EditNetwork(PARTS[part])
    squares = [np.nanmean([np.square(e.ways[w]).sum(-1).mean() for e in train]) for w in range(len(network.size))]
    unit = HEAD_REACH if part == "head" else 1.0
    network.size.copy_(torch.tensor(np.sqrt(squares) / unit, dtype=torch.float32))
    before = {"steps": 0, "minutes": 0.0}
    if start is not None:
        saved = torch.load(start, weights_only=True)
        network.load_state_dict(saved["state"])
        before = saved["told"]
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=1e-3)
    begun, step, mean = time.monotonic(), 0, 0.0
    while (spent := (time.monotonic() - begun) / (60 * minutes)) < 1.0:
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(step / 50, 1.0) * min(1.0, 2.0 * (1.0 - spent) + 0.01)
        batch = [shown(train[int(rng.integers(len(train)))], part, rng) for _ in range(BATCH)]
        loss = _loss(network, batch)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimiser.step()
        mean += (float(loss.detach()) - mean) / min(step + 1, 50)
        step += 1
        if step % 100 == 0:
            print(f"{part} {spent:.0%} step {step} loss {mean:.4f} statues {len(train)}", flush=True)
    left = measured(network, [read(path, part) for path in paths if int(path.stem) % HELD_OUT == 0], part)
    told = {
        "part": part,
        "steps": step + before["steps"],
        "minutes": minutes + before["minutes"],
        "statues": len(train),
        "left": left,
    }
    torch.save({"told": told, "state": network.state_dict()}, out)
    print(json.dumps(told), flush=True)
    return left


def _loss(network: EditNetwork, batch: list[Shown]) -> Tensor:
    wanted = torch.stack([one.ways for one in batch])
    known = torch.isfinite(wanted)
    probes = torch.stack([one.probes for one in batch])
    ways = network(probes, probes)
    miss = (ways - wanted.nan_to_num()) / network.size[:, None]
    return (nn.functional.smooth_l1_loss(miss, torch.zeros_like(miss), reduction="none") * known).sum() / known.sum()


@torch.no_grad()
def measured(network: EditNetwork, examples: list[Example], part: str) -> dict[str, float]:
    """What is left of the way to the twin, 0 … 1, root mean square, per word."""
    network.eval()
    rng = np.random.default_rng(0)
    before = np.zeros(len(network.size))
    after = np.zeros(len(network.size))
    for example in examples:
        one = shown(example, part, rng, calm=True)
        ways = network(one.probes[None], one.probes[None])[0]
        known = torch.isfinite(one.ways).all(dim=-1)
        for word in range(len(before)):
            rows = known[:, word]
            before[word] += float(one.ways[rows, word].square().sum())
            after[word] += float((one.ways[rows, word] - ways[rows, word]).square().sum())
    network.train()
    left = np.sqrt(after / np.maximum(before, 1e-12))
    return {word: round(float(value), 3) for word, value in zip(network.architecture.words, left, strict=True)}


def ship(paths: list[Path], pairs: Path, folder: Path | None = None) -> None:
    """Puts the networks into the bundle as one part, “edit”, with what is left on the statues held out."""
    from ..priors.bundled import FOLDER, put
    from .card import write_card

    state: dict[str, Tensor] = {}
    architecture: dict[str, Any] = {}
    last: dict[str, float] = {"step": 0, "minutes": 0.0}
    count = 0
    for path in paths:
        saved = torch.load(path, weights_only=True)
        told = saved["told"]
        part = told["part"]
        network = EditNetwork(PARTS[part])
        network.load_state_dict(saved["state"])
        held = [path for path in sorted(pairs.glob("*.npz")) if int(path.stem) % HELD_OUT == 0]
        left = measured(network, [read(path, part) for path in held], part)
        state |= {f"{part}.{name}": value for name, value in saved["state"].items()}
        architecture[part] = PARTS[part].to_json()
        last |= {f"{part}: {word}, share left": value for word, value in left.items()}
        last["step"] += told["steps"]
        last["minutes"] += told["minutes"]
        count = max(count, told["statues"])
    run = {
        "data": {"groups": {"synthetic statues with twins": {"train": count, "validation": len(held)}}, "named": []},
        "budget": {"minutes": last["minutes"], "batch": BATCH, "seed": 0, "precision": "float32"},
        "sittings": [{"command": line.split("   ")[0]} for line in COMMANDS],
        "figures": {"first": {name: 0.0 if name in ("step", "minutes") else 1.0 for name in last}, "last": last},
    }
    trained = f"{last['minutes']:.0f} minutes on a shared core, {last['step']:.0f} steps of {BATCH}, from nothing"
    put("edit", {"architecture": architecture, "trained": trained, "run": run}, state, folder)
    write_card(folder or FOLDER)


def main() -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(dest="command", required=True)
    fitting = commands.add_parser("fit")
    fitting.add_argument("pairs", type=Path)
    fitting.add_argument("--part", choices=list(PARTS), required=True)
    fitting.add_argument("--minutes", type=float, default=12.0)
    fitting.add_argument("--start", type=Path, help="weights to go on from")
    fitting.add_argument("--out", type=Path, required=True)
    shipping = commands.add_parser("ship")
    shipping.add_argument("networks", type=Path, nargs="+")
    shipping.add_argument("--pairs", type=Path, required=True)
    asked = parser.parse_args()
    torch.set_num_threads(1)
    if asked.command == "fit":
        fit(asked.pairs, asked.part, asked.minutes, asked.out, start=asked.start)
    else:
        ship(asked.networks, asked.pairs)


if __name__ == "__main__":
    main()
