"""The files of an edit: the new layer by itself, and the statue with it merged in, ready to be edited again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract_edit import EditResult
from ..glb import png, to_glb
from ..mesh.mesh import TexturedMesh
from ..result import npz_bytes, write_file
from .overrule import OVERRULE
from .read import GROUP, MATERIAL, origins
from .statue import Edit, Layer

ROUGHNESS, METALLIC = 0.8, 0.0  # of stone that nobody edited, as glb.py has them


def flattened(below: NDArray[np.uint8], layer: Layer) -> NDArray[np.uint8]:
    """The texture [S, S, 3] with the layer merged in; where its mask is 0, to the last bit what was below."""
    return _over(below, layer.colour, layer.mask)


def gloss_of(below: NDArray[np.uint8] | None, layer: Layer) -> NDArray[np.uint8] | None:
    """Roughness (green) and metallic (blue) [S, S, 3] with the layer merged in, as glTF has them; None: all stone."""
    if layer.roughness is None and layer.metallic is None:
        return below
    plain = np.zeros_like(layer.colour)
    plain[..., 1:] = _bytes((ROUGHNESS, METALLIC))
    new = plain.copy()
    told = getattr(layer, "gloss", None)  # [S, S, 2], of layers that know it by texel
    new[..., 1:] = _bytes((_or(layer.roughness, ROUGHNESS), _or(layer.metallic, METALLIC))) if told is None else told
    return _over(plain if below is None else below, new, layer.mask)


def write_edit(
    folder: Path,
    relative: str,
    made: Edit,
    textured: TexturedMesh,
    gloss: NDArray[np.uint8] | None,
    groups: dict[str, NDArray[np.float32]],
    material: dict[str, Any],
    record: dict[str, Any],
    seconds: float,
    summary: str,
    overrule: NDArray[np.float32] | None = None,
) -> EditResult:
    """Writes one variant into folder/relative. `textured` is the statue as it is now. Same inputs, same bytes."""
    prefix = f"{relative.strip('/')}/" if relative.strip("/") else ""
    layer = made.layer
    relief = made.relief if layer is None else layer.relief
    result = EditResult(
        mesh=f"{prefix}mesh.npz",
        model=f"{prefix}mesh.glb",
        texture=f"{prefix}texture.png",
        material=f"{prefix}material.json",
        provenance=f"{prefix}provenance.json",
        seconds=round(seconds, 2),
        summary=summary,
        offset=None if made.offset is None else f"{prefix}edit.npz",
        layer=None if layer is None else f"{prefix}layer.png",
        relief=None if relief is None else f"{prefix}relief.png",
    )
    picture = png(textured.atlas)
    write_file(folder / result.mesh, npz_bytes(**arrays_of(textured, groups, overrule)))
    write_file(folder / result.model, to_glb(textured, picture, gloss=gloss))
    write_file(folder / result.texture, picture)
    if result.offset and made.offset is not None:
        write_file(folder / result.offset, npz_bytes(offset=made.offset.astype(np.float32)))
    if result.layer and layer is not None:
        write_file(folder / result.layer, png(np.dstack([layer.colour, layer.mask])))
    if result.relief and relief is not None:
        reach = float(np.abs(relief).max()) or 1.0
        material = material | {"relief_range": reach}
        write_file(folder / result.relief, png(heights(relief, reach)))
    if gloss is not None:
        write_file(folder / f"{prefix}{MATERIAL}", png(gloss))
    write_file(folder / result.material, _json(material))
    write_file(folder / result.provenance, _json(record))
    return result


def arrays_of(
    textured: TexturedMesh, groups: dict[str, NDArray[np.float32]], overrule: NDArray[np.float32] | None = None
) -> dict[str, NDArray]:
    """What mesh.npz holds of a statue."""
    unsure = np.zeros(len(textured.mesh.vertices)) if textured.doubt is None else textured.doubt
    return {
        "vertices": textured.mesh.vertices.astype(np.float32),
        "faces": textured.mesh.faces.astype(np.int32),
        "uv": textured.uv.astype(np.float32),
        "seen": textured.seen.astype(np.float32),
        "doubt": unsure.astype(np.float32),
        "quads": np.array(textured.quads),
        **({} if overrule is None else {OVERRULE: overrule}),
        **{f"{GROUP}{name}": weights for name, weights in groups.items()},
    }


def copy_origins(source: Path, target: Path) -> None:
    """Puts the camera, the photo and its mask beside the result, so that it can be edited again by itself."""
    photo, mask = origins(source)
    places = {"camera.json": source / "camera.json", "photo.png": photo, "mask.png": mask}
    for name, place in places.items():
        if place is not None and place.is_file() and place != target / name:
            write_file(target / name, place.read_bytes())


def heights(relief: NDArray[np.float32], reach: float) -> NDArray[Any]:
    """Heights from −reach to +reach as a picture [S, S] of 16 bits: 32768 is level."""
    return np.clip(np.rint(relief / reach * 32767.0) + 32768.0, 0, 65535).astype(np.uint16)


def _over(below: NDArray[np.uint8], above: NDArray[np.uint8], mask: NDArray[np.uint8]) -> NDArray[np.uint8]:
    share = mask[..., None].astype(np.float32) / 255.0
    mixed = np.rint(below * (1.0 - share) + above * share).astype(np.uint8)
    return np.where(mask[..., None] > 0, mixed, below)


def _bytes(values: tuple[float, float]) -> NDArray[np.uint8]:
    return np.rint(255.0 * np.clip(values, 0.0, 1.0)).astype(np.uint8)


def _or(value: float | None, otherwise: float) -> float:
    return otherwise if value is None else value


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")
