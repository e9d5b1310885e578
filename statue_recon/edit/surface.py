"""Surface edits: the statue in another material, as a picture and a mask over its atlas.

Its form tells where things lie (patina in hollows, edges rubbed bright), the words what it is of; what is finer than
that in the texture below shows through, so that nothing carved gets lost.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from ..contract import Failure
from ..contract_edit import EditRequest
from ..mesh.mesh import TexturedMesh
from ..photo.light import srgb
from ..refine.appearance.canvas import LINEAR, gathered
from ..render.bake import nearest
from ..report import Report
from ..texture.surface import Surface
from ..texture.texels import Square, squares_of
from .material_lay import Dresser
from .materials import Recipe, recipe
from .statue import Layer, Region, Statue
from .surface_form import DIRECTIONS, FEW, Form
from .surface_kept import Kept, allowed_of
from .surface_painted import painted_layer, painter_of

PREVIEW = 512  # texels of a side
BROAD = 0.018  # of the size: what is finer in the texture is detail of the carving, what is broader light and stain
MOST_DETAIL = 0.7  # logarithm of light: a factor of two
FAINT = 0.01  # light below which a ratio says nothing


def surface_edit(statue: Statue, region: Region, request: EditRequest, device: str, report: Report) -> Layer:
    """The layer that makes a region of a statue what the words say.

    The mask is exactly 0 outside the region and, where the request keeps what the photo shows, on all texels that the
    appearance stage locks. Strengths up to 1 are the layer's opacity; above, what lies on the material spreads. What
    a model of pictures paints, see `surface_painted`.
    """
    made, painter = recipe(request.prompt, request.avoid), painter_of(request)
    if made.empty and painter is None:
        raise _nothing_said(made, request)
    if request.preview:
        statue, region = _small(statue, region)
    if painter is None:
        return material_layer(statue, region, request, made, device, report)
    ground = None if made.empty else material_layer(statue, region, request, made, device, None)
    allowed = allowed_of(statue, region, request.keep_seen, device)
    return painted_layer(statue, allowed, request, painter, ground, device, report)


def material_layer(
    statue: Statue, region: Region, request: EditRequest, made: Recipe, device: str, report: Report | None
) -> Layer:
    """The layer of a recipe, by the statue's form and nothing else. report: who hears of it; None: nobody."""
    textured, kept = statue.textured, Kept(statue, region, request.keep_seen, device)
    studied = _studied(textured, device, FEW if request.preview else DIRECTIONS)
    if report is not None:
        report.step(2, 4)
    form = studied.parted() if made.in_parts else studied.form
    dresser = Dresser(made, form, request.seed, max(request.strength, 1.0))
    sheet = _Sheet.blank(len(textured.atlas))
    for square, share in squares_of(textured.mesh, textured.uv, len(textured.atlas), device):
        allowed = kept.allowed(square) * min(request.strength, 1.0)
        _lay(sheet, square, allowed, form, dresser, studied.broad, textured.atlas)
        if report is not None:
            report.step(2 + round(2 * share), 4)
    return sheet.layer(region)


@dataclass(frozen=True)
class _Studied:
    """What is the same for all edits of a statue, and takes a part of each one's time."""

    textured: TexturedMesh
    asked: tuple[str, int]  # the device and the directions
    surface: Surface
    form: Form
    broad: NDArray[np.float32]  # [V, 3] see `_broad`

    def parted(self) -> Form:
        return self.form.parted(self.textured.mesh, self.surface)


def _studied(textured: TexturedMesh, device: str, directions: int) -> _Studied:
    """Of the latest statue it is kept, for every variant of an edit asks again."""
    for known in _LATEST:
        if known.textured is textured and known.asked == (device, directions):
            return known
    surface = Surface.of(textured.mesh)
    form = Form.of(textured.mesh, surface, device, directions)
    _LATEST.append(_Studied(textured, (device, directions), surface, form, _broad(textured, surface, device)))
    return _LATEST[-1]


_LATEST: deque[_Studied] = deque(maxlen=1)


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

    def layer(self, region: Region) -> Layer:
        """What lies between the islands follows the texel next to it, but for the mask outside the region."""
        if not self.laid.any():
            return Layer(self.colour, self.mask, gloss=self.gloss)
        index = nearest(self.laid)[0]
        mask = np.where(region.texels > 0, self.mask.ravel()[nearest(self.there)[0]], 0).astype(np.uint8)
        colour, gloss = (part.reshape(-1, part.shape[-1])[index] for part in (self.colour, self.gloss))
        relief = self.relief.ravel()[index]
        weight = self.mask[self.laid].astype(np.float64)
        rough, metal = np.average(self.gloss[self.laid] / 255.0, axis=0, weights=np.maximum(weight, 1e-6))
        return Layer(colour, mask, float(rough), float(metal), relief, gloss)


def _broad(textured: TexturedMesh, surface: Surface, device: str) -> NDArray[np.float32]:
    """[V, 3] linear light of the texture around each vertex, without what is carved."""
    count = len(textured.mesh.vertices)
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
