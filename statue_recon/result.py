"""Writing what a run has made: previews while it goes on, and the result. Each file appears whole or not at all."""

from __future__ import annotations

import errno
import io
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from .camera import Camera
from .contract import PREVIEW_FOLDER, Failure, Result
from .field.sdf import SDF
from .glb import png, to_glb
from .mesh.mesh import Mesh, TexturedMesh
from .whole import draft_of

CELLS = 64  # along the longest side of the volume that is kept: its cells are for people to look at
REACH = 4.0  # cells from the surface up to which its distances are kept
STEPS = 127  # of a distance as a signed byte: from the surface to the reach


def write_preview(folder: Path, name: str, mesh: Mesh, colours: NDArray[np.float32]) -> str:
    """Writes a coarse mesh (vertices, faces, sRGB colours [V, 3]) to preview/NAME.npz; returns its path in `folder`."""
    relative = f"{PREVIEW_FOLDER}/{name}.npz"
    write_file(
        folder / relative,
        npz_bytes(
            vertices=mesh.vertices.astype(np.float32),
            faces=mesh.faces.astype(np.int32),
            colours=colours.astype(np.float32),
        ),
    )
    return relative


def write_result(
    folder: Path,
    relative: str,
    textured: TexturedMesh,
    camera: Camera,
    provenance: dict[str, Any],
    seconds: float,
    summary: str,
    volume: SDF | None = None,
) -> Result:
    """Writes mesh.npz, mesh.glb, texture.png, camera.json and provenance.json into folder/relative.

    With a `volume`, the coarse shape that the mesh began as, in the mesh's frame, also volume.npz.
    The same inputs give the same bytes. The paths in the Result are relative to `folder`, with forward slashes; an
    empty `relative` is the folder itself.
    """
    prefix = f"{relative.strip('/')}/" if relative.strip("/") else ""
    result = Result(
        mesh=f"{prefix}mesh.npz",
        model=f"{prefix}mesh.glb",
        texture=f"{prefix}texture.png",
        camera=f"{prefix}camera.json",
        provenance=f"{prefix}provenance.json",
        seconds=round(seconds, 2),
        faces=textured.polygons,
        summary=summary,
        volume=None if volume is None else f"{prefix}volume.npz",
    )
    unsure = np.zeros(len(textured.mesh.vertices)) if textured.doubt is None else textured.doubt
    picture = png(textured.atlas)
    write_file(
        folder / result.mesh,
        npz_bytes(
            vertices=textured.mesh.vertices.astype(np.float32),
            faces=textured.mesh.faces.astype(np.int32),
            uv=textured.uv.astype(np.float32),
            seen=textured.seen.astype(np.float32),
            doubt=unsure.astype(np.float32),
            quads=np.array(textured.quads),
        ),
    )
    write_file(folder / result.model, to_glb(textured, picture))
    write_file(folder / result.texture, picture)
    write_file(folder / result.camera, _json(camera.to_json() | {"blender": camera.to_blender()}))
    write_file(folder / result.provenance, _json(provenance))
    if volume is not None and result.volume:
        write_file(folder / result.volume, npz_bytes(**volume_arrays(volume)))
    return result


def volume_arrays(volume: SDF) -> dict[str, Any]:
    """The volume with about CELLS cells along its longest side, its distances as bytes.

    `values` [X, Y, Z] int8: negative inside the statue and nowhere else, ±127 = ±`reach` world units or farther; the
    node (0, 0, 0) lies at `lower` [3], the others every `spacing` world units.
    """
    finer = max(1.0, (max(volume.values.shape) - 1) / CELLS)
    shape = tuple(int((count - 1) / finer + 1e-6) + 1 for count in volume.values.shape)  # none beyond the last node
    distances = ndimage.affine_transform(volume.values, np.full(3, finer), output_shape=shape, order=1, mode="nearest")
    spacing = volume.spacing * finer
    steps = np.rint(np.clip(distances / (REACH * spacing), -1.0, 1.0) * STEPS)
    steps = np.where(distances < 0, np.minimum(steps, -1), np.maximum(steps, 0))  # however near, inside stays inside
    return {
        "values": steps.astype(np.int8),
        "lower": np.asarray(volume.lower, np.float64),
        "spacing": np.float64(spacing),
        "reach": np.float64(REACH * spacing),
    }


def npz_bytes(**arrays: Any) -> bytes:
    """Uncompressed: it is read once, at once, and on the main thread of Blender."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def write_file(path: Path, content: bytes) -> None:
    """Writes a file so that it is on the disk, whole, even if the power goes off."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft_of(path) as draft, draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _refusal(path, len(content), error) from error


def _refusal(path: Path, size: int, error: OSError) -> Failure:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return Failure(
            f"The disk is full: {path.name} ({size / 1e6:.1f} MB) does not fit into {path.parent}.",
            next_step="Free some space on that disk, or choose another job folder, and start the job again.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return Failure(
            f"{path.name} cannot be written into {path.parent}: that folder is read-only.",
            next_step="Choose another folder, or allow writing to this one, and start the job again.",
        )
    return Failure(
        f"{path.name} cannot be written into {path.parent} ({error.strerror or error}).",
        next_step="Check that disk, or choose another folder, and start the job again.",
    )
