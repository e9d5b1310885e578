"""A statue as it is handed over to be edited, and what an edit makes of it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..mesh.mesh import TexturedMesh
from ..photo.photo import Photo


@dataclass(frozen=True)
class Statue:
    """What is edited, in the engine's frame: a result of ours, or any mesh that was given a texture and a frame."""

    textured: TexturedMesh
    photo: Photo | None = None  # with the camera in the mesh's frame; None: nobody knows what it was made from


@dataclass(frozen=True)
class Region:
    """Where an edit may change something."""

    vertices: NDArray[np.float32]  # [V] 0 … 1, the soft border included; exactly 0 is exactly unchanged
    texels: NDArray[np.float32]  # [S, S] 0 … 1, row 0 at the top; the same of the atlas

    @property
    def empty(self) -> bool:
        return not (self.vertices.any() or self.texels.any())


@dataclass(frozen=True)
class Layer:
    """A picture over the atlas: what a surface edit makes. It lies over what is below by its mask."""

    colour: NDArray[np.uint8]  # [S, S, 3] sRGB, row 0 at the top
    mask: NDArray[np.uint8]  # [S, S] 0 … 255, exactly 0 where nothing may change
    roughness: float | None = None  # of the material that was asked for; None: as below
    metallic: float | None = None
    relief: NDArray[np.float32] | None = None  # [S, S] height for a bump, world units; None: as below
    gloss: NDArray[np.uint8] | None = None  # [S, S, 2] roughness and metallic by texel, 0 … 255; None: those above


@dataclass(frozen=True)
class Edit:
    """What was made of a statue; what was not asked for is None."""

    offset: NDArray[np.float32] | None = None  # [V, 3] how far vertices move at full strength, engine's frame
    layer: Layer | None = None
    relief: NDArray[np.float32] | None = None  # [S, S] height of the old surface above a new base, world units
    understood: tuple[str, ...] = ()  # words the prior took up
    unknown: tuple[str, ...] = ()  # words it does not know
    notes: tuple[str, ...] = field(default=())  # sentences for people
