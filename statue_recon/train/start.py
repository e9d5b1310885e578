"""Weights to start from: the bundled ones, or those of any folder, so that a museum can go on where others ended."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract import Failure
from ..priors import bundled
from ..whole import draft_of
from .record import Record, read_record

if TYPE_CHECKING:
    from torch import Tensor

BUNDLED = "bundled"


def weights_of(where: str, part: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """The architecture and the weights, float32, of a part of the bundled priors.

    where: BUNDLED, a folder made by `train ship`, or the folder of a run.
    """
    folder = bundled.FOLDER if where == BUNDLED else Path(where)
    if where == BUNDLED or (folder / bundled.LIST).is_file():
        known, weights = bundled.weights(part, folder)
        return known["architecture"], weights
    return record_of(folder, part).architecture, state_of(folder)["average"]


def lay_down(where: str, part: str, path: Path) -> dict[str, Any]:
    """Writes weights as the state of a run, for those who read such files; returns the architecture."""
    import torch

    architecture, weights = weights_of(where, part)
    path.parent.mkdir(parents=True, exist_ok=True)
    with draft_of(path) as draft:
        torch.save({"average": weights}, draft)
    return architecture


def record_of(run: Path, part: str) -> Record:
    """What is known of a run that makes this part."""
    record = read_record(run)
    if record is None or record.part != part:
        known = "nobody knows what it learnt" if record is None else f"it learnt “{record.part}”"
        raise Failure(
            f"{run} is no run that makes the prior “{part}”: {known}.",
            next_step=f"Name the folder of a run, as `statue-recon train {part}` was given it with --out.",
        )
    return record


def state_of(run: Path) -> dict[str, Any]:
    """What a run kept last: see loop.py."""
    from pickle import UnpicklingError

    import torch

    from .loop import STATE

    try:
        return torch.load(run / STATE, map_location="cpu", weights_only=True)
    except (OSError, RuntimeError, ValueError, EOFError, UnpicklingError) as error:
        raise Failure(
            f"{run} holds no trained weights: its {STATE} cannot be read ({error}).",
            next_step="Name the folder of a run, as it was given with --out, after its first report.",
        ) from error
