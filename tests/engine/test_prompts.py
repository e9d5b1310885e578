"""What an image model is told of a view."""

import pytest

from statue_recon.priors import prompts
from statue_recon.priors.view.framing import Pose


@pytest.mark.parametrize(
    ("azimuth", "lift", "elevation", "words"),
    [
        (0.0, 0.0, None, "front view"),
        (-45.0, 0.0, 5.0, "front view"),
        (350.0, 0.0, 5.0, "front view"),
        (90.0, 0.0, 5.0, "side view"),
        (-90.0, 10.0, 5.0, "side view"),
        (180.0, 0.0, 5.0, "back view"),
        (-140.0, 0.0, 5.0, "back view"),
        (0.0, 30.0, 40.0, "overhead view"),
        (180.0, 61.0, None, "overhead view"),
    ],
)
def test_a_view_is_told_by_where_it_is_seen_from(azimuth, lift, elevation, words):
    assert prompts.direction(Pose(azimuth, lift), elevation) == words


def test_a_caption_without_a_subject_is_one_of_a_statue():
    assert prompts.told("weathered bronze.", "back view") == "a statue, weathered bronze, back view"
    assert prompts.told("A marble bust of a man", "side view") == "A marble bust of a man, side view"
    assert prompts.told("", "front view") == "a statue, front view"
