"""The colour, roughness and metal of each place of a sculpture: its stuff, and what time has laid on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....photo.light import linear
from ..noise import fractal, pebbles, ridges
from ..sculpt import Sculpture
from .stuffs import COATS, STUFFS, Stuff

FRESH = ("break", "chip")  # what these carvings lay open has the colour of the stuff's inside
COATED = 0.35  # how likely each coat a stuff may have is on a statue
FADED = 0.55  # how far the colour of an old break has gone back to that of the surface, at most


@dataclass(frozen=True)
class Material:
    """What a statue is made of."""

    stuff: str  # a key of STUFFS
    coats: tuple[str, ...]  # keys of COATS, laid on in this order
    seed: int


@dataclass(frozen=True)
class Surface:
    """What light meets at each vertex."""

    colour: NDArray[np.float32]  # [V, 3] base colour, linear
    roughness: NDArray[np.float32]  # [V]
    metallic: NDArray[np.float32]  # [V]


def choose(rng: np.random.Generator, subject: str) -> Material:
    """A stuff that suits a "figure" or a "relic", with some of the coats it may have."""
    names = [name for name, stuff in STUFFS.items() if stuff.suits in ("all", subject)]
    odds = np.array([STUFFS[name].often for name in names])
    name = str(rng.choice(names, p=odds / odds.sum()))
    coats = tuple(coat for coat in STUFFS[name].coats if rng.random() < COATED)
    return Material(name, coats, int(rng.integers(2**31)))


def words(material: Material, rng: np.random.Generator) -> tuple[str, str]:
    """What it is called, and what is said of its surface (often nothing)."""
    said = [str(rng.choice(COATS[coat][5])) for coat in material.coats]
    said = [phrase for phrase in said if phrase]
    return str(rng.choice(STUFFS[material.stuff].words)), " and ".join(said[:2])


def surface(material: Material, sculpture: Sculpture) -> Surface:
    """Base colour, roughness and metal at each vertex of a sculpture."""
    rng = np.random.default_rng(material.seed)
    stuff = STUFFS[material.stuff]
    points = sculpture.mesh.vertices
    size = float(np.ptp(points, axis=0).max())
    colour = _mixed(stuff, points, size, rng)
    roughness = np.clip(stuff.roughness + 0.06 * fractal(points, 0.1 * size, 3, _seed(rng)), 0.05, 1)
    metallic = np.full(len(points), stuff.metallic, np.float32)
    fresh = _laid_open(sculpture) * rng.uniform(1 - FADED, 1)
    colour = _over(colour, _linear(stuff.fresh), fresh)
    roughness = _over(roughness, 0.9 if stuff.metallic < 0.5 else 0.5, fresh)
    for name in material.coats:
        place, colours, rough, metal, (least, most), _ = COATS[name]
        amount = rng.uniform(least, most)
        cover = np.clip(_PLACES[place](sculpture, size, amount, rng), 0, 1).astype(np.float32)
        colour = _over(colour, _coat_colour(place, colours, sculpture, size, rng), cover)
        roughness = _over(roughness, rough, cover)
        metallic = _over(metallic, metal, cover)
    return Surface(colour, roughness.astype(np.float32), metallic)


def _mixed(stuff: Stuff, points: NDArray, size: float, rng: np.random.Generator) -> NDArray[np.float32]:
    """The stuff's own colour [N, 3], linear: its colours mixed by its pattern, and a little different every time."""
    scale, seed = stuff.scale * size * rng.uniform(0.7, 1.4), _seed(rng)
    shade = _PATTERNS[stuff.pattern](points, scale, seed, rng)  # 0 the first colour … 1 the last
    shade = np.clip(0.5 + (shade - 0.5) * (0.4 + 1.2 * stuff.contrast), 0, 1) * stuff.contrast
    steps = np.linspace(0, 1, len(stuff.colours))
    table = np.array([_linear(colour) for colour in stuff.colours])
    colour = np.stack([np.interp(shade, steps, table[:, channel]) for channel in range(3)], axis=1)
    tone = rng.uniform(0.88, 1.08) * rng.uniform(0.97, 1.03, 3)
    return np.clip(colour * tone, 0, 1).astype(np.float32)


def _clouds(points: NDArray, scale: float, seed: int, _: np.random.Generator) -> NDArray:
    return 0.5 + 0.5 * fractal(points, scale, 5, seed)


def _veins(points: NDArray, scale: float, seed: int, _: np.random.Generator) -> NDArray:
    warped = points + (0.4 * scale * fractal(points, 1.5 * scale, 3, seed + 1))[:, None]
    thin = np.clip((ridges(warped.astype(np.float32), scale, 3, seed) - 0.78) / 0.2, 0, 1)
    return 0.35 * np.clip(0.5 + 0.5 * fractal(points, 2 * scale, 4, seed + 2), 0, 1) + 0.65 * thin


def _layers(points: NDArray, scale: float, seed: int, rng: np.random.Generator) -> NDArray:
    axis = np.array([0.25, 0.25, 1.0]) * rng.uniform(-1, 1, 3) + np.array([0, 0, 0.8])
    height = points @ (axis / np.linalg.norm(axis)) + 0.25 * scale * fractal(points, 2 * scale, 3, seed)
    flat = np.stack([0 * height, 0 * height, height], axis=1).astype(np.float32)
    return 0.5 + 0.45 * fractal(flat, 0.35 * scale, 4, seed + 1) + 0.12 * fractal(points, 0.1 * scale, 2, seed + 2)


