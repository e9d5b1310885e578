"""The body: what is read, who is built of it, and how it is posed."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial import cKDTree

from statue_recon.contract import Failure
from statue_recon.dataset.synth.data import humans_folder
from statue_recon.dataset.synth.human import anatomy, build, poses, shape
from statue_recon.dataset.synth.human.build import Build
from statue_recon.dataset.synth.human.clearance import depths
from statue_recon.dataset.synth.human.figure import figure
from statue_recon.dataset.synth.human.gestures import GESTURES
from statue_recon.dataset.synth.human.pose import Pose
from statue_recon.dataset.synth.human.stances import STANCES
from statue_recon.dataset.synth.sculpt import Piece, sculpted
from statue_recon.mesh.flaw import flaw

ON_BOTH_FEET = [name for name, kind in STANCES.items() if None not in kind.heels and kind.carried_by != "seat"]


@pytest.fixture(scope="module")
def bodies():
    try:
        return anatomy.load(humans_folder())
    except Failure as failure:
        pytest.skip(failure.message)


def random(seed):
    return np.random.default_rng(seed)


def bend(figure_, first, middle, last):
    """Degrees by which three joints depart from a straight line."""
    one, two = figure_.joints[middle] - figure_.joints[first], figure_.joints[last] - figure_.joints[middle]
    return np.degrees(np.arccos(one @ two / np.linalg.norm(one) / np.linalg.norm(two)))


def test_a_missing_body_data_folder_says_where_to_get_it(tmp_path):
    with pytest.raises(Failure, match="no human body data") as failure:
        humans_folder(tmp_path)
    assert "makehumancommunity" in failure.value.next_step


def test_a_body_stands_upright_in_metres_and_faces_the_viewer(bodies):
    someone = figure(Build(height=1.80), Pose("rest"), bodies)
    skin = someone.vertices[: bodies.body_size]
    assert np.ptp(someone.rest[: bodies.body_size, 2]) == pytest.approx(1.80, abs=1e-3)
    assert skin[:, 2].min() == pytest.approx(0, abs=1e-4)
    assert someone.joints["LeftToeBase"][1] < someone.joints["LeftFoot"][1] - 0.05
    assert someone.joints["LeftHand"][0] > 0 > someone.joints["RightHand"][0]


def test_the_body_is_closed_and_so_is_what_is_sculpted_of_it(bodies):
    body = figure(Build(), poses.choose(random(1), None, "crouching"), bodies).mesh()
    assert flaw(body) is None
    assert flaw(sculpted([Piece("body", body)], grid=80).mesh) is None


def test_macro_targets_of_a_grown_person_share_out_exactly_one_whole(bodies):
    amounts = shape.macros(Build(years=50, muscle=0.8, weight=0.3, ancestry={"asian": 0.3, "african": 0.7}))
    assert sum(value for name, value in amounts.items() if "universal" in name) == pytest.approx(1)
    assert sum(value for name, value in amounts.items() if "universal" not in name) == pytest.approx(1)


@pytest.mark.parametrize("heads", [4.6, 6.0, 7.8])
def test_the_head_goes_into_the_height_as_often_as_was_asked(bodies, heads):
    rest = shape.shaped(Build(heads=heads, lids=0), bodies)
    skin = rest[: bodies.body_size]
    assert np.ptp(skin[:, 2]) / (skin[:, 2].max() - rest[shape._CHIN, 2]) == pytest.approx(heads, rel=0.01)


def test_the_chin_is_the_lowest_place_of_the_face(bodies):
    face = bodies.base[: bodies.body_size][bodies_head(bodies)]
    nose = face[:, 1].min()
    lowest = face[(np.abs(face[:, 0]) < 0.002) & (face[:, 1] < nose + 0.035)][:, 2].min()
    assert bodies.base[shape._CHIN, 2] == pytest.approx(lowest, abs=0.008)


def bodies_head(bodies):
    return (bodies.strongest == bodies.bone_names.index("Head"))[: bodies.body_size]


def test_the_same_seed_makes_the_same_person_and_another_seed_another_face(bodies):
    one, same, other = (build.choose(random(seed), bodies, "male", "young") for seed in (4, 4, 5))
    assert one == same
    faces = [shape.shaped(person, bodies)[: bodies.body_size][bodies_head(bodies)] for person in (one, other)]
    faces = [face - face.mean(axis=0) for face in faces]
    assert np.linalg.norm(faces[0] - faces[1], axis=1).mean() > 0.002


def test_children_have_large_heads_and_the_old_are_not_young(bodies):
    heads = {
        age: np.mean([build.choose(random(k), bodies, None, age).heads for k in range(8)]) for age in ("child", "young")
    }
    assert heads["child"] < 6.5 < heads["young"]
    young, old = (shape.shaped(Build(age=age, years=years), bodies) for age, years in (("young", 22.0), ("old", 85.0)))
    assert np.abs(young - old)[: bodies.body_size][bodies_head(bodies)].max() > 0.008


def test_no_drawn_angle_leaves_what_its_joint_can_do():
    for seed in range(150):
        for joint, angles in poses.choose(random(seed)).angles.items():
            least, most = poses.LIMITS[joint.rpartition("_")[2]]
            assert all(low <= angle <= high for low, angle, high in zip(least, angles, most, strict=True)), joint


def test_every_stance_names_gestures_and_every_gesture_can_be_drawn():
    named = {arm for kind in STANCES.values() for pair in kind.arms for arm in pair}
    known = {*GESTURES, *poses.SETS, *(gesture for among in poses.SETS.values() for gesture in among)}
    assert named <= known
    assert {gesture for among in poses.SETS.values() for gesture in among} <= set(GESTURES)


def test_elbows_and_knees_bend_by_the_degrees_that_are_given(bodies):
    someone = figure(
        Build(), Pose("x", {"left_elbow": (70, 0, 0), "left_arm": (0, 40, 0), "right_knee": (95, 0, 0)}), bodies
    )
    assert bend(someone, "LeftArm", "LeftForeArm", "LeftHand") == pytest.approx(70, abs=0.5)
    assert bend(someone, "RightUpLeg", "RightLeg", "RightFoot") == pytest.approx(95, abs=0.5)
    assert bend(someone, "LeftUpLeg", "LeftLeg", "LeftFoot") < 0.5


@pytest.mark.parametrize("stance", ON_BOTH_FEET)
def test_both_feet_of_who_stands_touch_the_ground(bodies, stance):
    rng = random(ON_BOTH_FEET.index(stance))
    someone = figure(build.choose(rng, bodies, None, "adult"), poses.choose(rng, None, stance), bodies)
    for side in ("Left", "Right"):
        foot = (someone.along(f"{side}Foot") | someone.along(f"{side}ToeBase"))[: bodies.body_size]
        assert someone.vertices[: bodies.body_size][foot][:, 2].min() == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize("stance", ["seated", "enthroned", "riding"])
def test_who_sits_has_a_seat_right_under_the_buttocks(bodies, stance):
    someone = figure(Build(), poses.choose(random(2), None, stance), bodies)
    x, y, z = someone.seat
    near = someone.vertices[: bodies.body_size][someone.along("Hips")[: bodies.body_size]]
    assert z == pytest.approx(near[:, 2].min(), abs=0.03)
    assert abs(x - someone.joints["Hips"][0]) < 0.05 and abs(y - someone.joints["Hips"][1]) < 0.15
    assert z > 0.3


def test_a_mirrored_pose_is_the_pose_in_a_mirror(bodies):
    pose = poses.choose(random(3), None, "deep contrapposto", ("on the hip", "raised"))
    one, other = figure(Build(), pose, bodies), figure(Build(), poses.mirrored(pose), bodies)
    for joint in ("Hand", "ForeArm", "Foot", "Leg"):
        left = one.joints[f"Left{joint}"] * (-1, 1, 1)
        assert np.linalg.norm(left - other.joints[f"Right{joint}"]) < 0.03  # the base mesh is not quite symmetrical


def test_a_hand_on_the_hip_is_on_the_hip_whoever_it_is(bodies):
    for seed in range(3):
        rng = random(seed)
        who = build.choose(rng, bodies, None, "young")
        someone = figure(who, poses.choose(rng, who, "contrapposto", ("on the hip", "hanging")), bodies)
        hand = someone.vertices[someone.below("LeftForeArm")]
        trunk = someone.along("Hips") | someone.along("Spine") | someone.along("LeftUpLeg")
        skin = someone.vertices[: bodies.body_size][trunk[: bodies.body_size]]
        assert cKDTree(skin).query(hand)[0].min() < 0.02
        assert abs(hand[:, 2].mean() - someone.joints["Hips"][2]) < 0.15


def test_arms_of_random_figures_stay_out_of_the_body(bodies):
    for seed in range(16):
        rng = random(seed)
        who = build.choose(rng, bodies)
        sunk = depths(bodies, figure(who, poses.choose(rng, who), bodies).vertices)
        assert max(depth for depth, _ in sunk.values()) < 0.03, seed


def test_a_twisted_forearm_keeps_its_thickness(bodies):
    widths = []
    for palm in (0.0, 85.0):
        someone = figure(Build(), Pose("x", {"left_arm": (0, 60, 0), "left_elbow": (0, 0, palm)}), bodies)
        start, end = someone.joints["LeftForeArm"], someone.joints["LeftForeArm.tail"]
        along = (end - start) / np.linalg.norm(end - start)
        skin = someone.vertices[: bodies.body_size][someone.along("LeftForeArm")[: bodies.body_size]]
        share = (skin - start) @ along / np.linalg.norm(end - start)
        band = skin[(share > 0.75) & (share < 0.95)]
        away = (band - start) - ((band - start) @ along)[:, None] * along
        widths.append(np.linalg.norm(away - away.mean(axis=0), axis=1).mean())
    assert widths[1] > 0.9 * widths[0]


def test_the_frame_of_a_holding_hand_lets_a_staff_stand_upright(bodies):
    someone = figure(Build(), poses.choose(random(6), None, "contrapposto", ("hanging", "with a staff")), bodies)
    grip = someone.grip("Right")
    assert np.allclose(grip[:3, :3] @ grip[:3, :3].T, np.eye(3), atol=1e-6) and np.linalg.det(grip[:3, :3]) > 0
    assert np.degrees(np.arccos(grip[2, 2])) < 25
    fingers = someone.vertices[someone.below("RightHand")]
    local = (fingers - grip[:3, 3]) @ grip[:3, :3]
    assert np.hypot(local[:, 0], local[:, 1]).min() < 0.03  # closed around it


def test_a_figure_without_an_arm_has_a_hole_where_it_was(bodies):
    someone = figure(Build(), Pose("spread", {"left_arm": (0, 85, 0)}), bodies)
    left = someone.mesh("body", without=someone.below("LeftArm"))
    assert flaw(left) == "an edge that has not exactly two faces"
    assert left.vertices[:, 0].max() < someone.mesh().vertices[:, 0].max() - 0.3


def test_words_name_people_and_poses_in_plain_english(bodies):
    for seed in range(30):
        rng = random(seed)
        who = build.choose(rng, bodies)
        said = f"{build.words(who, rng)} {poses.words(poses.choose(rng, who), rng)}"
        assert said.startswith(("a ", "an ")) and "  " not in said and " a a" not in said
        assert not any(said.startswith(f"a {vowel}") for vowel in "aeiou"), said


def test_humans_are_found_by_the_environment(monkeypatch, tmp_path):
    (tmp_path / "base.obj.gz").touch()
    monkeypatch.setenv("STATUE_RECON_HUMANS", str(tmp_path))
    assert humans_folder() == Path(tmp_path)
