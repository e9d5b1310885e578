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

from .camera import Camera
from .contract import PREVIEW_FOLDER, Failure, Result
from .glb import png, to_glb
from .mesh.mesh import Mesh, TexturedMesh
from .whole import draft_of


def write_preview(folder: Path, name: str, mesh: Mesh, colours: NDArray[np.float32]) -> str:
    """Writes a coarse mesh (vertices, faces, sRGB colours [V, 3]) to preview/NAME.npz; returns its path in `folder`."""
    relative = f"{PREVIEW_FOLDER}/{name}.npz"
    _write(
        folder / relative,
        _npz(
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
) -> Result:
    """Writes mesh.npz, mesh.glb, texture.png, camera.json and provenance.json into folder/relative.

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
    )
    picture = png(textured.atlas)
    _write(
        folder / result.mesh,
        _npz(
            vertices=textured.mesh.vertices.astype(np.float32),
            faces=textured.mesh.faces.astype(np.int32),
            uv=textured.uv.astype(np.float32),
            seen=textured.seen.astype(np.float32),
            quads=np.array(textured.quads),
        ),
    )
    _write(folder / result.model, to_glb(textured, picture))
    _write(folder / result.texture, picture)
    _write(folder / result.camera, _json(camera.to_json() | {"blender": camera.to_blender()}))
    _write(folder / result.provenance, _json(provenance))
    return result


def _npz(**arrays: Any) -> bytes:
    """Uncompressed: it is read once, at once, and on the main thread of Blender."""
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def _json(value: dict[str, Any]) -> bytes:
    return (json.dumps(value, ensure_ascii=False, indent=2) + "\n").encode("utf-8")


def _write(path: Path, content: bytes) -> None:
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