def _grains(points: NDArray, scale: float, seed: int, _: np.random.Generator) -> NDArray:
    return np.clip(pebbles(points, scale, seed) / (0.9 * scale), 0, 1) * 0.7 + 0.3 * (
        0.5 + 0.5 * fractal(points, scale / 2, 2, seed + 1)
    )


def _rings(points: NDArray, scale: float, seed: int, rng: np.random.Generator) -> NDArray:
    heart = rng.uniform(-0.5, 0.5, 2) * float(np.ptp(points, axis=0).max()) * 0.4
    radius = np.hypot(points[:, 0] - heart[0], points[:, 1] - heart[1]) + 0.5 * scale * fractal(
        points, 6 * scale, 3, seed
    )
    year = radius / scale
    return 0.75 * (year - np.floor(year)) ** 2 + 0.25 * (0.5 + 0.5 * fractal(points, scale, 3, seed + 1))


_PATTERNS = {"clouds": _clouds, "veins": _veins, "layers": _layers, "grains": _grains, "rings": _rings}


def _hollows(sculpture: Sculpture, size: float, amount: float, rng: np.random.Generator) -> NDArray:
    uneven = 0.25 * fractal(sculpture.mesh.vertices, 0.12 * size, 4, _seed(rng))
    return 1.6 * amount * np.clip(sculpture.hollow + uneven + 0.25 * (amount - 0.6), 0, 1)


def _edges(sculpture: Sculpture, size: float, amount: float, rng: np.random.Generator) -> NDArray:
    uneven = 0.35 * fractal(sculpture.mesh.vertices, 0.25 * size, 3, _seed(rng))
    return 1.5 * amount * np.clip(-sculpture.hollow - 0.25 + uneven, 0, 1)


def _top(sculpture: Sculpture, size: float, amount: float, rng: np.random.Generator) -> NDArray:
    uneven = 0.25 * fractal(sculpture.mesh.vertices, 0.1 * size, 3, _seed(rng))
    return amount * np.clip(1.4 * sculpture.mesh.normals[:, 2] - 0.3 + uneven, 0, 1)


def _streaks(sculpture: Sculpture, size: float, amount: float, rng: np.random.Generator) -> NDArray:
    drawn_out = sculpture.mesh.vertices * np.array([1, 1, 0.12], np.float32)
    stripes = ridges(drawn_out, 0.09 * size, 3, _seed(rng))
    upright = 1 - np.abs(sculpture.mesh.normals[:, 2])
    return 1.4 * amount * np.clip((stripes - 0.72) / 0.2, 0, 1) * upright


def _patches(sculpture: Sculpture, size: float, amount: float, rng: np.random.Generator) -> NDArray:
    points = sculpture.mesh.vertices
    spots = fractal(points, 0.08 * size, 5, _seed(rng), gain=0.65) + 0.3 * sculpture.mesh.normals[:, 2]
    return np.clip((spots - (0.75 - 1.1 * amount)) / 0.18, 0, 1)


def _regions(sculpture: Sculpture, size: float, amount: float, rng: np.random.Generator) -> NDArray:
    """Colour on some parts only (hair, drapery, …), better kept in hollows than on edges."""
    chosen = np.array([name not in FRESH and rng.random() < 0.5 for name in sculpture.regions])
    kept = fractal(sculpture.mesh.vertices, 0.1 * size, 5, _seed(rng), gain=0.6) + 0.8 * sculpture.hollow
    return chosen[sculpture.region] * np.clip((kept - (0.7 - 1.2 * amount)) / 0.25, 0, 1)


def _bands(sculpture: Sculpture, size: float, amount: float, rng: np.random.Generator) -> NDArray:
    height = sculpture.mesh.vertices[:, 2] / size
    borders = np.sort(rng.uniform(height.min(), height.max(), 2 * int(rng.integers(2, 6))))
    return amount * (np.searchsorted(borders, height) % 2)


_PLACES = {
    "hollows": _hollows,
    "edges": _edges,
    "top": _top,
    "streaks": _streaks,
    "patches": _patches,
    "regions": _regions,
    "bands": _bands,
}


def _coat_colour(place: str, colours, sculpture: Sculpture, size: float, rng: np.random.Generator) -> NDArray:
    """[V, 3] linear. Paint has one colour for each part; everything else mixes its colours in patches."""
    table = np.array([_linear(colour) for colour in colours])
    if place == "regions":
        return table[rng.integers(len(table), size=len(sculpture.regions))][sculpture.region]
    if len(table) == 1:
        return table
    shade = np.clip(0.5 + 0.7 * fractal(sculpture.mesh.vertices, 0.15 * size, 3, _seed(rng)), 0, 1)
    steps = np.linspace(0, 1, len(table))
    return np.stack([np.interp(shade, steps, table[:, channel]) for channel in range(3)], axis=1)


def _laid_open(sculpture: Sculpture) -> NDArray:
    """[V] 1 where a fracture shows the inside."""
    open_regions = np.array([name in FRESH for name in sculpture.regions])
    return open_regions[sculpture.region].astype(np.float32)


def _over(below: NDArray, above, cover: NDArray) -> NDArray[np.float32]:
    """What is below, covered by what is above as far as `cover` [V] says."""
    share = cover[:, None] if below.ndim == 2 else cover
    return (below + share * (np.asarray(above) - below)).astype(np.float32)


def _linear(colour: tuple[int, int, int]) -> NDArray:
    return linear(np.array(colour, np.float32) / 255)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))
