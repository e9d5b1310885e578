"""Edits of the shape by words: a way for every vertex, the topology as it was.

    offset = shape_edit(statue, region, request, device, report)      # [V, 3], a shape key at its full value
    if strain(statue.textured.mesh, offset) > STRAIN_LIMIT: ...       # too much for these faces: offer a new object

The bundled networks (shape_network.py) say where each vertex goes for each word: one looks at the whole statue, one at
every head found in it. What the head's says is laid over what the body's says:

        body's way      ──────╮                          head's place moves with the body, as one piece;
        head's way            ╰────────                  what is inside it changes as the head's network says
                        neck  │  face
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..contract import Failure
from ..contract_edit import EditRequest
from ..field.sdf import SDF
from ..mesh.mesh import LONGEST_SIDE, Mesh
from ..mesh.solid import Surface as Solid
from ..mesh.solid import refined
from ..priors import models, names
from ..priors.shape.detect import Place
from ..report import Report
from ..texture.surface import Surface
from .known import free_text, gain_of, known_words, only_of_surfaces, parts_of, read
from .region_words import Parts, looked_at
from .shape_network import BODY_REACH, Architecture, Cube, EditNetwork
from .statue import Region, Statue

# From the detector's heads to those the network was shown: median of 14 synthetic figures (spread 0.1 and 0.05).
HEAD_RISE, HEAD_SCALE = 0.26, 1.35  # radii of the detected head: upwards, and half a side of the cube
PART = 0.7  # of the vertices, that a region chosen as a head holds at most
CHOSEN_ROOM = 1.2  # times a head chosen by hand that the cube around it is large: as much room as around one found
HEADS = 4  # at most, the largest first
FADE = 0.62, 0.92  # of the cube: from where to where a head's way gives way to the body's
NECK = 0.45, 0.9  # of the cube, downwards: where it is seen whether the body under the head moves too
ROUNDNESS = 0.006  # of the longest side: over how much a way is smoothed along the surface
MOST_ROUNDS = 60  # of smoothing
BARELY = 0.15  # of a head's radius: a beard on a modelled face moves some places by 0.4 and more
VARIATION = 0.18  # by which words weigh more or less in other variants, standard deviation of the logarithm
BODY_CELL, HEAD_CELL = 0.0267, 0.05  # half sides between the nodes of the grids, as in training
ABOVE_BASE = 0.04  # of the height, over which ways grow from nothing on a base
SAMPLE = 1000  # vertices that tell of a statue as a whole, as many as in training
LARGEST_AT_ONCE = 30_000  # vertices asked at once: bounds the memory to 100 MB

STRETCH = 2.5  # times an edge may become longer before its faces are spoilt
ABOVE_FACE = 0.002  # of the longest side, before a face, where it is asked whether that is inside the statue
STRAIN_LIMIT = 0.04  # share of the moved faces that are folded over, stretched beyond it, or inside another part


def shape_edit(
    statue: Statue, region: Region, request: EditRequest, device: str, report: Report | None = None
) -> NDArray[np.float32]:
    """How far each vertex moves [V, 3], engine's frame, at the request's strength; exactly 0 outside the region.

    Deterministic by the request's seed. Raises Failure where no word of the prompt can change a shape.
    """
    told = read(request.prompt, request.avoid)
    if request.what == "both" and only_of_surfaces(read(request.prompt)):
        return np.zeros_like(statue.textured.mesh.vertices, dtype=np.float32)
    if free_text(request.prior):
        from .shape_guided import guided_edit

        return guided_edit(statue, region, request, device, report)
    if not told.amounts:
        raise _unknown(request)
    amounts = varied(told.amounts, request.seed)
    mesh = statue.textured.mesh
    if not region.vertices.any():
        return np.zeros_like(mesh.vertices, dtype=np.float32)
    parts = looked_at(mesh)
    steps = 2 + HEADS
    way = _body(parts, amounts, device, request.seed)
    _step(report, 1, steps)
    for number, head in enumerate(_heads(parts, region)):
        way = _with_head(parts, way, head, region, amounts, device, request.seed)
        _step(report, 2 + number, steps)
    if not way.any():
        raise Failure(
            f"No head was found on the statue, and “{request.prompt}” is about heads.",
            next_step="Choose the head as the region: it is then taken for one.",
        )
    way = smooth(mesh, way) * np.float32(request.strength) * region.vertices[:, None]
    way[region.vertices == 0] = 0.0
    _step(report, steps, steps)
    return way.astype(np.float32)


def _unknown(request: EditRequest) -> Failure:
    """None of the words means anything to the networks: which do, and who would know the others."""
    known = ", ".join(sorted(known_words("shape") or ()))
    large = models.for_task(names.HEEDS_WORDS)
    who = large[0].title if large else "Stable Diffusion"
    how = "" if large else " (Preferences › Models)"
    return Failure(
        f"None of the words “{request.prompt}” is known for shapes.",
        next_step=f"Choose {who}{how} as the prior, it takes any words; or say one of: {known}; or edit the surface.",
    )


def _heads(parts: Parts, region: Region) -> list[Place]:
    """The heads found; where there is none, and a part was chosen by hand, that part."""
    chosen = region.vertices > 0
    if parts.heads or chosen.mean() > PART:
        return parts.heads[:HEADS]
    places = parts.mesh.vertices[chosen].astype(float)
    low, high = places.min(axis=0), places.max(axis=0)
    radius = float((high - low).max()) / 2 / HEAD_SCALE * CHOSEN_ROOM
    return [Place("head", (low + high) / 2 - np.array([0.0, 0.0, HEAD_RISE * radius]), radius)]


def unmoved(statue: Statue, region: Region, request: EditRequest, offset: NDArray) -> tuple[str, ...]:
    """Sentences about words for faces that found none: heads are there, and next to nothing of them moved.

    offset: [V, 3] what `shape_edit` made of the request; strength is no reason.
    """
    words = [word for word in read(request.prompt, request.avoid).amounts if parts_of(word) == {"head"}]
    if not words or free_text(request.prior) or not request.strength:
        return ()
    moved = np.linalg.norm(offset, axis=1) / request.strength
    for head in _heads(looked_at(statue.textured.mesh), region):
        near = np.linalg.norm(statue.textured.mesh.vertices - head.middle, axis=1) < HEAD_SCALE * head.radius
        if moved[near & (region.vertices > 0)].max(initial=0.0) > BARELY * head.radius:
            return ()
    return (f"No modelled face was found: “{', '.join(words)}” changes next to nothing.",)


def varied(amounts: Mapping[str, float], seed: int) -> dict[str, float]:
    """The amounts of words as one variant takes them; the seed 0 takes them as they are."""
    rng = np.random.default_rng(seed)
    factors = np.exp(VARIATION * rng.normal(size=len(amounts))) if seed else np.ones(len(amounts))
    return {word: amount * float(factor) for (word, amount), factor in zip(amounts.items(), factors, strict=True)}


def strain(mesh: Mesh, offset: NDArray) -> float:
    """Share of the moved faces' area, 0 … 1, that the offset [V, 3] spoils.

    That is what it folds over, stretches beyond STRETCH, or drives into another part of the statue.
    """
    moved = Mesh((mesh.vertices + offset).astype(np.float32), mesh.faces)
    touched = np.linalg.norm(offset, axis=1)[mesh.faces].max(axis=1) > 1e-4 * LONGEST_SIDE
    if not touched.any():
        return 0.0
    before, after = _lengths(mesh)[touched], _lengths(moved)[touched]
    stretched = (after > STRETCH * np.maximum(before, 1e-9)).any(axis=1)
    folded = np.einsum("ij,ij->i", mesh.face_normals[touched], moved.face_normals[touched]) < 0.0
    sunk = _buried(moved, touched) & ~_buried(mesh, touched)
    area = np.linalg.norm(mesh._face_areas[touched], axis=1)
    return float(area[stretched | folded | sunk].sum() / max(float(area.sum()), 1e-12))


def _buried(mesh: Mesh, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the chosen [F] faces have the inside of the mesh before them: another part of it lies over them."""
    before = mesh.vertices[mesh.faces[chosen]].mean(axis=1) + ABOVE_FACE * LONGEST_SIDE * mesh.face_normals[chosen]
    return Solid(mesh).signed_distances(before) < 0.0


