"""The statue as cameras see it, coloured again and again: its geometry is frozen, so what lies where is found once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ...camera import Camera
from ...mesh.mesh import Mesh
from ...priors.view.framing import turned_normals
from ...priors.view.pictures import Views
from ...render.gbuffer import gbuffer
from ...render.interpolate import unit

WHOLE = 0.999  # share of a pixel from which on it is all of it
FINER = 4  # places in a pixel along either side, of which it is the mean …
PLACES = 1024  # … but not more than so many along a view, which take 20 to 35 MB: it is kept for the whole run


@dataclass(frozen=True)
class Look:
    """What a camera sees of a mesh, S × S pixels; tensors on one device."""

    corners: Tensor  # [3 · P] the vertices of the faces at P places
    shares: Tensor  # [P, 3] barycentric coordinates
    pixel: Tensor  # [P] row by row
    count: Tensor  # [S · S] places in each pixel
    alpha: Tensor  # [S, S] 0 … 1
    normal: Tensor  # [S, S, 3] of length 1, in the camera's own frame; 0 where there is nothing

    @classmethod
    def through(cls, camera: Camera, mesh: Mesh, device: str, drawn_on: str = "cpu") -> Look:
        """device: of the tensors; drawn_on: that draws."""
        size = camera.width
        finer = max(1, min(FINER, PLACES // size))
        seen = gbuffer(mesh, camera.resized(size * finer, size * finer), drawn_on)
        row, column = np.nonzero(seen.there)
        pixel = (row // finer) * size + column // finer
        count = np.bincount(pixel, minlength=size * size)
        turned = turned_normals(seen.normal[row, column], camera)
        normal = unit(np.stack([np.bincount(pixel, turned[:, axis], size**2) for axis in range(3)], axis=1))

        def told(values, kind=torch.float32) -> Tensor:
            return torch.as_tensor(values).to(device, kind)

        return cls(
            told(mesh.faces[seen.faces[row, column]].ravel(), torch.long),
            told(seen.weights[row, column]),
            told(pixel, torch.long),
            told(count),
            told(count / finer**2).reshape(size, size),
            told(normal).reshape(size, size, 3),
        )

    def wholly(self, free: Tensor) -> Tensor:
        """[S, S] 1 where a pixel shows nothing but vertices that are free [V], else 0.

        In a mixed one the hidden part would have to answer for the seen one, or for what is behind the statue.
        """
        share = self.of(free.float()[:, None])[..., 0]
        return ((share > WHOLE) & (self.alpha > WHOLE)).float()

    def of(self, values: Tensor) -> Tensor:
        """Values at the vertices [V, C] as a picture [S, S, C]: means of what is there in a pixel, else 0."""
        corners = values.index_select(0, self.corners).reshape(*self.shares.shape, -1)
        places = (corners * self.shares[..., None]).sum(dim=1)
        summed = values.new_zeros(len(self.count), values.shape[1]).index_add(0, self.pixel, places)
        return (summed / self.count.clamp(min=1.0)[:, None]).reshape(*self.alpha.shape, -1)


def coloured(looks: Sequence[Look], light: Tensor) -> Views:
    """What the cameras see when the vertices have this linear light [V, 3]; gradients flow, past black and white, too.

    What is cut off there must be able to come back.
    """
    shown = light + (light.clamp(0.0, 1.0) - light).detach()
    rgb = srgb(torch.stack([look.of(shown) for look in looks]))
    normal = torch.stack([look.normal for look in looks])
    return Views(rgb, normal, torch.stack([look.alpha for look in looks]))


def srgb(light: Tensor) -> Tensor:
    """As `photo.light.srgb`, of tensors; gradients flow."""
    return torch.where(light <= 0.0031308, 12.92 * light, 1.055 * light.clamp(min=0.0031308) ** (1 / 2.4) - 0.055)
