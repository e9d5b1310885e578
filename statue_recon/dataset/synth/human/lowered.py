"""Bodies that sit, kneel, crouch and lie. What bears more weight is on the right; see stance.py."""

from __future__ import annotations

from collections.abc import Mapping

from .stance import Stance

LOWERED: Mapping[str, Stance] = {
    "seated": Stance(
        ("seated", "sitting", "sitting at ease"),
        {"body": (-4, 0, 0), "waist": (8, 0, -3), "chest": (4, 2, -4), "neck": (4, 0, 0), "left_hip": (80, 10, 6),
         "left_knee": (98, 0, 0), "right_hip": (86, 8, 4), "right_knee": (72, 0, 0)},
        (("sitting", "throned"), ("throned", "sitting"), ("sitting", "sitting")),
        heels=(24, 0), carried_by="seat", share=3.5, spread=5,
    ),
    "enthroned": Stance(
        ("enthroned", "seated upright on a throne", "seated frontally"),
        {"waist": (-2, 0, 0), "left_hip": (88, 6, 6), "left_knee": (88, 0, 0), "right_hip": (88, 6, 6),
         "right_knee": (88, 0, 0)},
        (("throned", "on the knee"), ("on the thigh", "throned"), ("on the thigh", "on the thigh"),
         ("throned", "throned")),
        carried_by="seat", share=2, spread=2, turning=6,
    ),
    "thinking": Stance(
        ("seated in thought, the chin on one hand", "sitting bent forward, lost in thought"),
        {"body": (14, 0, 0), "waist": (18, -6, 10), "chest": (14, -4, 12), "neck": (14, 0, 4), "head": (8, 0, 0),
         "left_hip": (104, 8, 4), "left_knee": (92, 0, 0), "right_hip": (98, 10, 4), "right_knee": (108, 0, 0)},
        (("over the knee", "elbow on the knee"), ("on the knee", "elbow on the knee")),
        heels=(0, 28), carried_by="seat", turning=5,
    ),
    "legs crossed": Stance(
        ("seated with one ankle on the other knee", "seated cross-kneed, bent over one foot"),
        {"body": (6, 0, 0), "waist": (18, -4, -4), "chest": (14, -2, -4), "neck": (14, 0, 0),
         "left_hip": (78, 26, 62), "left_knee": (96, 0, 0), "left_ankle": (-10, 10, 0), "right_hip": (84, 8, 2),
         "right_knee": (86, 0, 0)},
        (("on the knee", "in the lap"), ("on the thigh", "on the thigh")),
        heels=(None, 0), carried_by="seat", share=0.6, turning=8, ages=("child", "young"),
    ),
    "lotus": Stance(
        ("seated cross-legged", "seated in meditation, the legs crossed", "sitting cross-legged on the ground"),
        {"waist": (2, 0, 0), "left_hip": (76, 42, 52), "left_knee": (128, 0, 0), "left_ankle": (-25, 20, 0),
         "right_hip": (80, 42, 52), "right_knee": (132, 0, 0), "right_ankle": (-25, 20, 0)},
        (("in the lap", "in the lap"), ("on the thigh", "blessing"), ("on the thigh", "on the thigh"),
         ("praying", "praying"), ("in the lap", "on the thigh")),
        heels=(None, None), carried_by="all", share=1.5, spread=1.5, turning=3,
    ),
    "crouching": Stance(
        ("crouching", "crouching low on the heels", "squatting"),
        {"body": (8, 0, 0), "waist": (16, -6, -10), "chest": (14, -4, -12), "neck": (-6, 4, -10),
         "left_hip": (104, 6, 6), "left_knee": (118, 0, 0), "right_hip": (78, 12, 10), "right_knee": (140, 0, 0)},
        (("over the knee", "across the breast"), ("on the knee", "to the head"), ("on the knee", "to the breast")),
        heels=(6, 48),
    ),
    "kneeling on one knee": Stance(
        ("kneeling on one knee", "genuflecting", "down on one knee"),
        {"waist": (4, -2, -4), "chest": (4, -2, -4), "left_hip": (92, 8, 6), "left_knee": (92, 0, 0),
         "right_hip": (-2, 6, 4), "right_knee": (92, 0, 0), "right_ankle": (-10, 0, 0), "right_toes": (52, 0, 0)},
        (("on the knee", "acting"), ("on the thigh", "offering"), ("praying", "praying"), ("bow arm", "drawing"),
         ("bearing", "bearing")),
        heels=(0, None), carried_by="right knee", share=1.2,
    ),
    "kneeling": Stance(
        ("kneeling", "kneeling on both knees", "down on both knees"),
        {"waist": (2, 0, 0), "left_hip": (4, 5, 2), "left_knee": (94, 0, 0), "left_ankle": (-48, 0, 0),
         "right_hip": (4, 5, 2), "right_knee": (94, 0, 0), "right_ankle": (-48, 0, 0)},
        (("praying", "praying"), ("offering", "offering"), ("adoring", "adoring"),
         ("to the breast", "across the breast")),
        heels=(None, None), carried_by="all", spread=1.5, turning=8,
    ),
    "sitting on the heels": Stance(
        ("kneeling, sitting on the heels", "kneeling back on the heels"),
        {"body": (4, 0, 0), "waist": (4, 0, 0), "left_hip": (66, 8, 2), "left_knee": (154, 0, 0),
         "left_ankle": (-52, 0, 0), "right_hip": (66, 8, 2), "right_knee": (154, 0, 0), "right_ankle": (-52, 0, 0)},
        (("on the thigh", "on the thigh"), ("offering", "offering"), ("praying", "praying"),
         ("in the lap", "in the lap")),
        heels=(None, None), carried_by="all", share=0.7, spread=1.5, turning=8,
    ),
    "sitting on the ground": Stance(
        ("sitting on the ground, leaning on one arm", "sunk down on the ground"),
        {"body": (-14, 0, 0), "waist": (6, 6, 12), "chest": (8, 4, 14), "neck": (12, 0, 0),
         "left_hip": (106, 8, 4), "left_knee": (72, 0, 0), "right_hip": (75, 16, 34), "right_knee": (18, 0, 0),
         "right_ankle": (-18, 0, 0)},
        (("over the knee", "on the ground"), ("on the knee", "on the ground")),
        heels=(None, None), carried_by="all", share=0.8, spread=2, ages=("young", "adult", "old"),
    ),
    "reclining": Stance(
        ("reclining on one elbow", "reclining", "lying on one side like a banqueter"),
        {"body": (-38, 0, -66), "waist": (10, 8, 16), "chest": (10, 10, 18), "neck": (14, -6, 20),
         "left_hip": (52, 6, 14), "left_knee": (10, 0, 0), "left_ankle": (-22, 0, 0), "right_hip": (84, 8, 6),
         "right_knee": (84, 0, 0), "right_ankle": (-24, 0, 0)},
        (("elbow on the ground", "on the knee"), ("elbow on the ground", "on the thigh"),
         ("elbow on the ground", "over the head"), ("elbow on the ground", "with a bowl")),
        heels=(None, None), carried_by="all", share=1.5, turning=10,
    ),
    "lying": Stance(
        ("lying on the back", "lying stretched out, as on a tomb", "recumbent"),
        {"body": (-90, 0, 0), "left_hip": (3, 3, 6), "right_hip": (3, 3, 6), "neck": (12, 0, 0),
         "left_ankle": (-12, 0, 0), "right_ankle": (-12, 0, 0)},
        (("praying", "praying"), ("crossed", "crossed"), ("hanging flat", "across the breast"),
         ("hanging flat", "hanging flat")),
        heels=(None, None), carried_by="all", share=0.6, spread=1.5, turning=4, ages=("adult", "old"),
    ),
    "riding": Stance(
        ("on horseback", "riding", "mounted"),
        {"waist": (2, 0, 0), "chest": (2, 0, 0), "left_hip": (58, 34, 12), "left_knee": (66, 0, 0),
         "left_ankle": (-6, 0, 0), "right_hip": (58, 34, 12), "right_knee": (66, 0, 0), "right_ankle": (-6, 0, 0)},
        (("reins", "speaking"), ("reins", "holding aloft"), ("reins", "low with a staff"), ("reins", "reins"),
         ("reins", "hanging")),
        heels=(None, None), carried_by="seat", spread=2, with_others=True,
    ),
}  # fmt: skip
