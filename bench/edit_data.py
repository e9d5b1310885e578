"""Pictures that bench/edit_judge.py learns words from: synthetic statues that no shipped network has seen.

They come from a SEED of their own: neither the priors nor the shape's network (train/edit_pairs.py) were shown any of
them. Carved pictures show who was drawn (weight, age, sex and beard each by themselves:
no word comes with another), coloured ones what a statue is made of, whatever it shows.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from statue_recon.dataset.synth import make
from statue_recon.dataset.synth.data import humans_folder
from statue_recon.dataset.synth.dress import dress as dresses
from statue_recon.dataset.synth.dress.dress import Dress
from statue_recon.dataset.synth.hair import hair as hairs
from statue_recon.dataset.synth.human import anatomy, poses
from statue_recon.dataset.synth.human.build import choose
from statue_recon.dataset.synth.human.figure import Figure, figure
from statue_recon.dataset.synth.material import surface as material
from statue_recon.dataset.synth.material.stuffs import STUFFS
from statue_recon.dataset.synth.recipe import Lot
from statue_recon.dataset.synth.run import Settings
from statue_recon.dataset.synth.sculpt import Block, Piece, sculpted
from statue_recon.edit.shape_network import HEAD_REACH
from statue_recon.mesh.extract import extract
from statue_recon.mesh.mesh import Mesh
from statue_recon.mesh.solid import refined
from statue_recon.photo.light import srgb
from statue_recon.whole import draft_of

from .edit_views import Frame, Pixels, by_vertex, carved, coloured

EDITION = 1  # of this file: raised when the same numbers give other pictures
SEED = 90_210  # of all of them; the training data have others
MADE_OF = {  # word of a material → the stuffs and the coats that it means
    "green patina": (("green bronze",), ("verdigris",)),
    "limestone": (("limestone",), ()),
    "terracotta": (("terracotta",), ()),
    "gilded": (("gilded bronze",), ("gilding",)),
    "painted": ((), ("paint",)),
    "marble": (("carrara marble", "parian marble"), ()),
    "granite": (("granite", "rose granite"), ()),
    "dark bronze": (("bronze", "black bronze"), ()),
    "wood": (("oak", "limewood"), ()),
}
WHO = ("heavier", "lean", "older", "female", "bearded")  # words of a shape
STANCES, STANDING = ("contrapposto", "standing straight", "striding"), 0.65  # share of the figures that do so
BEARDS = ("full curled", "short", "long flowing", "pointed")
DRESSED = 0.5  # share of the figures
HAIR_CELL, HEAD_CELL, BODY_CELL = 0.006, 0.0105, 0.026  # metres between nodes: of locks, around the head, of the whole
LOT = 20  # statues made at once: what is interrupted goes on with the next lot
STUFF_NAMES = tuple(name for name, stuff in STUFFS.items() if stuff.suits != "relic")
COATED = 0.4  # how likely a coat is
PAINTINGS, ANGLES, SIDES = 8, 2, 6  # of a statue; of each painting; of a figure that is carved
ELEVATIONS = -8.0, 18.0  # degrees
UPPER = 0.45  # least share of a figure that a picture shows: a bust
GRID, FACES = 96, 12_000  # of the statues that are painted


@dataclass(frozen=True)
class Examples:
    """Pictures [N, C, SIDE, SIDE] with words [N, W], 1 if it is so, 0 if not, NaN if it cannot be said."""

    pictures: Pixels
    told: NDArray[np.float32]
    statue: NDArray[np.int32]  # [N] which statue each shows


def kept(kind: str, count: int, cache: Path) -> Examples:
    """The pictures of the first `count` "figures" or statues "painted", from the cache if they are there."""
    make_some = {"figures": figures, "painted": painted}[kind]
    lots = []
    for first in range(0, count, LOT):
        numbers = range(first, min(first + LOT, count))
        path = cache / f"{kind}-{EDITION}-{numbers.start}-{numbers.stop}.npz"
        if not path.is_file():
            made = make_some(numbers)
            path.parent.mkdir(parents=True, exist_ok=True)
            with draft_of(path) as draft, draft.open("wb") as file:
                np.savez_compressed(file, pictures=made.pictures, told=made.told, statue=made.statue)
        with np.load(path) as arrays:
            lots.append(Examples(arrays["pictures"], arrays["told"], arrays["statue"]))
    return Examples(*(np.concatenate([getattr(lot, name) for lot in lots]) for name in ("pictures", "told", "statue")))


def figures(numbers: Iterable[int]) -> Examples:
    """Carved pictures [N, 8, SIDE, SIDE]: the whole or its upper part, and the head from the same side."""
    pictures, told, which = [], [], []
    for number in numbers:
        shown, words = drawn(number)
        pictures += shown
        told += [words] * len(shown)
        which += [number] * len(shown)
    return Examples(np.stack(pictures), np.array(told, np.float32), np.array(which, np.int32))


def drawn(number: int) -> tuple[list[Pixels], list[float]]:
    """The pictures of one figure, and what each of WHO is of it."""
    rng, bodies = np.random.default_rng([SEED, number]), anatomy.load(humans_folder())
    weight = float(rng.choice((rng.uniform(0.05, 0.25), rng.uniform(0.42, 0.55), rng.uniform(0.75, 1.0))))
    old, female = bool(rng.random() < 0.4), bool(rng.random() < 0.4)
    chosen = choose(rng, bodies, "female" if female else "male", "old" if old else str(rng.choice(("young", "adult"))))
    build = replace(chosen, weight=weight, height=1.75)
    who = figure(build, poses.choose(rng, build, str(rng.choice(STANCES)) if rng.random() < STANDING else None), bodies)
    bearded = not female and bool(rng.random() < 0.5)
    hair = replace(hairs.choose(rng, build, headgear=False), beard=str(rng.choice(BEARDS)) if bearded else "")
    dress = dresses.choose(rng, build, who.pose) if rng.random() < DRESSED else Dress("", seed=number)
    pieces = [Piece("body", who.mesh("body")), *hairs.build(hair, who, HAIR_CELL), *dresses.build(dress, who)]
    words = [weight > 0.7, weight < 0.3, old, female, np.nan if female else bearded]
    return _sides(who, pieces, rng), [float(word) for word in words]


def _sides(who: Figure, pieces: list[Piece], rng: np.random.Generator) -> list[Pixels]:
    block = Block(tuple(pieces))
    middle = (who.joints["Head"] + who.joints["Head.tail"]) / 2
    whole = extract(refined(block.distances, *block.bounds, BODY_CELL))
    head = extract(refined(block.distances, middle - HEAD_REACH, middle + HEAD_REACH, HEAD_CELL))
    frame, close = Frame.around(whole.vertices), Frame(middle, 2 * HEAD_REACH)
    shown = []
    for _ in range(SIDES):
        part = frame.upper(float(rng.uniform(UPPER, 1.0))) if rng.random() < 0.5 else frame
        angles = float(rng.uniform(-90, 90)), float(rng.uniform(*ELEVATIONS))
        shown.append(
            np.concatenate([carved(whole, part.camera(*angles)), carved(head, close.camera(*angles))]),
        )
    return shown


def painted(numbers: Iterable[int]) -> Examples:
    """Coloured pictures [N, 4, SIDE, SIDE] of statues and relics, each in several materials."""
    pictures, told, which = [], [], []
    settings = Settings(SEED, GRID, FACES, 0.0, str(humans_folder()))
    for number in numbers:
        shown = make.subject(settings, Lot(SEED, number), None)
        sculpture = sculpted(shown.pieces, (), GRID, FACES)
        rng = np.random.default_rng([SEED, number])
        for _ in range(PAINTINGS):
            stuff = str(rng.choice(STUFF_NAMES))
            coats = tuple(coat for coat in STUFFS[stuff].coats if rng.random() < COATED)
            chosen = material.Material(stuff, coats, int(rng.integers(2**31)))
            colours = srgb(material.surface(chosen, sculpture).colour).astype(np.float32)
            pictures += lit(sculpture.mesh, colours, rng)
            told += [made_of(stuff, coats)] * ANGLES
            which += [number] * ANGLES
    return Examples(np.stack(pictures), np.array(told, np.float32), np.array(which, np.int32))


def made_of(stuff: str, coats: tuple[str, ...]) -> list[float]:
    """What each word of MADE_OF is of a statue of this stuff."""
    return [float(stuff in stuffs or any(coat in laid for coat in coats)) for stuffs, laid in MADE_OF.values()]


def lit(mesh: Mesh, colours: NDArray[np.float32], rng: np.random.Generator) -> list[Pixels]:
    """Pictures from chance sides, whole or close, in chance light."""
    frame, shown = Frame.around(mesh.vertices), []
    for _ in range(ANGLES):
        part = frame.upper(float(rng.uniform(UPPER, 1.0))) if rng.random() < 0.5 else frame
        camera = part.camera(float(rng.uniform(0, 360)), float(rng.uniform(*ELEVATIONS)))
        light = np.array([rng.uniform(-1, 1), rng.uniform(-1, 0), -1.0])
        shown.append(coloured(mesh, camera, by_vertex(mesh, colours), light, float(rng.uniform(0.75, 1.1))))
    return shown
