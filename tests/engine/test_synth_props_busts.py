"""What busts and reliefs stand on and before."""

import numpy as np
import pytest

from statue_recon.dataset.synth.props import busts
from statue_recon.dataset.synth.sculpt import Piece, sculpted
from statue_recon.dataset.synth.shapes import ball, capsule, difference, union
from statue_recon.mesh.flaw import flaw

SHOULDERS = 0.37  # metres


def hollow_bust() -> list[Piece]:
    """A head on a breast that is hollowed from below, as marble busts are."""
    breast = difference(capsule((-0.16, 0, 0.2), (0.16, 0, 0.2), 0.13), ball((0, 0.03, 0.04), 0.11), 0.01)
    return [Piece("body", union([breast, ball((0, -0.02, 0.45), 0.13)], 0.1))]


@pytest.mark.parametrize("kind", list(busts.STANDS))
def test_a_bust_stands_on_its_stand(kind):
    _, heights, halves, *_ = busts.STANDS[kind]
    stand = busts.Stand(kind, heights[0], halves[0], 4)
    pieces = [*hollow_bust(), *busts.build(stand, hollow_bust(), np.zeros(2), SHOULDERS)]
    carved = sculpted(pieces, (), 120, 20_000)
    assert flaw(carved.mesh) is None
    assert set(np.unique(carved.region)) == {0, 1}


def test_a_stand_is_chosen_with_words():
    rng = np.random.default_rng(1)
    for kind in ("bust", "head"):
        stand = busts.choose(rng, kind)
        assert busts.words(stand, rng).startswith("on a")
