"""The training loop that all priors share: a budget of minutes, mixed precision, an average of the weights, resuming.

    DIR/log.jsonl       what was measured, a line each time
    DIR/curves.png      the same to look at
    DIR/sheet-*.png     samples of the statues held out
    DIR/state.pt        to go on from: weights, their average, optimiser, seconds spent

The learning rate falls with the share of the budget that is spent, so a run ends well however fast the machine is.
"""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from ..contract import Failure
from ..whole import draft_of
from .curves import draw_curves
from .muon import Muon

log = logging.getLogger(__name__)

STATE = "state.pt"
LOG = "log.jsonl"
WARM_UP = 100  # steps until the learning rate is whole
GRADIENT = 1.0  # norm it is cut to


@dataclass(frozen=True)
class Budget:
    """How long and how fast to learn."""

    minutes: float
    batch: int
    rate: float = 4e-4
    average: float = 0.999  # of the weights' average from one step to the next
    decay: float = 0.01
    workers: int = 1  # processes that take photos meanwhile
    report_every: float = 5.0  # minutes between validations
    precision: str = "bf16"
    seed: int = 0


class Task(Protocol):
    """What is learnt."""

    network: nn.Module

    def batches(self, seed: int) -> Iterator[Any]:
        """Endless batches, from processes of their own where that helps."""

    def loss(self, network: nn.Module, batch: Any, generator: torch.Generator) -> Tensor:
        """What is to become small; a number."""

    def validate(self, network: nn.Module) -> Mapping[str, float]:
        """Figures on the statues held out, the same each time."""

    def sheet(self, network: nn.Module, path: Path) -> None:
        """A picture of what the network makes of the statues held out."""


def train(task: Task, budget: Budget, out: Path, device: str = "cpu") -> nn.Module:
    """Trains until the budget is spent; goes on with what lies in `out`. Returns the network with averaged weights."""
    from accelerate import Accelerator

    out.mkdir(parents=True, exist_ok=True)
    # Halves are for graphics cards; without one, bfloat16 where the processor knows it.
    accelerator = Accelerator(mixed_precision=budget.precision, cpu=device == "cpu")
    network = task.network.to(accelerator.device)
    average = {name: value.detach().clone() for name, value in network.state_dict().items()}
    optimiser = Muon(network, budget.rate, budget.decay, halves=budget.precision != "no")
    step, spent = _resume(out / STATE, network, average, optimiser)
    model, optimiser = accelerator.prepare(network, optimiser)
    generator = torch.Generator().manual_seed(budget.seed + step)
    batches = task.batches(budget.seed + step)
    model.train()
    recent: list[Tensor] = []
    begun, reported = time.monotonic() - spent, spent
    try:
        while (spent := time.monotonic() - begun) < 60.0 * budget.minutes:
            _set_rate(optimiser, budget.rate * _share(step, spent / (60.0 * budget.minutes)))
            with accelerator.autocast():
                loss = task.loss(model, next(batches), generator)
            _refuse_nonsense(loss, step)
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(model.parameters(), GRADIENT)
            optimiser.step()
            optimiser.zero_grad(set_to_none=True)
            step += 1
            _follow(average, network, min(budget.average, (1 + step) / (10 + step)))
            recent.append(loss.detach())
            if spent - reported >= 60.0 * budget.report_every:
                reported = spent
                _report(task, network, average, recent, out, step, spent)
                _keep(out / STATE, network, average, optimiser, step, spent)
                recent.clear()
        _report(task, network, average, recent, out, step, spent)
    finally:  # after Ctrl-C too: what was learnt since the last report is not lost
        _keep(out / STATE, network, average, optimiser, step, spent)
    network.load_state_dict(average)
    return network


def _refuse_nonsense(loss: Tensor, step: int) -> None:
    """Before weights become what no later step can mend; the state of the step before is kept."""
    if not torch.isfinite(loss):
        raise Failure(
            f"The training ran away: its loss is no number any more at step {step}.",
            next_step="Give the same command again; if it runs away again, with a lower rate in the configuration.",
        )


def _share(step: int, spent: float) -> float:
    """Of the learning rate: warmed up, then falling along a cosine with the share of the budget that is spent."""
    return min(1.0, (step + 1) / WARM_UP) * (0.02 + 0.98 * 0.5 * (1.0 + math.cos(math.pi * min(spent, 1.0))))


def _set_rate(optimiser: Any, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate


@torch.no_grad()
def _follow(average: dict[str, Tensor], network: nn.Module, keep: float) -> None:
    now = network.state_dict()
    floating = [name for name, value in average.items() if value.is_floating_point()]
    torch._foreach_lerp_([average[name] for name in floating], [now[name] for name in floating], 1.0 - keep)


def _report(task: Task, network, average, recent: list, out: Path, step: int, spent: float) -> None:
    """Validates the averaged weights, and writes down and draws what was measured."""
    learning = {name: value.clone() for name, value in network.state_dict().items()}
    network.load_state_dict(average)
    network.eval()
    try:
        with torch.no_grad():
            figures = dict(task.validate(network))
            task.sheet(network, out / f"sheet-{step:07d}.png")
    finally:  # whoever interrupts it keeps the weights that learn, not their average
        network.train()
        network.load_state_dict(learning)
    if recent:
        figures["loss"] = float(torch.stack(recent).mean())
    line = {"step": step, "minutes": round(spent / 60.0, 2), **{key: round(float(v), 6) for key, v in figures.items()}}
    log.info("%s", json.dumps(line))
    cut_off = (out / LOG).is_file() and not (out / LOG).read_bytes().endswith(b"\n")
    with (out / LOG).open("a", encoding="utf-8") as file:
        file.write(("\n" if cut_off else "") + json.dumps(line) + "\n")
    draw_curves(read_log(out), out / "curves.png")


def read_log(out: Path) -> list[dict[str, float]]:
    """What was measured, a line each time; the last one may have been cut off by a kill."""
    lines = []
    for line in (out / LOG).read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(line))
        except ValueError:
            continue
    return lines


def _keep(path: Path, network, average, optimiser, step: int, spent: float) -> None:
    with draft_of(path) as draft:
        torch.save(
            {
                "network": network.state_dict(),
                "average": average,
                "optimiser": optimiser.state_dict(),
                "step": step,
                "spent": spent,
            },
            draft,
        )


def _resume(path: Path, network, average, optimiser) -> tuple[int, float]:
    """The step to go on from and the seconds spent, with everything as it was then."""
    if not path.is_file():
        return 0, 0.0
    kept = torch.load(path, map_location=next(network.parameters()).device, weights_only=True)
    network.load_state_dict(kept["network"])
    average.update(kept["average"])
    optimiser.load_state_dict(kept["optimiser"])
    log.info("going on from step %d", kept["step"])
    return kept["step"], kept["spent"]
