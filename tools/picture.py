"""Makes the README's picture: a real window in which the sample photo has become a statue. tools/picture.py OUT.png

Needs $BLENDER, a Blender that may open a window.
"""

import sys
import tempfile
import time
from pathlib import Path

from blenders import ROOT
from window import Window, build_zip

PHOTO = ROOT / "samples" / "beethoven.jpg"
PATIENCE = 300  # seconds

OPEN = f"""
bpy.ops.wm.read_homefile(use_factory_startup=True)
window = bpy.context.window_manager.windows[0]
for thing in list(bpy.data.objects):
    bpy.data.objects.remove(thing)
view = next(a for a in window.screen.areas if a.type == "VIEW_3D")
with bpy.context.temp_override(window=window, area=view):
    bpy.ops.screen.area_split(direction="VERTICAL", factor=0.55)
editor = max((a for a in window.screen.areas if a.type == "VIEW_3D"), key=lambda a: a.x)
editor.type = "IMAGE_EDITOR"
editor.spaces.active.image = bpy.data.images.load({str(PHOTO)!r})
for area in window.screen.areas:
    if area.type in ("VIEW_3D", "IMAGE_EDITOR"):
        with bpy.context.temp_override(window=window, area=area):  # Blender 4.3 crashes without
            area.spaces.active.show_region_ui = True
"""
SHOW_TAB = """
for area in bpy.context.window_manager.windows[0].screen.areas:
    if area.type in ("VIEW_3D", "IMAGE_EDITOR"):
        for region in area.regions:
            if region.type == "UI":
                region.active_panel_category = "Statue"
                region.tag_redraw()
"""
PRESS = """
window = bpy.context.window_manager.windows[0]
editor = next(a for a in window.screen.areas if a.type == "IMAGE_EDITOR")
canvas = next(r for r in editor.regions if r.type == "WINDOW")
with bpy.context.temp_override(window=window, area=editor, region=canvas):
    bpy.ops.image.view_all(fit_view=True)
    bpy.ops.statue.reconstruct("INVOKE_DEFAULT")
"""
LOOK = """
window = bpy.context.window_manager.windows[0]
view = next(a for a in window.screen.areas if a.type == "VIEW_3D")
view.spaces.active.shading.type = "MATERIAL"
region = next(r for r in view.regions if r.type == "WINDOW")
statue = next(o for o in bpy.data.objects if o.type == "MESH" and "statue_job" in o)
bpy.context.view_layer.objects.active = statue
statue.select_set(True)
from mathutils import Vector
bpy.context.preferences.view.smooth_view = 0  # or the movements below would get into each other's way
with bpy.context.temp_override(window=window, area=view, region=region):
    bpy.ops.view3d.view_axis(type="FRONT")
    bpy.ops.view3d.view_orbit(angle=0.6, type="ORBITRIGHT")
    bpy.ops.view3d.view_selected()
there = view.spaces.active.region_3d
there.view_location += there.view_rotation @ Vector((0.55, 0, 0))  # out from under the sidebar
"""
JOB = "__import__('sys').modules[PACKAGE].session.jobs._jobs[-1]"


def main(out: Path) -> None:
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        zip_file = build_zip(Path(folder))
        window = Window(Path(folder) / "window", zip_file, Path(sys.executable), Path(folder) / "resources")
        try:
            window.run(OPEN)
            time.sleep(1)  # regions get their tabs with their first drawing
            window.run(SHOW_TAB)
            window.wait("__import__('sys').modules[PACKAGE].session.runtime.problem() is None", 10)
            window.run(PRESS)
            window.wait(f"{JOB}.inserted", PATIENCE)
            window.run(LOOK)
            for _ in range(3):  # Material Preview compiles its shaders, slowly without a graphics card
                time.sleep(5)
                window.run("answer = None", seconds=120)
            window.shoot(out)
        finally:
            window.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
