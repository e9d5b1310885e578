"""What fingers do. Degrees: the three joints bent, then how far the finger is spread towards the thumb.

The thumb's first number leads it across the palm.
"""

from __future__ import annotations

from .skeleton import Curl

HANDS: dict[str, Curl] = {
    "relaxed": {
        "Thumb": (10, 8, 12, 0),
        "Index": (18, 22, 12, 2),
        "Middle": (24, 28, 16, 0),
        "Ring": (30, 32, 18, -2),
        "Pinky": (34, 34, 18, -4),
    },
    "grip": {
        "Thumb": (42, 14, 28, 0),
        "Index": (58, 72, 38, 1),
        "Middle": (64, 76, 40, 0),
        "Ring": (68, 76, 40, -1),
        "Pinky": (72, 74, 40, -2),
    },
    "fist": {
        "Thumb": (50, 20, 45, 0),
        "Index": (75, 95, 60, 0),
        "Middle": (78, 98, 60, 0),
        "Ring": (80, 98, 60, 0),
        "Pinky": (82, 95, 60, 0),
    },
    "open": {
        "Thumb": (0, 0, 5, 0),
        "Index": (4, 10, 6, 3),
        "Middle": (9, 12, 8, 0),
        "Ring": (13, 15, 8, -2),
        "Pinky": (15, 17, 9, -6),
    },
    "flat": {
        "Thumb": (5, 4, 4, 0),
        "Index": (2, 3, 2, 0),
        "Middle": (3, 4, 2, 0),
        "Ring": (3, 4, 2, 0),
        "Pinky": (3, 4, 2, -1),
    },
    "pointing": {
        "Thumb": (30, 20, 30, 0),
        "Index": (3, 6, 4, 1),
        "Middle": (45, 60, 35, 0),
        "Ring": (60, 70, 40, 0),
        "Pinky": (65, 70, 40, 0),
    },
    "blessing": {
        "Thumb": (38, 18, 30, 0),
        "Index": (2, 5, 3, 1),
        "Middle": (5, 8, 4, 0),
        "Ring": (65, 80, 45, 0),
        "Pinky": (68, 80, 45, 0),
    },
    "cupped": {
        "Thumb": (18, 4, 12, 0),
        "Index": (26, 22, 14, 1),
        "Middle": (28, 24, 14, 0),
        "Ring": (30, 24, 14, 0),
        "Pinky": (32, 24, 14, -1),
    },
    "resting": {
        "Thumb": (4, 4, 8, 0),
        "Index": (14, 16, 10, 3),
        "Middle": (16, 18, 10, 0),
        "Ring": (18, 20, 10, -2),
        "Pinky": (20, 20, 12, -5),
    },
}
