"""Who takes the pictures: Blender, or the fast path alone.

Depth and normals are the fast path's in both cases: exact, from the very camera Blender is given, in all its versions.
"""

from __future__ import annotations

import json
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from ...camera import Camera
from .blender import Blender, Refused
from .fast import FastScene
from .layout import LONGEST_SIDE, View, depth_range
from .light import displayed_surroundings
from .picture import (
    colour_picture,
    depth_picture,
    millimetres,
    normal_picture,
    write_png,
    write_whole,
)
from .setting import Setting
from .shape import OWN_MATERIALS, Shape

FINER = 3  # places along each side of a pixel for colour and alpha of the fast path
_OTHER_SHAPE = 0.01  # of the longest side, by which Blender's bounding box may differ from ours
_OBJECTS_EACH = 200  # that one Blender renders; then a fresh one, for what it does not free

Wanted = tuple[View, int, Path | None]  # a view, the seed of its noise, and a picture to put behind it
Seen = dict[str, NDArray]  # what FastScene.look gives, of one view


class Taker(ABC):
    """Takes pictures of one object after the other."""

    about: dict[str, Any] = {}  # what the JSON of a view says of the renderer

    def __enter__(self) -> Taker:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        return None

    @abstractmethod
    def load(self, path: Path, shape: Shape, setting: Setting) -> None:
        """Makes an object ready."""

    @abstractmethod
    def pictures(self, wanted: Iterable[Wanted]) -> Iterator[tuple[View, NDArray, Seen]]:
        """The pictures [H, W, 4] uint8, with depth and normals, in the order wanted."""


class WarpTaker(Taker):
    """The fast path."""

    def __init__(self, background: str, device: str):
        self._background, self._device = background, "cpu" if device == "cpu" else "cuda"

    def load(self, path: Path, shape: Shape, setting: Setting) -> None:
        framed = shape.framed()
        colours = framed.colours
        if colours is None:
            colours = np.broadcast_to(np.array(setting.stone[0], np.float32), framed.mesh.vertices.shape)
        self._scene = FastScene(framed.mesh, colours, framed.normals, self._device)
        self._setting, self._light = setting, setting.light_of_fast_path()

    def pictures(self, wanted: Iterable[Wanted]) -> Iterator[tuple[View, NDArray, Seen]]:
        for view, _, behind in wanted:
            seen = _only(self._scene.look([view.camera], self._light, FINER))
            colour = colour_picture(seen["rgb"], seen["alpha"])
            if self._background == "light" and self._setting.picture:
                shown = displayed_surroundings(Path(self._setting.picture), self._setting.turn, view.camera)
                colour = _in_front_of(colour, shown)
            yield view, _in_front_of(colour, _fitting(behind, view.camera)) if behind else colour, seen


