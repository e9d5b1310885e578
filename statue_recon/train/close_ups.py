"""Close-ups of statues that never were photographed: what the fine scale is shown, and what it should make of it.

Beside the fine fields lies where the heads and the ends of limbs are, so that they are looked at more often:

    fields/GRID/places.json     by object: kind, x, y, z and radius of each place, in the object's frame

The coarse volume is the true one as the coarse network would guess it: blurred, its surface moved along the rays,
behind more than in front; or, now and then, what a coarse network really guesses.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from ..camera import Camera
from ..contract import Failure
from ..field.sdf import SDF
from ..photo.details import PhotoDetails
from ..photo.window import Window, condition_of
from ..priors.shape.columns import DEPTH_STEP, DEPTHS, REACH, Columns, around, clipped, shape_for
from ..priors.shape.detect import Place, places
from ..priors.shape.fine import SIDE, coarse_in
from ..priors.shape.network import FINER, ShapeNetwork
from ..priors.shape.prior import most_likely
from ..whole import write_whole
from .objects import KEPT, STEPS, Entry, Objects
from .scenes import CUT, MISTOLD, RECOLOURED, TOLD, Recent, Studio, chance_camera, cut, disturbed, stone

GRID = 256  # cells of the fine fields
PLACES = "places.json"
SYNTHETIC = 150  # statues made from numbers that fine fields are made of, beside those held out and all others
OF_PEOPLE = ("figure", "bust", "head", "herm", "half", "group")  # their titles begin so: those have faces
AT_PLACES = 0.5  # share of close-ups of heads and ends of limbs, where there are any
SEEN = 0.65  # share around what the photo shows; the others lie anywhere on the surface
CLOSER = (0.35, 0.75)  # share of parts four times as fine, elsewhere and at heads and ends; the others twice
ASIDE = 0.3  # of a part's side: how far its middle lies from what it was chosen for, at most
BEHIND = (-0.25, 0.35)  # of its depth, the same
BLURRED = (0.3, 2.2)  # cells: how much a guess of the coarse network is
MOVED = (0.0, 1.0, 3.0)  # pitches by which its surface is off: least, in front and behind at most
WIDE = 8.0  # cells over which it is off by the same
NOISE = 0.03  # of REACH
FIELDS = 400  # fine ones kept ready, about 10 MB each


@dataclass(frozen=True)
class CloseUp:
    """A part of a photo, what the coarse scale says there, and the truth."""

    picture: Tensor  # [PICTURE, 2h, 2w]
    planes: Tensor  # [PLANES, h, w]
    coarse: Tensor  # [D, h, w] as the network counts distances
    volume: Tensor  # [D, h, w] the same, true
    columns: Columns


def at_hand(objects: Objects, set_name: str) -> list[Entry]:
    """The objects of a set whose fine fields are made: that takes seconds each, too long to wait for while training."""
    folder = objects.folder / "fields" / str(GRID)
    found = [entry for entry in objects.of(set_name) if (folder / f"{entry.id}.npz").is_file()]
    if found and (folder / PLACES).is_file():
        return found
    raise Failure(
        f"No fine fields of the {set_name} statues are made in {folder}.",
        next_step="Make them first: python -m statue_recon.train.close_ups FOLDER",
    )


def make_ready(folder: Path, synthetic: int = SYNTHETIC) -> Iterator[str]:
    """Makes the fine fields of all statues, but of the synthetic ones so many, and finds their heads; yields names."""
    objects = Objects(folder)
    path = folder / "fields" / str(GRID) / PLACES
    known = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    people = [entry for entry in objects.of("train") if entry.caption and entry.title.startswith(OF_PEOPLE)]
    wanted = [entry for entry in objects.entries if not entry.caption or entry.set == "validation"] + people[:synthetic]
    for entry in wanted:
        if entry.id in known and (path.parent / f"{entry.id}.npz").is_file():
            continue
        columns = _from_the_front(objects.mesh(entry)[0].vertices)
        volume = clipped(distances_in(objects.field(entry, GRID), columns), columns.pitch)
        found = places(volume, columns)
        known[entry.id] = [[place.kind, *np.round(place.middle, 4).tolist(), round(place.radius, 4)] for place in found]
        write_whole(path, json.dumps(known).encode("utf-8"))
        yield entry.id


def _from_the_front(vertices: NDArray) -> Columns:
    camera = Camera.orbit(0.0, 0.0, 6.0, 1000, 1000, 2000.0)
    pixels, depth = camera.project(vertices)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    window = around(camera, (*low, *high), shape_for(*(high - low)))
    return Columns(window, float(depth.min() + 0.3 * np.ptp(depth)))


class CloseUps(Studio):
    """Takes close-ups of prepared statues."""

    def __init__(
        self,
        objects: Objects,
        lights: Path | None,
        grid: int,
        device: str = "cpu",
        guesser: ShapeNetwork | None = None,
        guessed: float = 0.0,
    ):
        """grid: of the coarse fields. guesser: a coarse network, asked for this share of the photos."""
        super().__init__(objects, lights, grid, device)
        self._guesser, self._guessed = guesser, guessed if guesser is not None else 0.0
        self._fine: Recent[SDF] = Recent(FIELDS)
        path = objects.folder / "fields" / str(GRID) / PLACES
        kept = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
        self._places = {
            name: [Place(kind, np.array([x, y, z]), radius) for kind, x, y, z, radius in some]
            for name, some in kept.items()
        }

    def close_ups(self, entry: Entry, rng: Generator, count: int) -> list[CloseUp]:
        """So many parts of one photo of a statue."""
        scene, vertices, colours = self._scene(entry)
        if rng.random() < RECOLOURED:
            colours = np.broadcast_to(stone(rng), colours.shape)
        window, light = _chance_window(vertices, rng), self._light(rng)
        size = window.width * FINER, window.height * FINER
        seen = scene.look([window.resized(*size)], light, colours=colours)
        depth = seen["depth"][0]
        shown = np.isfinite(depth)
        if not shown.any():
            return []
        columns = Columns(window, float(depth[shown].mean()))
        elevation = window.angles()[1] + rng.uniform(-MISTOLD, MISTOLD) if rng.random() < TOLD else None
        whole = Window(*disturbed(seen["rgb"][0], shown.astype(np.float32), rng), window, elevation)
        on_show = _world(window.resized(*size), depth)
        parts = [self._chosen(entry, columns, on_show, vertices, rng) for _ in range(count)]
        cameras = [part.camera.resized(SIDE * FINER, SIDE * FINER) for part in parts]
        closer = scene.look(cameras, light, colours=colours)
        guess = self._guess(whole, rng)
        details = PhotoDetails.of_pixels(whole.rgb, whole.alpha, window.resized(*size), whole)
        found = []
        for number, (part, camera) in enumerate(zip(parts, cameras, strict=True)):
            alpha = np.isfinite(closer["depth"][number]).astype(np.float32)
            rgb, alpha = disturbed(closer["rgb"][number], alpha, rng)
            picture, planes = replace(details, rgb=rgb, alpha=alpha, camera=camera)(part)
            coarse, volume = self._volumes(entry, columns, part, guess, rng)
            found.append(CloseUp(picture, planes, coarse, volume, part))
        return found

    def _chosen(self, entry: Entry, columns: Columns, on_show: NDArray, vertices: NDArray, rng: Generator) -> Columns:
        """A part of a photo's columns, around something of the surface."""
        points = on_show if rng.random() < SEEN else vertices
        some = self._places.get(entry.id, [])
        at_place = False
        if some and rng.random() < AT_PLACES:
            place = some[int(rng.integers(len(some)))]
            close = points[np.linalg.norm(points - place.middle, axis=1) < 1.1 * place.radius]
            at_place = len(close) > 0
            points = close if at_place else points
        at, row, column = columns.places(points[int(rng.integers(len(points)))][None])[0]
        finer = 4 if rng.random() < CLOSER[at_place] else 2
        side = SIDE // finer
        top, left = np.round(np.array([row, column]) - side / 2 + rng.uniform(-ASIDE, ASIDE, 2) * side).astype(int)
        if finer == 2:  # as regions.tiles lays them
            height, width = columns.camera.height, columns.camera.width
            top, left = np.clip(top, -2, height - side + 2), np.clip(left, -2, width - side + 2)
        depth = columns.middle + columns.pitch * columns.step * (at - columns.before)
        deep = DEPTHS * DEPTH_STEP * columns.pitch / finer
        return columns.part(int(top), int(left), side, side, finer, float(depth + rng.uniform(*BEHIND) * deep))

    def _volumes(
        self, entry: Entry, columns: Columns, part: Columns, guess: Tensor | None, rng: Generator
    ) -> tuple[Tensor, Tensor]:
        """What the coarse scale says of a part, and the truth; as the network counts distances."""
        block = _around(columns, part)
        true = distances_in(self._field(entry), block)
        # The fine field is cut off before REACH; beyond it the coarse one is exact enough, as far as its volume goes.
        fine = self._fine_field(entry)
        near = distances_in(fine, part)
        far = coarse_in(true / (REACH * block.pitch), block, part) * (REACH * part.pitch)
        first, last = block.depths()[[0, -1]]
        behind = torch.from_numpy((part.depths() < first) | (part.depths() > last))[:, None, None]
        volume = clipped(torch.where(behind | (near.abs() < 0.9 * KEPT * fine.spacing), near, far), part.pitch)
        if guess is not None:
            return coarse_in(guess, columns, part), volume
        return coarse_in(mistaken(clipped(true, block.pitch), block, rng), block, part), volume

    def _guess(self, whole: Window, rng: Generator) -> Tensor | None:
        """The whole volume [D, H, W] as the coarse network guesses it, now and then."""
        if self._guesser is None or rng.random() >= self._guessed:
            return None
        with torch.no_grad():
            return most_likely(self._guesser, condition_of([whole]))[0]

    def _fine_field(self, entry: Entry) -> SDF:
        return self._fine.get(entry.id, lambda: self._objects.field(entry, GRID, self._device))


