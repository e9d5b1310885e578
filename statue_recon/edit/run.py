"""An edit job, the stages in order: from a request to files. The parallel of `pipeline.reconstruct`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from .. import device as devices
from ..checkpoint import Checkpoints
from ..contract import Failure
from ..contract_edit import CHANGING, EditRequest, EditResult
from ..mesh.mesh import Mesh
from ..priors import names
from ..report import Report
from . import files
from .overrule import read_overrule
from .read import mesh_file, read_groups, read_material, read_statue
from .record import edit_record, history
from .statue import Edit, Layer, Region, Statue

T = TypeVar("T")


def edit(request: EditRequest, folder: Path, relative_result: str, report: Report) -> EditResult:
    """Edits the statue of `request` (its paths are relative to `folder`) into `folder/relative_result`.

    Every stage starts from the seed; each variant's shape and surface leave a checkpoint. What lies outside the region
    stays as it is, to the last bit, whatever the stages gave.
    """
    from .where import region_of

    names.check(names.read(request.prior))
    device = devices.choose(request.device)
    report.plan(CHANGING, unused(request))
    place = folder / request.statue
    statue = report.stage("read", read_statue, place, request.device, request.preview)
    kept = Checkpoints(folder, request)
    region, notes = report.stage("region", kept.or_make, "region", region_of, statue, request, folder)
    for note in notes:
        report.step(1, 1, message=note)
    asked = [replace(request, seed=request.seed + number, variants=1) for number in range(request.variants)]
    if request.what != "shape":
        from .surface_painted import notes_of

        notes = (*notes, *notes_of(request))
    tried = Tried(request.what == "both", list(notes))
    shapes = [statue] * len(asked)
    offsets: list[NDArray[np.float32] | None] = [None for _ in asked]
    layers: list[Layer | None] = [None for _ in asked]
    if request.what != "surface":
        offsets = report.stage("sculpt", tried.each, "sculpt", new_shape, asked, shapes, region, device, kept, report)
        shapes = [moved(statue, offset) for offset in offsets]
    if request.what != "shape":
        layers = report.stage("colour", tried.each, "colour", new_surface, asked, shapes, region, device, kept, report)
    tried.check()
    understood, unknown = words_of(request)
    made = [
        Edit(
            offset,
            layer,
            understood=understood,
            unknown=unknown,
            notes=(*tried.notes, *doubts_of(statue, region, request, offset)),
        )
        for offset, layer in zip(offsets, layers, strict=True)
    ]
    result = report.stage("result", write, folder, relative_result, asked, statue, region, made, device, report)
    kept.clear()
    return result


def unused(request: EditRequest) -> tuple[str, ...]:
    """The stages that an edit has no use for."""
    return {"shape": ("colour",), "surface": ("sculpt",), "both": ()}[request.what]


class Tried:
    """What each part of an edit makes of each variant; of two parts one may have nothing to say to the words."""

    def __init__(self, both: bool, notes: list[str]):
        self.notes = notes
        self._both = both
        self._refusals: list[Failure] = []

    def each(
        self,
        name: str,
        work: Callable[..., T],
        asked: list[EditRequest],
        statues: list[Statue],
        region: Region,
        device: str,
        kept: Checkpoints,
        report: Report,
    ) -> list[T | None]:
        """What `work` makes of each variant, each from its own seed; None where it has no use for the words."""
        made: list[T | None] = []
        try:
            for number, (request, statue) in enumerate(zip(asked, statues, strict=True)):
                with report.part(number, len(asked)):
                    devices.seed(request.seed)
                    devices.seed_torch(request.seed)
                    made.append(kept.or_make(f"{name}-{number}", work, statue, region, request, device, report))
        except Failure as refusal:
            if not self._both:
                raise
            self._refusals.append(refusal)
            self.notes.append(refusal.message)
            report.step(1, 1, message=refusal.message)
            return [None for _ in asked]
        return made

    def check(self) -> None:
        """Raises the last refusal where both parts refused: then nothing was made at all."""
        if len(self._refusals) > 1:
            raise self._refusals[-1]


def new_shape(statue: Statue, region: Region, request: EditRequest, device: str, report: Report) -> NDArray[np.float32]:
    """[V, 3] how far vertices move; 0, and nothing else, outside the region."""
    from .shape import shape_edit

    offset = shape_edit(statue, region, request, device, report).astype(np.float32)
    offset = np.where(region.vertices[:, None] > 0, offset, np.float32(0.0))
    if not offset.any():
        raise Failure(
            f"The words “{request.prompt}” do not change the shape of this region.",
            next_step="Use words about bodies and heads, choose another region, or edit the surface.",
        )
    return offset


def new_surface(statue: Statue, region: Region, request: EditRequest, device: str, report: Report) -> Layer:
    """The layer over the texture; its mask is 0, and nothing else, outside the region."""
    from .surface import surface_edit

    layer = surface_edit(statue, region, request, device, report)
    return replace(layer, mask=np.where(region.texels > 0, layer.mask, np.uint8(0)))


def moved(statue: Statue, offset: NDArray[np.float32] | None) -> Statue:
    """The statue with its vertices moved; those whose offset is 0 stay to the last bit."""
    if offset is None:
        return statue
    mesh = statue.textured.mesh
    return replace(statue, textured=replace(statue.textured, mesh=Mesh(mesh.vertices + offset, mesh.faces)))


def words_of(request: EditRequest) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The words that this kind of edit took up, and those that say nothing to it."""
    from .known import free_text, read
    from .materials import recipe
    from .surface_painted import painter_of

    shape, surface = read(request.prompt, request.avoid), recipe(request.prompt, request.avoid)
    strange = () if painter_of(request) else (*surface.unknown, *surface.idle)  # a large prior reads all words
    shape_strange = () if free_text(request.prior) else shape.unknown
    if request.what == "shape":
        return shape.words, shape_strange
    if request.what == "surface":
        return surface.understood, strange
    lower = {word.lower() for word in strange}
    both = dict.fromkeys((*shape.words, *surface.understood))
    return tuple(both), tuple(word for word in shape_strange if word.lower() in lower)


