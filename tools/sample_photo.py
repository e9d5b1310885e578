"""Renders the photo `make demo` reconstructs: .bpy/4.5/bin/python tools/sample_photo.py STATUE.ply LIGHT.hdr OUT.jpg

The statue stands where ours would: facing −Y, photographed from a little above, with the light's surroundings behind.
"""

import math
import sys
from pathlib import Path

import bpy
from mathutils import Vector

WIDTH, HEIGHT = 1280, 1600  # two megapixels
LENS = 60  # mm on a 36 mm sensor: what a person would take for a bust
SAMPLES = 64


def main(statue: str, light: str, out: str) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    bpy.ops.wm.ply_import(filepath=statue)
    bust = bpy.context.object
    bust.data.shade_smooth()
    bust.data.materials.append(marble())
    bust.rotation_euler.z = math.radians(30)
    floor(min(corner[2] for corner in bust.bound_box))
    scene.world = surroundings(light)
    scene.camera = camera(scene)
    take(scene, out)


def marble() -> bpy.types.Material:
    """White marble: slow grey clouds, dirt in the hollows."""
    material = bpy.data.materials.new("marble")
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    principled = nodes["Principled BSDF"]
    principled.inputs["Roughness"].default_value = 0.45
    noise = nodes.new("ShaderNodeTexNoise")
    noise.inputs["Scale"].default_value = 3.0
    noise.inputs["Detail"].default_value = 8.0
    clouds = nodes.new("ShaderNodeValToRGB")
    clouds.color_ramp.elements[0].position, clouds.color_ramp.elements[0].color = 0.3, (0.42, 0.38, 0.33, 1)
    clouds.color_ramp.elements[1].position, clouds.color_ramp.elements[1].color = 0.6, (0.80, 0.77, 0.71, 1)
    links.new(noise.outputs["Fac"], clouds.inputs["Fac"])
    links.new(clouds.outputs["Color"], principled.inputs["Base Color"])
    return material


def floor(height: float) -> None:
    bpy.ops.mesh.primitive_plane_add(size=30, location=(0, 0, height))
    material = bpy.data.materials.new("floor")
    material.use_nodes = True
    material.node_tree.nodes["Principled BSDF"].inputs["Base Color"].default_value = (0.05, 0.06, 0.08, 1)
    bpy.context.object.data.materials.append(material)


def surroundings(light: str) -> bpy.types.World:
    world = bpy.data.worlds.new("light")
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    picture = nodes.new("ShaderNodeTexEnvironment")
    picture.image = bpy.data.images.load(light)
    links.new(picture.outputs["Color"], nodes["Background"].inputs["Color"])
    return world


def camera(scene) -> bpy.types.Object:
    thing = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(thing)
    thing.location = (0, -4.4, 0.25)
    thing.rotation_euler = (Vector((0, 0, 0)) - thing.location).to_track_quat("-Z", "Y").to_euler()
    thing.data.lens = LENS
    thing.data.dof.use_dof = True
    thing.data.dof.focus_distance = 4.4
    thing.data.dof.aperture_fstop = 0.8
    return thing


def take(scene, out: str) -> None:
    scene.render.engine = "CYCLES"
    scene.cycles.samples = SAMPLES
    scene.cycles.seed = 0
    scene.render.resolution_x, scene.render.resolution_y = WIDTH, HEIGHT
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.file_format = "JPEG"
    scene.render.image_settings.quality = 88
    scene.render.filepath = str(Path(out).resolve())
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main(*sys.argv[1:4])
