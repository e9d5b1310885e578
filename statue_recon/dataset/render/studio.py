"""The photo studio inside Blender: BLENDER --background --python studio.py, or PYTHON_WITH_BPY studio.py

Reads one request in JSON from each line of standard input, and answers each with one line on standard output that
begins with ANSWER; what Blender itself prints goes between. It ends with its input. Runs in Blender's Python, 4.2 and
newer: nothing of ours is there, and nothing but bpy and NumPy.

    {"do": "set_up", "engine": "cycles", "samples": 32, "denoise": true, "device": "auto"}   → {"blender": …, …}
    {"do": "load", …}     an object in the place of the one before, with its light           → {"low": …, "high": …}
    {"do": "take", …}     a picture of it                                                    → {"taken": path}

Whatever goes wrong with one request is answered with {"problem": sentence}; the next object is loaded into an empty
scene.
"""

import json
import math
import sys
import time

import bpy
import numpy as np
from mathutils import Euler, Matrix, Vector

ANSWER = "studio> "
ENGINES = {"cycles": ("CYCLES",), "eevee": ("BLENDER_EEVEE_NEXT", "BLENDER_EEVEE")}  # the names of 4.2, and of 5.0
GRAPHICS = ("OPTIX", "CUDA", "HIP", "METAL", "ONEAPI")  # what Cycles computes on, the fastest first
BOUNCES = 3  # of the light; more brightens the folds a little and costs as much again
LIGHT_MAP = 256  # rows of the map by which bright spots of the surroundings are found: as fine as the sun needs
GREY = 0.35  # of surroundings that no picture shows
COLOURS, ROUGHNESS, METALLIC = "Col", "roughness", "metallic"  # attributes of vertices


class Studio:
    """One scene, and what it was set up for."""

    def __init__(self) -> None:
        self.engine, self.samples, self.denoise, self.device = "cycles", 32, True, "auto"

    def set_up(self, engine: str, samples: int, denoise: bool, device: str) -> dict:
        self.engine, self.samples, self.denoise, self.device = engine, samples, denoise, device
        found = {"blender": bpy.app.version_string, "device": self._clear()}
        self._try_out()
        return found

    def load(self, arrays: str, file: str, smooth: bool, scale: float, offset: list, stone: dict, light: dict) -> dict:
        """Puts an object and its light into an empty scene.

        arrays: an .npz with vertices, faces, normals and perhaps colours (linear), roughness and metallic; or else
        file: a .glb or .obj with materials of its own. scale · place + offset brings it into the frame of the cameras.
        smooth: the file has no normals, and shall not look faceted;
        stone: colour, roughness and metallic of what brings no colours.
        """
        self._clear()
        things = put_file(file) if file else [put_arrays(arrays)]
        place = Matrix.Translation(offset) @ Matrix.Scale(scale, 4)
        for thing in things:
            thing.matrix_world = place @ thing.matrix_world
            if file and smooth:
                thing.data.shade_smooth()
            if not any(slot.material for slot in thing.material_slots):
                thing.data.materials.append(material(thing.data, stone))
        bpy.context.view_layer.update()
        bpy.context.scene.world = surroundings(light)
        for lamp in light["lamps"]:
            put_lamp(lamp)
        corners = np.array([thing.matrix_world @ Vector(corner) for thing in things for corner in thing.bound_box])
        return {"low": corners.min(axis=0).tolist(), "high": corners.max(axis=0).tolist()}

    def take(self, camera: dict, width: int, height: int, seed: int, transparent: bool, path: str) -> dict:
        """A picture, RGBA in 8 bits, and what it cost all cores together. camera: what Camera.to_blender gives."""
        scene = bpy.context.scene
        put_camera(scene, camera)
        scene.cycles.seed = seed
        scene.render.resolution_x, scene.render.resolution_y = width, height
        scene.render.film_transparent = transparent
        scene.render.filepath = path
        began = time.process_time()
        bpy.ops.render.render(write_still=True)
        return {"taken": path, "cpu_seconds": time.process_time() - began}

    def _try_out(self) -> None:
        """A tiny picture of nothing: fails before any object if an engine, a card or the denoiser is lacking."""
        scene = bpy.context.scene
        scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        scene.collection.objects.link(scene.camera)
        scene.render.resolution_x = scene.render.resolution_y = 16
        bpy.ops.render.render()

    def _clear(self) -> str:
        """An empty scene with our settings; returns what it is computed on."""
        bpy.ops.wm.read_factory_settings(use_empty=True)
        scene = bpy.context.scene
        for kind in ENGINES[self.engine]:
            try:
                scene.render.engine = kind
                break
            except TypeError:  # the name of another version
                continue
        picture = scene.render.image_settings
        picture.file_format, picture.color_mode, picture.color_depth, picture.compression = "PNG", "RGBA", "8", 15
        scene.render.resolution_percentage = 100
        scene.render.dither_intensity = 0.0
        scene.render.use_persistent_data = True  # the next picture of an object finds it ready
        scene.render.use_compositing = scene.render.use_sequencer = False
        scene.view_settings.view_transform = "AgX"
        scene.view_settings.look = "AgX - Medium High Contrast"
        if self.engine == "eevee":
            scene.eevee.taa_render_samples = self.samples
            return "GPU"
        cycles = scene.cycles
        cycles.samples, cycles.use_adaptive_sampling, cycles.max_bounces = self.samples, False, BOUNCES
        cycles.use_denoising = self.denoise
        cycles.use_light_tree = False  # for a few lamps it only costs time
        return choose_device(scene, self.device)


