"""What can be trained with the loop, by name: a new prior is one function here, and its configurations."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from .loop import Task
from .start import lay_down

log = logging.getLogger(__name__)

COARSE = "coarse.pt"  # in the run's folder: the coarse network that the fine one learns to correct


def _as_it_is(data: Any, given: argparse.Namespace) -> Any:
    return data


@dataclass(frozen=True)
class Kind:
    """The parts of a task: types that a configuration's sections become, and what is made of them."""

    architecture: Any  # a dataclass with to_json and from_json
    data: Any  # a dataclass with folder, lights and device, beside what a configuration says
    task: Callable[..., Task]  # of architecture, data, batch, workers, device
    ready: Callable[[Any, argparse.Namespace], Any] = _as_it_is  # what has to be done with the data before


def _shape() -> Kind:
    from ..priors.shape.network import Architecture
    from .shape import ShapeData, ShapeTask

    return Kind(Architecture, ShapeData, ShapeTask)


def _fine() -> Kind:
    from ..priors.shape.network import Architecture
    from .fine import FineData, FineTask

    return Kind(Architecture, FineData, FineTask, _fine_ready)


def _fine_ready(data: Any, given: argparse.Namespace) -> Any:
    """Makes the fine fields that are missing, and lays the coarse network there, if one is given."""
    from .close_ups import make_ready

    for number, name in enumerate(make_ready(data.folder), 1):
        log.info("fine distances: %d, %s", number, name)
    if not given.coarse:
        return data
    architecture = lay_down(given.coarse, "shape", given.out / COARSE)
    return replace(data, guesser=str(given.out / COARSE), guesser_widths=tuple(architecture["widths"]))


def _view() -> Kind:
    from ..priors.view.network import Architecture
    from .view import ViewData, ViewTask

    return Kind(Architecture, ViewData, ViewTask)


TASKS: dict[str, Callable[[], Kind]] = {"shape": _shape, "fine": _fine, "view": _view}