def smooth(mesh: Mesh, way: NDArray[np.float32]) -> NDArray[np.float32]:
    """The ways [V, 3] without what is finer than the networks can know."""
    net = Surface.of(mesh)
    return net.smoothed(way, net.rounds_for(ROUNDNESS * net.size, MOST_ROUNDS))


def _body(parts: Parts, amounts: Mapping[str, float], device: str, seed: int) -> NDArray[np.float32]:
    """[V, 3] what words about bodies ask; nothing of a base under the figure."""
    mesh = parts.mesh
    chosen = {word: amount for word, amount in amounts.items() if "body" in parts_of(word)}
    if not chosen:
        return np.zeros_like(mesh.vertices, dtype=np.float32)
    floor = -np.inf if parts.base_top is None else parts.base_top
    above = mesh.vertices[mesh.vertices[:, 2] >= floor]
    low, high = above.min(axis=0).astype(float), above.max(axis=0).astype(float)
    reach = BODY_REACH * float((high - low).max()) / LONGEST_SIDE
    cube = Cube((low + high) / 2, reach, np.eye(3), floor)
    field = refined(parts.solid.signed_distances, low, high, BODY_CELL * reach)
    found = _asked("body", mesh, field, cube, chosen, device, seed)
    if np.isfinite(floor):
        found *= np.clip((mesh.vertices[:, 2] - floor) / (ABOVE_BASE * parts.height), 0.0, 1.0)[:, None]
    return found.astype(np.float32)


