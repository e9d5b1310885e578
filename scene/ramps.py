"""What the overlays show of a statue's surface, and in which colours: shared by material, overlay and legend."""

from __future__ import annotations

from dataclasses import dataclass

from .names import DOUBT, SEEN

Colour = tuple[float, float, float, float]  # linear RGBA


@dataclass(frozen=True)
class Ramp:
    """One overlay: the weight it colours by, and where its state is kept."""

    weight: str  # float attribute on the mesh's points
    stops: tuple[tuple[float, Colour], ...]  # weights, growing from 0, and their colours; linear in between
    shown: str  # custom property on the statue: whether the overlay is on
    colours: str  # colour attribute for Solid shading
    switch: str  # Value node of the material: how strongly the overlay shows

    @property
    def full(self) -> float:
        """The weight from which on the colour stays the same."""
        return self.stops[-1][0]


# Told apart with any kind of colour vision: orange and teal differ in lightness and on the blue-yellow axis.
INVENTED_COLOUR = (0.86, 0.24, 0.02, 1.0)
SEEN_COLOUR = (0.02, 0.32, 0.36, 1.0)
SEEN_RAMP = Ramp(
    SEEN, ((0.0, INVENTED_COLOUR), (1.0, SEEN_COLOUR)), "statue_seen_shown", "Statue Seen", "Statue Seen Overlay"
)

# The samples agree … lie far apart. From dark to light, so that the order can be read without seeing any hue.
DOUBT_FULL = 0.09  # of the mesh's units: a twentieth of the longest side, as thick as a wrist on a whole figure
DOUBT_COLOURS = ((0.10, 0.04, 0.38, 1.0), (0.70, 0.07, 0.10, 1.0), (0.95, 0.72, 0.03, 1.0))
DOUBT_RAMP = Ramp(
    DOUBT,
    tuple((DOUBT_FULL * step / 2, colour) for step, colour in enumerate(DOUBT_COLOURS)),
    "statue_doubt_shown",
    "Statue Doubt",
    "Statue Doubt Overlay",
)

RAMPS = (SEEN_RAMP, DOUBT_RAMP)