def choose_device(scene, device: str) -> str:
    """Lets Cycles compute on what `device` (auto, cpu or gpu) asks for; returns its name."""
    scene.cycles.device = "CPU"
    if device == "cpu":
        return "CPU"
    preferences = bpy.context.preferences.addons["cycles"].preferences
    for kind in GRAPHICS:
        try:
            preferences.compute_device_type = kind
        except TypeError:  # this Blender was built without it
            continue
        preferences.refresh_devices()
        found = [card for card in preferences.devices if card.type == kind]
        if found:
            for card in preferences.devices:
                card.use = card in found
            scene.cycles.device = "GPU"
            return f"{kind}: {found[0].name}"
    if device == "gpu":
        raise RuntimeError("Cycles finds no graphics card that it can compute on")
    return "CPU"


def put_arrays(path: str):
    with np.load(path, allow_pickle=False) as arrays:
        held = {name: arrays[name] for name in arrays.files}
    mesh = bpy.data.meshes.new("object")
    faces = np.ascontiguousarray(held["faces"], dtype=np.int32)
    mesh.vertices.add(len(held["vertices"]))
    mesh.vertices.foreach_set("co", held["vertices"].astype(np.float32).ravel())
    mesh.loops.add(faces.size)
    mesh.loops.foreach_set("vertex_index", faces.ravel())
    mesh.polygons.add(len(faces))
    mesh.polygons.foreach_set("loop_start", np.arange(0, faces.size, 3, dtype=np.int32))
    mesh.update(calc_edges=True)
    mesh.shade_smooth()
    if "colours" in held:
        colours = np.column_stack([held["colours"], np.ones(len(held["colours"]))]).astype(np.float32)
        mesh.attributes.new(COLOURS, "FLOAT_COLOR", "POINT").data.foreach_set("color", colours.ravel())
    for name in (ROUGHNESS, METALLIC):
        if name in held:
            mesh.attributes.new(name, "FLOAT", "POINT").data.foreach_set("value", held[name].astype(np.float32))
    mesh.normals_split_custom_set_from_vertices(held["normals"].astype(np.float32))
    thing = bpy.data.objects.new("object", mesh)
    bpy.context.collection.objects.link(thing)
    return thing


def put_file(path: str) -> list:
    """The meshes of a file, Z up; what else is in it (cameras, lamps) goes."""
    if path.lower().endswith(".glb"):
        bpy.ops.import_scene.gltf(filepath=path)
    else:
        bpy.ops.wm.obj_import(filepath=path, forward_axis="Y", up_axis="Z")
    for thing in list(bpy.context.scene.objects):
        if thing.type in ("CAMERA", "LIGHT"):
            bpy.data.objects.remove(thing)
    bpy.context.view_layer.update()
    things = [thing for thing in bpy.context.scene.objects if thing.type == "MESH"]
    if not things:
        raise RuntimeError("Blender finds no mesh in it")
    for thing in things:  # free of their parents, so that each is moved once
        world = thing.matrix_world.copy()
        thing.parent = None
        thing.matrix_world = world
    return things