def _chance_window(vertices: NDArray, rng: Generator) -> Camera:
    """The camera of a window around a statue, as Studio.photo takes them."""
    camera = chance_camera(rng)
    pixels, _ = camera.project(vertices)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    if rng.random() < CUT:
        low, high = cut(low, high, rng)
    return around(camera, (*low, *high), shape_for(*(high - low)))


def _world(camera: Camera, depth: NDArray) -> NDArray[np.float32]:
    """[N, 3] where what a picture [H, W] of depths shows lies in the world."""
    rows, columns = np.nonzero(np.isfinite(depth))
    across = np.column_stack([columns + 0.5 - camera.cx, rows + 0.5 - camera.cy]) / (camera.fx, camera.fy)
    far = depth[rows, columns, None]
    return (np.column_stack([across * far, far]) @ camera.rotation + camera.position).astype(np.float32)


def _around(columns: Columns, part: Columns) -> Columns:
    """The columns of a coarse volume that a part is made of, and a few beside them."""
    camera, whole = part.camera, columns.camera
    left, top = (round(float(at)) - 2 for at in (whole.cx - camera.cx * whole.fx / camera.fx,
                                                 whole.cy - camera.cy * whole.fy / camera.fy))  # fmt: skip
    side = round(camera.width * whole.fx / camera.fx) + 4
    return replace(columns, camera=whole.cropped(left, top, side, side))


