"""Takes photographs in Blender: BLENDER_PYTHON scene.py JOBS.json [THREADS]

JOBS.json is a list of what `photos.py` wants: the view's fields, and the paths and the camera that go with them. Each
finished photo is told by a line with its name on standard output. Runs in Blender's Python: nothing of ours is there.
"""

import json
import math
import sys
from pathlib import Path

import bpy
import numpy as np
from mathutils import Matrix, Vector

BOUNCES = 2  # of the light; more brightens the folds a little and costs as much again
LIGHT_MAP = 256  # rows of the map by which bright spots of the surroundings are found: as fine as the sun needs
BRIGHTNESS = 0.55  # mean of the surroundings' light, as an exposure meter would set it
LAMP = 55.0  # watts, at three metres: about as bright as the surroundings
FLOOR_SIZE = 60.0
WALL = 0.6  # behind the statue; its longest side is 1.8


def main(jobs: str, threads: str = "0") -> None:
    for job in json.loads(Path(jobs).read_text(encoding="utf-8")):
        take(job, int(threads))
        sys.stdout.write(f"\nphoto {job['name']}\n")
        sys.stdout.flush()


def take(job: dict, threads: int) -> None:
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    statue = put_statue(job)
    put_around(job, statue)
    put_camera(scene, job["camera"])
    scene.world = surroundings(job)
    if job["lamp"]:
        put_lamp(job["lamp"])
    settings(scene, job, threads)
    bpy.ops.render.render(write_still=True)


def put_statue(job: dict) -> bpy.types.Object:
    bpy.ops.wm.ply_import(filepath=job["truth"])
    statue = bpy.context.object
    statue.data.shade_smooth()
    statue.data.materials.append(STONES[job["stone"]](job["seed"]))
    return statue


def put_around(job: dict, statue: bpy.types.Object) -> None:
    """The floor under the statue and the wall behind it, as the background says."""
    if job["background"] == "surroundings":
        return
    low = min(corner[2] for corner in statue.bound_box)
    behind = max(corner[1] for corner in statue.bound_box)
    put_plane("floor", (0, 0, low), (0, 0, 0), job["seed"] + 1)
    if job["background"] == "wall":
        put_plane("wall", (0, behind + WALL, 0), (math.pi / 2, 0, 0), job["seed"] + 2)


def put_plane(name: str, place: tuple, turned: tuple, seed: int) -> None:
    bpy.ops.mesh.primitive_plane_add(size=FLOOR_SIZE, location=place, rotation=turned)
    thing = bpy.context.object
    thing.name = name
    grey = 0.10 + 0.45 * (seed * 0.618 % 1.0)
    tint = (1.0, 0.97 - 0.06 * (seed * 0.37 % 1.0), 0.92 - 0.15 * (seed * 0.71 % 1.0))
    dark, bright = ([share * grey * channel for channel in tint] for share in (0.75, 1.1))
    thing.data.materials.append(stone(name, seed, [(0.35, dark), (0.65, bright)], scale=2.5, roughness=0.7))


def put_camera(scene, parameters: dict) -> None:
    """`parameters` are those of Camera.to_blender."""
    thing = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(thing)
    scene.camera = thing
    names = ("sensor_fit", "lens", "sensor_width", "sensor_height", "shift_x", "shift_y", "clip_start", "clip_end")
    for name in names:
        setattr(thing.data, name, parameters[name])
    thing.matrix_world = Matrix(parameters["matrix_world"])


def put_lamp(azimuth: float) -> None:
    """A lamp of a metre's width beside the camera and above it."""
    lamp = bpy.data.objects.new("lamp", bpy.data.lights.new("lamp", "AREA"))
    bpy.context.scene.collection.objects.link(lamp)
    lamp.data.size, lamp.data.energy, lamp.data.color = 1.0, LAMP, (1.0, 0.93, 0.84)
    turn = math.radians(azimuth)
    lamp.location = (3.0 * math.sin(turn), -3.0 * math.cos(turn), 2.2)
    lamp.rotation_euler = (-Vector(lamp.location)).to_track_quat("-Z", "Y").to_euler()


def surroundings(job: dict) -> bpy.types.World:
    world = bpy.data.worlds.new("light")
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    picture = nodes.new("ShaderNodeTexEnvironment")
    picture.image = bpy.data.images.load(job["light"])
    picture.interpolation = "Cubic"
    turned = nodes.new("ShaderNodeMapping")
    turned.inputs["Rotation"].default_value[2] = math.radians(job["turn"])
    place = nodes.new("ShaderNodeTexCoord")
    links.new(place.outputs["Generated"], turned.inputs["Vector"])
    links.new(turned.outputs["Vector"], picture.inputs["Vector"])
    links.new(picture.outputs["Color"], nodes["Background"].inputs["Color"])
    nodes["Background"].inputs["Strength"].default_value = BRIGHTNESS / mean_light(picture.image)
    world.cycles.sampling_method, world.cycles.sample_map_resolution = "MANUAL", LIGHT_MAP
    return world


