"""What an edit may not change: everything outside its region, and what the photo shows where that is kept.

Which vertices and texels these are is found here by the faces alone, not by the engine's regions: a texel is outside
where its face has no corner inside, and shown where the photo sees all corners of its face.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from statue_recon.contract_edit import EditRequest
from statue_recon.edit.run import edit
from statue_recon.field.visibility import GEOMETRY_SEEN
from statue_recon.render.raster import cover_of_atlas
from statue_recon.report import Report

LOWER = 0.5  # of the height: what lies below is the region
WEIGHTS = "lower.npy"
PROMPTS = {"surface": "bronze with green patina", "shape": "stout"}


@dataclass(frozen=True)
class Arrays:
    """A statue's files as they are."""

    vertices: NDArray[np.float32]  # [V, 3]
    faces: NDArray[np.int32]  # [F, 3]
    uv: NDArray[np.float32]  # [F, 3, 2]
    seen: NDArray[np.float32]  # [V]
    atlas: NDArray[np.uint8]  # [S, S, 3]

    @classmethod
    def read(cls, folder: Path) -> Arrays:
        with np.load(folder / "mesh.npz") as kept, Image.open(folder / "texture.png") as texture:
            names = ("vertices", "faces", "uv", "seen")
            return cls(*(kept[name] for name in names), np.array(texture.convert("RGB")))

    def texels_of(self, corners: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """[S, S] the texels of faces all of whose corners [V] these are."""
        cover = cover_of_atlas(self.uv, len(self.atlas))
        return np.where(cover.faces >= 0, corners[self.faces].all(axis=1)[cover.faces], False)


def checked(place: Path, cache: Path) -> list[dict[str, Any]]:
    """Edits of the lower half of the statue in this folder: once whatever is seen, once with what is seen kept."""
    before = Arrays.read(place)
    height = before.vertices[:, 2]
    inside = height < height.min() + LOWER * np.ptp(height)
    cache.mkdir(parents=True, exist_ok=True)
    found = []
    for what, prompt in PROMPTS.items():
        for keep in (False, True):
            with tempfile.TemporaryDirectory(dir=cache) as name:
                folder = Path(name)
                np.save(folder / WEIGHTS, inside.astype(np.float32))
                run(EditRequest(
                    str(place.resolve()), prompt, what=what, region=f"weights:{WEIGHTS}", keep_seen=keep, device="cpu"
                ), folder)  # fmt: skip
                leak = leaks(before, Arrays.read(folder), inside, keep)
            found.append({"statue": place.name, "prompt": prompt, "region": "lower half", "keep_seen": keep, **leak})
    return found


def run(request: EditRequest, folder: Path) -> None:
    report = Report(folder)
    try:
        edit(request, folder, "", report)
    finally:
        report.close()


def leaks(before: Arrays, after: Arrays, inside: NDArray[np.bool_], keep_seen: bool) -> dict[str, int]:
    """How many vertices and texels changed, to the last bit, in all and where none may; inside: [V]."""
    moved = (before.vertices != after.vertices).any(axis=1)
    painted = (before.atlas != after.atlas).any(axis=2)
    shown = before.seen > GEOMETRY_SEEN
    outside, on_photo = before.texels_of(~inside), before.texels_of(shown)
    counted = {
        "vertices_changed": moved.sum(),
        "texels_changed": painted.sum(),
        "vertices_outside": (~inside).sum(),
        "texels_outside": outside.sum(),
        "vertices_leaked": (moved & ~inside).sum(),
        "texels_leaked": (painted & outside).sum(),
        "faces_changed": (before.faces != after.faces).any(axis=1).sum(),
    }
    if keep_seen:
        counted |= {
            "seen_vertices": shown.sum(),
            "seen_texels": on_photo.sum(),
            "seen_vertices_changed": (moved & shown).sum(),
            "seen_texels_changed": (painted & on_photo).sum(),
        }
    return {name: int(count) for name, count in counted.items()}
