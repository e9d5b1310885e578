"""How much nearer carving brings the seen surface: .venv/bin/python bench/carve.py FOLDER_OF_PLY [OPTIONS]

Each statue is drawn from the front by our own renderer under a light from the side, or by Cycles (--cycles PYTHON, one
that has bpy; with textures, three bounces and the HDRIs of --lights). The photo goes through inflate, fit and extract
at --quality, and the mesh is carved (a) by the true normals with 10 degrees of noise, which shows what carving itself
can do, and (b) by the shading of the photo. Prints JSON: angles in degrees between the normals of mesh and scan at the
photo's pixels that see both, with the mesh where it is; chamfer and normal consistency in the protocol *unit box*.
--sheet writes a picture: photo, mesh, (a), (b), scan. Tune on training statues only.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for Blender's Python, which has no engine installed

import numpy as np

from statue_recon.camera import Camera

SUNS = ((-0.6, -0.5, -0.6), (0.7, -0.4, -0.6), (-0.3, -0.8, -0.5))  # towards the light, in the camera's frame
AMBIENT, SUN = 0.25, 0.65
NOISE = 10.0  # degrees
# Two colours, the size of the pattern on a statue 1.8 tall, roughness.
MATERIALS = {
    "plaster": ((0.72, 0.70, 0.66), (0.78, 0.76, 0.72), 3.0, 0.8),
    "marble": ((0.55, 0.52, 0.47), (0.80, 0.79, 0.76), 2.5, 0.35),
    "stone": ((0.28, 0.25, 0.20), (0.52, 0.47, 0.40), 60.0, 0.9),
    "bronze": ((0.10, 0.065, 0.03), (0.16, 0.27, 0.20), 4.0, 0.45),
}
SAMPLES = 20
EXPOSURE = 0.55  # the mean radiance an HDRI is scaled to
SHEET = 360  # pixels of height of a row


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--only", nargs="*", help="names of statues")
    parser.add_argument("--quality", default="draft")
    parser.add_argument("--cycles", type=Path, help="a Python that has bpy")
    parser.add_argument("--lights", type=Path, help="a folder of HDRIs, for --cycles")
    parser.add_argument("--sheet", type=Path)
    options = parser.parse_args()
    rows, pictures = {}, []
    paths = [path for path in sorted(options.folder.glob("*.ply")) if not options.only or path.stem in options.only]
    for number, path in enumerate(paths):
        rows[path.stem], row = measure(path, number, options)
        pictures.append(row)
        sys.stderr.write(f"{path.stem} {json.dumps(rows[path.stem])}\n")
    numbers = next(iter(rows.values())).keys() - {"flaw", "photo"}
    mean = {name: round(float(np.mean([row[name] for row in rows.values()])), 4) for name in sorted(numbers)}
    if options.sheet:
        write_sheet(options.sheet, pictures)
    sys.stdout.write(json.dumps({"quality": options.quality, "statues": rows, "mean": mean}, indent=2) + "\n")


def measure(path: Path, number: int, options: argparse.Namespace) -> tuple[dict, list[np.ndarray]]:
    import trimesh
    from silhouette import compare

    from statue_recon.field.fit import fit
    from statue_recon.field.silhouette import inflate
    from statue_recon.mesh.carve import carve, carved, front_of
    from statue_recon.mesh.extract import extract, flaw
    from statue_recon.mesh.mesh import Mesh
    from statue_recon.photo.normals import Normals
    from statue_recon.quality import QUALITIES
    from statue_recon.report import Report

    loaded = trimesh.load(path, process=False)
    truth = Mesh(np.asarray(loaded.vertices, np.float32), np.asarray(loaded.faces, np.int32))
    photo, what = photo_of(truth, number, options)
    quality = QUALITIES[options.quality]
    with tempfile.TemporaryDirectory() as folder:
        report = Report(Path(folder))
        mesh = extract(fit(inflate(photo, quality), photo, quality, "cpu", report))
        report.close()
    front = front_of(mesh, photo.camera, "cpu")
    normals, there = normals_under(truth, front.camera)
    noise = np.random.default_rng(0).normal(scale=np.radians(NOISE) / np.sqrt(2), size=normals.shape)
    given = normals + noise * there[..., None]
    given /= np.linalg.norm(given, axis=2, keepdims=True)
    by_truth = carve(mesh, photo, front, Normals(given.astype(np.float32), there.astype(np.float32), "truth"), "cpu")
    began = time.perf_counter()
    by_photo, source = carved(mesh, photo, "cpu")
    row: dict = {"photo": what, "seconds": round(time.perf_counter() - began, 2), "faces": len(mesh.faces)}
    pictures = [photo.rgb * photo.alpha[..., None]]
    wanted, shown = normals_under(truth, photo.camera)
    for name, made in (("before", mesh), ("by_truth", by_truth), (f"by_{source}", by_photo)):
        found, also = normals_under(made, photo.camera)
        cosines = np.einsum("ij,ij->i", found[shown & also], wanted[shown & also])
        angles = np.degrees(np.arccos(np.clip(cosines, -1, 1)))
        row[f"{name}_mean"], row[f"{name}_median"] = round(float(angles.mean()), 2), round(float(np.median(angles)), 2)
        row |= {f"{name}_{key}": value for key, value in compare(made, truth).items() if key != "point_to_surface"}
        pictures.append(shaded(found, also))
    row["flaw"] = flaw(by_photo) or flaw(by_truth)
    return row, [*pictures, shaded(wanted, shown)]


def photo_of(truth, number: int, options: argparse.Namespace):
    """The photo of a statue and in words what it was drawn with."""
    from silhouette import frontal_photo

    photo = frontal_photo(truth)
    if not options.cycles:
        normals, there = normals_under(truth, photo.camera)
        sun = SUNS[number % len(SUNS)]
        return replace(photo, rgb=shaded(normals, there, sun)), f"Lambert, light from {sun}"
    import cv2

    lights = sorted(options.lights.glob("*.hdr"))
    light, material = lights[5 * number % len(lights)], list(MATERIALS)[number % len(MATERIALS)]
    with tempfile.TemporaryDirectory() as folder:
        job = Path(folder) / "job.npz"
        turn = 2.4 * number  # radians; the light comes from wherever it comes
        words = json.dumps([photo.camera.to_json(), str(light), material, turn])
        np.savez(job, vertices=truth.vertices, faces=truth.faces, words=words)
        command = [str(options.cycles), str(Path(__file__).resolve()), "--draw", str(job)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        drawn = cv2.imread(str(job.with_suffix(".png")), cv2.IMREAD_UNCHANGED).astype(np.float32) / 255
    rgb, alpha = np.ascontiguousarray(drawn[..., 2::-1]), np.ascontiguousarray(drawn[..., 3])
    return replace(photo, rgb=rgb, alpha=alpha), f"Cycles, {material} in {light.stem}"


def normals_under(mesh, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """The normals [H, W, 3] of a mesh under the pixels, in the camera's frame, and where there are any."""
    from statue_recon.render.raster import cover_of_photo

    cover = cover_of_photo(mesh, camera)
    there = cover.faces >= 0
    normals = np.zeros((*there.shape, 3), np.float32)
    normals[..., 2] = -1.0
    normals[there] = cover.of(mesh.normals, mesh.faces) @ camera.rotation.T.astype(np.float32)
    return normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-6), there


