"""What words mean for a body: synthetic statues, each with twins that differ in one word.

    python -m statue_recon.train.edit_pairs --out FOLDER --count 240 --first 0

A twin has the same pose and the same numbers but for the word: years, weight, muscle, sex are other amounts of
MakeHuman's morph targets, so each place of the skin is known to both and the way between them is exact. A beard, a
helmet or a garment is material on top: there each place goes out along its normal until it meets the twin's surface.

FOLDER/00012.npz holds, for the whole statue ("body") and the head ("head"): the distances of the statue to a grid,
and places of its surface with normals and, for each word, the way to the twin's surface (NaN: not asked of this one).
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from ..dataset.synth.dress import dress as dresses
from ..dataset.synth.dress.dress import Dress
from ..dataset.synth.hair import hair as hairs
from ..dataset.synth.hair.hair import Hair
from ..dataset.synth.human import anatomy, poses
from ..dataset.synth.human.build import Build, choose, features
from ..dataset.synth.human.features import OLD
from ..dataset.synth.human.figure import Figure, figure
from ..dataset.synth.sculpt import Block, Piece, sculpted
from ..edit.shape_network import BODY_WORDS, HEAD_REACH, HEAD_WORDS
from ..field.sdf import SDF
from ..mesh.extract import extract
from ..mesh.mesh import Mesh, frame_of
from ..mesh.solid import refined

log = logging.getLogger(__name__)

HUMANS = Path(__file__).resolve().parents[3] / "shared" / "data" / "humans"
SEED = 20261122
BODY_CELL, HEAD_CELL = 0.026, 0.0105  # metres between the nodes of the grids
POINTS = 4000  # of a surface that are kept
HELMET = "attic"
GARMENTS = {"male": ("long tunic", "chiton"), "female": ("chiton", "long tunic")}
STANCES = ("contrapposto", "contrapposto", "standing straight", "kouros", "striding", "deep contrapposto")
FREE = 0.35  # of the figures that stand, sit or do anything at all
FARTHEST = -0.03, 0.15  # metres inwards and outwards to something worn: a crest's tip is left out
NEIGHBOURS = 6  # vertices of the body from which a place of the surface has its way


@dataclass(frozen=True)
class Someone:
    """A statue before it has any twins."""

    figure: Figure
    hair: Hair  # mostly without a beard
    dress: Dress
    clothes: list[Piece]
    rng: np.random.Generator  # for all that comes after


def someone(number: int, humans: Path = HUMANS) -> Someone:
    """Who the statue of this number shows."""
    bodies = anatomy.load(humans)
    rng = np.random.default_rng([SEED, number])
    build = choose(rng, bodies, age=None if rng.random() < 0.25 else str(rng.choice(["young", "adult"])))
    build = replace(build, height=1.75, details=dict(build.details))
    free = rng.random() < FREE
    pose = poses.choose(rng, build, None if free else str(rng.choice(STANCES)))
    who = figure(build, pose, bodies)
    hair = replace(hairs.choose(rng, build), headgear="")
    hair = replace(hair, style="curls" if hair.style == "peeking" else hair.style)
    bare = replace(hair, beard="") if rng.random() < 0.8 else hair
    dress = dresses.choose(rng, build, who.pose)
    dress = Dress("", seed=dress.seed) if rng.random() < 0.35 else dress
    return Someone(who, bare, dress, dresses.build(dress, who), rng)


def whole(number: int, humans: Path = HUMANS, grid: int = 150, faces: int = 20_000) -> Mesh:
    """The statue of this number as a mesh in the engine's frame: to try edits on."""
    one = someone(number, humans)
    made = sculpted(_pieces(one.figure, one.hair, one.clothes, 1.75 / grid), (), grid, faces).mesh
    scale, offset = frame_of(made)
    return Mesh((made.vertices * scale + offset).astype(np.float32), made.faces)


