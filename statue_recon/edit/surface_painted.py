"""Surface edits in free words: an installed model of pictures repaints what the bundled vocabulary has no words for.

It goes about it as the appearance stage does (`refine.appearance.repaint`), but that it is told what is wished instead
of what was photographed, and that it may begin with more noise. What the vocabulary does know of the words is laid on
before, so that it starts from there.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import torch
from numpy.typing import NDArray

from ..camera import Camera
from ..contract_edit import EditRequest
from ..mesh.mesh import Mesh, TexturedMesh
from ..photo.photo import Photo
from ..priors import models, names
from ..priors.view.prior import ViewPrior
from ..refine.appearance.canvas import Canvas
from ..refine.appearance.repaint import Repainting
from ..refine.appearance.stage import FAST, run_of
from ..refine.appearance.told import LIGHT, Told
from ..refine.chosen import appearance_prior
from ..refine.thrift import Thrift
from ..render.gbuffer import gbuffer
from ..report import Report
from ..texture.view import View
from .files import flattened
from .materials import recipe
from .statue import Layer, Statue

LEAST_NOISE, MORE_NOISE, MOST_NOISE = 0.5, 0.25, 0.95  # of the prior's times: at strength 0, per strength, at all
LATER = 0.65  # of that, in the second round
PREVIEWED = 4  # views
FRONT, AWAY, LENS = 256, 6.0, 2.6  # pixels, world units, focal lengths a picture: where nobody knows of a photo


def painter_of(request: EditRequest) -> str | None:
    """The installed model that paints this edit: one that was named and heeds words, or, with what is bundled, the one
    that is there when the bundled vocabulary does not know all words; None: nobody does."""
    named = names.painter(request.prior)
    if named is not None and named != names.VIEW:
        return named if names.heeds_words(named) else None
    if request.prior != "bundled" or not recipe(request.prompt, request.avoid).unknown:
        return None
    found = models.for_task(names.HEEDS_WORDS)
    return found[0].identifier if found else None


def notes_of(request: EditRequest) -> tuple[str, ...]:
    """Sentences for people about how the words were read, and by whom."""
    made, name = recipe(request.prompt, request.avoid), painter_of(request)
    strange = ", ".join(f"“{word}”" for word in made.unknown)
    if name is not None:
        why = f"The bundled vocabulary does not know {strange}: " if strange else ""
        return (*made.notes, f"{why}{names.title(name)} painted this edit; it reads all words.")
    if strange:
        return (*made.notes, f"{strange}: not in the bundled vocabulary; Stable Diffusion, if installed, reads it.")
    return made.notes


def painted_layer(
    statue: Statue,
    allowed: NDArray[np.float32],
    request: EditRequest,
    name: str,
    ground: Layer | None,
    device: str,
    report: Report,
) -> Layer:
    """The layer that a model of this name paints over a statue, or over the layer that is its ground.

    allowed [S, S]: how far each texel may be changed; the mask is exactly 0 where it may not.
    """
    device = "cpu" if device == "mps" else device  # as `field.fit`
    textured = statue.textured
    if ground is not None:
        textured = replace(textured, atlas=flattened(textured.atlas, ground))
    photo = _front(textured.mesh) if statue.photo is None else statue.photo

    def say(words: str) -> None:
        report.step(0, 1, message=words)

    thrift = Thrift(names.title(name), device, say)

    def work() -> NDArray[np.uint8]:
        prior = appearance_prior(name, device, thrift.rung)
        return _repainted(textured, photo, prior, request, thrift.device, report)

    atlas = thrift.run(work, renew=lambda: None)  # the prior is made by the work
    mask = np.rint(255.0 * np.clip(allowed * min(2.0 * request.strength, 1.0), 0.0, 1.0)).astype(np.uint8)
    if ground is None or ground.mask[allowed > 0].min(initial=255) == 0:
        return Layer(atlas, mask)  # of what shines through between coats nobody has told the gloss
    return replace(ground, colour=atlas, mask=mask)


def noise_of(strength: float) -> tuple[float, ...]:
    """Of the prior's times, round by round: the more an edit may change, the more is forgotten before it is painted."""
    first = min(LEAST_NOISE + MORE_NOISE * strength, MOST_NOISE)
    return first, LATER * first


def _repainted(
    textured: TexturedMesh, photo: Photo, prior: ViewPrior, request: EditRequest, device: str, report: Report
) -> NDArray[np.uint8]:
    """The atlas [S, S, 3] as the prior paints it; where the photo is kept, that stands beside what is painted."""
    told = Told.of(prior, View(photo, photo.camera), _settings(request))
    if not request.keep_seen:
        photo = replace(photo, alpha=np.zeros_like(photo.alpha))
        textured = replace(textured, seen=np.zeros_like(textured.seen))
    canvas = Canvas.of(textured, View(photo, photo.camera), told.spacing, device)
    if not canvas.free.any():
        return textured.atlas
    run = run_of(told.words, canvas, told, torch.Generator().manual_seed(request.seed), device)  # type: ignore[arg-type]  # as `_settings` gave them
    while run.step < run.steps:
        run.advance()
        report.step(run.step, run.steps)
    return canvas.atlas(run.layer())


def _settings(request: EditRequest) -> Repainting:
    avoided = ", ".join(filter(None, (request.avoid.strip(), LIGHT)))
    asked = replace(FAST, prompt=request.prompt, negative=avoided, noise=noise_of(request.strength))
    return replace(asked, views=PREVIEWED, noise=asked.noise[:1]) if request.preview else asked


def _front(mesh: Mesh) -> Photo:
    """A photo from the front, of which nothing but the outline is looked at."""
    camera = Camera.orbit(0.0, 0.0, AWAY, FRONT, FRONT, LENS * FRONT)
    there = gbuffer(mesh, camera).there.astype(np.float32)
    return Photo(np.zeros((FRONT, FRONT, 3), np.float32), there, "the mesh", camera, ())
