"""Vessels: thrown or cast, hollow, with lips, feet, handles and relief."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..sculpt import Piece
from . import motifs
from .handles import HANDLES, WORDS, Wall
from .lids import LIDS, lid, lion_mask
from .vessel_forms import FORMS, Form
from .vessel_relief import BODIES, relief_of
from .wheel import Profile, Thrown, curve, turned_body

_CELLS = 192  # along the longest side: the coarsest grid in which a wall must not break


_WALL = 2.7  # of those cells, at least


_FEET = ("gadroons", "leaves", "rays")


@dataclass(frozen=True)
class Vessel:
    """A vessel before it is clay."""

    form: str
    height: float  # metres
    slender: float  # radii times this
    handle: str  # a key of handles.HANDLES, "masks", or ""
    section: str  # of the handle, of swept.SECTIONS
    stout: float  # the handle's thickness as a share of the height
    lid: str  # a key of lids.LIDS, or ""
    bands: tuple[tuple[int, str], ...]  # number of the form's band, and what is on it
    relief: float  # its height in cells
    thrown: Thrown
    seed: int


def choose(rng: np.random.Generator) -> Vessel:
    odds = np.array([form.often for form in FORMS])
    form = FORMS[int(rng.choice(len(FORMS), p=odds / odds.sum()))]
    careless = float(rng.choice([0.0, 0.4, 1.0], p=[0.3, 0.5, 0.2]))  # cast or turned, thrown, thrown in haste
    thrown = Thrown(
        oval=0.02 * careless * float(rng.random()),
        oval_at=float(rng.uniform(0, 2 * np.pi)),
        lean=0.02 * careless * float(rng.normal()),
        wobble=0.008 * careless * float(rng.random()),
        lobes=form.lobes,
        lobed=0.16 if form.lobes else 0.0,
    )
    return Vessel(
        form.name,
        float(rng.uniform(*form.height)),
        float(rng.uniform(0.9, 1.12)),
        str(rng.choice(form.handles)),
        str(rng.choice(["strap", "round", "reeded", "ridged"])),
        float(rng.uniform(0.033, 0.046)) * (1.6 if form.height[1] < 0.2 and form.name != "alabastron" else 1.0),
        str(rng.choice(form.lids)),
        _chosen_bands(form, rng),
        float(rng.uniform(1.6, 2.6)),
        thrown,
        int(rng.integers(2**31)),
    )


def _chosen_bands(form: Form, rng: np.random.Generator) -> tuple[tuple[int, str], ...]:
    """Relief that does not overlap: many vessels have none, few have all."""
    rich = float(rng.choice([0.0, 0.45, 0.9], p=[0.3, 0.4, 0.3]))
    found: list[tuple[int, str]] = []
    for number in rng.permutation(len(form.bands)).tolist():
        low, high, kind = form.bands[number]
        free = all(high <= form.bands[k][0] + 1e-6 or low >= form.bands[k][1] - 1e-6 for k, _ in found)
        if not free or rng.random() > rich * (0.75 if kind != "ribs" else 0.5):
            continue
        if kind == "border":
            found.append((number, str(rng.choice([name for name in motifs.MOTIFS if name != "thunder spirals"]))))
            if "Chinese" in form.name:
                found[-1] = (number, str(rng.choice(["thunder spirals", "meander", "circles", "beads", "zigzags"])))
        elif kind == "body":
            found.append((number, str(rng.choice(list(BODIES)))))
        elif kind == "foot":
            found.append((number, str(rng.choice(_FEET))))
        else:
            found.append((number, kind))
    return tuple(sorted(found))


def form_of(vessel: Vessel) -> Form:
    return next(form for form in FORMS if form.name == vessel.form)


def build(vessel: Vessel) -> list[Piece]:
    form = form_of(vessel)
    outline = curve(form.outline)
    outline[:, 0] *= vessel.slender
    outline *= vessel.height
    longest = max(vessel.height, 2 * float(outline[:, 0].max()))
    cell = longest / _CELLS
    wall = max(_WALL * cell, 0.016 * longest)
    outer = np.concatenate([[(0.0, outline[0, 1])], outline, [(0.0, outline[-1, 1])]])
    relief = relief_of(form, vessel.bands, outline, vessel.height, vessel.relief, cell)
    carved = 0.0 if relief is None else max(-float(relief.heights.min()), 0.0)  # the wall is as thick behind a flute
    cavity = hollow(outline, wall + carved, form.floor * vessel.height)
    thrown = _pinched(vessel, outline)
    pieces = [Piece("vessel", turned_body(outer, cavity, relief, thrown))]
    stout = max(vessel.stout * vessel.height, 4.6 * cell)  # the thinnest section is two thirds of it
    if vessel.handle == "masks":
        height, size = form.places["masks"]
        pieces.append(lion_mask(outline, height * vessel.height, size * vessel.height))
    elif vessel.handle:
        at = Wall(outline, vessel.height, stout, vessel.section)
        handles = HANDLES[vessel.handle](at, form.places[vessel.handle])
        pieces.append(Piece("handles", _leant(handles, thrown), blend=0.25 * stout))
    if vessel.lid:
        pieces.append(lid(vessel.lid, outline, wall))
    return pieces


def hollow(outline: NDArray, wall: float, floor: float) -> NDArray:
    """The outline [M, 2] of the cavity: a wall's thickness inside the vessel's, open at the top."""
    lip = outline[:, 1].max()
    mouth = outline[outline[:, 1] > lip - 1e-6][:, 0].max()
    open_at_top = np.concatenate([[(0.0, outline[0, 1])], outline, [(mouth, lip + 6 * wall), (0.0, lip + 6 * wall)]])
    solid = Profile(open_at_top)
    heights = np.concatenate([np.linspace(floor, lip, 90), [lip + 3 * wall]])
    radii = np.linspace(0, float(outline[:, 0].max()), 300)
    grid_r, grid_z = np.meshgrid(radii, heights, indexing="ij")
    free = solid.distances(grid_r.ravel(), grid_z.ravel()).reshape(grid_r.shape) < -wall
    # From the axis outwards as far as there is room; a narrow neck keeps at least a straw's width.
    reach = radii[np.maximum(np.where(free.all(axis=0), len(radii), np.argmin(free, axis=0)) - 1, 0)]
    reach[heights > floor + 2 * wall] = np.maximum(reach, 0.6 * wall)[heights > floor + 2 * wall]
    reach[0] *= 0.7  # the floor runs into the wall in a hollow, not at an edge
    return np.concatenate([[(0.0, floor)], np.stack([reach, heights], axis=1), [(0.0, heights[-1])]])


def _pinched(vessel: Vessel, outline: NDArray) -> Thrown:
    given = vessel.thrown
    start = float(outline[outline[:, 1] > 0.7 * vessel.height][:, 1].min()) if given.lobes else 1e3
    return Thrown(given.oval, given.oval_at, given.lean, given.wobble, given.lobes, given.lobed, start)


def _leant(mesh: Mesh, thrown: Thrown) -> Mesh:
    """Handles follow a vessel that leans."""
    vertices = mesh.vertices.copy()
    vertices[:, 0] += np.float32(thrown.lean) * vertices[:, 2]
    return Mesh(vertices, mesh.faces)


def words(vessel: Vessel, rng: np.random.Generator) -> str:
    """ "a two-handled amphora with a fluted body" """
    form = form_of(vessel)
    noun = form.name
    before: list[str] = []
    after: list[str] = []
    if vessel.handle:
        phrase = str(rng.choice(WORDS[vessel.handle]))
        (after if phrase.startswith(("with", "on")) else before).append(phrase)
    named = [(form.bands[number][2], name) for number, name in vessel.bands]
    for kind, name in named:
        if kind == "body":
            phrase = str(rng.choice(BODIES[name]))
            (before if phrase == "fluted" else after).append(phrase)
    borders = [name for kind, name in named if kind == "border"]
    if borders:
        after.append(f"with {rng.choice(['a band of', 'a border of'])} {borders[0]}")
    if vessel.lid:
        after.append(LIDS[vessel.lid])
    if any(kind == "ribs" for kind, _ in named):
        before.append("ribbed")
    text = " ".join([*before, noun])
    tail = _told(after)
    return f"{'an' if text[0] in 'aeio' else 'a'} {text}{tail}"


def _told(phrases: list[str]) -> str:
    """The phrases after the noun; a second “with” becomes an “and”."""
    found = ""
    for phrase in phrases:
        if found and phrase.startswith("with "):
            found += f" and {phrase.removeprefix('with ')}"
        else:
            found += f" {phrase}" if not found else f", {phrase}"
    return found
