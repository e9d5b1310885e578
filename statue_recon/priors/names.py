"""The priors that a request chooses by name, each with its weight: “shape, zero123-xl:0.5”. Standard library only.

    shape                 the bundled shape prior: it imagines the first volume, and where it is alone speaks of it
                          during refinement, too
    view                  the bundled view prior: it is shown normals, and paints what no photo shows
    zero123-xl, …         installed models of the registry whose task is one of TASKS

and in one word, as the interface has them:

    none                  no prior at all
    bundled               what ships: the shape prior imagines, the view prior speaks of that, and paints
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..contract import Failure
from . import bundled, models
from .models import Model

SHAPE, VIEW = "shape", "view"
SHORT: dict[str, dict[str, float]] = {"bundled": {SHAPE: 1.0, VIEW: 1.0}, "none": {}}
TASKS = ("view", "pictures")  # of installed models that can speak
HEEDS_WORDS = "pictures"  # the one of these whose models do
MOST = 100.0  # the largest weight


def read(words: str) -> dict[str, float]:
    """Names and weights; without a number the weight is 1, and what weighs nothing is left out. Raises Failure."""
    if words in SHORT:
        return dict(SHORT[words])
    found: dict[str, float] = {}
    for part in filter(None, (part.strip() for part in words.split(","))):
        name, _, number = (piece.strip() for piece in part.partition(":"))
        try:
            weight = float(number or 1.0)
        except ValueError:
            weight = -1.0
        if not 0.0 <= weight <= MOST:
            raise Failure(f"The weight of the prior “{name}” is “{number}”.", next_step=f"Choose from 0 to {MOST:g}.")
        if weight:
            found[name] = weight
    return found


def check(names: Iterable[str]) -> None:
    """Refuses what is not known or not installed, before anything is computed. Raises Failure."""
    for name in names:
        if name not in (SHAPE, VIEW):
            installed(name)
        elif name not in bundled.bundle().parts:
            raise Failure(
                f"The bundled {name} prior was chosen, and this version ships none.",
                next_step="Choose another prior.",
            )


def installed(name: str) -> tuple[Model, Path]:
    """An installed model that can speak, and its folder. Raises Failure."""
    known = {model.identifier: model for model in models.entries() if model.task in TASKS}
    if name not in known:
        raise Failure(
            f"The prior “{name}” was chosen, which this version of Statue Recon does not know.",
            next_step=f"Choose {' or '.join(SHORT)}, or among: {', '.join((SHAPE, VIEW, *known))}.",
        )
    model = known[name]
    place = models.installed(name)
    if place is None:
        how = "press Download or Use a Folder" if model.can_be_fetched else "press Use a Folder"
        raise Failure(
            f"The prior {model.title} was chosen, and it is not installed: it is looked for in {models.place(model)}.",
            next_step=f"In the preferences of Statue Recon, under Models, {how}; or choose another prior.",
        )
    return model, place


def speaking(words: str) -> dict[str, float]:
    """Those that speak during refinement, and their weights.

    The shape prior does where it is alone only. It has had its say with the first volume, and draws the likeliest one
    back to its own mean: 3 % farther from the truth, on statues held out (bench/refine).
    """
    chosen = read(words)
    others = {name: weight for name, weight in chosen.items() if name != SHAPE}
    return others or chosen


def painter(words: str) -> str | None:
    """The prior that paints: of those chosen that know colours, the one that weighs most; None where none does."""
    paints = {name: weight for name, weight in read(words).items() if name != SHAPE}
    return max(paints, key=lambda name: paints[name]) if paints else None


def heeds_words(name: str) -> bool:
    """Whether a prompt means anything to this prior."""
    return name == VIEW or (name != SHAPE and models.entry(name).task == HEEDS_WORDS)


def title(name: str) -> str:
    """What people call it."""
    return f"the bundled {name} prior" if name in (SHAPE, VIEW) else models.entry(name).title
