"""From who somebody is to every vertex of the body at rest."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from .anatomy import Anatomy, load
from .build import Build

EYES = ("helper-l-eye", "helper-r-eye")
_CHILD, _YOUNG, _OLD = 12.0, 25.0, 90.0  # years at which a macro target shows its age alone
_YOUNGEST = 1.35  # amount of the child's target for the smallest: it is carried on beyond its age
_CHIN = 5171  # the vertex lowest on the chin
_SIZINGS = 3  # the chin hangs on the neck a little: one scale alone misses by a few hundredths
_EYE_SHRUNK = 0.97  # of its size: set back a little behind the lids
_LID_ENDS = (1.08, 1.7)  # radii of the eyeball between which the lid's thickening fades out


def shaped(build: Build, anatomy: Anatomy) -> NDArray[np.float32]:
    """All vertices [V, 3] of this person at rest, standing on z = 0."""
    places = anatomy.base.copy()
    for name, amount in (*macros(build).items(), *((f"detail/{key}", value) for key, value in build.details.items())):
        target = anatomy.target(name)
        places[target.vertices] += np.float32(amount) * target.offsets
    _size_head(places, anatomy, build.heads)
    body = places[: anatomy.body_size, 2]
    places[:, 2] -= body.min()
    places *= np.float32(build.height / np.ptp(body))
    _close_mouth(places, anatomy)
    if build.lids > 0:
        _carve_eyes(places, anatomy, build.lids)
    return places


def macros(build: Build) -> dict[str, float]:
    """Amounts of MakeHuman's macro targets: ancestry × sex × age, and sex × age × muscle × weight."""
    found: dict[str, float] = {}
    for age, share in _ages(build.years).items():
        for people, part in build.ancestry.items():
            found[f"macro/{people}-{build.sex}-{age}"] = share * part
        grown = "young" if age == "child" else age  # there are no muscles and weights of children
        for muscle, strength in _thirds(build.muscle, "muscle").items():
            for weight, mass in _thirds(build.weight, "weight").items():
                name = f"macro/universal-{build.sex}-{grown}-{muscle}-{weight}"
                found[name] = found.get(name, 0.0) + share * strength * mass
    return {name: amount for name, amount in found.items() if amount != 0}


def _ages(years: float) -> dict[str, float]:
    if years >= _YOUNG:
        old = min((years - _YOUNG) / (_OLD - _YOUNG), 1.0)
        return {"young": 1 - old, "old": old}
    child = min((_YOUNG - years) / (_YOUNG - _CHILD), _YOUNGEST)
    return {"young": 1 - child, "child": child}


def _thirds(value: float, what: str) -> dict[str, float]:
    middle = 1 - abs(2 * value - 1)
    return {f"min{what}": max(1 - 2 * value, 0), f"average{what}": middle, f"max{what}": max(2 * value - 1, 0)}


def _size_head(places: NDArray, anatomy: Anatomy, heads: float) -> None:
    """Scales the head about its joint until the body is so many heads high; the neck follows half way."""
    names = anatomy.bone_names
    follows = anatomy.weights[:, names.index("Head")] + 0.5 * anatomy.weights[:, names.index("Neck")]
    for _ in range(_SIZINGS):
        body = places[: anatomy.body_size, 2]
        crown, chin, sole = float(body.max()), float(places[_CHIN, 2]), float(body.min())
        pivot = anatomy.joints(places)["Head"].astype(np.float32)
        # With a scale s the crown rises to pivot + s (crown − pivot): solve height = heads · s (crown − chin) for s.
        scale = (pivot[2] - sole) / (heads * (crown - chin) - (crown - pivot[2]))
        places += np.float32(scale - 1) * follows[:, None] * (places - pivot)


def _carve_eyes(places: NDArray, anatomy: Anatomy, lids: float) -> None:
    """Makes eyes that stone can hold: lids `lids` metres thick, the balls set back behind them."""
    skin = places[: anatomy.body_size]
    normals = Mesh(skin, anatomy.faces["body"]).normals
    for eye in EYES:
        ball = np.unique(anatomy.faces[eye])
        low, high = places[ball].min(axis=0), places[ball].max(axis=0)
        centre, radius = (low + high) / 2, float((high - low).mean()) / 2
        away = skin - centre
        distance = np.linalg.norm(away, axis=1)
        near = np.flatnonzero((distance < _LID_ENDS[1] * radius) & (away[:, 1] < 0.5 * radius))
        fading = np.clip((_LID_ENDS[1] - distance[near] / radius) / (_LID_ENDS[1] - _LID_ENDS[0]), 0, 1) ** 2
        # The pocket behind the lid looks at the ball and stays, so that no thin hollow opens between them.
        way = away[near] / distance[near][:, None]
        outer = np.clip((np.einsum("ij,ij->i", normals[near], way) + 0.3) / 0.6, 0, 1)
        skin[near] += (lids * outer * fading)[:, None] * way
        places[ball] = centre + np.float32(_EYE_SHRUNK) * (places[ball] - centre)


def _close_mouth(places: NDArray, anatomy: Anatomy) -> None:
    """Lets the lips run into each other where they meet: a slit finer than stone allows would only leave holes."""
    lips, share = _lips(anatomy.folder)
    normals = Mesh(places[: anatomy.body_size], anatomy.faces["body"]).normals
    places[lips] += (_PRESSED * share)[:, None] * normals[lips]


@cache
def _lips(folder: Path) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Vertices at which the closed lips face each other, and how much of the way each takes, 0 … 1."""
    anatomy = load(folder)
    skin = Mesh(anatomy.base[: anatomy.body_size], anatomy.faces["body"])
    near = np.flatnonzero(np.linalg.norm(skin.vertices - skin.vertices[_LIPS_MEET], axis=1) < _MOUTH)
    place, normal = skin.vertices[near], skin.normals[near]
    apart = place[None] - place[:, None]
    distance = np.linalg.norm(apart, axis=2)
    facing = (normal @ normal.T < -0.4) & (np.einsum("ijk,ik->ij", apart, normal) >= 0) & (distance < _SLIT)
    share = facing.any(axis=1).astype(np.float32)
    around = distance < _SLIT
    share = np.maximum(share, 0.5 * (around @ share) / around.sum(axis=1))
    kept = share > 0.02
    return near[kept], share[kept]


_LIPS_MEET = 494  # the vertex in the middle of the mouth where the lips touch
_MOUTH = 0.045  # metres around it
_SLIT = 0.005  # metres between lips that face each other
_PRESSED = 0.0011  # metres each lip gives
