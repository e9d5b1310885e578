"""The camera that took the photo, with the photo behind the picture, so that a render through it lies on the photo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from mathutils import Matrix, Vector

from .material import packed_image
from .statue import CAMERA, JOB, KIND

PHOTO_OPACITY = 0.5  # half photo, half statue: both outlines can be compared
DISPLAY_SIZE = 0.25  # of the camera's wireframe; beside a statue of 1.8
PHOTO_SIZE = "statue_photo_size"  # custom property on the camera: width and height in pixels
PIXEL_ASPECT = "statue_pixel_aspect"  # and another: width and height of one of them


def add_camera(
    statue: bpy.types.Object,
    collection: bpy.types.Collection,
    fields: dict[str, Any],
    photo: Path | None,
    offset: Vector,
) -> bpy.types.Object:
    """Puts the photo's camera beside a statue and parents it, so that it goes along when the statue is moved or scaled.

    `fields` are those of camera.json; `offset` is what was added to the statue's vertices.
    """
    blender = fields["blender"]
    lens = bpy.data.cameras.new(f"{statue.name} Camera")
    for name in ("sensor_fit", "sensor_width", "sensor_height", "lens", "shift_x", "shift_y", "clip_start", "clip_end"):
        setattr(lens, name, blender[name])
    lens.display_size = DISPLAY_SIZE
    lens.show_passepartout = True
    camera = bpy.data.objects.new(lens.name, lens)
    camera[JOB], camera[KIND] = statue[JOB], CAMERA
    camera[PHOTO_SIZE] = [int(fields["width"]), int(fields["height"])]
    camera[PIXEL_ASPECT] = [float(blender.get(name, 1.0)) for name in ("pixel_aspect_x", "pixel_aspect_y")]
    collection.objects.link(camera)
    camera.parent = statue
    camera.matrix_basis = Matrix.Translation(offset) @ Matrix(blender["matrix_world"])
    if photo is not None:
        image = packed_image(photo, f"{statue.name} Photo")
        image.display_aspect = camera[PIXEL_ASPECT]
        _hang_photo(lens, image)
    return camera


def camera_of(statue: bpy.types.Object) -> bpy.types.Object | None:
    """The matched camera of a statue: its child, else (the user took it out) one of the same job."""
    same_job = [
        thing
        for thing in bpy.data.objects
        if thing.type == "CAMERA"
        and thing.get(KIND) == CAMERA
        and thing.get(JOB) == statue.get(JOB)
        and thing.users_scene
    ]
    children = [camera for camera in same_job if camera.parent == statue]
    strays = [camera for camera in same_job if camera.parent is None]
    return next(iter(children + strays), None)


def match_render_size(scene: bpy.types.Scene, camera: bpy.types.Object) -> None:
    """Gives the scene the photo's size and its kind of pixels, so that a render is the photo's picture, no more."""
    if PHOTO_SIZE not in camera:
        return
    render = scene.render
    render.resolution_x, render.resolution_y = camera[PHOTO_SIZE]
    render.pixel_aspect_x, render.pixel_aspect_y = _pixel_aspect(camera)
    fit_to_frame(scene, camera)


def fit_to_frame(scene: bpy.types.Scene, camera: bpy.types.Object) -> None:
    """Makes the whole photo fit into the scene's frame, whatever its shape, without touching the scene.

    Blender ties a camera's field of view to one side of the frame. If the frame is wider than the photo that must be
    the height, else the width; then the photo, drawn as large as fits, and the statue stay on each other. Lens and
    shift are restated for the new side, so the photo's own picture does not change.
    """
    if PHOTO_SIZE not in camera:
        return
    lens, render = camera.data, scene.render
    width, height = (count * side for count, side in zip(camera[PHOTO_SIZE], _pixel_aspect(camera), strict=True))
    frame = render.resolution_x * render.pixel_aspect_x / (render.resolution_y * render.pixel_aspect_y)
    wanted = "VERTICAL" if frame > width / height else "HORIZONTAL"
    if lens.sensor_fit == wanted:
        return
    sides = {
        "HORIZONTAL": (lens.sensor_width, width),
        "VERTICAL": (lens.sensor_height, height),
        "AUTO": (lens.sensor_width, max(width, height)),
    }
    (sensor, side), (new_sensor, new_side) = sides[lens.sensor_fit], sides[wanted]
    lens.sensor_fit = wanted
    lens.lens *= new_sensor / sensor * side / new_side
    lens.shift_x *= side / new_side
    lens.shift_y *= side / new_side


def _pixel_aspect(camera: bpy.types.Object) -> tuple[float, float]:
    """Width and height of the photo's pixels; cameras of earlier versions have square ones."""
    across, down = camera.get(PIXEL_ASPECT, (1.0, 1.0))
    return across, down


def _hang_photo(lens: bpy.types.Camera, photo: bpy.types.Image) -> None:
    """In front of the statue, half transparent: behind it, the part worth comparing would be hidden."""
    background = lens.background_images.new()
    background.image = photo
    background.alpha = PHOTO_OPACITY
    background.display_depth = "FRONT"
    background.frame_method = "FIT"
    lens.show_background_images = True
