"""What an image model is told of a view: the caption, a word for what it is of, and from where it is seen.

A model of pictures knows no cameras, but it knows words like “back view”; without them every side gets a face (Poole
and others, “DreamFusion”, 2022).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from .view.framing import Pose

SUBJECT = "a statue"  # where the caption names nothing that could be seen from a side
OVERHEAD = 60.0  # degrees of elevation from which on a view is one from above: DreamFusion's
FRONT = 45.0  # degrees to either side of the photo up to which a view shows the front
BACK = 135.0  # degrees to either side of the photo from which on it shows the back
DIRECTIONS = ("front view", "side view", "back view", "overhead view")
_NAMED = re.compile(
    r"\b(statue|statuette|sculpture|bust|figure|figurine|head|torso|relief|monument)s?\b", re.IGNORECASE
)


def direction(pose: Pose, elevation: float | None) -> str:
    """From where a view is seen, in words of DIRECTIONS.

    elevation: degrees, of the photo; None, not known, counts as 0. The photo is taken to show the statue's front.
    """
    if (elevation or 0.0) + pose.lift > OVERHEAD:
        return "overhead view"
    turned = abs((pose.azimuth + 180.0) % 360.0 - 180.0)
    if turned <= FRONT:
        return "front view"
    return "back view" if turned >= BACK else "side view"


def told(caption: str, seen_from: str) -> str:
    """What a model is told: “a statue, weathered bronze, back view”."""
    caption = caption.strip().rstrip(".,")
    subject = () if _NAMED.search(caption) else (SUBJECT,)
    return ", ".join([*subject, *([caption] if caption else []), seen_from])


def prompts(caption: str, elevation: float | None, poses: Sequence[Pose]) -> list[str]:
    """A prompt for each view."""
    return [told(caption, direction(pose, elevation)) for pose in poses]
