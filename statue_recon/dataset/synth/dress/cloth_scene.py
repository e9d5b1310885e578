"""Lets cloth fall on a body: BLENDER --background --python cloth_scene.py -- IN.npz OUT.npz, or with a Python and bpy.

IN.npz holds body_vertices [V, 3], body_faces [F, 3], sheet_vertices [S, 3], sheet_quads [Q, 4], pins [S] (0 free … 1
held), frames, and the stuff's numbers by their names below. OUT.npz gets the sheet's vertices [S, 3] of the last frame.
Runs in Blender's Python, 4.2 and newer: nothing of ours is there, and nothing but bpy and NumPy.
"""

import sys

import bpy
import numpy as np

HELD = "held"
# Of Blender's cloth settings: wet plaster cloth, heavy and slow, whose folds come out bold.
STUFF = {
    "mass": 0.6, "air_damping": 2.0, "tension_stiffness": 25.0, "compression_stiffness": 12.0, "shear_stiffness": 6.0,
    "bending_stiffness": 0.5, "tension_damping": 12.0, "compression_damping": 12.0, "shear_damping": 6.0,
    "bending_damping": 1.0, "pin_stiffness": 1.0,
}  # fmt: skip
QUALITY = 6  # steps a frame
GAP = 0.008  # metres that cloth keeps from the body; the body keeps as much
FRICTION = 30.0


def main(given: str, wanted: str) -> None:
    with np.load(given) as file:
        told = {name: file[name] for name in file.files}
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    scene.frame_start, scene.frame_end = 1, int(told["frames"])
    body = put("body", told["body_vertices"], told["body_faces"])
    body.modifiers.new("collision", "COLLISION")
    body.collision.thickness_outer = GAP
    body.collision.cloth_friction = FRICTION
    body.collision.damping = 0.6
    sheet = put("sheet", told["sheet_vertices"], told["sheet_quads"])
    hang(sheet, told["pins"], scene.frame_end)
    for frame in range(scene.frame_start, scene.frame_end + 1):
        scene.frame_set(frame)
    fallen = sheet.evaluated_get(bpy.context.evaluated_depsgraph_get())
    mesh = fallen.to_mesh()
    places = np.empty(3 * len(mesh.vertices), np.float32)
    mesh.vertices.foreach_get("co", places)
    np.savez(wanted, vertices=places.reshape(-1, 3), blender=np.array(bpy.app.version_string))


def put(name: str, vertices: np.ndarray, faces: np.ndarray) -> bpy.types.Object:
    mesh = bpy.data.meshes.new(name)
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    thing = bpy.data.objects.new(name, mesh)
    bpy.context.scene.collection.objects.link(thing)
    return thing


def hang(sheet: bpy.types.Object, pins: np.ndarray, frames: int) -> None:
    """Makes the sheet cloth that is held where its pins say."""
    group = sheet.vertex_groups.new(name=HELD)
    for vertex in np.flatnonzero(pins > 0):
        group.add([int(vertex)], float(pins[vertex]), "REPLACE")
    cloth = sheet.modifiers.new("cloth", "CLOTH")
    for name, value in STUFF.items():
        setattr(cloth.settings, name, value)
    cloth.settings.quality = QUALITY
    cloth.settings.bending_model = "ANGULAR"
    if pins.any():
        cloth.settings.vertex_group_mass = HELD
    cloth.collision_settings.distance_min = GAP
    cloth.collision_settings.collision_quality = 2
    cloth.collision_settings.use_self_collision = False  # layers may run together, as in stone
    cloth.point_cache.frame_start, cloth.point_cache.frame_end = 1, frames


if __name__ == "__main__":
    paths = sys.argv[sys.argv.index("--") + 1 :] if "--" in sys.argv else sys.argv[1:]
    main(*paths)
