"""What an object is shown in: its light, its stone, what lies behind it. Drawn by chance, and by a seed the same."""

from __future__ import annotations

import random
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...contract import Failure
from .light import BRIGHTNESS, PICTURES, Light, hemisphere, light_of

# Of objects without colours of their own: linear colour, roughness, metallic. Measured by nobody; as stone looks.
STONES = (
    ((0.74, 0.71, 0.66), 0.45, 0.0),  # marble
    ((0.52, 0.45, 0.34), 0.85, 0.0),  # limestone
    ((0.45, 0.33, 0.21), 0.90, 0.0),  # sandstone
    ((0.78, 0.77, 0.74), 0.80, 0.0),  # plaster
    ((0.48, 0.21, 0.11), 0.75, 0.0),  # terracotta
    ((0.20, 0.12, 0.06), 0.45, 0.8),  # bronze
    ((0.10, 0.10, 0.10), 0.55, 0.0),  # basalt
)
BACKGROUND_PICTURES = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True)
class Lamp:
    """A square lamp that looks at the origin. Angles in degrees, lengths in metres, colour linear."""

    azimuth: float
    elevation: float
    distance: float
    size: float
    watts: float
    colour: tuple[float, float, float]


@dataclass(frozen=True)
class Setting:
    """All that chance has a say in for one object."""

    picture: str | None  # of the surroundings that light it
    turn: float  # of the surroundings about the vertical, degrees, anticlockwise from above
    lamps: tuple[Lamp, ...]
    stone: tuple[tuple[float, float, float], float, float]  # colour, roughness, metallic of what brings no colours

    def light_in_blender(self) -> dict[str, Any]:
        lamps = [asdict(lamp) for lamp in self.lamps]
        return {"picture": self.picture, "turn": self.turn, "brightness": BRIGHTNESS, "lamps": lamps}

    def light_of_fast_path(self) -> Light:
        """The surroundings; where there are none, the first lamp is the sun, in a grey room."""
        if self.picture:
            return light_of(Path(self.picture), self.turn)
        turn, lift = np.radians([self.lamps[0].azimuth, self.lamps[0].elevation])
        return hemisphere((np.sin(turn) * np.cos(lift), -np.cos(turn) * np.cos(lift), np.sin(lift)))


def draw(chance: random.Random, pictures: list[Path]) -> Setting:
    """A setting: one of the pictures of surroundings, turned, and a lamp at times; without any, one to three lamps."""
    picture = str(chance.choice(pictures)) if pictures else None
    lamps = tuple(_lamp(chance) for _ in range(chance.choice((0, 0, 1)) if pictures else chance.choice((1, 2, 3))))
    return Setting(picture, chance.uniform(0.0, 360.0), lamps, chance.choice(STONES))


def pictures_in(folder: Path, kinds: tuple[str, ...] = PICTURES, what: str = "light") -> list[Path]:
    """The pictures in a folder, in the order of their names."""
    found = sorted(path for path in folder.glob("*") if path.suffix.lower() in kinds) if folder.is_dir() else []
    if not found:
        raise Failure(
            f"There are no pictures of {what} in {folder}.", next_step=f"Give a folder with {' or '.join(kinds)} files."
        )
    return found


def _lamp(chance: random.Random) -> Lamp:
    warmth = chance.uniform(-1.0, 1.0)  # from daylight to a bulb
    distance = chance.uniform(1.6, 2.6)
    return Lamp(
        azimuth=chance.uniform(-180.0, 180.0),
        elevation=chance.uniform(5.0, 75.0),
        distance=distance,
        size=chance.uniform(0.1, 1.2),
        watts=distance**2 * chance.uniform(2.5, 6.5),  # about as bright as the surroundings
        colour=(1.0, 0.92 - 0.08 * warmth, 0.80 - 0.2 * warmth),
    )
