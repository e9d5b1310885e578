"""The .glb: what other programs find in it."""

from __future__ import annotations

import io
import json
import struct

import numpy as np
import pytest
import trimesh
from PIL import Image

from statue_recon.glb import to_glb
from statue_recon.mesh.atlas import unwrap
from statue_recon.mesh.mesh import Mesh, TexturedMesh


@pytest.fixture(scope="module")
def statue() -> TexturedMesh:
    """An egg with a nose towards -Y, taller than wide; red above, blue below; seen in front."""
    shape = trimesh.creation.icosphere(subdivisions=3)
    vertices = np.asarray(shape.vertices) * [0.5, 0.4, 0.9]
    nose = vertices[:, 1].argmin()
    vertices[nose, 1] = -0.6
    mesh = Mesh(vertices.astype(np.float32), np.asarray(shape.faces, np.int32))
    atlas = np.zeros((64, 64, 3), dtype=np.uint8)
    atlas[:32, :, 0] = 255  # row 0 is the top
    atlas[32:, :, 2] = 255
    return TexturedMesh(mesh, unwrap(mesh), atlas, (vertices[:, 1] < 0).astype(np.float32))


@pytest.fixture(scope="module")
def loaded(statue) -> trimesh.Trimesh:
    scene = trimesh.load(io.BytesIO(to_glb(statue)), file_type="glb", process=False)
    (geometry,) = scene.geometry.values()
    return geometry


def test_another_program_finds_the_same_surface(statue, loaded):
    ours = statue.mesh.vertices[statue.mesh.faces]
    theirs = loaded.vertices[loaded.faces]
    assert np.allclose(theirs[..., 0], ours[..., 0], atol=1e-6)
    assert np.allclose(theirs[..., 1], ours[..., 2], atol=1e-6)  # Y is up there
    assert np.allclose(theirs[..., 2], -ours[..., 1], atol=1e-6)  # and the front looks along +Z


def test_the_faces_still_look_outwards(loaded):
    assert loaded.volume > 0
    assert np.einsum("ij,ij->i", loaded.vertex_normals, loaded.vertices).min() > 0


def test_the_texture_is_inside_and_the_right_way_up(statue, loaded):
    picture = np.asarray(loaded.visual.material.baseColorTexture.convert("RGB"))
    assert np.array_equal(picture, statue.atlas)
    uv = loaded.visual.uv[loaded.faces]  # trimesh counts v from the bottom, as we do
    assert np.allclose(uv, statue.uv, atol=1e-6)


def test_every_vertex_says_how_well_it_was_seen(statue, loaded):
    seen = np.asarray(loaded.vertex_attributes["_SEEN"]).ravel()
    assert seen.dtype == np.float32
    assert np.array_equal(seen[loaded.faces], statue.seen[statue.mesh.faces])


def test_vertices_are_doubled_only_where_the_atlas_is_cut(statue, loaded):
    corners = np.concatenate([statue.mesh.faces.reshape(-1, 1), statue.uv.reshape(-1, 2)], axis=1)
    assert len(loaded.vertices) == len(np.unique(corners, axis=0))
    assert len(loaded.vertices) < 2 * len(statue.mesh.vertices)


def test_the_file_keeps_the_letter_of_the_specification(statue):
    content = to_glb(statue)
    magic, version, length = struct.unpack_from("<4sII", content)
    assert (magic, version, length) == (b"glTF", 2, len(content))
    size, kind = struct.unpack_from("<I4s", content, 12)
    assert kind == b"JSON" and size % 4 == 0
    document = json.loads(content[20 : 20 + size])
    binary_size, kind = struct.unpack_from("<I4s", content, 20 + size)
    assert kind == b"BIN\0" and binary_size % 4 == 0 and 28 + size + binary_size == len(content)
    assert document["buffers"] == [{"byteLength": binary_size}]
    for view in document["bufferViews"]:
        assert view["byteOffset"] % 4 == 0 and view["byteOffset"] + view["byteLength"] <= binary_size
    attributes = document["meshes"][0]["primitives"][0]["attributes"]
    counts = {document["accessors"][index]["count"] for index in attributes.values()}
    assert len(counts) == 1
    position = document["accessors"][attributes["POSITION"]]
    assert len(position["min"]) == len(position["max"]) == 3
    normals = document["accessors"][attributes["NORMAL"]]
    start = 28 + size + document["bufferViews"][normals["bufferView"]]["byteOffset"]
    values = np.frombuffer(content, "<f4", 3 * normals["count"], start).reshape(-1, 3)
    assert np.allclose(np.linalg.norm(values, axis=1), 1.0, atol=1e-3)


def test_the_same_statue_always_gives_the_same_bytes(statue):
    assert to_glb(statue) == to_glb(statue)


def test_a_picture_encoded_already_is_taken_as_it_is(statue):
    stream = io.BytesIO()
    Image.fromarray(statue.atlas).save(stream, format="PNG", compress_level=9)
    assert stream.getvalue() in to_glb(statue, picture=stream.getvalue())
