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


@pytest.mark.parametrize("form", ["square", "arched"])
def test_a_framed_slab_is_one_solid_and_its_frame_stands_out(form):
    low, high = np.array([-0.3, -0.2, 0.0]), np.array([0.3, 0.15, 1.7])
    (slab,) = busts.build_slab(busts.Slab(form, 0.07, 0.06, 0.05), low, high, 0.0)
    assert flaw(sculpted([slab], (), 120, 10_000).mesh) is None
    ground, rim = slab.shape.distances(np.array([[0.0, -0.01, 0.8], [-0.39, -0.01, 0.8]], np.float32))
    assert ground > 0 > rim
