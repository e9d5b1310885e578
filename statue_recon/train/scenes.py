"""Photos that never were: statues seen from chance places in chance light, with what a mask and a picture do wrong."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray

from ..camera import SENSOR_WIDTH, Camera
from ..dataset.render.fast import FastScene
from ..dataset.render.light import Light, hemisphere
from ..field.sdf import SDF
from ..mesh.mesh import LONGEST_SIDE
from ..photo.window import Window
from ..priors.shape.columns import Columns, around, clipped, sampled, shape_for
from ..priors.shape.network import FINER
from . import lights as surroundings
from .objects import STEPS, Entry, Objects

LENSES = (28.0, 120.0)  # mm, 35 mm equivalent
FRONTAL = 0.75  # share of views from the front: where people stand who take photographs
SIDEWAYS = 30.0  # degrees: how far, from the front
LOOKING_UP = (-25.0, 45.0)  # degrees of elevation, at most
ROLL = 2.0  # degrees
CUT = 0.08  # share of photos that do not show the statue to its end
TOLD = 0.7  # share of photos whose elevation is told
MISTOLD = 3.0  # degrees by which it may be wrong
RECOLOURED = 0.5  # share of statues in one plain colour instead of their own
SCENES = 1500  # kept ready, about 5 MB each with their fields


T = TypeVar("T")


@dataclass(frozen=True)
class View:
    """One photo of a statue, and where the volume lies that is to be found behind it."""

    window: Window
    columns: Columns
    depth: NDArray[np.float32]  # [2H, 2W] along the camera's axis, infinite outside
    normal: NDArray[np.float32]  # [2H, 2W, 3] in the world


class Recent(Generic[T]):
    """What was made for names, but for what was not asked for the longest: no more than so many."""

    def __init__(self, most: int):
        self._most = most
        self._made: OrderedDict[str, T] = OrderedDict()

    def get(self, name: str, make: Callable[[], T]) -> T:
        if name not in self._made:
            self._made[name] = make()
            if len(self._made) > self._most:
                self._made.popitem(last=False)
        self._made.move_to_end(name)
        return self._made[name]


class Studio:
    """Takes photos of prepared statues."""

    def __init__(self, objects: Objects, lights: Path | None, grid: int, device: str = "cpu"):
        """lights: a folder of .hdr pictures; None: those prepared with the statues, else skies with a sun only.
        grid: cells of the fields.
        """
        self._objects, self._grid, self._device = objects, grid, device
        self._lights = surroundings.lights_of(lights) if lights is not None else surroundings.kept(objects.folder)
        self._scenes: Recent[tuple[FastScene, NDArray, NDArray]] = Recent(SCENES)
        self._fields: Recent[SDF] = Recent(SCENES)

    def photo(self, entry: Entry, rng: Generator, shape: tuple[int, int] | None = None) -> View:
        """A photo of a statue; shape: H, W of the window, else the one that suits it."""
        scene, vertices, colours = self._scene(entry)
        if rng.random() < RECOLOURED:
            colours = np.broadcast_to(stone(rng), colours.shape)
        camera = chance_camera(rng)
        pixels, _ = camera.project(vertices)
        low, high = pixels.min(axis=0), pixels.max(axis=0)
        if rng.random() < CUT:
            low, high = cut(low, high, rng)
        fits = shape or shape_for(*(high - low))
        window = around(camera, (*low, *high), fits)
        picture = window.resized(fits[1] * FINER, fits[0] * FINER)
        seen = scene.look([picture], self._light(rng), colours=colours)
        depth = seen["depth"][0]
        shown = np.isfinite(depth)
        middle = float(depth[shown].mean()) if shown.any() else float(camera.world_to_camera[2, 3])
        elevation = camera.angles()[1] + rng.uniform(-MISTOLD, MISTOLD) if rng.random() < TOLD else None
        alpha = shown.astype(np.float32)
        rgb, alpha = disturbed(seen["rgb"][0], alpha, rng)
        return View(Window(rgb, alpha, window, elevation), Columns(window, middle), depth, seen["normal"][0])

    def volume(self, entry: Entry, columns: Columns) -> torch.Tensor:
        """[D, H, W] the distances to a statue at the nodes of columns, as the network counts them."""
        field = self._field(entry)
        lower, spacing = torch.from_numpy(field.lower).float(), float(field.spacing)
        places = (torch.from_numpy(columns.points()) - lower) / spacing
        found = sampled(torch.from_numpy(field.values).float() / STEPS, places)
        # Beyond the grid its border goes on; there one is at least as far away as the way to the box is long.
        last = torch.tensor(field.values.shape, dtype=torch.float32) - 1.0
        beyond = torch.linalg.vector_norm(places - places.clamp(min=torch.zeros(3), max=last), dim=-1)
        return clipped((found + beyond) * spacing, columns.pitch)

    def _scene(self, entry: Entry) -> tuple[FastScene, NDArray, NDArray]:
        """The statue ready for pictures, its vertices [V, 3] and its own colours [V, 3]."""

        def made() -> tuple[FastScene, NDArray, NDArray]:
            mesh, colours = self._objects.mesh(entry)
            return FastScene(mesh, device=self._device), mesh.vertices, colours

        return self._scenes.get(entry.id, made)

    def _field(self, entry: Entry) -> SDF:
        return self._fields.get(entry.id, lambda: self._objects.field(entry, self._grid, self._device))

    def _light(self, rng: Generator) -> Light:
        if self._lights and rng.random() < 0.6:
            return self._lights[int(rng.integers(len(self._lights)))]
        turn, lift = rng.uniform(-np.pi, np.pi), rng.uniform(0.2, 1.3)
        sun = np.sin(turn) * np.cos(lift), -np.cos(turn) * np.cos(lift), np.sin(lift)
        sky, ground = rng.uniform(0.3, 0.7), rng.uniform(0.1, 0.4)
        strength = rng.uniform(0.0, 1.5)
        return hemisphere(sun, strength, (sky, sky * 1.03, sky * 1.1), (ground, ground * 0.95, ground * 0.85))


def stone(rng: Generator) -> NDArray[np.float32]:
    """[3] linear: one plain colour, nearly grey."""
    return (rng.uniform(0.25, 0.75) * (1.0 + rng.normal(0, 0.06, 3))).astype(np.float32)


def chance_camera(rng: Generator) -> Camera:
    """A camera somebody may have held, of a picture of 1000 pixels whose place does not matter yet."""
    azimuth = rng.normal(0.0, SIDEWAYS) if rng.random() < FRONTAL else rng.uniform(-180.0, 180.0)
    elevation = float(np.clip(rng.normal(4.0, 10.0), *LOOKING_UP)) if rng.random() < 0.75 else 0.0
    focal = np.exp(rng.uniform(*np.log(LENSES))) / SENSOR_WIDTH * 1000
    distance = LONGEST_SIDE * focal / rng.uniform(500, 900)  # so large in the picture
    aim = rng.normal(0.0, 0.08, 3)  # who stands nearer aims at a part
    camera = Camera.orbit(azimuth, elevation, distance, 1000, 1000, focal, tuple(aim))
    turn = np.radians(rng.normal(0.0, ROLL))
    rolled = np.eye(4)
    rolled[:2, :2] = [[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]]
    return Camera(1000, 1000, focal, focal, 500.0, 500.0, rolled @ camera.world_to_camera)


def cut(low: NDArray, high: NDArray, rng: Generator) -> tuple[NDArray, NDArray]:
    """A box [2], [2] without what lies beyond the edge of the photo, mostly its lower end."""
    side = rng.choice(4, p=[0.6, 0.1, 0.15, 0.15])
    share = rng.uniform(0.1, 0.5) * (high - low)
    low, high = low.copy(), high.copy()
    if side == 0:
        high[1] -= share[1]
    elif side == 1:
        low[1] += share[1] / 2
    elif side == 2:
        high[0] -= share[0] / 2
    else:
        low[0] += share[0] / 2
    return low, high


def disturbed(rgb: NDArray, alpha: NDArray, rng: Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A picture [h, w, 3] and its mask with what cameras, and those who cut statues out, do to them."""
    kind = rng.random()
    if kind < 0.35:  # the edge is a pixel or two too wide or too narrow
        kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (int(rng.integers(2, 4)),) * 2)
        alpha = (cv2.dilate if rng.random() < 0.5 else cv2.erode)(alpha, kernel)
    if kind > 0.8:  # and wavers
        waves = cv2.GaussianBlur(rng.normal(0.0, 1.0, alpha.shape).astype(np.float32), (0, 0), 3.0) * 6.0
        alpha = (cv2.GaussianBlur(alpha, (0, 0), 1.2) + 0.25 * waves > 0.5).astype(np.float32)
    if rng.random() < 0.7:
        alpha = cv2.GaussianBlur(alpha, (0, 0), 0.6)
    tint = 1.0 + rng.normal(0.0, 0.05, 3)
    rgb = np.clip(rgb * tint, 0.0, 1.0) ** np.exp(rng.normal(0.0, 0.15))
    if rng.random() < 0.4:
        rgb = rgb + rng.normal(0.0, rng.uniform(0.0, 0.03), rgb.shape)
    if rng.random() < 0.15:  # stone has spots and veins
        spots = cv2.GaussianBlur(rng.normal(0.0, 1.0, alpha.shape).astype(np.float32), (0, 0), rng.uniform(1.5, 6.0))
        rgb = rgb * (1.0 + 0.15 * spots / max(float(spots.std()), 1e-6))[..., None]
    if rng.random() < 0.3:
        rgb = cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.4, 1.0))
    return np.clip(rgb, 0.0, 1.0).astype(np.float32), alpha.astype(np.float32)
