"""Small pictures of some objects, by the engine's own renderer."""

from __future__ import annotations

import base64
import io
import logging
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PIL import Image

from ...camera import Camera
from ...contract import Failure
from ...photo.light import linear
from ..manifest import Manifest
from ..render.fast import fast_views
from ..review.desk import Desk
from ..review.model import Model, read_model

log = logging.getLogger(__name__)

SIZE = 176  # pixels, about twice what the page shows
FACES = 20_000  # more do not show at this size
AZIMUTH, ELEVATION = 25.0, 10.0  # degrees: a little from the side shows depth
_DISTANCE = 6.0  # from the middle; the model's longest side is 1.8


@dataclass(frozen=True)
class Picture:
    title: str
    data: str  # as a URL that holds it


def pictures(manifest: Manifest, numbers: list[int]) -> Iterator[Picture | None]:
    """A picture of each object, on a transparent ground, None where the mesh cannot be read."""
    desk = Desk(manifest)
    for number in numbers:
        entry = manifest.at(number)
        assert entry is not None
        try:
            model = read_model(desk.mesh_of(number), FACES)
        except Failure as failure:
            log.info("No picture: %s", failure)
            yield None
            continue
        yield Picture(str(entry["source"].get("title") or entry["id"]), _as_url(picture(model)))


def picture(model: Model) -> Image.Image:
    """The model a little from the side, as large as it fits."""
    reach = float(np.linalg.norm(model.mesh.vertices, axis=1).max())
    focal = 0.49 * SIZE * (_DISTANCE**2 - reach**2) ** 0.5 / reach
    camera = Camera.orbit(AZIMUTH, ELEVATION, _DISTANCE, SIZE, SIZE, focal)
    colours = None if model.colours is None else linear(model.colours / 255.0)
    seen = fast_views(model.mesh, colours, [camera], finer=3)
    shown = np.concatenate([seen["rgb"][0], seen["alpha"][0][..., None]], axis=2)
    return Image.fromarray(np.rint(255 * np.clip(shown, 0, 1)).astype(np.uint8), "RGBA")


def _as_url(image: Image.Image) -> str:
    packed = io.BytesIO()
    image.save(packed, "WEBP", quality=82)
    return f"data:image/webp;base64,{base64.b64encode(packed.getvalue()).decode('ascii')}"
