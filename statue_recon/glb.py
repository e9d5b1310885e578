"""Writing glTF 2.0 binaries: one textured mesh with its seen weight, readable wherever glTF is."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .mesh.mesh import TexturedMesh

# Numbers of the glTF 2.0 specification.
_MAGIC, _VERSION = 0x46546C67, 2
_JSON_CHUNK, _BINARY_CHUNK = 0x4E4F534A, 0x004E4942
_FLOAT, _UNSIGNED_INT = 5126, 5125
_ARRAY_BUFFER, _ELEMENT_BUFFER = 34962, 34963
_SHAPES = {1: "SCALAR", 2: "VEC2", 3: "VEC3"}

_ROUGHNESS = 0.8  # stone and weathered metal; the photo's own highlights are in the texture already
_FASTEST_PNG = 1  # zlib level: three times faster than the default for a tenth more bytes


def to_glb(
    textured: TexturedMesh,
    picture: bytes | None = None,
    name: str = "Statue",
    gloss: NDArray[np.uint8] | None = None,
) -> bytes:
    """The mesh as the bytes of a .glb file.

    Positions, normals, UVs and the vertex attribute `_SEEN` (float, 0 invented … 1 seen), a PBR material with the
    atlas inside. glTF's Y is up and its +Z looks at the viewer: the statue, Z up and facing -Y here, faces +Z there,
    and Blender's importer turns it back. picture: the atlas as PNG where it has been encoded already. gloss [S, S, 3]:
    roughness in green and metallic in blue, where they are not everywhere those of stone.
    """
    corners, faces = _split(textured)
    vertex = textured.mesh.faces.reshape(-1)[corners]
    uv = textured.uv.reshape(-1, 2)[corners]
    file = _File()
    attributes = {
        "POSITION": file.array(_y_up(textured.mesh.vertices[vertex]), bounds=True),
        "NORMAL": file.array(_y_up(_unit(textured.mesh.normals[vertex]))),
        "TEXCOORD_0": file.array(np.stack([uv[:, 0], 1.0 - uv[:, 1]], axis=1)),  # glTF counts from the top
        "_SEEN": file.array(textured.seen[vertex]),
    }
    indices = file.array(faces.reshape(-1), indices=True)
    pictures = [png(textured.atlas) if picture is None else picture, *([] if gloss is None else [png(gloss)])]
    look: dict[str, Any] = {"baseColorTexture": {"index": 0}, "metallicFactor": 0.0, "roughnessFactor": _ROUGHNESS}
    if gloss is not None:  # factors are multiplied with the picture
        look |= {"metallicRoughnessTexture": {"index": 1}, "metallicFactor": 1.0, "roughnessFactor": 1.0}
    return file.bytes(
        {
            "asset": {"version": "2.0", "generator": "Statue Recon"},
            "scene": 0,
            "scenes": [{"nodes": [0]}],
            "nodes": [{"mesh": 0, "name": name}],
            "meshes": [
                {"name": name, "primitives": [{"attributes": attributes, "indices": indices, "material": 0}]},
            ],
            "materials": [
                {
                    "name": name,
                    "pbrMetallicRoughness": look,
                }
            ],
            "textures": [{"source": number, "sampler": 0} for number in range(len(pictures))],
            "samplers": [{"magFilter": 9729, "minFilter": 9987, "wrapS": 33071, "wrapT": 33071}],
            "images": [
                {"bufferView": file.view(image), "mimeType": "image/png", "name": title}
                for image, title in zip(pictures, (name, f"{name} roughness"), strict=False)
            ],
        }
    )


def png(picture: NDArray[np.uint8]) -> bytes:
    """A picture [H, W, 3] as PNG. The same picture always gives the same bytes."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, format="PNG", compress_level=_FASTEST_PNG)
    return stream.getvalue()


def _split(textured: TexturedMesh) -> tuple[NDArray, NDArray]:
    """Vertices as glTF has them: one for each place in the atlas.

    Returns (corners [N]: for each new vertex, a corner of the old faces (flat index) that it stands for,
    faces [F, 3] of new vertices).
    """
    uv = np.ascontiguousarray(textured.uv.reshape(-1, 2), dtype=np.float32)
    key = np.empty((len(uv), 3), dtype=np.uint32)
    key[:, 0] = textured.mesh.faces.reshape(-1)
    key[:, 1:] = uv.view(np.uint32)
    order = np.lexsort(key.T[::-1])
    new = np.ones(len(key), dtype=bool)
    new[1:] = (key[order][1:] != key[order][:-1]).any(axis=1)
    number = np.empty(len(key), dtype=np.int64)
    number[order] = np.cumsum(new) - 1
    return order[new], number.reshape(-1, 3)


def _y_up(vectors: NDArray) -> NDArray:
    return np.stack([vectors[:, 0], vectors[:, 2], -vectors[:, 1]], axis=1)


def _unit(normals: NDArray) -> NDArray:
    """Normals of length 1, as glTF demands; a vertex without any looks up."""
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return np.where(length > 0.5, normals / np.maximum(length, 1e-12), [[0.0, 0.0, 1.0]])


class _File:
    """The binary part of a .glb under construction, and the lists that describe it."""

    def __init__(self) -> None:
        self._binary = bytearray()
        self._views: list[dict[str, Any]] = []
        self._accessors: list[dict[str, Any]] = []

    def array(self, values: NDArray, bounds: bool = False, indices: bool = False) -> int:
        """Adds an array [N] or [N, C] as little-endian floats, or as vertex indices; returns its accessor."""
        values = np.ascontiguousarray(values, dtype="<u4" if indices else "<f4")
        accessor: dict[str, Any] = {
            "bufferView": self.view(values.tobytes(), _ELEMENT_BUFFER if indices else _ARRAY_BUFFER),
            "componentType": _UNSIGNED_INT if indices else _FLOAT,
            "count": len(values),
            "type": _SHAPES[1 if values.ndim == 1 else values.shape[1]],
        }
        if bounds:
            accessor |= {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        self._accessors.append(accessor)
        return len(self._accessors) - 1

    def view(self, content: bytes, target: int | None = None) -> int:
        """Adds bytes at a place divisible by four; returns their buffer view."""
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self._binary), "byteLength": len(content)}
        self._views.append(view | ({"target": target} if target else {}))
        self._binary += content + b"\0" * (-len(content) % 4)
        return len(self._views) - 1

    def bytes(self, document: dict[str, Any]) -> bytes:
        """The whole file: header, JSON chunk, binary chunk."""
        document = document | {
            "accessors": self._accessors,
            "bufferViews": self._views,
            "buffers": [{"byteLength": len(self._binary)}],
        }
        text = json.dumps(document, separators=(",", ":")).encode("utf-8")
        text += b" " * (-len(text) % 4)
        length = 12 + 8 + len(text) + 8 + len(self._binary)
        return b"".join(
            (
                struct.pack("<III", _MAGIC, _VERSION, length),
                struct.pack("<II", len(text), _JSON_CHUNK),
                text,
                struct.pack("<II", len(self._binary), _BINARY_CHUNK),
                bytes(self._binary),
            )
        )