def doubts_of(
    statue: Statue, region: Region, request: EditRequest, offset: NDArray[np.float32] | None
) -> tuple[str, ...]:
    """Sentences where the faces do not bear the change, and where words found nothing that they mean."""
    if offset is None:
        return ()
    from .shape import STRAIN_LIMIT, strain, unmoved

    found = unmoved(statue, region, request, offset)
    share = strain(statue.textured.mesh, offset)
    if share <= STRAIN_LIMIT:
        return found
    broken = "folded, stretched or driven into another part"
    return (*found, f"{100 * share:.0f} % of the moved faces are {broken}: too much change for this topology.")


def write(
    folder: Path,
    relative: str,
    asked: list[EditRequest],
    statue: Statue,
    region: Region,
    made: list[Edit],
    device: str,
    report: Report,
) -> EditResult:
    """Writes every variant; the first lies in the result's own folder, which gets what makes it a statue again."""
    place = folder / asked[0].statue
    source, path = mesh_file(place)
    groups, overrule = read_groups(place), read_overrule(path, len(statue.textured.mesh.vertices))
    below = read_material(source, len(statue.textured.atlas))
    prefix, results = relative.rstrip("/"), []
    for number, (request, change) in enumerate(zip(asked, made, strict=True)):
        where = prefix if number == 0 else f"{prefix}/variant-{number}".lstrip("/")
        textured = moved(statue, change.offset).textured
        gloss = below
        if change.layer is not None:
            textured = replace(textured, atlas=files.flattened(textured.atlas, change.layer))
            gloss = files.gloss_of(below, change.layer)
        record = history(place, edit_record(request, folder, statue, textured, change, device, report.timings))
        told = in_words(request, statue, region, change)
        material = material_record(request, change)
        results.append(
            files.write_edit(
                folder, where, change, textured, gloss, groups, material, record, report.seconds, told, overrule
            )
        )
        files.copy_origins(source, folder / where)
        report.step(number + 1, len(asked))
    return replace(results[0], variants=len(results))


def material_record(request: EditRequest, change: Edit) -> dict[str, Any]:
    """What material.json says of one variant."""
    layer = change.layer
    return {
        "prompt": request.prompt,
        "what": request.what,
        "strength": request.strength,
        "seed": request.seed,
        "roughness": share(None if layer is None else layer.roughness),
        "metallic": share(None if layer is None else layer.metallic),
        "understood": list(change.understood),
        "unknown": list(change.unknown),
        "notes": list(change.notes),
    }


def share(value: float | None) -> float | None:
    """A share as a file has it: sums of many texels may end a little above 1."""
    return None if value is None else round(min(max(value, 0.0), 1.0), 4)


def in_words(request: EditRequest, statue: Statue, region: Region, change: Edit) -> str:
    """One sentence about what was done."""
    did = []
    if change.offset is not None:
        size = float(np.ptp(statue.textured.mesh.vertices, axis=0).max())
        furthest = float(np.linalg.norm(change.offset, axis=1).max()) / size
        did.append(f"shape moved by up to {100 * furthest:.1f} % of its size")
    if change.layer is not None:
        covered = change.layer.mask.astype(np.float64).sum() / 255.0 / max(region.texels.size, 1)
        did.append(f"{100 * covered:.0f} % of the texture repainted")
    unknown = f"; unknown: {', '.join(change.unknown)}" if change.unknown else ""
    return f"“{request.prompt}”: {', '.join(did)}{unknown}"
