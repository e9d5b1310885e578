"""Pairs of pictures for the view prior: a photo that never was, and what the same statue shows from elsewhere.

Both pictures have one statue, one stone, one light and one exposure; only the photo has what cameras, and those who cut
statues out, do wrong. Both are framed as `priors.view.framing` says. The statue's expected place is the middle of its
bounding box, as everywhere.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor

from ..camera import Camera
from ..dataset.render.fast import FastScene
from ..dataset.render.light import Light
from ..dataset.synth.material.stuffs import STUFFS
from ..mesh.mesh import Mesh
from ..photo.light import linear
from ..priors.view.framing import SIZE, Framing, PhotoWindow, Pose, framed, turned_normals
from ..priors.view.pictures import Views, encoded
from ..priors.view.words import vocabulary, without_looks
from .objects import Entry, Objects
from .scenes import CUT, MISTOLD, RECOLOURED, SCENES, TOLD, Studio, chance_camera, cut
from .view_captions import words_of

LOWEST, HIGHEST = -10.0, 40.0  # degrees of elevation of new views
SAME_DISTANCE = 0.7  # share of new views from the photo's distance
NEARER, FARTHER = -0.15, 0.25  # the others: the logarithm of theirs in the photo's
SHADE = 0.2  # by how much a stone is lighter or darker than its like
FINER = 2  # places in a pixel along either side whose mean it is


@dataclass(frozen=True)
class Picture:
    """A new view as it should be: arrays [SIZE, SIZE, …]."""

    rgb: NDArray[np.float32]  # sRGB 0 … 1
    normal: NDArray[np.float32]  # in the view's own frame
    alpha: NDArray[np.float32]


@dataclass(frozen=True)
class Pair:
    """A photo, how to walk from it, and what is seen from there."""

    photo: PhotoWindow
    elevation: float | None  # degrees, as it is told: a little wrong, or not at all
    pose: Pose
    truth: Picture
    words: tuple[str, ...]  # all that is true of what can be seen
    framing: Framing


@dataclass(frozen=True)
class Dressed:
    """A statue in its own colours or in those of another stone."""

    scene: FastScene
    vertices: NDArray[np.float32]
    words: tuple[str, ...]


class PairStudio(Studio):
    """Takes pairs of pictures of prepared statues."""

    def __init__(self, objects: Objects, lights: Path | None, device: str = "cpu"):
        """lights: as `Studio` takes them."""
        super().__init__(objects, lights, grid=0, device=device)
        self._ready: OrderedDict[str, Dressed] = OrderedDict()

    def pair(self, entry: Entry, rng: Generator) -> Pair:
        """A photo of a statue and one new view of it."""
        return self.pairs(entry, rng, 1)[0]

    def pairs(self, entry: Entry, rng: Generator, count: int, poses: list[Pose] | None = None) -> list[Pair]:
        """A photo of a statue and several new views of it; poses: which, else by chance."""
        dressed = self.dressed(entry, rng)
        camera = chance_camera(rng)
        window, framing, box = photographed(camera, dressed.vertices, rng)
        poses = poses or [chance_pose(framing, rng) for _ in range(count)]
        seen = pictures(dressed.scene, [window, *map(framing.camera, poses)], self._light(rng), exposure(rng))
        photo = disturbed(seen[0].rgb, seen[0].alpha * box, rng)
        elevation = framing.elevation + rng.uniform(-MISTOLD, MISTOLD) if rng.random() < TOLD else None
        return [
            Pair(PhotoWindow(*photo, framing.spread), elevation, pose, truth, dressed.words, framing)
            for pose, truth in zip(poses, seen[1:], strict=True)
        ]

    def dressed(self, entry: Entry, rng: Generator) -> Dressed:
        """A statue in its own colours or, RECOLOURED of them, in those of another stone."""
        anew = bool(rng.random() < RECOLOURED)
        key = f"{entry.id} {anew}"
        if key not in self._ready:
            mesh, colours = self._objects.mesh(entry)
            words = words_of(entry.caption, entry.title)
            self._ready[key] = (
                recoloured(mesh, words, rng, self._device)
                if anew
                else Dressed(FastScene(mesh, colours, device=self._device), mesh.vertices, words)
            )
            if len(self._ready) > SCENES:
                self._ready.popitem(last=False)
        self._ready.move_to_end(key)
        return self._ready[key]


def pictures(scene: FastScene, cameras: list[Camera], light: Light, exposed: NDArray | None = None) -> list[Picture]:
    """What cameras see, each pixel the mean of FINER × FINER places; exposed: as `exposure` says."""
    finer = [camera.resized(camera.width * FINER, camera.height * FINER) for camera in cameras]
    seen = scene.look(finer, light)
    rgb = seen["rgb"]
    if exposed is not None:
        rgb = np.clip(rgb * exposed[:3], 0.0, 1.0) ** exposed[3]
    found = []
    for number, camera in enumerate(finer):
        normal = turned_normals(seen["normal"][number], camera)
        whole = np.dstack([rgb[number], normal, np.ones(normal.shape[:2])]) * seen["alpha"][number][..., None]
        small = cv2.resize(
            whole.astype(np.float32), (cameras[number].width, cameras[number].height), interpolation=cv2.INTER_AREA
        )
        alpha = small[..., 6]
        bare = small[..., :3] / np.maximum(alpha, 1e-3)[..., None]
        length = np.linalg.norm(small[..., 3:6], axis=-1, keepdims=True)
        found.append(Picture(bare, small[..., 3:6] / np.maximum(length, 1e-6), alpha))
    return found


def clean_of(seen: Sequence[Picture]) -> Tensor:
    """[N, CHANNELS, H, W] pictures as the network counts them."""
    rgb, normal, alpha = (
        torch.from_numpy(np.stack([getattr(picture, name) for picture in seen])) for name in ("rgb", "normal", "alpha")
    )
    return encoded(Views(rgb, normal, alpha))


def recoloured(mesh: Mesh, words: tuple[str, ...], rng: Generator, device: str = "cpu") -> Dressed:
    """A statue in one plain colour of a known stuff; what is said of its looks is said of that."""
    stuffs = list(STUFFS.values())
    often = np.array([stuff.often for stuff in stuffs])
    stuff = stuffs[int(rng.choice(len(stuffs), p=often / often.sum()))]
    stone = linear(np.array(stuff.colours[0]) / 255.0) * rng.uniform(1.0 - SHADE, 1.0 + SHADE)
    colours = np.broadcast_to(stone.astype(np.float32), mesh.vertices.shape)
    known = vocabulary()
    said = without_looks(words, known) + known.read(str(rng.choice(stuff.words))).words
    return Dressed(FastScene(mesh, colours, device=device), mesh.vertices, said)


def photographed(camera: Camera, vertices: NDArray, rng: Generator) -> tuple[Camera, Framing, NDArray[np.float32]]:
    """The window around a statue in a photo, its framing, and [SIZE, SIZE] 1 where the photo has not ended."""
    pixels, _ = camera.project(vertices)
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    if rng.random() < CUT:
        low, high = cut(low, high, rng)
    window, framing = framed(camera, (*low, *high), float(camera.world_to_camera[2, 3]))
    corners = (np.stack([low, high]) - (camera.cx, camera.cy)) / (camera.fx, camera.fy)
    corners = corners * (window.fx, window.fy) + (window.cx, window.cy)
    across = np.arange(SIZE) + 0.5
    within = (across > corners[0][:, None] - 1.0) & (across < corners[1][:, None] + 1.0)
    return window, framing, (within[1][:, None] & within[0]).astype(np.float32)


def chance_pose(framing: Framing, rng: Generator) -> Pose:
    """Any azimuth, the elevations from which people look at statues, and now and then another distance."""
    farther = 0.0 if rng.random() < SAME_DISTANCE else rng.uniform(NEARER, FARTHER)
    elevation = rng.uniform(LOWEST, HIGHEST)
    return Pose(rng.uniform(-180.0, 180.0), elevation - framing.elevation, farther)


def exposure(rng: Generator) -> NDArray[np.float64]:
    """[4] what a camera does to a picture: factors of red, green and blue, and an exponent."""
    return np.append((1.0 + rng.normal(0.0, 0.05, 3)) * np.exp(rng.normal(0.0, 0.15)), np.exp(rng.normal(0.0, 0.12)))


def disturbed(rgb: NDArray, alpha: NDArray, rng: Generator) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A photo [h, w, 3] and its mask, cut out a little wrong, a little noisy or out of focus."""
    if rng.random() < 0.4:  # the edge lies up to a pixel too far out or in
        soft = cv2.GaussianBlur(alpha, (0, 0), 0.8)
        rgb = np.where(alpha[..., None] > 0.02, rgb, rng.uniform(0.0, 1.0, 3))  # what is behind the statue
        alpha = np.clip((soft - 0.5) * 2.0 + 0.5 + rng.uniform(-0.5, 0.5), 0.0, 1.0) * (soft > 0.02)
    if rng.random() < 0.3:
        rgb = rgb + rng.normal(0.0, rng.uniform(0.0, 0.025), rgb.shape)
    if rng.random() < 0.2:
        rgb = cv2.GaussianBlur(rgb, (0, 0), rng.uniform(0.3, 0.8))
    return np.clip(rgb, 0.0, 1.0).astype(np.float32), alpha.astype(np.float32)
