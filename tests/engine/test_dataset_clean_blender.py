"""What only Blender reads, FBX and glTF whose corners are packed, is read by Blender."""

import subprocess

import pytest

from statue_recon.dataset.clean.pen import Limits
from statue_recon.dataset.clean.sift import Settings, sift
from statue_recon.dataset.manifest import Manifest

MAKE = """
import sys, bpy
bpy.ops.wm.read_factory_settings(use_empty=True)
bpy.ops.mesh.primitive_monkey_add(location=(3, 1, 2))
bpy.context.object.scale = (1, 2, 1)
bpy.context.object.modifiers.new("finer", "SUBSURF").levels = 2
bpy.ops.export_scene.gltf(filepath=sys.argv[1] + "/plain.glb", export_apply=True)
bpy.ops.export_scene.gltf(filepath=sys.argv[1] + "/packed.glb", export_apply=True,
                          export_draco_mesh_compression_enable=True)
bpy.ops.export_scene.fbx(filepath=sys.argv[1] + "/model.fbx")
"""


@pytest.fixture(scope="module")
def found(blender, tmp_path_factory) -> dict[str, dict]:
    folder = tmp_path_factory.mktemp("made in blender")
    subprocess.run([str(blender), "-c", MAKE, str(folder)], check=True, capture_output=True)
    (folder / "torn.fbx").write_bytes((folder / "model.fbx").read_bytes()[:5000])
    settings = Settings(Limits(100.0, 2 * 2**30), ("artefact",), None, str(blender))
    with Manifest(folder, create=True) as manifest:
        for name in ("plain.glb", "packed.glb", "model.fbx", "torn.fbx"):
            manifest.record(name, "source", {"file": name, "title": "Statue", "source": "folder"})
        sift(manifest, settings, None, 1)
        return {entry["id"]: entry["clean"] for entry in manifest.entries()}


@pytest.mark.parametrize("name", ["packed.glb", "model.fbx"])
def test_it_is_the_same_object_as_in_a_plain_file(found, name):
    assert found["plain.glb"]["verdict"] == "keep"
    assert found[name]["same_as"] == "plain.glb"
    assert found[name]["measures"]["faces"] == found["plain.glb"]["measures"]["faces"]


def test_what_blender_cannot_read_is_for_a_person_to_see(found):
    assert found["torn.fbx"]["verdict"] == "look"
    assert "Blender cannot read it" in found["torn.fbx"]["reasons"][0]
