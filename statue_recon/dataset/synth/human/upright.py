"""Bodies that stand, stride and dance. The weight is on the right leg where one bears it; see stance.py."""

from __future__ import annotations

from collections.abc import Mapping

from .stance import Stance

UPRIGHT: Mapping[str, Stance] = {
    "contrapposto": Stance(
        ("standing in contrapposto", "standing with the weight on one leg", "standing at ease, one knee bent"),
        {"pelvis": (2, 6, 6), "waist": (-4, -8, -3), "chest": (2, -6, -6), "neck": (4, 3, -4),
         "right_hip": (-2, -4, 5), "right_knee": (3, 0, 0), "left_hip": (16, 7, 14), "left_knee": (30, 0, 0)},
        (("resting", "acting"), ("acting", "resting"), ("down", "acting"), ("resting", "resting"), ("acting", "down")),
        heels=(14, 0), carried_by="right foot", share=10,
    ),
    "deep contrapposto": Stance(
        ("standing in a deep contrapposto", "standing with one hip thrust out", "standing in a graceful S-curve"),
        {"pelvis": (3, 10, 10), "waist": (-5, -13, -8), "chest": (3, -9, -8), "neck": (6, 6, -4),
         "right_hip": (-4, -9, 6), "right_knee": (2, 0, 0), "left_hip": (24, 8, 20), "left_knee": (48, 0, 0)},
        (("leaning", "on the hip"), ("leaning", "hanging"), ("down", "over the head"), ("acting", "on the hip"),
         ("before the lap", "across the breast"), ("resting", "acting")),
        heels=(30, 0), carried_by="right foot", share=3.5, ages=("young", "adult"),
    ),
    "kouros": Stance(
        ("standing frontally, one foot forward", "striding stiffly forward like a kouros",
         "standing upright and frontal"),
        {"pelvis": (3, 0, 0), "waist": (-4, 0, 0), "left_hip": (15, 1, 2), "left_knee": (2, 0, 0),
         "right_hip": (-11, 1, 2), "right_knee": (1, 0, 0)},
        (("hanging fist", "hanging fist"), ("hanging fist", "hanging fist"), ("hanging fist", "hanging fist"),
         ("hanging flat", "offering"), ("hanging flat", "to the breast"), ("with a bowl", "hanging fist")),
        share=2, spread=1.5, turning=2,
    ),
    "standing straight": Stance(
        ("standing upright", "standing straight with closed feet", "standing quietly"),
        {"pelvis": (3, 0, 0), "waist": (-4, 0, 0), "left_hip": (0, 3, 6), "right_hip": (0, 3, 6)},
        (("hanging flat", "hanging flat"), ("crossed", "crossed"), ("low with a staff", "hanging"),
         ("praying", "praying"), ("down", "acting"), ("at the cloak", "down"), ("book", "blessing"),
         ("carrying on the head", "hanging")),
        share=2, spread=2, turning=10,
    ),
    "striding": Stance(
        ("striding forward", "walking", "stepping forward"),
        {"pelvis": (5, 2, 6), "waist": (0, -4, -10), "chest": (0, -2, -8), "left_hip": (30, 2, 6),
         "left_knee": (18, 0, 0), "right_hip": (-15, 2, 8), "right_knee": (10, 0, 0)},
        (("acting", "acting"), ("hanging", "acting"), ("shield arm", "brandishing"), ("spread out", "holding aloft")),
        heels=(0, 32), share=2.5,
    ),
    "lunging": Stance(
        ("lunging forward", "fighting, one leg thrust forward", "charging"),
        {"body": (6, 0, 0), "pelvis": (6, 4, 14), "waist": (6, -6, -14), "chest": (2, -4, -14), "neck": (-8, 0, 14),
         "left_hip": (60, 12, 10), "left_knee": (62, 0, 0), "right_hip": (-22, 12, 18), "right_knee": (6, 0, 0)},
        (("shield arm", "brandishing"), ("spread out", "brandishing"), ("pointing", "holding aloft"),
         ("hanging back", "brandishing"), ("raised", "hanging back")),
        heels=(0, 24), share=1.2, ages=("young", "adult"),
    ),
    "one foot raised": Stance(
        ("standing with one foot on a block", "resting one foot on a rock"),
        {"pelvis": (10, 4, 6), "waist": (14, -4, -4), "chest": (10, -4, -4), "neck": (-10, 0, 0),
         "left_hip": (78, 10, 10), "left_knee": (82, 0, 0), "right_hip": (-2, 0, 5), "right_knee": (4, 0, 0)},
        (("on the thigh", "acting"), ("over the knee", "on the thigh"), ("on the knee", "on the hip")),
        heels=(None, 0), carried_by="right foot", share=0.8,
    ),
    "dancing": Stance(
        ("dancing on one foot", "dancing", "poised on the toes of one foot"),
        {"body": (2, 0, 0), "pelvis": (2, 6, 14), "waist": (-8, -8, -14), "chest": (-6, -8, -12),
         "neck": (-4, 8, -6), "right_hip": (-2, -3, 8), "right_knee": (4, 0, 0), "left_hip": (30, 26, 36),
         "left_knee": (70, 0, 0), "left_ankle": (-38, 0, 0), "left_toes": (-15, 0, 0)},
        (("curved aside", "curved up"), ("curved up", "curved up"), ("spread low", "curved up"),
         ("curved up", "on the hip")),
        heels=(None, 38), carried_by="right foot", share=1.2, ages=("child", "young"),
    ),
    "running": Stance(
        ("running", "rushing forward on one foot", "in flight, one leg thrown back"),
        {"body": (14, 0, 0), "pelvis": (4, 4, 10), "waist": (4, -4, -12), "chest": (2, -4, -12), "neck": (-12, 0, 8),
         "right_hip": (18, 2, 4), "right_knee": (24, 0, 0), "left_hip": (-32, 4, 6), "left_knee": (52, 0, 0),
         "left_ankle": (-36, 0, 0)},
        (("hanging back", "holding aloft"), ("spread out", "raised"), ("holding aloft", "spread out"),
         ("bow arm", "hanging back")),
        heels=(None, 22), carried_by="right foot", share=0.8, ages=("child", "young"),
    ),
    "archer": Stance(
        ("drawing a bow", "standing as an archer, the bow drawn"),
        {"pelvis": (2, 0, -34), "waist": (-2, 2, -14), "chest": (0, 2, -12), "neck": (0, 0, 28), "head": (0, 0, 30),
         "left_hip": (4, 14, 12), "left_knee": (4, 0, 0), "right_hip": (-6, 14, 22), "right_knee": (10, 0, 0)},
        (("bow arm", "drawing"),),
        share=0.7, turning=3, ages=("young", "adult"),
    ),
    "discus thrower": Stance(
        ("throwing the discus", "bent to hurl the discus"),
        {"body": (10, 0, 0), "pelvis": (26, 0, -12), "waist": (16, 0, -18), "chest": (10, 4, -22),
         "neck": (-4, 0, -22), "right_hip": (42, -2, 4), "right_knee": (58, 0, 0), "left_hip": (22, 2, 4),
         "left_knee": (66, 0, 0)},
        (("over the knee", "throwing back"),),
        heels=(56, 0), carried_by="right foot", share=0.5, turning=4, ages=("young",), sexes=("male",),
    ),
    "crucified": Stance(
        ("crucified", "hanging on the cross, arms spread"),
        {"pelvis": (2, 4, 4), "waist": (4, 4, 2), "chest": (2, 2, 0), "neck": (20, 6, -10), "head": (14, 6, -10),
         "left_hip": (18, -4, 4), "left_knee": (32, 0, 0), "left_ankle": (-34, 0, 0), "right_hip": (12, -4, 4),
         "right_knee": (22, 0, 0), "right_ankle": (-34, 0, 0)},
        (("nailed", "nailed"),),
        heels=(None, None), carried_by="all", share=0.5, spread=2, turning=6, ages=("adult",), sexes=("male",),
    ),
    "bound": Stance(
        ("standing bound, the hands behind the back", "standing with the hands behind the back"),
        {"pelvis": (2, 7, 6), "waist": (-6, -8, -8), "chest": (-4, -6, -8), "neck": (-6, 6, 0),
         "right_hip": (-3, -5, 5), "right_knee": (3, 0, 0), "left_hip": (18, 6, 12), "left_knee": (36, 0, 0)},
        (("behind the back", "behind the back"), ("behind the back", "over the head"), ("behind the back", "hanging")),
        heels=(22, 0), carried_by="right foot", share=0.7,
    ),
    "bearing a load": Stance(
        ("bearing a load on the shoulders", "standing as an atlas, arms lifted under a load"),
        {"pelvis": (6, 5, 4), "waist": (8, -5, -4), "chest": (6, -4, 0), "neck": (18, 4, 0), "right_hip": (8, 2, 8),
         "right_knee": (16, 0, 0), "left_hip": (26, 8, 14), "left_knee": (44, 0, 0)},
        (("bearing", "bearing"), ("bearing", "on the hip")),
        heels=(14, 0), carried_by="right foot", share=0.5, turning=6, ages=("adult", "old"), sexes=("male",),
    ),
}  # fmt: skip
