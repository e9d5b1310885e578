"""The clothes of a statue on another mesh of the same surface: which place of the old one lies under each texel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..mesh.mesh import Mesh, TexturedMesh
from ..render.bake import Texels, met_by, texels_of
from ..render.rays import Hits, Rays
from ..texture.sight import sample

REACH = 0.03  # of the diagonal: how far from a statue its texture is carried along normals
SAME = 0.01  # of the longest side: what lies nearer to the statue's surface is the statue's own
ALIKE = 0.3  # cosine between two surfaces that may be the same one


@dataclass(frozen=True)
class Below:
    """The old statue under the N texels of a new atlas."""

    texels: Texels
    like: TexturedMesh
    hits: Hits  # on the old mesh
    places: NDArray[np.float32]  # [N, 2] in the old UV map

    @classmethod
    def of(cls, mesh: Mesh, uv: NDArray[np.float32], size: int, like: TexturedMesh, device: str) -> Below:
        """What of the statue `like` lies under an atlas [size, size] of `mesh`."""
        texels = texels_of(mesh, uv, size, device)
        reach = REACH * float(np.linalg.norm(np.ptp(mesh.vertices, axis=0)))
        hits = met_by(texels.points, texels.normals, like.mesh, reach, device)
        return cls(texels, like, hits, places_in_uv(hits, like.uv))

    def of_picture(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """What a picture [S, S, 3] of the old atlas shows, by texel [N, 3]."""
        return read_at(picture, self.places)

    def baked(self, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The same as a picture of the new atlas."""
        return self.texels.picture(self.of_picture(picture))

    def same(self) -> NDArray[np.float32]:
        """[N] 0 … 1 how surely the new surface is the old one there: near it, and facing as it does."""
        tolerance = SAME * float(np.ptp(self.like.mesh.vertices, axis=0).max())
        near = np.clip(2.0 - self.hits.distances / tolerance, 0.0, 1.0)
        facing = np.einsum("nc,nc->n", self.like.mesh.face_normals[self.hits.faces], self.texels.normals)
        return np.where(facing > ALIKE, near, 0.0).astype(np.float32)


def places_in_uv(hits: Hits, uv: NDArray[np.float32]) -> NDArray[np.float32]:
    """[N, 2] where hits on a mesh with this UV map [F, 3, 2] lie in it."""
    return np.einsum("nk,nkc->nc", hits.weights, uv[hits.faces]).astype(np.float32)


def read_at(picture: NDArray[np.uint8], places: NDArray[np.float32]) -> NDArray[np.uint8]:
    """The colours [N, 3] of an atlas [S, S, 3] at places [N, 2] of its UV map, between four texels."""
    size = len(picture)
    pixels = np.stack([places[:, 0], 1.0 - places[:, 1]], axis=1) * size
    inside = np.clip(pixels, 0.5, size - 0.5).astype(np.float32)
    return np.rint(sample(picture.astype(np.float32), inside)).clip(0, 255).astype(np.uint8)


def carried_over(values: NDArray[np.float32], like: Mesh, mesh: Mesh, device: str) -> NDArray[np.float32]:
    """Values [V] or [V, C] of the old statue's vertices at those of the new mesh; 0 away from its surface."""
    hits = Rays(like, device).closest(mesh.vertices)
    flat = values.reshape(len(values), -1).astype(np.float32)
    own = hits.distances < SAME * float(np.ptp(like.vertices, axis=0).max())
    found = np.where(own[:, None], hits.of(flat, like.faces), 0.0)
    return found.reshape(len(mesh.vertices), *values.shape[1:]).astype(np.float32)
