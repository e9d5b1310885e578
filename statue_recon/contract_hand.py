"""What is asked for by hand: the photo again, the other side, a missing part, quads. Standard library only.

As edits by words, these are jobs with an `edit.json`; `contract_edit` knows them all and says what they give.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from .contract_data import DEVICES, VERSION, Failure, Range, Stage, check
from .contract_region import ALL, check_region

WHATS = ("shape", "surface", "both")
TEXTURES = (None, 512, 1024, 2048, 4096, 8192)  # texels of the atlas' side; None: as many as the statue has
BORDER: Range = (0.0, 0.5, "of the statue's longest side")
MEASURES: dict[str, dict[str, Range]] = {  # of numbers in a request: the least, the most, the unit
    "mirror": {"border": BORDER},
    "restore": {
        "reach": (0.02, 0.6, "of the statue's longest side"),
        "overlap": (0.0, 0.1, "of the statue's longest side"),
    },
    "retopologise": {"faces": (200, 1_000_000, "quads")},
}

# Shares as guessed from what the work is like; not measured.
PROJECTING = {
    "read": Stage("Reading the statue", 0.15),
    "texture": Stage("Laying the photo on the mesh", 0.75),
    "result": Stage("Writing the result", 0.10),
}
MIRRORING = {
    "read": Stage("Reading the statue", 0.10),
    "region": Stage("Finding the region", 0.15),
    "carry": Stage("Moving the vertices along", 0.25),
    "colour": Stage("Imagining the new surface", 0.40),
    "result": Stage("Writing the result", 0.10),
}
RESTORING = {
    "read": Stage("Reading the statue", 0.05),
    "volume": Stage("Turning the mesh into a volume", 0.15),
    "shape": Stage("Imagining the shape", 0.65),
    "colour": Stage("Imagining the new surface", 0.10),
    "result": Stage("Writing the result", 0.05),
}
RETOPOLOGISING = {
    "read": Stage("Reading the statue", 0.05),
    "volume": Stage("Turning the mesh into a volume", 0.25),
    "mesh": Stage("Building the mesh", 0.60),
    "result": Stage("Writing the result", 0.10),
}


@dataclass(frozen=True)
class ProjectRequest:
    """Project the photo again: lays it on the mesh as it is now. What it does not show keeps the old texture.

    The result has the vertices of the mesh in their order, a new texture, and `seen` found anew. An array "overrule"
    [V] in the mesh's .npz (1 painted as seen, −1 as invented, 0 as found) is heeded, here and by all other jobs.
    """

    statue: str  # folder, as in an EditRequest: it has the photo, the camera and the old texture
    mesh: str | None = None  # the mesh by hand, as in a RefineRequest; None: the statue's own
    texture: int | None = None  # one of TEXTURES
    seed: int = 0  # of the grain, where neither the photo nor the old texture shows anything
    device: str = "auto"  # one of DEVICES
    version: int = VERSION

    def check(self) -> None:
        """Refuses values no engine of this version could honour."""
        check(self, {"texture": TEXTURES, "device": DEVICES}, {})


@dataclass(frozen=True)
class MirrorRequest:
    """Fill from the other side: what no photo shows becomes what it shows on the other side of a plane.

    The result is as of an edit by words: an offset of the vertices (a shape key) and a layer over the texture.
    """

    statue: str  # folder, as in an EditRequest
    what: str = "surface"  # one of WHATS
    plane: list | None = None  # a point [3] and the normal [3], one after the other, engine's frame; None: found
    region: str = ALL  # as in an EditRequest: where something may change; what is seen never does
    border: float = 0.03  # width of the soft border to what is seen, share of the statue's longest side
    device: str = "auto"  # one of DEVICES
    version: int = VERSION

    def check(self) -> None:
        """Refuses values no engine of this version could honour."""
        check(self, {"what": WHATS, "device": DEVICES}, MEASURES["mirror"])
        check_region(self.region, "region")
        if self.plane is not None and not (_numbers(self.plane, 6) and any(self.plane[3:])):
            raise Failure(
                "The plane of symmetry is not a point and a direction.",
                next_step="Choose a point on the plane and its normal: six numbers, x y z and x y z.",
            )


@dataclass(frozen=True)
class RestoreRequest:
    """Restore: the prior completes what is broken off. The statue stays as it is; the result is the part alone.

    The result's mesh is the part, in the statue's frame, closed, with a texture of its own. It overlaps the break.
    """

    statue: str  # folder, as in an EditRequest
    region: str  # the break, as in an EditRequest: where something is missing
    reach: float = 0.25  # how far from the break something may grow, share of the statue's longest side
    toward: list | None = None  # [3] where the missing part pointed, engine's frame; None: as the break's surface looks
    room: list | None = None  # where something may grow: centre [3] and half axes [3] of an ellipsoid; None: by reach
    overlap: float = 0.01  # how deep the part reaches into the statue, share of its longest side
    samples: int = 3  # that are imagined; the one that grows most plausibly out of the break is taken
    seed: int = 0
    device: str = "auto"  # one of DEVICES
    version: int = VERSION

    def check(self) -> None:
        """Refuses values no engine of this version could honour."""
        check(self, {"device": DEVICES}, {**MEASURES["restore"], "samples": (1, 16, "samples")})
        check_region(self.region, "break")
        if self.region == ALL:
            raise Failure("The whole statue is marked as the break.", next_step="Choose the vertices of the break.")
        if self.toward is not None and not (_numbers(self.toward, 3) and any(self.toward)):
            raise Failure("The direction of the missing part is none.", next_step="Choose three numbers, x y z.")
        if self.room is not None and not (_numbers(self.room, 6) and min(self.room[3:]) > 0):
            raise Failure(
                "The room for the missing part is no ellipsoid.",
                next_step="Choose its centre and its half axes: six numbers, the last three above 0.",
            )


@dataclass(frozen=True)
class RetopologiseRequest:
    """Retopologise: a new mesh of quads with the statue's texture, `seen` and vertex groups carried along.

    With displacement the result also has `relief`: the height of the old surface along the base's normals.
    """

    statue: str  # folder, as in an EditRequest
    mesh: str | None = None  # the mesh by hand, as in a RefineRequest; None: the statue's own
    faces: int = 10_000  # quads, at most
    texture: int | None = None  # one of TEXTURES
    displacement: bool = False
    device: str = "auto"  # one of DEVICES
    version: int = VERSION

    def check(self) -> None:
        """Refuses values no engine of this version could honour."""
        check(self, {"texture": TEXTURES, "device": DEVICES}, MEASURES["retopologise"])


def _numbers(values: list, count: int) -> bool:
    """Whether a list from JSON is so many finite numbers."""
    plain = all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in values)
    return len(values) == count and plain and all(math.isfinite(value) for value in values)
