"""What a figure has lost or got back: limbs, hands, the nose; the break, or the seam where it was put back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..human.figure import Figure
from ..sculpt import Carving
from .carvings import broken, seam

# part: (the bone it breaks through, from where to where along it, in shares, how far the fracture reaches [metres],
# what is said of it)
BREAKS = {
    "right arm": ("RightArm", 0.45, 0.75, 0.13, "the right arm missing"),
    "left arm": ("LeftArm", 0.45, 0.75, 0.13, "the left arm missing"),
    "right forearm": ("RightForeArm", 0.10, 0.60, 0.09, "the right forearm broken off"),
    "left forearm": ("LeftForeArm", 0.10, 0.60, 0.09, "the left forearm broken off"),
    "right hand": ("RightForeArm", 0.80, 0.95, 0.07, "the right hand missing"),
    "left hand": ("LeftForeArm", 0.80, 0.95, 0.07, "the left hand missing"),
    "head": ("Neck", 0.10, 0.60, 0.13, "the head missing"),
}
NOSE = 0.028  # metres around the tip
NOSE_WORDS = ("the nose broken", "the tip of the nose missing", "a broken nose")
RESTORED_WORDS = "{} restored"
ODDS = {"whole": 0.5, "broken": 0.35, "restored": 0.15}
BROKEN_NOSE = 0.12
HEADLESS = 0.12  # of the broken whole figures
_SEAM_WIDTH = 0.010  # metres


@dataclass(frozen=True)
class Losses:
    """What of a figure is broken off, and what was put back on."""

    broken: tuple[str, ...]  # keys of BREAKS
    restored: tuple[str, ...]  # keys of BREAKS
    nose: bool
    seed: int

    def has_hand(self, side: str) -> bool:
        """Whether the hand of this side ("Left", "Right") is there to hold something."""
        return not any(part.split()[0] == side.lower() for part in self.broken)


def choose(rng: np.random.Generator, nose: bool = True, limbs: bool = True) -> Losses:
    """nose, limbs: whether there are any to lose, the head among the limbs. Feet stand on a plinth and stay."""
    fate = str(rng.choice(list(ODDS), p=list(ODDS.values())))
    parts = [part for part in BREAKS if limbs and part != "head"]
    chosen: list[str] = []
    if fate != "whole" and parts:
        for _ in range(int(rng.integers(1, 3))):
            part = str(rng.choice(parts))
            if all(part.split()[0] != other.split()[0] for other in chosen):
                chosen.append(part)
    if fate == "broken" and limbs and rng.random() < HEADLESS:
        chosen.append("head")
    broken_nose = bool(nose and "head" not in chosen and rng.random() < BROKEN_NOSE)
    seed = int(rng.integers(2**31))
    if fate == "restored":
        return Losses((), tuple(chosen), broken_nose, seed)
    return Losses(tuple(chosen), (), broken_nose, seed)


def words(losses: Losses, rng: np.random.Generator) -> list[str]:
    phrases = [BREAKS[part][4] for part in losses.broken]
    phrases += [RESTORED_WORDS.format(f"the {part}") for part in losses.restored]
    return [*phrases, str(rng.choice(NOSE_WORDS))] if losses.nose else phrases


def body(figure: Figure, losses: Losses) -> Mesh:
    """The body without what is broken off: open there, for the fracture to close."""
    gone = np.zeros(len(figure.vertices), bool)
    for part, place, along, _ in _places(figure, losses, losses.broken):
        beyond = (figure.vertices - place) @ along > 0
        bone = BREAKS[part][0]
        gone |= figure.below(bone) | (figure.along(bone) & beyond)
    return figure.mesh("body", without=gone)


def build(figure: Figure, losses: Losses) -> list[Carving]:
    """Fractures where something is broken off, seams where something was put back, and the nose."""
    rng = np.random.default_rng([losses.seed, 1])
    done = []
    for part, place, along, reach in _places(figure, losses, (*losses.broken, *losses.restored)):
        tilted = along + rng.normal(scale=0.25, size=3)
        if part in losses.broken:
            done.append(broken(place - 0.02 * along, tilted, reach, int(rng.integers(2**31))))
        else:
            done.append(seam(place, tilted, reach, _SEAM_WIDTH, int(rng.integers(2**31))))
    if losses.nose:
        tip, forward = nose(figure)
        tilted = forward + rng.normal(scale=0.2, size=3)
        done.append(broken(tip - 0.008 * forward, tilted, NOSE, int(rng.integers(2**31))))
    return done


def nose(figure: Figure) -> tuple[NDArray, NDArray]:
    """[3] the tip of the nose, and [3] the way the face looks."""
    forward = figure.bones["Head"][:3, :3] @ np.array([0.0, -1.0, 0.0])
    of_head = figure.along("Head")[: figure.anatomy.body_size]
    face = figure.vertices[: figure.anatomy.body_size][of_head]
    return face[(face @ forward).argmax()], forward


def _places(figure: Figure, losses: Losses, parts: tuple[str, ...]) -> list[tuple[str, NDArray, NDArray, float]]:
    """For each part: where it breaks [3], the way to what is lost [3], and how far the fracture reaches."""
    found = []
    for part in parts:
        bone, least, most, reach, _ = BREAKS[part]
        share = np.random.default_rng([losses.seed, 0, list(BREAKS).index(part)]).uniform(least, most)
        start, end = figure.joints[bone], figure.joints[f"{bone}.tail"]
        along = (end - start) / np.linalg.norm(end - start)
        found.append((part, start + share * (end - start), along, reach))
    return found