def pair(number: int, humans: Path = HUMANS) -> dict[str, NDArray]:
    """The statue of this number with all its twins, as arrays."""
    one = someone(number, humans)
    who, bare, dress, clothes, rng = one.figure, one.hair, one.dress, one.clothes, one.rng
    build, bodies = who.build, who.anatomy
    found: dict[str, NDArray] = {}
    middle = _head(who)
    for part, cell, names in (("body", BODY_CELL, BODY_WORDS), ("head", HEAD_CELL, HEAD_WORDS)):
        around = None if part == "body" else middle
        source = _field(who, bare, clothes, cell, around)
        mesh = extract(source)
        chosen = _chosen(mesh.vertices, around, rng)
        at, facing = mesh.vertices[chosen], mesh.normals[chosen]
        ways: dict[str, NDArray | None] = {}
        for name in names:
            if name in MORPHS:
                twin = MORPHS[name](build, rng)
                ways[name] = None if twin is None else _morphed(who, figure(twin, who.pose, bodies), at, part)
            else:
                other = _dressed(name, who, bare, dress, clothes)
                ways[name] = (
                    None if other is None else _covered(_field(who, other[0], other[1], cell, around), at, facing)
                )
        nothing = np.full(at.shape, np.nan, np.float16)
        found |= {
            f"{part}_values": source.values.astype(np.float16),
            f"{part}_lower": np.asarray(source.lower, np.float32),
            f"{part}_spacing": np.asarray(source.spacing, np.float32),
            f"{part}_points": at.astype(np.float32),
            f"{part}_normals": facing.astype(np.float16),
            f"{part}_ways": np.stack([_half(ways[name], nothing) for name in names]),
        }
    return found | {"head": np.array([*middle, HEAD_REACH])}


def _half(ways: NDArray | None, nothing: NDArray) -> NDArray[np.float16]:
    return nothing if ways is None else ways.astype(np.float16)


def _older(build: Build, rng: np.random.Generator) -> Build | None:
    if build.years < 16 or build.years > 50:
        return None
    return replace(build, age="old", years=82.0, muscle=max(build.muscle - 0.3, 0.1), details=_aged(build))


def _aged(build: Build) -> Mapping[str, float]:
    """What age does to a face on top of MakeHuman's own."""
    bodies = anatomy.load(HUMANS)
    details = dict(build.details)
    for feature, sides in features(bodies).items():
        if feature in OLD:
            for less, more in sides:
                amount = details.pop(more, 0.0) - details.pop(less, 0.0) + OLD[feature]
                if abs(amount) > 0.02:
                    details[more if amount > 0 else less] = float(min(abs(amount), 0.95))
    return details


def _younger(build: Build, rng: np.random.Generator) -> Build | None:
    return replace(build, age="young", years=18.0) if build.years > 35 else None


def _heavier(build: Build, rng: np.random.Generator) -> Build:
    return replace(build, weight=min(build.weight + 0.45, 1.0))


def _lean(build: Build, rng: np.random.Generator) -> Build:
    return replace(build, weight=max(build.weight - 0.4, 0.0), muscle=min(build.muscle, 0.6))


def _muscular(build: Build, rng: np.random.Generator) -> Build | None:
    return replace(build, muscle=1.15) if build.years > 14 else None


def _female(build: Build, rng: np.random.Generator) -> Build | None:
    return replace(build, sex="female") if build.sex == "male" and build.years > 14 else None


def _male(build: Build, rng: np.random.Generator) -> Build | None:
    return replace(build, sex="male") if build.sex == "female" and build.years > 14 else None


MORPHS = {
    "older": _older, "younger": _younger, "heavier": _heavier, "lean": _lean, "muscular": _muscular,
    "female": _female, "male": _male,
}  # fmt: skip


def _dressed(name: str, who: Figure, hair: Hair, dress: Dress, clothes: list[Piece]) -> tuple[Hair, list[Piece]] | None:
    """Hair and clothes of the twin who has a beard, a helmet, or something on; None: not for this one."""
    if name == "bearded":
        man = who.build.sex == "male" and who.build.years > 16
        return (replace(hair, beard="full curled"), clothes) if man and not hair.beard else None
    if name == "helmeted":
        return replace(hair, style="peeking", headgear=HELMET), clothes
    if name == "draped":
        suiting = [one for one in GARMENTS[who.build.sex] if dresses.suits(one, who.pose)]
        return (hair, dresses.build(Dress(suiting[0], seed=dress.seed), who)) if suiting and not dress.outfit else None
    raise KeyError(name)


