"""Clay, beasts' legs, turned bodies and swept sections: what relics are made of."""

import numpy as np
import pytest

from statue_recon.dataset.synth.relics import motifs
from statue_recon.dataset.synth.relics.beasts import Foot, Posed, Posture
from statue_recon.dataset.synth.relics.flesh import Clay
from statue_recon.dataset.synth.relics.horse_form import HORSE
from statue_recon.dataset.synth.relics.swept import SECTIONS, ring, swept
from statue_recon.dataset.synth.relics.wheel import Relief, turned_body
from statue_recon.dataset.synth.shapes import capsule, merged
from statue_recon.mesh.flaw import flaw


def points(count: int = 3000) -> np.ndarray:
    return np.random.default_rng(0).uniform(-0.6, 0.6, (count, 3)).astype(np.float32)


def volume(mesh) -> float:
    a, b, c = (mesh.vertices[mesh.faces[:, k]].astype(float) for k in range(3))
    return float(np.einsum("ij,ij->", a, np.cross(b, c)) / 6)


def test_round_lumps_are_run_together_as_shapes_are():
    clay = Clay(0.05)
    clay.add((0, 0, 0), (0.3, 0, 0), 0.1, 0.1)
    clay.add((0.2, 0, 0), (0.2, 0.2, 0.3), 0.12, 0.05)
    one, other = capsule((0, 0, 0), (0.3, 0, 0), 0.1), capsule((0.2, 0, 0), (0.2, 0.2, 0.3), 0.12, 0.05)
    expected = merged(one.distances(points()), other.distances(points()), 0.05)
    found = clay.shape().distances(points())
    near = expected < 0.1
    assert np.abs(found - expected)[near].max() < 1e-4


def test_parts_of_clay_change_nothing_but_the_time():
    whole, parted = Clay(0.04), Clay(0.04)
    rng = np.random.default_rng(1)
    for k in range(24):
        a, b = rng.uniform(-0.4, 0.4, (2, 3))
        for clay in (whole, parted):
            (clay.cut if k % 5 == 4 else clay.add)(a, b, 0.08, 0.05, stretch=0.7)
        if k % 6 == 0:
            parted.part()
    one, other = whole.shape().distances(points()), parted.shape().distances(points())
    near = np.abs(one) < 0.05
    assert near.any()
    assert np.allclose(one[near], other[near], atol=1e-6)


def test_a_stretched_lump_is_as_wide_as_it_says():
    clay = Clay(0.0)
    clay.add((0, -0.1, 0), (0, 0.1, 0), 0.1, 0.1, stretch=2.0, across=(1.0, 0, 0))
    found = clay.shape().distances(np.array([(0.2, 0, 0), (0, 0, 0.1), (0.25, 0, 0)], np.float32))
    assert found == pytest.approx([0, 0, 0.05], abs=1e-5)


def test_feet_go_where_the_posture_puts_them():
    posture = Posture("step", {}, 0.03, {"fore left": Foot(0.15, 0.1, cannon=-30), "hind right": Foot(0.1)})
    posed, rest = Posed(HORSE, posture), Posed(HORSE, Posture("rest"))
    for leg, side, forward, up in (("fore4", "left", 0.15, 0.1), ("hind4", "right", 0.1, 0.0)):
        pivot = np.array(HORSE.joints[leg][1]) * (1 if side == "left" else -1, 1, 1)
        moved = posed.at(leg, pivot, side) - rest.at(leg, pivot, side)
        assert moved == pytest.approx([0, -forward, up], abs=0.01)


def test_bones_of_a_leg_keep_together_in_a_deep_step():
    posed = Posed(HORSE, Posture("step", {}, 0.05, {"fore left": Foot(0.2, 0.3, cannon=-60, toes=-80)}))
    for bone in ("fore2", "fore3", "fore4"):
        parent, pivot = HORSE.joints[bone]
        assert posed.at(bone, pivot) == pytest.approx(posed.at(parent, pivot), abs=0.005)


@pytest.mark.parametrize("section", SECTIONS)
def test_a_swept_section_is_closed_and_turned_outwards(section):
    t = np.linspace(0, 2, 15)
    path = np.stack([np.cos(t), np.sin(t), 0.3 * t], axis=1)
    mesh = swept(path, 0.1, 0.06, (0, 0, 1.0), section, turns=0.5)
    assert flaw(mesh) is None
    assert volume(mesh) > 0


def test_a_ring_is_a_torus():
    mesh = ring((0, 0, 0.2), (0, 0, 1), 0.5, 0.1, 0.1, count=96)
    assert flaw(mesh) is None
    assert volume(mesh) == pytest.approx(2 * np.pi * 0.5 * np.pi * 0.05**2, rel=0.06)


def test_a_turned_body_with_a_cavity_has_its_walls_where_the_outlines_are():
    outer = np.array([(0, 0), (0.3, 0), (0.3, 0.8), (0, 0.8)], float)
    cavity = np.array([(0, 0.1), (0.25, 0.1), (0.25, 1.0), (0, 1.0)], float)
    body = turned_body(outer, cavity)
    at = np.array([(0.275, 0, 0.4), (0, 0, 0.05), (0, 0, 0.4), (0, 0.35, 0.4)], np.float32)
    assert body.distances(at) == pytest.approx([-0.025, -0.05, 0.25, 0.05], abs=0.004)


def test_relief_stands_out_where_it_is_drawn():
    heights = np.zeros((10, 360), np.float32)
    heights[4:6, :90] = 0.03
    outer = np.array([(0, 0), (0.3, 0), (0.3, 1), (0, 1)], float)
    body = turned_body(outer, relief=Relief(heights, 0.0, 1.0))
    inside = np.array(
        [(0.226, 0.216, 0.5), (-0.226, 0.216, 0.5), (0.226, 0.216, 0.2)], np.float32
    )  # 0.3126 from the axis
    assert (body.distances(inside) < 0).tolist() == [True, False, False]


@pytest.mark.parametrize("name", motifs.MOTIFS)
def test_a_border_repeats_and_keeps_between_ground_and_top(name):
    drawn = motifs.border(name, 6, 48, 768)
    assert 0 <= drawn.min() < 0.05 and 0.6 < drawn.max() <= 1.001
    assert np.allclose(drawn[:, 128:256], drawn[:, 384:512], atol=0.02)
