"""One sitting at a run of training: from a command's words to the loop, going on with what lies in the run's folder."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from ..contract import Failure
from . import config
from .loop import STATE, Budget, train
from .objects import Entry, Objects, kind_of
from .record import Record, cores, read_record, sitting, told_of
from .start import weights_of
from .tasks import TASKS

log = logging.getLogger(__name__)

SECTIONS = ("budget", "architecture", "data")


def run(given: argparse.Namespace) -> None:
    """`statue-recon train TASK`. Raises Failure."""
    name, device = given.train_command, device_of(given.device)
    kind = TASKS[name]()
    said = config.read(given.config or usual_config(name, device), name, SECTIONS)
    budget = budget_of(said, given.minutes)
    objects = Objects(given.data)
    architecture = said.section("architecture", kind.architecture)
    before = read_record(given.out)
    weights = None
    if given.weights and not (given.out / STATE).is_file():
        fields, weights = weights_of(given.weights, name)
        architecture = kind.architecture.from_json(fields)
    elif before is not None and given.weights:
        architecture = kind.architecture.from_json(before.architecture)
    data = said.section("data", kind.data, folder=given.data, lights=given.lights, device=device)
    data = replace(data, shares=fitting_shares(getattr(data, "shares", {}), objects))
    record = Record(
        task=name,
        part=name,
        architecture=architecture.to_json(),
        budget=asdict(budget),
        data=told_of(objects, {**said.sections.get("data", {}), "shares": dict(data.shares)}),
        begun_from=given.weights or "nothing",
        sittings=[sitting(device)],
    )
    note(record, before, given.out)
    data = kind.ready(data, given)
    task = kind.task(architecture, data, budget.batch, min(budget.workers, cores()), device)
    if weights is not None:
        task.network.load_state_dict(weights)
    train(task, budget, given.out, device)


def device_of(asked: str) -> str:
    """“cpu” or “cuda” of auto, cpu or cuda."""
    import torch

    if asked == "cuda" and not torch.cuda.is_available():
        raise Failure(
            f"PyTorch {torch.__version__} sees no NVIDIA GPU on this machine.",
            next_step="Leave --device out, or train with --device cpu.",
        )
    return "cuda" if asked != "cpu" and torch.cuda.is_available() else "cpu"


def usual_config(name: str, device: str) -> str:
    return f"{name}-{'gpu' if device == 'cuda' else 'cpu'}"


def budget_of(said: config.Config, minutes: float | None) -> Budget:
    """The budget of a configuration, with other minutes if they are given."""
    budget = said.section("budget", Budget, **({"minutes": minutes} if minutes is not None else {}))
    if budget.minutes <= 0 or budget.batch < 1 or budget.workers < 0 or budget.precision not in config.PRECISIONS:
        raise said.mistake(
            "its [budget] has a number that cannot be",
            f"minutes and batch must be more than 0, precision one of {', '.join(config.PRECISIONS)}.",
        )
    return budget


def fitting_shares(shares: Mapping[str, float], objects: Objects) -> Mapping[str, float]:
    """The shares of what there is; none, so every object as often, where none of them is. Refuses data of one set."""
    sets: dict[str, list[Entry]] = {name: objects.of(name) for name in ("train", "validation")}
    kinds = {kind_of(entry, shares) for entry in sets["train"]}
    wanted = {name: share for name, share in shares.items() if name in kinds}
    if shares and not wanted:
        log.warning("none of %s is in %s: every object is shown as often", ", ".join(shares), objects.folder)
    for name, entries in sets.items():
        if not any(not wanted or wanted.get(kind_of(entry, wanted) or "") for entry in entries):
            raise Failure(
                f"{objects.folder} holds nothing for the set “{name}”.",
                next_step="Prepare it anew: --hold-out or --validation say what is held out to validate with.",
            )
    return wanted


def note(record: Record, before: Record | None, out: Path) -> None:
    """Writes down what this run is; one that is gone on with must be the same."""
    if before is not None:
        for what in ("task", "architecture"):
            here, there = _plain(getattr(record, what)), _plain(getattr(before, what))
            if here != there:
                raise Failure(
                    f"{out} holds a run of another {what} ({there}, not {here}).",
                    next_step="Name another folder with --out, or the configuration that run was begun with.",
                )
        record = replace(record, begun_from=before.begun_from, sittings=[*before.sittings, *record.sittings])
    record.write(out)


def _plain(value: Any) -> Any:
    """As it reads when it comes back from JSON."""
    if isinstance(value, Mapping):
        return {name: _plain(part) for name, part in value.items()}
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value