def _head(who: Figure) -> NDArray:
    """The middle of the head [3]."""
    return (who.joints["Head"] + who.joints["Head.tail"]) / 2


def _pieces(who: Figure, hair: Hair, clothes: list[Piece], cell: float) -> list[Piece]:
    return [Piece("body", who.mesh("body")), *hairs.build(hair, who, max(cell, 0.006)), *clothes]


def _field(who: Figure, hair: Hair, clothes: list[Piece], cell: float, around: NDArray | None) -> SDF:
    block = Block(tuple(_pieces(who, hair, clothes, cell)))
    if around is None:
        low, high = block.bounds
    else:
        low, high = around - HEAD_REACH, around + HEAD_REACH
    return refined(block.distances, low, high, cell)


def _chosen(points: NDArray, around: NDArray | None, rng: np.random.Generator) -> NDArray:
    """Which of the surface's points are kept; those at the cut around a head are not."""
    inner = np.ones(len(points), bool) if around is None else np.abs(points - around).max(axis=1) < 0.95 * HEAD_REACH
    numbers = np.flatnonzero(inner)
    return rng.permutation(numbers)[:POINTS]


def _morphed(who: Figure, twin: Figure, at: NDArray, part: str) -> NDArray:
    """[N, 3] metres: where places of the surface go when the body under them becomes the twin's."""
    count = who.anatomy.body_size
    here = who.vertices[:count].astype(float)
    there = _on_the_head(who, twin) if part == "head" else _on_the_bones(who, twin)
    away, nearest = cKDTree(here).query(at, k=NEIGHBOURS)
    share = 1.0 / np.maximum(away, 0.004)
    share /= share.sum(axis=1, keepdims=True)
    return ((there - here)[nearest] * share[..., None]).sum(axis=1)


def _on_the_head(who: Figure, twin: Figure) -> NDArray:
    """[B, 3] the twin's skin, moved as one piece until its head sits where the other's does."""
    turn = who.bones["Head"][:3, :3] @ np.linalg.inv(twin.bones["Head"][:3, :3])
    return (twin.vertices[: who.anatomy.body_size] - twin.joints["Head"]) @ turn.T + who.joints["Head"]


def _on_the_bones(who: Figure, twin: Figure) -> NDArray:
    """[B, 3] the twin's skin on the other's bones: flesh changes, hands and feet stay where they are."""
    anatomy = who.anatomy
    skin = twin.vertices[: anatomy.body_size].astype(float)
    weights = anatomy.weights[: anatomy.body_size]
    there = np.zeros_like(skin)
    for number, name in enumerate(anatomy.bone_names):
        rows = np.flatnonzero(weights[:, number] > 0)
        if not len(rows):
            continue
        turn = who.bones[name][:3, :3] @ np.linalg.inv(twin.bones[name][:3, :3])
        along = twin.joints[f"{name}.tail"] - twin.joints[name]
        length = float(np.linalg.norm(along))
        longer = float(np.linalg.norm(who.joints[f"{name}.tail"] - who.joints[name])) / max(length, 1e-6)
        away = skin[rows] - twin.joints[name]
        away += (longer - 1.0) * np.outer(away @ along, along) / max(length**2, 1e-9)
        there[rows] += weights[rows, number, None] * (away @ turn.T + who.joints[name])
    return there


def _covered(twin: SDF, at: NDArray, facing: NDArray) -> NDArray:
    """[N, 3] metres along the normals to the surface of the twin, which has something on."""
    way = np.zeros(len(at))
    for _ in range(6):
        places = ((at + way[:, None] * facing - twin.lower) / twin.spacing).T
        way -= ndimage.map_coordinates(twin.values, places, order=1, mode="nearest")
    way = np.clip(way, *FARTHEST)
    return way[:, None] * facing


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--count", type=int, default=240)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--step", type=int, default=1)
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    for number in range(asked.first, asked.count, asked.step):
        path = asked.out / f"{number:05d}.npz"
        if path.exists():
            continue
        try:
            np.savez(path, allow_pickle=False, **pair(number))
        except (ValueError, RuntimeError) as error:  # a garment that does not fit this body
            log.warning("statue %d: %s", number, error)


if __name__ == "__main__":
    main()
