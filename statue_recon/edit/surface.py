"""Surface edits: the statue in another material, as a picture and a mask over its atlas.

Its form tells where things lie (patina in hollows, edges rubbed bright), the words what it is of; what is finer than
that in the texture below shows through, so that nothing carved gets lost.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract import Failure
from ..contract_edit import EditRequest
from ..field.visibility import APPEARANCE_SEEN
from ..photo.light import srgb
from ..refine.appearance.canvas import LINEAR, gathered, lock, visibility
from ..render.bake import nearest
from ..report import Report
from ..texture.sight import Sight, sights_of
from ..texture.surface import Surface
from ..texture.texels import Square, squares_of
from ..texture.view import View
from .material_lay import Dresser
from .materials import Recipe, recipe
from .statue import Layer, Region, Statue
from .surface_form import DIRECTIONS, FEW, Form

PREVIEW = 512  # texels of a side
BROAD = 0.018  # of the size: what is finer in the texture is detail of the carving, what is broader light and stain
MOST_DETAIL = 0.7  # logarithm of light: a factor of two
FAINT = 0.01  # light below which a ratio says nothing
EASING = 0.5  # of the visibility from which on the photo is kept: over what is below, the layer fades in


@dataclass(frozen=True)
class MaterialLayer(Layer):
    """A layer that also knows how rough and how metallic each of its texels is."""

    gloss: NDArray[np.uint8] | None = None  # [S, S, 2] roughness and metallic, 0 … 255


def surface_edit(statue: Statue, region: Region, request: EditRequest, device: str, report: Report) -> Layer:
    """The layer that makes a region of a statue what the words say.

    The mask is exactly 0 outside the region and, where the request keeps what the photo shows, on all texels that the
    appearance stage locks. Strengths up to 1 are the layer's opacity; above, what lies on the material spreads.
    """
    made = recipe(request.prompt, request.avoid)
    if made.empty:
        raise _nothing_said(made, request)
    if request.preview:
        statue, region = _small(statue, region)
    mesh, atlas = statue.textured.mesh, statue.textured.atlas
    surface = Surface.of(mesh)
    form = Form.of(mesh, surface, device, FEW if request.preview else DIRECTIONS)
    report.step(1, 4)
    broad = _broad(statue, surface, device)
    report.step(2, 4)
    dresser = Dresser(made, form, request.seed, max(request.strength, 1.0))
    sight = _sight_of(statue, device) if request.keep_seen else None
    sheet = _Sheet.blank(len(atlas))
    for square, share in squares_of(mesh, statue.textured.uv, len(atlas), device):
        allowed = region.texels[square.place][square.there].astype(np.float32)
        if request.keep_seen:
            allowed = allowed * _unseen(statue, square, sight)
        _lay(sheet, square, allowed * min(request.strength, 1.0), form, dresser, broad, atlas)
        report.step(2 + round(2 * share), 4)
    return sheet.layer(region)


def _lay(
    sheet: _Sheet,
    square: Square,
    allowed: NDArray[np.float32],
    form: Form,
    dresser: Dresser,
    broad: NDArray[np.float32],
    atlas: NDArray[np.uint8],
) -> None:
    """Writes what a square of the atlas shall look like where `allowed` [N] is above 0."""
    sheet.there[square.place] = square.there
    index = np.flatnonzero(allowed > 0)
    if len(index) == 0:
        return
    texels = square.texels.some(index)
    below = LINEAR[atlas[square.place][square.there][index]]
    spots = form.at(texels, _detail(below, texels.of(broad)))
    look = dresser.look(spots, below)
    rows, columns = (part[index] for part in np.nonzero(square.there))
    place = rows + square.place[0].start, columns + square.place[1].start
    sheet.colour[place] = np.rint(255.0 * np.clip(srgb(look.light), 0.0, 1.0)).astype(np.uint8)
    sheet.mask[place] = np.rint(255.0 * np.clip(look.cover * allowed[index], 0.0, 1.0)).astype(np.uint8)
    gloss = np.column_stack([look.roughness, look.metallic])
    sheet.gloss[place] = np.rint(255.0 * gloss).astype(np.uint8)
    sheet.relief[place] = look.height
    sheet.laid[place] = True


@dataclass(frozen=True)
class _Sheet:
    """A layer while it is laid."""

    colour: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    gloss: NDArray[np.uint8]
    relief: NDArray[np.float32]
    laid: NDArray[np.bool_]  # [S, S] where it was
    there: NDArray[np.bool_]  # [S, S] where a face lies

    @classmethod
    def blank(cls, size: int) -> _Sheet:
        shape = size, size
        colour, gloss = (np.zeros((*shape, channels), np.uint8) for channels in (3, 2))
        return cls(colour, np.zeros(shape, np.uint8), gloss, np.zeros(shape, np.float32), *np.zeros((2, *shape), bool))

    def layer(self, region: Region) -> MaterialLayer:
        """What lies between the islands follows the texel next to it, but for the mask outside the region."""
        if not self.laid.any():
            return MaterialLayer(self.colour, self.mask, gloss=self.gloss)
        index = nearest(self.laid)[0]
        mask = np.where(region.texels > 0, self.mask.ravel()[nearest(self.there)[0]], 0).astype(np.uint8)
        colour, gloss = (part.reshape(-1, part.shape[-1])[index] for part in (self.colour, self.gloss))
        relief = self.relief.ravel()[index]
        weight = self.mask[self.laid].astype(np.float64)
        rough, metal = np.average(self.gloss[self.laid] / 255.0, axis=0, weights=np.maximum(weight, 1e-6))
        return MaterialLayer(colour, mask, float(rough), float(metal), relief, gloss)


def _broad(statue: Statue, surface: Surface, device: str) -> NDArray[np.float32]:
    """[V, 3] linear light of the texture around each vertex, without what is carved."""
    textured, count = statue.textured, len(statue.textured.mesh.vertices)
    total = np.zeros((count, 4))
    for square, _ in squares_of(textured.mesh, textured.uv, len(textured.atlas), device):
        total += gathered(square.texels, LINEAR[textured.atlas[square.place][square.there]], count)
    # Each vertex counts the same, or large texels would outweigh their neighbours.
    mean = total[:, :3].sum(axis=0) / max(float(total[:, 3].sum()), 1e-12)
    filled = total[:, 3:] > 1e-9
    values = np.where(filled, total[:, :3] / np.maximum(total[:, 3:], 1e-9), mean)
    return surface.smoothed(values, surface.rounds_for(BROAD * surface.size, 200))


def _detail(light: NDArray, around: NDArray) -> NDArray[np.float32]:
    """[N] by how much texels are lighter than what is around them, as a logarithm."""
    ratio = np.log((light.mean(axis=1) + FAINT) / (np.maximum(around, 0.0).mean(axis=1) + FAINT))
    return (MOST_DETAIL * np.tanh(ratio / MOST_DETAIL)).astype(np.float32)


def _sight_of(statue: Statue, device: str) -> Sight | None:
    """What the photo itself shows, if there is one."""
    if statue.photo is None:
        return None
    return sights_of(statue.textured.mesh, [View(statue.photo, statue.photo.camera)], np.inf, device)[0]


def _unseen(statue: Statue, square: Square, sight: Sight | None) -> NDArray[np.float32]:
    """[N] 0 on what the photo shows, as the appearance stage locks it … 1 on what it does not."""
    mesh, seen = statue.textured.mesh, statue.textured.seen
    shown = square.texels.of(seen) if sight is None else visibility(mesh, square.texels, seen, sight)
    easing = np.clip((APPEARANCE_SEEN - shown) / (EASING * APPEARANCE_SEEN), 0.0, 1.0)
    return np.where(lock(shown), 0.0, easing).astype(np.float32)


def _small(statue: Statue, region: Region) -> tuple[Statue, Region]:
    """The same with fewer texels; what lies wholly outside the region stays there."""
    size = len(statue.textured.atlas)
    if size <= PREVIEW:
        return statue, region
    atlas = cv2.resize(statue.textured.atlas, (PREVIEW, PREVIEW), interpolation=cv2.INTER_AREA)
    texels = cv2.resize(region.texels, (PREVIEW, PREVIEW), interpolation=cv2.INTER_NEAREST)
    return replace(statue, textured=replace(statue.textured, atlas=atlas)), Region(
        region.vertices, texels.astype(np.float32)
    )


def _nothing_said(made: Recipe, request: EditRequest) -> Failure:
    words = ", ".join(f"“{word}”" for word in (*made.unknown, *made.idle)) or f"“{request.prompt}”"
    return Failure(
        f"The bundled vocabulary knows no surface that {words} could mean.",
        next_step="Name a material (bronze, marble, terracotta …) or what lies on it (patina, gilding, dirt …).",
    )
