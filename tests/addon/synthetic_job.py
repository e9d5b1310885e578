"""Job folders as the engine would leave them, of a statue whose every pixel is known: a head on a plinth."""

import json
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from statue_recon.camera import Camera

DOUBT = 0.06  # where nothing is seen, in the engine's units


@dataclass(frozen=True)
class SyntheticJob:
    folder: Path
    camera: Camera
    mask: np.ndarray  # [H, W] bool
    photo: np.ndarray  # [H, W, 3] uint8


def off_centre_camera(width: int, height: int) -> Camera:
    """Sees the statue from slightly above and from the side, left of and below the middle of the picture."""
    focal = 1.6 * max(width, height)
    camera = Camera.orbit(12, 8, 5.2, width, height, focal=focal * 0.8)
    return Camera(width, height, camera.fx, camera.fy, 0.42 * width, 0.56 * height, camera.world_to_camera)


def sphere(centre, radius: float, rings: int, segments: int):
    """Vertices [V, 3] and faces [F, 3], counter-clockwise from outside."""
    down = np.linspace(0, np.pi, rings + 1)[1:-1]
    around = np.linspace(0, 2 * np.pi, segments, endpoint=False)
    polar, turn = np.meshgrid(down, around, indexing="ij")
    ball = np.stack([np.sin(polar) * np.cos(turn), np.sin(polar) * np.sin(turn), np.cos(polar)], -1).reshape(-1, 3)
    vertices = np.vstack([ball, [[0, 0, 1]], [[0, 0, -1]]]) * radius + centre
    ring = np.arange(segments)
    after = (ring + 1) % segments
    top, bottom, last = len(ball), len(ball) + 1, (rings - 2) * segments
    faces = [
        np.stack([np.full(segments, top), ring, after], 1),
        np.stack([np.full(segments, bottom), last + after, last + ring], 1),
    ]
    for row in range(rings - 2):
        upper, lower = row * segments, (row + 1) * segments
        faces.append(np.stack([upper + ring, lower + ring, lower + after], 1))
        faces.append(np.stack([upper + ring, lower + after, upper + after], 1))
    return vertices, np.vstack(faces)


def box(lower, upper):
    vertices = np.array([[(lower, upper)[i >> axis & 1][axis] for axis in range(3)] for i in range(8)], float)
    quads = [(0, 2, 3, 1), (4, 5, 7, 6), (0, 1, 5, 4), (2, 6, 7, 3), (0, 4, 6, 2), (1, 3, 7, 5)]
    return vertices, np.array([face for a, b, c, d in quads for face in ((a, b, c), (a, c, d))])


def head_on_plinth(rings: int = 24, segments: int = 48):
    """In the engine's frame: 1.8 high, the head nearer to the front than the plinth."""
    plinth, head = box((-0.45, -0.35, -0.9), (0.45, 0.55, -0.1)), sphere((0.1, -0.05, 0.3), 0.6, rings, segments)
    return [plinth, head]


def volume(spacing: float = 0.075) -> dict[str, np.ndarray]:
    """The arrays of volume.npz: the plinth and the head in cells, with more air on one side than on the other."""
    lower = np.array([-0.8, -0.75, -1.05])
    nodes = np.stack(np.indices((20, 20, 27)), -1) * spacing + lower
    aside = np.abs(nodes - (0.0, 0.1, -0.5)) - (0.45, 0.45, 0.4)
    plinth = np.linalg.norm(np.maximum(aside, 0), axis=-1) + np.minimum(aside.max(axis=-1), 0)
    head = np.linalg.norm(nodes - (0.1, -0.05, 0.3), axis=-1) - 0.6
    reach = 4 * spacing
    steps = np.rint(np.clip(np.minimum(plinth, head) / reach, -1, 1) * 127).astype(np.int8)
    return {"values": steps, "lower": lower, "spacing": np.float64(spacing), "reach": np.float64(reach)}


def silhouette(camera: Camera, bodies) -> np.ndarray:
    """[H, W] bool: the outline of a convex body is the convex hull of where its vertices fall."""
    u, v = np.meshgrid(np.arange(camera.width) + 0.5, np.arange(camera.height) + 0.5)
    mask = np.zeros(u.shape, bool)
    for vertices, _ in bodies:
        hull = _hull(camera.project(vertices)[0])
        inside = np.ones(u.shape, bool)
        for (x0, y0), (x1, y1) in zip(hull, np.roll(hull, -1, axis=0), strict=True):
            inside &= (x1 - x0) * (v - y0) - (y1 - y0) * (u - x0) >= 0
        mask |= inside
    return mask