def shaded(normals: np.ndarray, there: np.ndarray, sun: Sequence[float] = SUNS[0]) -> np.ndarray:
    """[H, W, 3] sRGB of a matt grey thing with these normals."""
    linear = AMBIENT + SUN * np.clip(normals @ (np.array(sun) / np.linalg.norm(sun)), 0, 1)
    shade = (1.055 * linear ** (1 / 2.4) - 0.055) * there
    return np.repeat(shade[..., None], 3, axis=2).astype(np.float32)


def write_sheet(path: Path, rows: list[list[np.ndarray]]) -> None:
    import cv2

    small = [
        np.hstack([cv2.resize(one, (SHEET * one.shape[1] // one.shape[0], SHEET)) for one in pictures])
        for pictures in rows
    ]
    wide = max(row.shape[1] for row in small)
    sheet = np.vstack([np.pad(row, ((0, 0), (0, wide - row.shape[1]), (0, 0))) for row in small])
    cv2.imwrite(str(path), np.round(255 * np.clip(sheet[..., ::-1], 0, 1)).astype(np.uint8))


def draw(job: Path) -> None:
    """Runs in a Python that has bpy: draws the job with Cycles into a PNG beside it."""
    import bpy
    from mathutils import Matrix

    arrays = np.load(job)
    camera, light, material, turn = json.loads(str(arrays["words"]))
    bpy.ops.wm.read_factory_settings(use_empty=True)
    scene = bpy.context.scene
    statue = add_mesh(scene, arrays["vertices"], arrays["faces"])
    statue.data.shade_smooth()
    statue.data.materials.append(material_of(*MATERIALS[material]))
    low = float(arrays["vertices"][:, 2].min())
    corners = np.array([[x, y, low] for x, y in ((-5, -5), (5, -5), (5, 5), (-5, 5))])
    add_mesh(scene, corners, np.array([[0, 1, 2], [0, 2, 3]])).visible_camera = False  # a floor that throws light back
    pose = Camera.from_json(camera).to_blender()
    eye = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
    scene.collection.objects.link(eye)
    eye.matrix_world = Matrix(pose.pop("matrix_world"))
    for name, value in pose.items():
        setattr(scene.render if name.startswith("pixel_aspect") else eye.data, name, value)
    scene.camera = eye
    surround(scene, light, turn)
    scene.render.engine = "CYCLES"
    scene.cycles.samples, scene.cycles.use_denoising, scene.cycles.max_bounces = SAMPLES, True, 3
    scene.render.film_transparent = True
    scene.render.resolution_x, scene.render.resolution_y = camera["width"], camera["height"]
    scene.view_settings.view_transform = "Standard"
    scene.render.image_settings.color_mode = "RGBA"
    scene.render.filepath = str(job.with_suffix(".png"))
    bpy.ops.render.render(write_still=True)


def add_mesh(scene, vertices: np.ndarray, faces: np.ndarray):
    import bpy

    mesh = bpy.data.meshes.new("mesh")
    mesh.from_pydata(vertices.tolist(), [], faces.tolist())
    mesh.validate()
    thing = bpy.data.objects.new("thing", mesh)
    scene.collection.objects.link(thing)
    return thing


def material_of(dark, light, scale: float, roughness: float):
    import bpy

    material = bpy.data.materials.new("material")
    material.use_nodes = True
    nodes, link = material.node_tree.nodes, material.node_tree.links.new
    noise, ramp = nodes.new("ShaderNodeTexNoise"), nodes.new("ShaderNodeValToRGB")
    noise.inputs["Scale"].default_value, noise.inputs["Detail"].default_value = scale, 6.0
    for end, colour, place in zip(ramp.color_ramp.elements, (dark, light), (0.38, 0.62), strict=True):
        end.color, end.position = (*colour, 1.0), place
    link(nodes.new("ShaderNodeTexCoord").outputs["Object"], noise.inputs["Vector"])
    link(noise.outputs["Fac"], ramp.inputs["Fac"])
    link(ramp.outputs["Color"], nodes["Principled BSDF"].inputs["Base Color"])
    nodes["Principled BSDF"].inputs["Roughness"].default_value = roughness
    return material


def surround(scene, light: str, turn: float) -> None:
    """Lights the scene by an HDRI turned about the vertical axis."""
    import bpy

    scene.world = bpy.data.worlds.new("world")
    scene.world.use_nodes = True
    nodes, link = scene.world.node_tree.nodes, scene.world.node_tree.links.new
    picture, mapping = nodes.new("ShaderNodeTexEnvironment"), nodes.new("ShaderNodeMapping")
    picture.image = bpy.data.images.load(light)
    mapping.inputs["Rotation"].default_value[2] = turn
    link(nodes.new("ShaderNodeTexCoord").outputs["Generated"], mapping.inputs["Vector"])
    link(mapping.outputs["Vector"], picture.inputs["Vector"])
    link(picture.outputs["Color"], nodes["Background"].inputs["Color"])
    pixels = np.empty(len(picture.image.pixels), np.float32)
    picture.image.pixels.foreach_get(pixels)
    mean = float(pixels.reshape(-1, 4)[:, :3].mean())
    nodes["Background"].inputs["Strength"].default_value = EXPOSURE / max(mean, 1e-3)


if __name__ == "__main__":
    if "--draw" in sys.argv:
        draw(Path(sys.argv[-1]))
        os._exit(0)  # bpy as a module crashes now and then while it is unloaded
    main()
