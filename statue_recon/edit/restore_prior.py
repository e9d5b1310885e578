"""What the shape prior imagines where a statue is broken, with all the rest of the statue held as it is.

The prior looks at the statue through a camera that faces the break, as if that were a photo. On its way back from
noise every node outside the room for the missing part is put back to the statue's own distance, after each step: so
what grows in the room grows out of what is there.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..camera import Camera
from ..field.imagined import Distances, along_rays
from ..mesh.mesh import LONGEST_SIDE, Mesh, TexturedMesh, frame_of
from ..mesh.solid import Surface
from ..photo.photo import Photo
from ..photo.window import Window, condition_of, window_of
from ..priors.shape.columns import REACH, Columns
from ..priors.shape.diffusion import guided, noise_like
from ..priors.shape.network import Condition, ShapeNetwork
from ..priors.shape.prior import ShapePrior, half, most_likely
from ..priors.shape.schedule import TIMES, levels, noised, spaced
from ..render.bake import dilated
from ..render.gbuffer import gbuffer
from ..texture.sight import sample

STEPS = 8  # of the way back from noise; each asks the network once
START = 500  # of TIMES, where that way begins
SIDE = 320  # pixels of the picture that is shown to the prior
FOCAL = 2.6  # of the picture's side: a short telephoto lens
DISTANCE = 5.2  # of the camera from the middle, engine's frame
ELEVATION = 5.0  # degrees, from which statues are photographed
STEEP = 0.3  # of a direction's length that is level, below which it points up or down
LIGHT = np.array([-0.4, -0.5, 0.75])  # where it comes from as the camera sees it: right, away, up
AMBIENT = 0.4  # share of the light that comes from everywhere
SOFT = 1.0  # pitches over which the room opens

Room = Callable[[NDArray], NDArray]  # points [N, 3] to world units [N]: how far outside the room; negative in it


@dataclass(frozen=True)
class Asked:
    """A statue, or the part of it around its break, in the engine's frame: as the prior knows statues."""

    textured: TexturedMesh
    scale: float  # place = scale · point + offset
    offset: NDArray[np.float64]
    outside: Room  # of the box that was cut out, in this frame

    @classmethod
    def around(cls, textured: TexturedMesh, middle: NDArray, reach: float) -> Asked:
        """What lies within `reach` (world units) of a place, cut out like a bust."""
        mesh = textured.mesh
        low, high = (
            np.maximum(mesh.vertices.min(axis=0), middle - reach),
            np.minimum(mesh.vertices.max(axis=0), middle + reach),
        )
        inside = ((mesh.vertices >= low - 1e-6) & (mesh.vertices <= high + 1e-6)).all(axis=1)
        kept = inside[mesh.faces].all(axis=1)
        box = Mesh(np.stack([low, high]).astype(np.float32), np.zeros((0, 3), np.int32))
        scale, offset = frame_of(box)
        vertices = (scale * mesh.vertices + offset).astype(np.float32)
        part = TexturedMesh(Mesh(vertices, mesh.faces[kept]), textured.uv[kept], textured.atlas, textured.seen)
        lower, upper = scale * low + offset, scale * high + offset

        def outside(points: NDArray) -> NDArray:
            return np.maximum(lower - points, points - upper).max(axis=1)

        return cls(part, scale, offset, outside)

    def here(self, points: NDArray) -> NDArray:
        """World points [N, 3] in this frame."""
        return self.scale * np.asarray(points, np.float64) + self.offset

    def back(self, points: NDArray) -> NDArray:
        """Points [N, 3] of this frame in the world."""
        return (np.asarray(points, np.float64) - self.offset) / self.scale


@dataclass(frozen=True)
class Grown:
    """What one sample made of the break."""

    distances: Distances  # of the completed statue: world points [N, 3] to world units [N]
    pitch: float  # how wide the prior's cells are, world units
    seam: float  # how far what the prior would have next to the room is from what is there, in REACH pitches


def grown(
    asked: Asked,
    solid: Surface,
    room: Room,
    turns: Sequence[float],
    samples: int,
    seed: int,
    device: str,
    progress: Callable[[int, int], None],
) -> list[Grown]:
    """What `samples` samples grow in the room, each looking from the next of `turns`.

    solid: the whole statue; room: of the world, as `solid` is.
    """
    prior, found = ShapePrior.bundled(device), []
    for number in range(samples):
        window, columns = seen_from(asked, room, turns[number % len(turns)], device)
        known, free = held(asked, solid, room, columns)
        condition = condition_of([window]).to(prior.device)
        generator = torch.Generator().manual_seed(seed + number)

        def told(step: int, done: int = number * STEPS) -> None:
            progress(done + step, samples * STEPS)

        with half(prior.device):
            drawn, seam = inpainted(prior.network, condition, known, free, generator, told)
        there = in_world(asked, along_rays(drawn[0].float().cpu().numpy(), columns))
        found.append(Grown(there, columns.pitch / asked.scale, seam))
    return found


