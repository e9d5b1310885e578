"""Cloth that Blender lets fall: starting it, keeping what it made, and doing without it when it fails."""

from __future__ import annotations

import hashlib
import json
import logging
import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..human.figure import Figure
from ..sculpt import Piece
from . import patterns, sheets
from .dress import DEEP, Dress, build, fitting
from .fitting import Fitting
from .layers import bodice, gird
from .patterns import Pattern, Worn
from .sheets import Sheet

log = logging.getLogger(__name__)

SCENE = Path(__file__).with_name("cloth_scene.py")
FRAMES = 60
PATIENCE = 180.0  # seconds after which a simulation is given up
_EXPLODED = 1.5  # metres from the figure that no cloth hangs


@dataclass(frozen=True)
class Falling:
    """What falls of an outfit, and what is carved with it."""

    sheet: Callable[[Fitting], Sheet]
    carved: Pattern | None = None


def _girt_bodice(fit: Fitting, worn: Worn) -> None:
    bodice(fit, worn.canvas, patterns.neckline(worn.canvas, -0.02), fit.waist + 0.012, depth=0.014, zigzag=0)
    gird(fit, worn.canvas, fit.waist, 0.03)


HANGING: dict[str, Falling] = {
    "chiton": Falling(sheets.skirts, _girt_bodice),
    "peplos": Falling(sheets.skirts, _girt_bodice),
    "himation": Falling(sheets.mantle),
    "himation over chiton": Falling(sheets.mantle, patterns.chiton),
    "hip mantle": Falling(sheets.slung_skirt),
    "cloak": Falling(sheets.cape),
    "cloak over tunic": Falling(sheets.cape, patterns.tunic),
    "dancer": Falling(sheets.skirts, _girt_bodice),
}
LYING: dict[str, Falling] = {"hip mantle": Falling(sheets.over_lap, patterns.loincloth)}


def fallen(dress: Dress, figure: Figure, program: str, kept: Path) -> tuple[Dress, list[Piece]]:
    """The drapery, its cloth fallen in Blender; carved where that fails. Returns the dress as it was really made.

    program: a Blender, or a Python with bpy. kept: the folder for what was simulated; asked again, it is read there.
    """
    fit, back = fitting(dress, figure)
    falling = (LYING if fit.sits else HANGING)[dress.outfit]
    sheet = falling.sheet(fit)
    try:
        places = _simulated(sheet, program, kept, _key(dress, sheet))
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        log.warning("The cloth could not fall (%s); it is carved instead.", error)
        carved = replace(dress, made="carved")
        return carved, build(carved, figure)
    pieces = []
    if falling.carved:
        worn = Worn(fit.canvas(), [])
        falling.carved(fit, worn)
        pieces.append(Piece("drapery", worn.canvas.shape().moved(back), DEEP))
    return replace(dress, made="fallen"), [*pieces, Piece("drapery", _scaled(sheet.solid(places), back), DEEP)]


def _scaled(mesh: Mesh, scale: NDArray) -> Mesh:
    return Mesh((mesh.vertices * scale[0, 0]).astype(np.float32), mesh.faces)


def _simulated(sheet: Sheet, program: str, kept: Path, key: str) -> NDArray[np.float32]:
    """[S, 3] where the sheet's vertices came to rest."""
    path = kept / f"{key}.npz"
    if not path.exists():
        kept.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as room:
            made = _run(sheet, program, Path(room))
            unfinished = kept / f"{key}.{os.getpid()}.part.npz"
            unfinished.write_bytes(made.read_bytes())
            unfinished.replace(path)
    with np.load(path) as file:
        places = file["vertices"]
    far = np.abs(places - sheet.places.reshape(-1, 3)).max() if len(places) == sheet.pins.size else np.inf
    if not far < _EXPLODED:  # also when it is not a number
        raise ValueError("the simulation burst")
    return places


def _run(sheet: Sheet, program: str, room: Path) -> Path:
    """Lets Blender simulate; the file with what it made."""
    given, made = room / "given.npz", room / "made.npz"
    np.savez(
        given,
        body_vertices=sheet.body.vertices,
        body_faces=sheet.body.faces,
        sheet_vertices=sheet.places.reshape(-1, 3),
        sheet_quads=sheet.quads(),
        pins=sheet.pins.ravel(),
        frames=np.array(FRAMES),
    )
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME")}
    ways = (
        [
            program,
            "--background",
            "--factory-startup",
            "--threads",
            "1",
            "--python-exit-code",
            "3",
            "--python",
            str(SCENE),
            "--",
        ],
        [program, str(SCENE)],  # a Python, which knows no such options
    )
    said = []
    for way in ways:
        done = subprocess.run(
            [*way, str(given), str(made)],
            env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE,
            encoding="utf-8", errors="replace",
        )  # fmt: skip
        if made.exists():
            return made
        said.append((done.stderr or done.stdout).strip().rpartition("\n")[2])
    raise ValueError(f"{program} made nothing: {'; '.join(said)}")


def _key(dress: Dress, sheet: Sheet) -> str:
    """A name for what is simulated: by all that goes into it."""
    digest = hashlib.sha256(json.dumps(asdict(dress), sort_keys=True).encode())
    digest.update(SCENE.read_bytes())
    for array in (sheet.places, sheet.pins, sheet.body.vertices):
        digest.update(np.ascontiguousarray(np.round(array, 5), np.float32).tobytes())
    return digest.hexdigest()[:32]
