"""Which photographs are taken: of each test statue the same five views, each in a light and a stone of its own.

A view is plain data and says all that its photo depends on, so that a photo can be told to be up to date by comparing.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT.parent / "shared" / "data"
STATUES = DATA / "statues" / "test"
LIGHTS = DATA / "lights"

EDITION = 1  # of scene.py: raised when the same settings give another picture
LONG_SIDE = 768  # pixels; the other side is three quarters of it
SAMPLES = 6  # of the light at each pixel; the denoiser makes up for the rest, and a photo costs about 20 s of one core

# Azimuth and elevation in degrees, as in statue_recon.camera: what a visitor of a museum or a square takes.
SETS = {
    "frontal": ((0, 0),),
    "varied": ((-25, 0), (25, 15), (-10, 30), (15, -10)),
}
STONES = ("marble", "limestone", "bronze", "terracotta")
BACKGROUNDS = ("surroundings", "wall", "floor")


@dataclass(frozen=True)
class View:
    """One photograph to be taken."""

    statue: str
    azimuth: float  # degrees
    elevation: float  # degrees
    stone: str
    light: str
    turn: float  # of the light about the vertical, degrees
    lamp: float  # of a lamp beside the camera: its azimuth in degrees; 0 is no lamp
    background: str
    seed: int  # of the stone's pattern and the noise of the light
    long_side: int = LONG_SIDE
    samples: int = SAMPLES
    edition: int = EDITION

    @property
    def name(self) -> str:
        """Such as tds_plato_az-25_el+00."""
        return f"{self.statue}_az{self.azimuth:+03.0f}_el{self.elevation:+03.0f}"

    @property
    def set(self) -> str:
        return next(name for name, angles in SETS.items() if (self.azimuth, self.elevation) in angles)


def views(sets: tuple[str, ...] = tuple(SETS), statues: tuple[str, ...] = ()) -> list[View]:
    """The views of these sets and statues (none named: all), in a fixed order: all statues of a view, view by view."""
    names = sorted(path.stem for path in STATUES.glob("*.ply"))
    angles = [pair for name in sets for pair in SETS[name]]
    return [_view(name, *pair) for pair in angles for name in names if not statues or name in statues]


def _view(statue: str, azimuth: float, elevation: float) -> View:
    chance = random.Random(f"{statue} {azimuth} {elevation}")
    lights = sorted(path.stem for path in LIGHTS.glob("*.hdr"))
    # From below, the floor would hide the statue's foot.
    backgrounds = BACKGROUNDS if elevation >= 0 else BACKGROUNDS[:1]
    return View(
        statue=statue,
        azimuth=azimuth,
        elevation=elevation,
        stone=chance.choice(STONES),
        light=chance.choice(lights),
        turn=chance.choice(range(0, 360, 15)),
        lamp=chance.choice((0, -60, -35, 35, 60)),
        background=chance.choice(backgrounds),
        seed=chance.randrange(1000),
    )