def _with_head(
    parts: Parts, body: NDArray[np.float32], head: Place, region: Region, amounts: Mapping[str, float], device: str,
    seed: int,
) -> NDArray[np.float32]:  # fmt: skip
    """The ways with one head's laid over them."""
    mesh = parts.mesh
    chosen = {word: amount for word, amount in amounts.items() if "head" in parts_of(word)}
    cube = Cube(head.middle + np.array([0.0, 0.0, HEAD_RISE * head.radius]), HEAD_SCALE * head.radius, np.eye(3))
    places = (mesh.vertices - cube.middle) / cube.reach
    far = np.abs(places).max(axis=1)
    share = 1.0 - np.clip((far - FADE[0]) / (FADE[1] - FADE[0]), 0.0, 1.0)
    share = (share * share * (3.0 - 2.0 * share))[:, None].astype(np.float32)
    if not share.any():
        return body
    own = np.zeros_like(body)
    if chosen:
        low, high = cube.middle - cube.reach, cube.middle + cube.reach
        field = refined(parts.solid.signed_distances, low, high, HEAD_CELL * cube.reach)
        own = _asked("head", mesh, field, cube, chosen, device, seed)
    carried = (share * body).sum(axis=0) / share.sum()
    # Where the neck must stay, the head cannot move off it.
    neck = (share[:, 0] < 1.0) & (places[:, 2] < -NECK[0]) & (far < NECK[1])
    carried = carried * (float(region.vertices[neck].mean()) if neck.any() else 1.0)
    return (1.0 - share) * body + share * (carried + own)


def _asked(
    part: str, mesh: Mesh, field: SDF, cube: Cube, amounts: Mapping[str, float], device: str, seed: int
) -> NDArray[np.float32]:
    """[V, 3] world units: the words' ways added up, the mean of what is said of the statue and of its mirror image."""
    network = networks(device)[part]
    words = network.architecture.words
    weights = torch.tensor([amounts[word] * gain_of(word) if word in amounts else 0.0 for word in words], device=device)
    places = np.abs(mesh.vertices - cube.middle).max(axis=1) / cube.reach
    inside = np.flatnonzero((places < 1.0) & (mesh.vertices[:, 2] > cube.floor))
    ways = np.zeros_like(mesh.vertices, dtype=np.float32)
    if not len(inside):
        return ways
    spread = _spread(mesh, inside, np.random.default_rng(seed))
    for mirror in (1.0, -1.0):
        side = replace(cube, turn=cube.turn @ np.diag([mirror, 1.0, 1.0]))
        probes = torch.from_numpy(side.probes(field, mesh.vertices[inside], mesh.normals[inside])).to(device)
        found = _ways(network, probes, probes[torch.from_numpy(spread).to(device)], weights)
        ways[inside] += found @ side.turn * cube.reach / 2
    return ways


def _spread(mesh: Mesh, inside: NDArray, rng: np.random.Generator) -> NDArray[np.intp]:
    """[SAMPLE] which of these vertices are spread evenly over the surface: drawn by the area around them."""
    areas = np.linalg.norm(mesh._face_areas, axis=1)
    around = np.bincount(mesh.faces.ravel(), np.repeat(areas, 3), len(mesh.vertices))[inside]
    return rng.choice(len(inside), SAMPLE, p=around / around.sum())


@torch.no_grad()
def _ways(network: EditNetwork, probes: Tensor, sample: Tensor, weights: Tensor) -> NDArray[np.float32]:
    """[N, 3] the words' ways, each as much as it weighs."""
    found = [
        torch.einsum("nwi,w->ni", network(some[None], sample[None])[0], weights)
        for some in probes.split(LARGEST_AT_ONCE)
    ]
    return torch.cat(found).cpu().numpy()


def _lengths(mesh: Mesh) -> NDArray[np.float32]:
    """[F, 3] of the edges."""
    corners = mesh.vertices[mesh.faces]
    return np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2)


def _step(report: Report | None, step: int, steps: int) -> None:
    if report is not None:
        report.step(step, steps)


@cache
def networks(device: str = "cpu") -> dict[str, EditNetwork]:
    """The networks that ship, by what they look at: "body", "head"."""
    from ..priors.bundled import weights

    known, tensors = weights("edit")
    found = {}
    for part, architecture in known["architecture"].items():
        network = EditNetwork(Architecture.from_json(architecture))
        network.load_state_dict(
            {name.removeprefix(f"{part}."): value for name, value in tensors.items() if name.startswith(f"{part}.")}
        )
        found[part] = network.to(device).eval().requires_grad_(False)
    return found