def _hull(points: np.ndarray) -> np.ndarray:
    points = np.unique(points, axis=0)
    halves = []
    for ordered in (points, points[::-1]):
        half: list[np.ndarray] = []
        for point in ordered:
            while len(half) > 1 and _turn(half[-2], half[-1], point) <= 0:
                half.pop()
            half.append(point)
        halves.append(half[:-1])
    return np.array(halves[0] + halves[1])


def _turn(a, b, c) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def write_job(addon_modules, folder: Path, camera: Camera, rings: int = 24, segments: int = 48) -> SyntheticJob:
    """Fills `folder` with a photo, a preview and a result. `addon_modules(name)` imports a module of the add-on."""
    png_bytes = addon_modules("scene.png").png_bytes
    bodies = head_on_plinth(rings, segments)
    vertices = np.vstack([body[0] for body in bodies]).astype(np.float32)
    counts = np.cumsum([0] + [len(body[0]) for body in bodies])
    faces = np.vstack([body[1] + start for body, start in zip(bodies, counts[:-1], strict=True)]).astype(np.int32)
    mask = silhouette(camera, bodies)
    photo = _photo(camera, mask)
    pixels, _ = camera.project(vertices)
    uv = (pixels / (camera.width, camera.height) * (1, -1) + (0, 1))[faces].astype(np.float32)
    towards = camera.position - vertices
    outward = vertices - np.repeat([body[0].mean(0) for body in bodies], np.diff(counts), axis=0)
    cosine = (towards * outward).sum(1) / np.linalg.norm(towards, axis=1) / np.linalg.norm(outward, axis=1)
    seen = np.clip(cosine * 3 + 0.5, 0, 1).astype(np.float32)

    for place in ("result", "preview"):
        (folder / place).mkdir(parents=True, exist_ok=True)
    (folder / "photo.png").write_bytes(png_bytes(photo))
    (folder / "result/texture.png").write_bytes(png_bytes(photo))
    doubt = (DOUBT * (1 - seen)).astype(np.float32)
    np.savez(folder / "result/mesh.npz", vertices=vertices, faces=faces, uv=uv, seen=seen, doubt=doubt)
    np.savez(folder / "result/volume.npz", **volume())
    colours = np.stack([seen, 0.5 + 0 * seen, 1 - seen], 1)
    np.savez(folder / "preview/coarse.npz", vertices=vertices, faces=faces, colours=colours)
    fields = camera.to_json() | {"blender": camera.to_blender()}
    (folder / "result/camera.json").write_text(json.dumps(fields), encoding="utf-8")
    (folder / "result/provenance.json").write_text(json.dumps(PROVENANCE, ensure_ascii=False), encoding="utf-8")
    return SyntheticJob(folder, camera, mask, photo)


def result_event(addon_modules, faces: int = 0):
    return addon_modules("statue_recon.contract").Result(
        mesh="result/mesh.npz",
        model="result/mesh.glb",
        texture="result/texture.png",
        camera="result/camera.json",
        provenance="result/provenance.json",
        seconds=12.0,
        faces=faces,
        summary="A head on a plinth, in 12 s",
        volume="result/volume.npz",
    )


PROVENANCE = {
    "engine": "0.1.0",
    "contract": 4,
    "date": "2026-11-21T03:00:00+00:00",
    "request": {"prior": "bundled", "quality": "draft", "seed": 2**40},
    "prior": {
        "name": "bundled",
        "seed": 2**40,
        "samples": 4,
        "guidance": 2.5,
        "weights": {"shape-1.safetensors": "cd" * 32, "shape-2.safetensors": "ef" * 32},
    },
    "photo_sha256": "ab" * 32,
    "notes": ["Der Kopf schaut nach links, süß"],
}


def _photo(camera: Camera, mask: np.ndarray) -> np.ndarray:
    """A chequered statue before a blue backdrop, so that pictures show where texture and outline lie."""
    rows, columns = np.indices(mask.shape)
    squares = max(camera.width, camera.height) // 24
    chequers = ((rows // squares + columns // squares) % 2)[..., None]
    stone = np.where(chequers, (205, 190, 165), (150, 132, 108))
    return np.where(mask[..., None], stone, (52, 84, 120)).astype(np.uint8)
