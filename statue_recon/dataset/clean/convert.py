"""Runs in Blender's own Python: reads a model and writes its triangles, in the world's frame, as arrays.

blender --background --factory-startup --python convert.py -- MODEL OUT.npz      or: python convert.py MODEL OUT.npz
"""

import sys
from pathlib import Path

import bpy
import numpy as np

READERS = {
    ".fbx": lambda path: bpy.ops.import_scene.fbx(filepath=path, use_anim=False),
    ".glb": lambda path: bpy.ops.import_scene.gltf(filepath=path),
    ".gltf": lambda path: bpy.ops.import_scene.gltf(filepath=path),
}


def main(model: str, out: str) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    READERS[Path(model).suffix.lower()](model)
    graph = bpy.context.evaluated_depsgraph_get()
    vertices, faces, count = [np.zeros((0, 3))], [np.zeros((0, 3), np.int64)], 0
    for thing in bpy.context.scene.objects:
        if thing.type != "MESH":
            continue
        shown = thing.evaluated_get(graph)
        mesh = shown.to_mesh()
        mesh.calc_loop_triangles()
        places = np.empty(3 * len(mesh.vertices), np.float32)
        mesh.vertices.foreach_get("co", places)
        corners = np.empty(3 * len(mesh.loop_triangles), np.int32)
        mesh.loop_triangles.foreach_get("vertices", corners)
        world = np.array(shown.matrix_world)
        vertices.append(places.reshape(-1, 3) @ world[:3, :3].T + world[:3, 3])
        faces.append(corners.reshape(-1, 3).astype(np.int64) + count)
        count += len(mesh.vertices)
        shown.to_mesh_clear()
    unfinished = Path(out).with_suffix(".part.npz")
    np.savez(unfinished, vertices=np.concatenate(vertices), faces=np.concatenate(faces))
    unfinished.replace(out)


main(*sys.argv[-2:])
