"""A few shapes as meshes and as prepared statues, for tests of training."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import trimesh
from shapes import ball, on_grid, torus

from statue_recon.mesh.extract import extract
from statue_recon.train.prepare import Wishes, prepare


def write_meshes(folder: Path) -> Path:
    """Three meshes with colours, closed, and one that is broken."""
    folder.mkdir(parents=True)
    for name, distance in {"ball": ball(0.6), "ring": torus, "egg": lambda x, y, z: ball(0.5)(x, y, z / 1.6)}.items():
        mesh = extract(on_grid(distance, 32))
        colours = (np.clip(mesh.vertices + 1, 0, 2) * 127).astype(np.uint8)
        made = trimesh.Trimesh(mesh.vertices * 40 + 7, mesh.faces, vertex_colors=colours, process=False)
        made.export(folder / f"{name}.ply")
    (folder / "wreck.ply").write_bytes(b"ply\nformat ascii 1.0\nend_header\n")
    return folder


def prepared(folder: Path) -> Path:
    """Prepared, with one held out."""
    prepare([("shapes", write_meshes(folder / "meshes"))], folder / "data", Wishes({"shapes": 3000}, held=("egg",)))
    return folder / "data"
