"""Thumbnails of the presets, and sheets to look at them large.

    python -m tools.edit_thumbnails RESULT_DIR                       # writes statue_recon/edit/thumbnails/*.png
    python -m tools.edit_thumbnails RESULT_DIR --sheet SHEET.png     # also: before, and every preset, side by side

RESULT_DIR: a result of the engine, or a folder with a mesh.npz and a texture.png like it.
Lit by a soft sky, a sun and a rim light, with the layer's own roughness and metal.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from statue_recon.camera import Camera
from statue_recon.contract_edit import EditRequest
from statue_recon.edit.presets import THUMBNAILS, Preset, presets
from statue_recon.edit.shape import shape_edit
from statue_recon.edit.statue import Layer, Region, Statue
from statue_recon.edit.surface import surface_edit
from statue_recon.edit.surface_form import Form
from statue_recon.mesh.mesh import Mesh, TexturedMesh
from statue_recon.photo.light import linear, srgb
from statue_recon.render.gbuffer import gbuffer
from statue_recon.render.interpolate import interpolated
from statue_recon.report import Report
from statue_recon.texture.sight import sample
from statue_recon.texture.surface import Surface

SIDE = 96  # pixels of a thumbnail
FINER = 3  # rendered larger, then averaged
COLOURS = 128  # of a thumbnail's palette: below 10 KB, and no banding that one could see
GROUND = np.array((0.030, 0.030, 0.033))  # light behind the statue
LIGHTS = (  # towards the light, in the camera's frame (x right, y down, z away), and its colour
    ((-0.55, -0.75, -0.6), (2.0, 1.93, 1.8)),
    ((0.9, -0.2, 0.25), (0.9, 1.0, 1.15)),
    ((0.5, 0.1, -0.9), (0.35, 0.35, 0.4)),
)
EXPOSURE = 0.7  # white marble stays below white
BUMP = 1.0  # how strongly the layer's relief turns normals


def main() -> None:
    given = _arguments()
    statue = read_statue(given.result)
    scene = Scene(statue, given.azimuth, given.elevation, SIDE * FINER if given.sheet is None else given.side)
    with tempfile.TemporaryDirectory() as folder:
        report = Report(Path(folder))
        pictures = {"before": scene.picture(scene.below())}
        for preset in presets():
            if not given.only or preset.identifier in given.only:
                pictures[preset.identifier] = shown(preset, statue, scene, given, report)
                if given.sheet is not None:  # as far as it has come
                    Image.fromarray(tiled(list(pictures.values()), given.columns)).save(given.sheet)
        report.close()
    if given.only:
        return
    THUMBNAILS.mkdir(exist_ok=True)
    for preset in presets():
        if preset.identifier in pictures:
            small = Image.fromarray(pictures[preset.identifier]).resize((SIDE, SIDE), Image.Resampling.BOX)
            small.quantize(COLOURS).save(THUMBNAILS / preset.thumbnail, optimize=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("result", type=Path)
    parser.add_argument("--sheet", type=Path)
    parser.add_argument("--side", type=int, default=640)
    parser.add_argument("--columns", type=int, default=4)
    parser.add_argument("--azimuth", type=float, default=-25.0)
    parser.add_argument("--elevation", type=float, default=8.0)
    parser.add_argument("--only", nargs="*", help="identifiers of presets")
    parser.add_argument("--preview", action="store_true", help="512 texels: enough for thumbnails")
    return parser.parse_args()


def shown(preset: Preset, statue: Statue, scene: Scene, given: argparse.Namespace, report: Report) -> NDArray[np.uint8]:
    """The statue after an edit: in another material where it stands, or with another shape."""
    request = request_of(preset, given.preview)
    if preset.what == "surface":
        return scene.picture(scene.over(surface_edit(statue, everywhere(statue), request, "cpu", report)))
    offset = shape_edit(statue, everywhere(statue), request, "cpu", report).astype(np.float32)
    mesh = Mesh(statue.textured.mesh.vertices + offset, statue.textured.mesh.faces)
    changed = Statue(replace(statue.textured, mesh=mesh))
    there = Scene(changed, given.azimuth, given.elevation, scene.side)
    return there.picture(there.below())


def request_of(preset: Preset, preview: bool) -> EditRequest:
    return EditRequest(
        ".", preset.prompt, preset.avoid, preset.what, strength=preset.strength, keep_seen=False, preview=preview
    )


def read_statue(folder: Path) -> Statue:
    """A result of the engine, without its photo."""
    told = np.load(folder / "mesh.npz")
    atlas = np.asarray(Image.open(folder / "texture.png").convert("RGB"))
    textured = TexturedMesh(Mesh(told["vertices"], told["faces"]), told["uv"], atlas, told["seen"])
    return Statue(textured)


def everywhere(statue: Statue) -> Region:
    size = len(statue.textured.atlas)
    return Region(np.ones(len(statue.textured.mesh.vertices), np.float32), np.ones((size, size), np.float32))


class Scene:
    """A statue before a camera, to be lit in many materials."""

    def __init__(self, statue: Statue, azimuth: float, elevation: float, side: int):
        mesh, self.side = statue.textured.mesh, side
        middle = (mesh.vertices.min(axis=0) + mesh.vertices.max(axis=0)) / 2
        camera = Camera.orbit(azimuth, elevation, 6.0, side, side, 3.0 * side, tuple(middle.tolist()))
        self._atlas = statue.textured.atlas
        self._drawn = gbuffer(mesh, camera)
        self._there = self._drawn.there
        faces, weights = self._drawn.faces[self._there], self._drawn.weights[self._there]
        uv = np.einsum("nk,nkc->nc", weights, statue.textured.uv[faces])
        self._texels = np.column_stack([uv[:, 0], 1 - uv[:, 1]])  # 0 … 1, from the top left
        free = Form.of(mesh, Surface.of(mesh), "cpu", 48).spots.open
        self._open = interpolated(free[:, None], mesh.faces, faces, weights, 0.0)[:, 0]
        self._normal = (self._drawn.normal[self._there] @ camera.rotation.T).astype(np.float32)
        towards = camera.position - self._drawn.position[self._there]
        self._eye = (towards / np.linalg.norm(towards, axis=1, keepdims=True)) @ camera.rotation.T
        self._pixel = 2.0 / side

    def below(self) -> dict[str, NDArray]:
        """The texture as it is."""
        count = len(self._texels)
        colour = self._of(linear(self._atlas / 255.0).astype(np.float32))
        return {"light": colour, "rough": np.full(count, 0.7), "metal": np.zeros(count), "height": np.zeros(count)}

    def over(self, layer: Layer) -> dict[str, NDArray]:
        """The texture under a layer."""
        below = self.below()
        mask = self._of((layer.mask / 255.0).astype(np.float32))[:, None]
        light = self._of(linear(layer.colour / 255.0).astype(np.float32))
        assert layer.gloss is not None and layer.relief is not None  # as the layers of materials have them
        gloss = self._of((layer.gloss / 255.0).astype(np.float32))
        return {
            "light": below["light"] * (1 - mask) + mask * light,
            "rough": below["rough"] * (1 - mask[:, 0]) + mask[:, 0] * gloss[:, 0],
            "metal": mask[:, 0] * gloss[:, 1],
            "height": mask[:, 0] * self._of(layer.relief),
        }

    def picture(self, told: dict[str, NDArray]) -> NDArray[np.uint8]:
        """[side, side, 3] sRGB: Cook–Torrance lights and a soft sky."""
        normal, eye, rough = self._bumped(told["height"]), self._eye, np.clip(told["rough"], 0.04, 1.0)
        metal, base = told["metal"][:, None], told["light"]
        mirror = 0.04 * (1 - metal) + metal * base
        facing = np.clip((normal * eye).sum(axis=1), 0.05, 1.0)
        alpha = rough**2
        total = np.zeros_like(base)
        for towards, colour in LIGHTS:
            way = np.array(towards) / np.linalg.norm(towards)
            lit = np.clip(normal @ way, 0.0, 1.0)
            half = eye + way
            half /= np.linalg.norm(half, axis=1, keepdims=True)
            near = np.clip((normal * half).sum(axis=1), 0.0, 1.0)
            spread = alpha**2 / (np.pi * (near**2 * (alpha**2 - 1) + 1) ** 2)
            shadow = 0.5 / (lit * (facing * (1 - alpha) + alpha) + facing * (lit * (1 - alpha) + alpha) + 1e-6)
            fresnel = mirror + (1 - mirror) * (1 - np.clip((half @ way)[:, None], 0, 1)) ** 5
            shine = (spread * shadow)[:, None] * fresnel
            shade = np.clip(self._open * 1.6 - 0.2, 0, 1)[:, None]
            total += (((1 - metal) * base / np.pi + np.minimum(shine, 6.0)) * (lit * shade[:, 0])[:, None]) * colour
        bounced = 2 * (normal * eye).sum(axis=1, keepdims=True) * normal - eye
        fresnel = mirror + (np.maximum(1 - rough[:, None], mirror) - mirror) * (1 - facing[:, None]) ** 5
        around = (1 - metal) * base * _sky(normal, np.ones(len(rough))) + fresnel * _sky(bounced, rough)
        total += around * self._open[:, None]
        picture = np.tile(GROUND, (*self._there.shape, 1))
        picture[self._there] = total
        return np.rint(255.0 * srgb(np.clip(_film(EXPOSURE * picture), 0.0, 1.0))).astype(np.uint8)

    def _bumped(self, height: NDArray) -> NDArray:
        """The normals [N, 3] turned by a height on the pixels."""
        field = np.zeros(self._there.shape)
        field[self._there] = height
        down, right = np.gradient(field, self._pixel)
        inside = self._there & np.roll(self._there, 1, 0) & np.roll(self._there, -1, 0)
        inside &= np.roll(self._there, 1, 1) & np.roll(self._there, -1, 1)
        slope = np.stack([right * inside, down * inside], axis=-1)[self._there]
        normal = self._normal.copy()
        normal[:, :2] -= BUMP * np.clip(slope, -0.7, 0.7)
        return normal / np.linalg.norm(normal, axis=1, keepdims=True)

    def _of(self, picture: NDArray) -> NDArray:
        """A picture of the atlas at the pixels that show the statue."""
        return sample(np.ascontiguousarray(picture, np.float32), (len(picture) * self._texels).astype(np.float32))


def _sky(way: NDArray, rough: NDArray) -> NDArray:
    """Light [N, 3] from a studio: bright above, a window to the left, a dark floor; blurred by roughness."""
    soft = 0.08 + 0.9 * rough
    up = 0.5 + 0.5 * np.tanh(-way[:, 1] / soft)
    window = np.exp(-((way @ (np.array((-0.75, -0.35, -0.55)) / 0.995) - 1) ** 2) / (0.02 + 0.3 * soft) ** 2)
    strip = np.exp(-((way[:, 0] - 0.85) ** 2) / (0.01 + 0.25 * soft)) * (way[:, 2] < 0.6)
    sky = up[:, None] * np.array((0.52, 0.56, 0.62)) + (1 - up[:, None]) * np.array((0.10, 0.09, 0.08))
    return sky + (0.9 * window / (1 + 2.5 * rough))[:, None] + (0.5 * strip / (1 + 3 * rough))[:, None]


def _film(light: NDArray) -> NDArray:
    """Highlights roll off as on film (Narkowicz's fit of ACES)."""
    return light * (2.51 * light + 0.03) / (light * (2.43 * light + 0.59) + 0.14)


def tiled(pictures: list[NDArray], columns: int) -> NDArray:
    rows = [pictures[first : first + columns] for first in range(0, len(pictures), columns)]
    blank = np.zeros_like(pictures[0])
    return np.vstack([np.hstack(row + [blank] * (columns - len(row))) for row in rows])


if __name__ == "__main__":
    main()
