"""Human figures: single and in groups, whole or as a bust, head, torso, herm or relief, and riders on their horses."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from .caption import together
from .human import anatomy, build, groups, poses
from .human.cuts import cut
from .human.figure import Figure, figure
from .people import Limits, Person, built, drawn, said
from .props import busts, plinths
from .recipe import Lot, Subject
from .relics import horse
from .run import Settings
from .sculpt import Carving, Piece

# How often each kind is made, beside the others. Whole figures most: their backs are the hardest to guess.
FIGURES = {
    "figure": 0.46,
    "bust": 0.17,
    "head": 0.05,
    "half figure": 0.03,
    "torso": 0.08,
    "herm": 0.04,
    "relief": 0.05,
    "group": 0.08,
    "rider": 0.04,
}
_HEADS = Limits(limbs=False, holds=False, stands=False)
_CUT = {  # kinds that are cut from whole figures, and what can be lost of them
    "bust": _HEADS,
    "head": Limits(limbs=False, dressed=False, holds=False, stands=False),
    "herm": _HEADS,
    "half figure": Limits(stands=False),
    "torso": Limits(head=False, nose=False, limbs=False, holds=False, stands=False),
    "relief": Limits(nose=False, limbs=False),  # it is flattened, and what breaks would break elsewhere
}
_ON_A_FOOT = {"bust": 0.8, "head": 0.45}  # share that stands on something
_IN_A_GROUP = Limits(limbs=False, holds=False)  # their arms hold each other: a lost one may lose a child with it
_SIZES = {"figure": 1.9, "bust": 0.65, "head": 0.4, "herm": 0.9, "half figure": 1.1, "torso": 0.9, "relief": 1.9,
          "group": 2.0, "rider": 2.6}  # metres along the longest side, about  # fmt: skip


def figures(kind: str, lot: Lot, settings: Settings, out: Path | None = None) -> Subject:
    """A subject of this kind. out: the folder whose simulated cloth is kept; None: cloth is never simulated."""
    if kind == "group":
        return _group(lot, settings, out)
    if kind == "rider":
        return _rider(lot, settings, out)
    bodies = anatomy.load(Path(settings.humans))
    rng = lot.rng("body")
    limits = _CUT.get(kind, Limits())
    who = build.choose(rng, bodies)
    pose = poses.for_cut(rng, who, kind) if kind in _CUT else poses.choose(rng, who)
    person, pieces, carvings = _person(kind, lot, 0, figure(who, pose, bodies), limits, settings, out)
    words = lot.rng("words", 2)
    says = {"who": build.words(who, words), "pose": _posed(kind, person, words), **said(person, words)}
    title, chosen = f"{kind} of {says['who']}", {"people": [person.chosen()]}
    if kind in _CUT:
        left = cut(kind, pieces, person.figure, lot.rng("props", 9))
        whole = Subject(kind, title, left, carvings, says, chosen)
        return _on_a_foot(whole, person.figure, lot) if kind in _ON_A_FOOT else whole
    return _on_a_plinth(Subject(kind, title, pieces, carvings, says, chosen), pose.name, lot)


def _on_a_foot(subject: Subject, one: Figure, lot: Lot) -> Subject:
    """A bust or a head on its socle or pillar, as far as it has one."""
    rng = lot.rng("props", 20)
    if rng.random() > _ON_A_FOOT[subject.kind]:
        return subject
    stand = busts.choose(rng, subject.kind)
    shoulders = float(np.linalg.norm(one.joints["LeftArm"] - one.joints["RightArm"]))
    below = busts.build(stand, subject.pieces, one.joints["Spine2"][:2], shoulders)
    return _with(subject, below, busts.words(stand, lot.rng("words", 3)), {"stand": stand})


def _on_a_plinth(subject: Subject, pose: str, lot: Lot) -> Subject:
    """The subject with a plinth under all that touches the ground, more often than not."""
    plinth = plinths.choose(lot.rng("props", 20), pose)
    words = plinths.words(plinth, lot.rng("words", 3))
    return _with(subject, plinths.build(plinth, subject.pieces), words, {"plinth": plinth})


def _with(subject: Subject, pieces: list[Piece], words: str, chosen: dict[str, Any]) -> Subject:
    """The subject with something below it."""
    return replace(
        subject,
        pieces=[*subject.pieces, *pieces],
        said={**subject.said, "beside": (*subject.said.get("beside", ()), words)},
        chosen={**subject.chosen, **chosen},
    )


def _group(lot: Lot, settings: Settings, out: Path | None) -> Subject:
    bodies = anatomy.load(Path(settings.humans))
    group = groups.choose(lot.rng("body"), bodies)
    words = lot.rng("words", 2)
    pieces: list[Piece] = []
    carvings: list[Carving] = []
    people, says = [], []
    for number, one in enumerate(group.figures):
        person, its, carved = _person("group", lot, number, one, _IN_A_GROUP, settings, out)
        pieces += its
        carvings += carved
        people.append(person.chosen())
        says.append(said(person, words))
    told = {"who": group.words, **together(says)}
    chosen = {"group": group.kind, "people": people}
    return _on_a_plinth(Subject("group", f"group: {group.words}", pieces, carvings, told, chosen), "", lot)


def _rider(lot: Lot, settings: Settings, out: Path | None) -> Subject:
    bodies = anatomy.load(Path(settings.humans))
    mount = horse.choose(lot.rng("relic"), ridden=True)
    below, seat, _ = horse.horse(mount)
    one = groups.seated_on(groups.rider(lot.rng("body"), bodies), seat[:3, 3])
    person, pieces, carvings = _person("rider", lot, 0, one, Limits(stands=False), settings, out)
    words = lot.rng("words", 2)
    who = build.words(one.build, words)
    says = {"who": f"{who} on {horse.words(mount, words)}", **said(person, words)}
    chosen = {"people": [person.chosen()], "horse": mount}
    return _on_a_plinth(Subject("rider", f"{who} on a horse", [*below, *pieces], carvings, says, chosen), "", lot)


def _person(
    kind: str, lot: Lot, number: int, one: Figure, limits: Limits, settings: Settings, out: Path | None
) -> tuple[Person, list[Piece], list[Carving]]:
    cell = _SIZES[kind] / settings.grid
    return built(drawn(lot, number, one, limits, settings), cell, settings, out)


def _posed(kind: str, person: Person, rng: np.random.Generator) -> str:
    """How it stands; nothing where the legs are cut off."""
    return poses.words(person.figure.pose, rng) if kind in ("figure", "relief") else ""