def held(asked: Asked, solid: Surface, room: Room, columns: Columns) -> tuple[Tensor, Tensor]:
    """Two of [1, D, H, W]: the statue as the network counts distances, and 0 … 1 how free the nodes are."""
    points = columns.points().reshape(-1, 3).astype(np.float64)
    world = asked.back(points).astype(np.float32)
    own = np.maximum(asked.scale * solid.signed_distances(world), asked.outside(points))
    known = np.clip(own / (REACH * columns.pitch), -1.0, 1.0).reshape(columns.shape).astype(np.float32)
    depth = -asked.scale * room(world).reshape(columns.shape) / columns.pitch  # pitches inside the room
    free = np.clip(depth / SOFT, 0.0, 1.0).astype(np.float32)
    return torch.from_numpy(known)[None], torch.from_numpy(free)[None]


@torch.no_grad()
def inpainted(
    network: ShapeNetwork,
    condition: Condition,
    known: Tensor,
    free: Tensor,
    generator: torch.Generator,
    told: Callable[[int], None],
) -> tuple[Tensor, float]:
    """A volume [1, D, H, W] that is `known` where `free` is 0, and how badly the two would have met at their border.

    It begins with what the prior holds for likeliest, with some noise: from noise alone, ragged lumps grew. The steps
    are those of `priors.shape.diffusion.sample`; the known nodes get the noise that belongs to each time.
    """
    noise = noise_like(network, condition, generator)
    known, free = known.to(noise), free.to(noise)
    times = spaced(round(STEPS * TIMES / START))[-STEPS:]
    clean, seam = free * most_likely(network, condition).to(noise) + (1.0 - free) * known, 0.0
    noisy = noised(clean, noise, times[:1].to(noise.device))
    around = (free > 0) & (free < 1)
    for number, time in enumerate(times):
        signal, amount = (part.to(noise) for part in levels(time))
        noisy = free * noisy + (1.0 - free) * (signal * known + amount * noise)
        guess = guided(network, noisy, time.repeat(1).to(noise.device), condition, 1.0)
        clean = free * guess + (1.0 - free) * known
        seam = float((guess - known)[around].abs().mean()) if around.any() else 0.0
        told(number + 1)
        if number + 1 == STEPS:
            break
        next_signal, next_amount = (part.to(noise) for part in levels(times[number + 1]))
        noisy = next_signal * clean + next_amount * (noisy - signal * clean) / amount
    return clean, seam


def seen_from(asked: Asked, room: Room, turn: float, device: str) -> tuple[Window, Columns]:
    """What the prior is shown: the statue from `turn` degrees around it, and whatever of the room lies beside it."""
    camera = camera_at(turn)
    rgb, alpha = picture(asked.textured, camera, device)
    alpha = np.maximum(alpha, silhouette(asked, room, camera))
    return window_of(Photo(rgb, alpha, "render", camera, ()), ELEVATION)


def camera_at(turn: float) -> Camera:
    return Camera.orbit(turn, ELEVATION, DISTANCE, SIDE, SIDE, FOCAL * SIDE)


def picture(textured: TexturedMesh, camera: Camera, device: str) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The statue in plain light: [H, W, 3] sRGB 0 … 1, spread beyond it, and its mask [H, W]."""
    found = gbuffer(textured.mesh, camera, device)
    there = found.there
    places = np.einsum("nk,nkc->nc", found.weights[there], textured.uv[found.faces[there]])
    size = len(textured.atlas)
    pixels = np.clip(np.stack([places[:, 0], 1.0 - places[:, 1]], axis=1) * size, 0.5, size - 0.5)
    colours = sample(textured.atlas.astype(np.float32) / 255.0, pixels.astype(np.float32))
    light = LIGHT @ np.stack([camera.rotation[0], camera.rotation[2], -camera.rotation[1]])
    lit = np.clip(found.normal[there] @ (light / np.linalg.norm(light)), 0.0, 1.0)
    rgb = np.zeros((*there.shape, 3), np.float32)
    rgb[there] = np.clip(colours * (AMBIENT + (1.3 - AMBIENT) * lit[:, None]), 0.0, 1.0)
    return dilated(rgb, there), there.astype(np.float32)


def silhouette(asked: Asked, room: Room, camera: Camera) -> NDArray[np.float32]:
    """[H, W] 1 where a ray of the camera passes through the room, which is convex."""
    origin, directions = camera.rays(camera.pixel_centres())
    nearest = np.full(len(directions), np.inf)
    for far in np.linspace(DISTANCE - LONGEST_SIDE, DISTANCE + LONGEST_SIDE, 48):
        nearest = np.minimum(nearest, room(asked.back(origin + far * directions)))
    return (nearest.reshape(camera.height, camera.width) < 0).astype(np.float32)


def in_world(asked: Asked, distances: Distances) -> Distances:
    """Distances of the prior's frame as those of the world."""

    def known(points: NDArray) -> NDArray:
        return (distances(asked.here(points)) / asked.scale).astype(np.float32)

    return known


def turns_for(toward: NDArray) -> tuple[float, ...]:
    """From where, in degrees around the statue, a break is looked at that faces `toward` [3], one after the other.

    From both sides, where the missing part stands out beside the statue and the mask can say that something is there:
    looked at from the front, a cut face stayed flat. Where the break looks up or down, from the front and a side.
    """
    if np.linalg.norm(toward[:2]) < STEEP:
        return 0.0, 90.0
    facing = float(np.degrees(np.arctan2(toward[0], -toward[1])))
    return facing + 90.0, facing - 90.0