def distances_in(field: SDF, columns: Columns) -> Tensor:
    """[D, H, W] the distances in world units that a prepared field holds at the nodes of columns.

    Beyond the grid its border goes on; there one is at least as far away as the way to the box is long.
    """
    camera = columns.camera
    across = np.stack(np.broadcast_arrays((np.arange(camera.width) + 0.5 - camera.cx) / camera.fx,
                                          ((np.arange(camera.height) + 0.5 - camera.cy) / camera.fy)[:, None],
                                          1.0), axis=-1)  # fmt: skip
    rays = across @ camera.rotation / field.spacing
    start, depths = (camera.position - field.lower) / field.spacing, columns.depths()
    # A node is at start + depth · ray; those of the corners enclose the others.
    outer = rays[:: len(rays) - 1, :: rays.shape[1] - 1].reshape(-1, 3)
    corners = np.concatenate([start + depth * outer for depth in depths[[0, -1]]])
    last = np.array(field.values.shape) - 1
    low = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, last - 1)
    high = np.clip(np.ceil(corners.max(axis=0)).astype(int), low + 1, last)
    needed = field.values[tuple(slice(first, end + 1) for first, end in zip(low, high, strict=True))]
    scale = 2.0 / (high - low)  # to −1 … 1 across what is needed, z before y before x, as grid_sample has it
    begin, towards = ((part * scale)[..., ::-1].astype(np.float32) for part in (start - low, rays))
    far = torch.from_numpy(depths.astype(np.float32))[:, None, None, None]
    places = torch.from_numpy(begin - np.float32(1.0)) + far * torch.from_numpy(towards)
    values = torch.from_numpy(needed).float()[None, None] * (field.spacing / STEPS)
    found = torch.nn.functional.grid_sample(values, places[None], padding_mode="border", align_corners=True)[0, 0]
    if (corners >= 0).all() and (corners <= last).all():
        return found
    beyond = (places.abs() - 1.0).clamp(min=0.0) * torch.from_numpy((field.spacing / scale)[::-1].astype(np.float32))
    return found + torch.linalg.vector_norm(beyond, dim=-1)