def material(mesh, stone: dict):
    """A material that shows the mesh's attributes, and `stone` for those it lacks."""
    made = bpy.data.materials.new("surface")
    made.use_nodes = True
    nodes, links = made.node_tree.nodes, made.node_tree.links
    principled = next(node for node in nodes if node.type == "BSDF_PRINCIPLED")
    principled.inputs["Base Color"].default_value = (*stone["colour"], 1.0)
    principled.inputs["Roughness"].default_value = stone["roughness"]
    principled.inputs["Metallic"].default_value = stone["metallic"]
    own = mesh.color_attributes[0].name if len(mesh.color_attributes) else COLOURS
    for name, socket, output in (
        (own, "Base Color", "Color"),
        (ROUGHNESS, "Roughness", "Fac"),
        (METALLIC, "Metallic", "Fac"),
    ):
        if name in mesh.attributes:
            node = nodes.new("ShaderNodeAttribute")
            node.attribute_name = name
            links.new(node.outputs[output], principled.inputs[socket])
    return made


def put_camera(scene, parameters: dict) -> None:
    thing = scene.camera
    if thing is None:
        thing = scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        scene.collection.objects.link(thing)
    names = ("sensor_fit", "lens", "sensor_width", "sensor_height", "shift_x", "shift_y", "clip_start", "clip_end")
    for name in names:
        setattr(thing.data, name, parameters[name])
    thing.matrix_world = Matrix(parameters["matrix_world"])
    scene.render.pixel_aspect_x, scene.render.pixel_aspect_y = (
        parameters["pixel_aspect_x"],
        parameters["pixel_aspect_y"],
    )


def put_lamp(lamp: dict) -> None:
    """A square lamp that looks at the origin."""
    thing = bpy.data.objects.new("lamp", bpy.data.lights.new("lamp", "AREA"))
    bpy.context.scene.collection.objects.link(thing)
    thing.data.size, thing.data.energy, thing.data.color = lamp["size"], lamp["watts"], lamp["colour"]
    turn, lift = math.radians(lamp["azimuth"]), math.radians(lamp["elevation"])
    towards = Vector((math.sin(turn) * math.cos(lift), -math.cos(turn) * math.cos(lift), math.sin(lift)))
    thing.location = lamp["distance"] * towards
    thing.rotation_euler = (-towards).to_track_quat("-Z", "Y").to_euler()


def surroundings(light: dict):
    world = bpy.data.worlds.new("light")
    world.use_nodes = True
    nodes, links = world.node_tree.nodes, world.node_tree.links
    background = next(node for node in nodes if node.type == "BACKGROUND")
    if not light["picture"]:
        background.inputs["Color"].default_value = (GREY, GREY, GREY, 1.0)
        return world
    picture = nodes.new("ShaderNodeTexEnvironment")
    picture.image = bpy.data.images.load(light["picture"])
    turned = nodes.new("ShaderNodeMapping")
    # The mapping turns the question, not the picture.
    turned.inputs["Rotation"].default_value = Euler((0.0, 0.0, -math.radians(light["turn"])))
    place = nodes.new("ShaderNodeTexCoord")
    links.new(place.outputs["Generated"], turned.inputs["Vector"])
    links.new(turned.outputs["Vector"], picture.inputs["Vector"])
    links.new(picture.outputs["Color"], background.inputs["Color"])
    background.inputs["Strength"].default_value = light["brightness"] / mean_light(picture.image)
    world.cycles.sampling_method, world.cycles.sample_map_resolution = "MANUAL", LIGHT_MAP
    return world


def mean_light(image) -> float:
    """Mean luminance over the sphere: rows towards the poles count less."""
    width, height = image.size
    pixels = np.empty(width * height * image.channels, dtype=np.float32)
    image.pixels.foreach_get(pixels)
    luminance = pixels.reshape(height, width, image.channels)[..., :3] @ (0.2126, 0.7152, 0.0722)
    weights = np.sin((np.arange(height) + 0.5) / height * np.pi)
    return max(float((luminance.mean(axis=1) * weights).sum() / weights.sum()), 1e-6)


def main() -> None:
    studio = Studio()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = getattr(studio, request.pop("do"))(**request)
        except Exception as error:  # Blender's operators fail in as many ways as there are files
            said = str(error).strip().splitlines() or [type(error).__name__]  # operators say the same thing twice
            answer = {"problem": said[0].removeprefix("Error: ").rstrip(".")}
        sys.stdout.write(f"\n{ANSWER}{json.dumps(answer)}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