class BlenderTaker(Taker):
    """Blender for the colours, in a process of its own."""

    def __init__(self, program: str, settings: dict[str, Any], device: str, errors: Path):
        self._program, self._errors = program, errors
        self._transparent = settings["background"] != "light"
        self._set_up = {"do": "set_up", "device": device, "engine": settings["renderer"]}
        self._set_up |= {name: settings[name] for name in ("samples", "denoise")}
        self._blender = Blender(program, self._set_up, errors)
        self._loaded = 0

    def __enter__(self) -> BlenderTaker:
        self._work = tempfile.TemporaryDirectory(prefix="statue-recon-render-", ignore_cleanup_errors=True)
        self._folder = Path(self._work.name)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._blender.stop(kill=kind is not None)
        self._work.cleanup()

    def load(self, path: Path, shape: Shape, setting: Setting) -> None:
        if self._loaded == _OBJECTS_EACH:
            self._blender.stop()
            self._loaded = 0
        self._loaded += 1
        framed = shape.framed()
        self._scene = FastScene(framed.mesh, None, framed.normals, "cpu")
        scale, offset = shape.frame
        own = path.suffix.lower() in OWN_MATERIALS
        colour, roughness, metallic = setting.stone
        request = {
            "do": "load",
            "arrays": "" if own else str(self._write_arrays(framed)),
            "file": str(path.absolute()) if own else "",
            "smooth": shape.smoothed,
            "scale": scale if own else 1.0,
            "offset": offset.tolist() if own else [0.0, 0.0, 0.0],
            "stone": {"colour": colour, "roughness": roughness, "metallic": metallic},
            "light": setting.light_in_blender(),
        }
        box = self._blender.ask(request)
        ours = framed.mesh.vertices.min(axis=0), framed.mesh.vertices.max(axis=0)
        apart = np.abs(np.array([box["low"], box["high"]]) - np.array(ours)).max()
        if apart > _OTHER_SHAPE * LONGEST_SIDE:
            raise Refused("Blender sees another shape in the file than the engine does")
        self.about = {"blender_version": self._blender.version, "device": self._blender.device}

    def pictures(self, wanted: Iterable[Wanted]) -> Iterator[tuple[View, NDArray, Seen]]:
        todo = list(wanted)
        paths = [self._folder / f"{number % 2}.png" for number in range(len(todo))]
        for number, (view, _, behind) in enumerate(todo):
            if number == 0:
                self._send(todo[0], paths[0])
            self._blender.answer()
            if number + 1 < len(todo):  # Blender works on the next while this one is finished
                self._send(todo[number + 1], paths[number + 1])
            colour = np.asarray(Image.open(paths[number]).convert("RGBA"))
            seen = _only(self._scene.look([view.camera], None, 1 if self._transparent else FINER))
            if not self._transparent:
                colour = np.dstack([colour[..., :3], np.round(255 * seen["alpha"]).astype(np.uint8)])
            yield view, _in_front_of(colour, _fitting(behind, view.camera)) if behind else colour, seen

    def _send(self, wanted: Wanted, path: Path) -> None:
        view, seed, _ = wanted
        size = {"width": view.camera.width, "height": view.camera.height}
        request = {"do": "take", "camera": view.camera.to_blender(), "seed": seed, "path": str(path), **size}
        self._blender.send(request | {"transparent": self._transparent})

    def _write_arrays(self, shape: Shape) -> Path:
        carried = {"colours": shape.colours, "roughness": shape.roughness, "metallic": shape.metallic}
        there: dict[str, Any] = {name: values for name, values in carried.items() if values is not None}
        path = self._folder / "object.npz"
        np.savez(path, vertices=shape.mesh.vertices, faces=shape.mesh.faces, normals=shape.normals, **there)
        return path


def write_view(folder: Path, view: View, colour: NDArray, seen: Seen, about: dict[str, Any]) -> None:
    """Writes the files of a view; its JSON last, so that who finds it finds all."""
    nearest, farthest = depth_range(view.distance)
    write_png(folder / f"{view.name}_rgb.png", colour)
    write_png(folder / f"{view.name}_depth.png", depth_picture(seen["depth"], nearest, farthest))
    write_png(folder / f"{view.name}_depth_mm.png", millimetres(seen["depth"]))
    write_png(folder / f"{view.name}_normal.png", normal_picture(seen["normal"]))
    told = view.camera.to_json() | {
        "blender": view.camera.to_blender(),
        "azimuth": view.azimuth,
        "elevation": view.elevation,
        "distance": view.distance,
        "depth": {"range": [nearest, farthest], "unit": "metre"},
        "normal": "world",
    }
    text = json.dumps(told | about, ensure_ascii=False, indent=2) + "\n"
    write_whole(folder / f"{view.name}.json", text.encode("utf-8"))


def _only(seen: Seen) -> Seen:
    return {name: values[0] for name, values in seen.items()}


def _fitting(path: Path, camera: Camera) -> NDArray[np.float32]:
    """The middle of a picture, as large as the camera's, [H, W, 3] in 0 … 1."""
    with Image.open(path) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
        fitted = ImageOps.fit(upright, (camera.width, camera.height))
    return np.asarray(fitted, np.float32) / 255.0


def _in_front_of(colour: NDArray, behind: NDArray) -> NDArray[np.uint8]:
    """A picture [H, W, 4] put before another [H, W, 3] in 0 … 1; alpha stays what the object covers."""
    alpha = colour[..., 3:] / 255.0
    mixed = alpha * colour[..., :3] / 255.0 + (1.0 - alpha) * behind
    return colour_picture(mixed, alpha[..., 0])