def mistaken(coarse: Tensor, columns: Columns, rng: Generator) -> Tensor:
    """A true coarse volume [D, H, W] as it is when it was guessed."""
    depths, height, width = coarse.shape
    least, front, back = MOVED
    waves = [_waves((height, width), rng) * rng.uniform(least, most) for most in (front, back)]
    share = np.clip((np.arange(depths) - columns.before + 4) / 16.0, 0.0, 1.0)[:, None, None]
    moved = (waves[0] + share * (waves[1] - waves[0])) / columns.step
    along = np.clip(np.arange(depths)[:, None, None] + moved, 0, depths - 1.001)
    low = along.astype(np.int64)
    before = coarse.gather(0, torch.from_numpy(low))
    after = coarse.gather(0, torch.from_numpy(low + 1))
    values = before + torch.from_numpy(along - low).float() * (after - before)
    blurred = ndimage.gaussian_filter(values.numpy(), rng.uniform(*BLURRED) / np.array([columns.step, 1.0, 1.0]))
    noise = rng.uniform(0.0, NOISE) * rng.standard_normal(blurred.shape, np.float32)
    return torch.from_numpy(blurred + noise).clamp(-1.0, 1.0)


def _waves(shape: tuple[int, int], rng: Generator) -> NDArray[np.float32]:
    """[H, W] smooth chance, about 1."""
    coarse = rng.standard_normal((3 + int(shape[0] / WIDE), 3 + int(shape[1] / WIDE)))
    rows, columns = (1.0 + np.arange(side) / WIDE for side in shape)
    return ndimage.map_coordinates(coarse, np.meshgrid(rows, columns, indexing="ij"), order=2).astype(np.float32)


if __name__ == "__main__":
    for done in make_ready(Path(sys.argv[1])):
        sys.stdout.write(f"{done}\n")
        sys.stdout.flush()
