"""Objects to be rendered in the tests, and where their parts lie."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import trimesh

from statue_recon.camera import Camera
from statue_recon.dataset.render import command
from statue_recon.dataset.render.picture import read_png

# Three small balls, far enough apart that none hides another from any of the 40 views for long. Centimetres of a scan:
# the renderer has to bring them into its frame.
PLACES = np.array([[-30.0, 12.0, 8.0], [34.0, -20.0, 10.0], [3.0, 15.0, 68.0]])
COLOURS = np.array([[255, 0, 0], [0, 255, 0], [0, 0, 255]], np.uint8)
RADIUS = 2.5


def write_balls(path: Path) -> Path:
    """Three balls at PLACES, in COLOURS, as a .ply with colours at its vertices."""
    balls = []
    for place, colour in zip(PLACES, COLOURS, strict=True):
        ball = trimesh.creation.icosphere(subdivisions=3, radius=RADIUS)
        ball.apply_translation(place)
        ball.visual.vertex_colors = np.broadcast_to([*colour, 255], (len(ball.vertices), 4))
        balls.append(ball)
    trimesh.util.concatenate(balls).export(path)
    return path


def write_ball(path: Path, radius: float = 1.0) -> Path:
    trimesh.creation.icosphere(subdivisions=4, radius=radius).export(path)
    return path


def write_knot(path: Path) -> Path:
    """A body with limbs, hollows and holes, in one piece of metal."""
    knot = trimesh.creation.torus(major_radius=1.0, minor_radius=0.3, major_sections=48, minor_sections=24)
    arm = trimesh.creation.capsule(height=2.0, radius=0.25)
    arm.apply_transform(trimesh.transformations.rotation_matrix(0.7, (1, 0.3, 0)))
    trimesh.util.concatenate([knot, arm]).export(path)
    return path


def write_light(path: Path, azimuth: float) -> Path:
    """Dark surroundings with one bright patch, 30° wide, at the height of the eye towards +X turned by `azimuth`."""
    import cv2

    picture = np.full((64, 128, 3), 0.02, np.float32)
    middle = round((0.5 - azimuth / 360.0) * 128)
    picture[27:37, [column % 128 for column in range(middle - 5, middle + 5)]] = 20.0
    path.write_bytes(cv2.imencode(".hdr", picture)[1].tobytes())
    return path


def render(*words: object) -> int:
    """Runs `statue-recon dataset render` with these words; returns its exit code."""
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return command.run(parser.parse_args([str(word) for word in words]))


def ball_errors(folder: Path, name: str) -> list[float]:
    """How many pixels the balls in a view lie beside where its camera says, for those that are seen whole."""
    about = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    camera, scale = Camera.from_json(about), about["object"]["scale"]
    expected, depths = camera.project(scale * PLACES + about["object"]["offset"])
    picture = read_png(folder / f"{name}_rgb.png")
    covered, hue = picture[..., 3] / 255.0, picture[..., :3].argmax(axis=-1)
    v, u = np.mgrid[: camera.height, : camera.width] + 0.5
    errors = []
    for colour, (pixel, depth) in enumerate(zip(expected, depths, strict=True)):
        weight = covered * (hue == colour)
        lean = (
            np.linalg.norm([*(pixel - (camera.cx, camera.cy)), camera.fx]) / camera.fx
        )  # stretches what is off centre
        whole = np.pi * (camera.fx * scale * RADIUS / depth) ** 2 * lean
        if abs(weight.sum() / whole - 1) < 0.08:  # else another ball or the picture's edge hides a part of it
            middle = np.array([(u * weight).sum(), (v * weight).sum()]) / weight.sum()
            errors.append(float(np.abs(middle - pixel).max()))
    return errors