def mean_light(image: bpy.types.Image) -> float:
    """Mean luminance over the sphere: rows towards the poles count less."""
    width, height = image.size
    pixels = np.empty(width * height * 4, dtype=np.float32)
    image.pixels.foreach_get(pixels)
    luminance = pixels.reshape(height, width, 4)[..., :3] @ (0.2126, 0.7152, 0.0722)
    weights = np.sin((np.arange(height) + 0.5) / height * np.pi)
    return float((luminance.mean(axis=1) * weights).sum() / weights.sum())


def settings(scene, job: dict, threads: int) -> None:
    scene.render.engine = "CYCLES"
    scene.cycles.device = "CPU"
    scene.cycles.samples, scene.cycles.use_adaptive_sampling = job["samples"], False
    scene.cycles.seed = job["seed"]
    scene.cycles.use_denoising, scene.cycles.denoiser = True, "OPENIMAGEDENOISE"
    scene.cycles.max_bounces = BOUNCES
    scene.cycles.use_light_tree = False  # for one lamp it only costs time
    scene.render.resolution_x, scene.render.resolution_y = job["width"], job["height"]
    scene.render.resolution_percentage = 100
    scene.view_settings.view_transform = "AgX"
    scene.view_settings.look = "AgX - Medium High Contrast"
    picture = scene.render.image_settings
    picture.file_format, picture.color_mode, picture.quality = "JPEG", "RGB", 93
    scene.render.filepath = job["photo"]
    if threads:
        scene.render.threads_mode, scene.render.threads = "FIXED", threads


def stone(name: str, seed: int, colours: list, scale: float, roughness: float, metal: float = 0.0, grain: float = 0.0):
    """A material whose colour follows clouds of noise: `colours` are places of a ramp and linear RGB.

    scale: clouds in a unit; grain: strength of the fine unevenness.
    """
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes, links = material.node_tree.nodes, material.node_tree.links
    principled = nodes["Principled BSDF"]
    principled.inputs["Roughness"].default_value = roughness
    principled.inputs["Metallic"].default_value = metal
    clouds = noise(material, seed, scale, detail=8.0)
    ramp = nodes.new("ShaderNodeValToRGB").color_ramp
    ramp_node = nodes[-1]
    for element, (place, colour) in zip(ramp.elements, (colours[0], colours[-1]), strict=True):
        element.position, element.color = place, (*colour, 1.0)
    for place, colour in colours[1:-1]:
        ramp.elements.new(place).color = (*colour, 1.0)
    links.new(clouds.outputs["Fac"], ramp_node.inputs["Fac"])
    links.new(ramp_node.outputs["Color"], principled.inputs["Base Color"])
    if grain:
        bump = nodes.new("ShaderNodeBump")
        bump.inputs["Strength"].default_value, bump.inputs["Distance"].default_value = grain, 0.004
        links.new(noise(material, seed + 7, 60.0, detail=4.0).outputs["Fac"], bump.inputs["Height"])
        links.new(bump.outputs["Normal"], principled.inputs["Normal"])
    return material


def noise(material, seed: int, scale: float, detail: float):
    """4D noise at the object's own coordinates; the seed is the fourth."""
    nodes, links = material.node_tree.nodes, material.node_tree.links
    place = nodes.new("ShaderNodeTexCoord")
    texture = nodes.new("ShaderNodeTexNoise")
    texture.noise_dimensions = "4D"
    texture.inputs["W"].default_value = 3.7 * seed
    texture.inputs["Scale"].default_value = scale
    texture.inputs["Detail"].default_value = detail
    links.new(place.outputs["Object"], texture.inputs["Vector"])
    return texture


def marble(seed: int):
    colours = [(0.30, (0.46, 0.42, 0.37)), (0.52, (0.74, 0.71, 0.66)), (0.75, (0.82, 0.80, 0.76))]
    return stone("marble", seed, colours, scale=2.5, roughness=0.42, grain=0.1)


def limestone(seed: int):
    colours = [(0.32, (0.30, 0.25, 0.18)), (0.50, (0.52, 0.45, 0.34)), (0.70, (0.63, 0.57, 0.46))]
    return stone("limestone", seed, colours, scale=6.0, roughness=0.85, grain=0.6)


def bronze(seed: int):
    colours = [(0.36, (0.11, 0.065, 0.035)), (0.50, (0.20, 0.12, 0.06)), (0.66, (0.16, 0.28, 0.22))]
    return stone("bronze", seed, colours, scale=3.5, roughness=0.48, metal=0.75, grain=0.25)


def terracotta(seed: int):
    colours = [(0.30, (0.30, 0.12, 0.06)), (0.55, (0.48, 0.21, 0.11)), (0.75, (0.58, 0.32, 0.20))]
    return stone("terracotta", seed, colours, scale=4.0, roughness=0.75, grain=0.4)


STONES = {"marble": marble, "limestone": limestone, "bronze": bronze, "terracotta": terracotta}

if __name__ == "__main__":
    main(*sys.argv[1:3])
