"""Runs in bpy: installs the zip, presses Reconstruct, saves what came: ZIP ENGINE_PYTHON PHOTO OUT_FOLDER."""

import importlib
import math
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

RESOURCES = tempfile.TemporaryDirectory(prefix="statue-recon-demo-", ignore_cleanup_errors=True)
os.environ["BLENDER_USER_RESOURCES"] = RESOURCES.name  # the developer's own Blender stays as it is

import bpy  # noqa: E402 - it reads BLENDER_USER_RESOURCES when it is imported

PACKAGE = "bl_ext.user_default.statue_recon"
PATIENCE = 600  # seconds
VIEW = 640  # pixels of a picture's height


def main(zip_file: str, engine: str, photo: str, out: str) -> None:
    bpy.ops.extensions.package_install_files(filepath=zip_file, repo="user_default", enable_on_install=True)
    bpy.context.preferences.addons[PACKAGE].preferences.engine_python = engine
    bpy.ops.wm.read_homefile(use_empty=False, use_factory_startup=True)
    bpy.data.objects.remove(bpy.data.objects["Cube"])
    statue, seconds = reconstruct(photo)
    folder = Path(statue["statue_folder"])
    shutil.copy(folder / "result" / "mesh.glb", Path(out) / "statue.glb")
    take_pictures(statue, Path(out))
    bpy.ops.wm.save_as_mainfile(filepath=str(Path(out) / "statue.blend"))
    print(f"DEMO {len(statue.data.polygons):,} faces, {seconds:.0f} s from the button to the statue in the scene.")


def reconstruct(photo: str) -> tuple[bpy.types.Object, float]:
    """Shows the photo in an Image Editor, presses the button and lets the timers run until the statue is there."""
    jobs = importlib.import_module(f"{PACKAGE}.session.jobs")
    importlib.import_module(f"{PACKAGE}.session.runtime").refresh()
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "PROPERTIES")
    area.type = "IMAGE_EDITOR"
    area.spaces.active.image = bpy.data.images.load(photo)
    began = time.monotonic()
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.statue.reconstruct()
    job = jobs.current(window.scene)
    while job.state.active or (jobs.waits(job) and not job.problem):
        jobs.tick()  # without a window nothing calls Blender's timers
        if time.monotonic() - began > PATIENCE:
            sys.exit(f"Not done after {PATIENCE} s: see {job.state.log}")
        time.sleep(0.1)
    if not job.inserted:
        sys.exit(f"{job.state.failure or job.problem} {job.state.next_step}\n{job.state.log.read_text()}")
    return next(thing for thing in bpy.data.objects if thing.get("statue_job") == job.id), time.monotonic() - began


def take_pictures(statue: bpy.types.Object, out: Path) -> None:
    """Through the matched camera, from the side, from behind, and with the overlay of what was seen."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = 16
    scene.view_settings.view_transform = "Standard"
    scene.render.film_transparent = True
    scene.world.node_tree.nodes["Background"].inputs["Color"].default_value = (0.9, 0.9, 0.9, 1)
    camera = next(child for child in statue.children if child.type == "CAMERA")
    width, height = camera["statue_photo_size"]
    scene.render.resolution_x, scene.render.resolution_y = round(VIEW * width / height), VIEW
    scene.camera = camera
    take(scene, out / "view_1_camera.png")
    scene.render.resolution_x = scene.render.resolution_y = VIEW
    orbit = bpy.data.objects.new("Demo Orbit", None)
    scene.collection.objects.link(orbit)
    orbit.location = (statue.location.x, statue.location.y, statue.dimensions.z / 2)
    scene.camera = bpy.data.objects["Camera"]
    scene.camera.parent = orbit
    scene.camera.location, scene.camera.rotation_euler = (0, -4.6, 0), (math.pi / 2, 0, 0)
    scene.camera.data.lens = 60
    for number, (name, turn) in enumerate([("left", -50), ("right", 50), ("back", 160)], start=2):
        orbit.rotation_euler = (math.radians(-8), 0, math.radians(turn))
        take(scene, out / f"view_{number}_{name}.png")
    statue.statue.show_seen = True
    orbit.rotation_euler.z = math.radians(70)
    take(scene, out / "view_5_seen.png")
    statue.statue.show_seen = False


def take(scene, path: Path) -> None:
    scene.render.filepath = str(path)
    bpy.ops.render.render(write_still=True)


if __name__ == "__main__":
    main(*sys.argv[1:5])
