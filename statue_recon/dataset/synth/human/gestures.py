"""What single arms do, as sculptors let them. Angles as in skeleton.py; given for a left arm, mirrored for a right."""

from __future__ import annotations

from dataclasses import dataclass

from .skeleton import Triple


@dataclass(frozen=True)
class Gesture:
    """One arm."""

    arm: Triple
    elbow: Triple = (14, 0, 0)
    wrist: Triple = (0, 0, 0)
    shoulder: Triple = (0, 0, 0)
    hand: str = "relaxed"  # a key of hands.HANDS
    palm: str = ""  # what the forearm turns for: "up", "down", "forward", "back", "in", or "staff" for one upright
    reach: tuple[str, Triple] | None = None  # "own …", "other …" or a bone of the trunk, and the wrist's offset from it
    holds: tuple[str, ...] = ()  # what may be in the hand
    words: str = ""  # after "with"
    spread: float = 6.0  # degrees by which angles vary


GESTURES: dict[str, Gesture] = {
    "hanging": Gesture((0, 11, 0), elbow=(16, 0, -8), wrist=(6, -4, 0)),
    "hanging back": Gesture((-16, 13, 0), elbow=(22, 0, -14), wrist=(10, 0, 0)),
    "hanging fist": Gesture((-2, 8, 0), elbow=(5, 0, 0), hand="fist", spread=2),
    "hanging flat": Gesture((0, 7, 0), elbow=(4, 0, 0), hand="flat", spread=2),
    "lowered with something": Gesture((4, 16, 0), elbow=(30, 0, -20), wrist=(0, -6, 0), hand="grip",
        holds=("sword", "club", "scroll", "bow", "strap")),
    "lowered on something": Gesture((6, 24, 5), elbow=(28, 0, -40), wrist=(-20, 0, 0), hand="resting", palm="down",
        holds=("shield", "pillar", "stump"), words="one hand resting on a support"),
    "leaning": Gesture((2, 38, 0), elbow=(74, 0, -50), wrist=(-8, 0, 0), hand="resting", palm="down",
        holds=("pillar", "stump"), words="one forearm leaning on a support"),
    "on the hip": Gesture((-14, 44, -72), elbow=(92, 0, 30), wrist=(30, 0, 0), hand="resting", palm="in",
        reach=("Hips", (0.19, 0.03, 0.075)), words="one hand on the hip"),
    "with a staff": Gesture((34, 48, 32), elbow=(62, 0, 0), hand="grip", palm="staff",
        holds=("staff", "spear", "sceptre", "trident"), words="one arm raised"),
    "high with a staff": Gesture((22, 84, 62), elbow=(68, 0, 0), hand="grip", palm="staff",
        holds=("staff", "spear", "sceptre", "trident"), words="one arm raised high"),
    "low with a staff": Gesture((24, 20, 10), elbow=(72, 0, 0), hand="grip", palm="staff",
        holds=("staff", "sceptre", "torch", "cornucopia", "caduceus")),
    "with a bowl": Gesture((12, 14, 4), elbow=(86, 0, 60), hand="cupped", palm="up",
        holds=("bowl", "apple", "orb", "bird", "vessel"), words="one hand held out"),
    "offering": Gesture((42, 6, 4), elbow=(58, 0, 60), hand="cupped", palm="up",
        holds=("bowl", "apple", "orb", "vessel"), words="one hand offering"),
    "shield arm": Gesture((24, 34, -12), elbow=(86, 0, 0), hand="grip", palm="in", holds=("shield on the arm",),
        words="one arm bent before the body"),
    "speaking": Gesture((66, 30, 16), elbow=(38, 0, 0), wrist=(-8, 0, 0), hand="open", palm="in", holds=("scroll",),
        words="one arm stretched out"),
    "greeting": Gesture((44, 26, 30), elbow=(96, 0, 0), wrist=(-12, 0, 0), hand="open", palm="forward",
        words="one hand lifted"),
    "blessing": Gesture((38, 16, 14), elbow=(108, 0, 0), wrist=(-6, 0, 0), hand="blessing", palm="forward",
        words="one hand raised in blessing"),
    "pointing": Gesture((86, 18, 6), elbow=(10, 0, 0), hand="pointing", palm="down", words="one arm pointing"),
    "pointing up": Gesture((140, 18, 20), elbow=(28, 0, 0), hand="pointing", palm="in",
        words="one arm pointing upwards"),
    "raised": Gesture((158, 14, 20), elbow=(26, 0, 0), hand="open", palm="in", words="one arm raised"),
    "holding aloft": Gesture((150, 16, 20), elbow=(22, 0, 0), hand="grip", palm="staff",
        holds=("torch", "wreath", "sword"), words="one arm held aloft"),
    "brandishing": Gesture((60, 88, 96), elbow=(88, 0, 0), hand="grip",
        holds=("sword", "club", "thunderbolt", "spear"), words="one arm drawn back to strike"),
    "over the head": Gesture((150, 44, 40), elbow=(112, 0, 0), palm="down", reach=("Head", (0.05, -0.01, 0.235)),
        words="one arm resting on the head"),
    "to the head": Gesture((72, 62, 60), elbow=(128, 0, 0), palm="in", reach=("Head", (0.135, 0.01, 0.1)),
        words="one hand at the head"),
    "carrying on the head": Gesture((150, 34, 40), elbow=(72, 0, 0), wrist=(-20, 0, 0), hand="cupped",
        reach=("Head", (0.15, 0.0, 0.26)), holds=("basket", "capital"), words="one arm lifted to a load"),
    "to the breast": Gesture((22, 26, -52), elbow=(112, 0, 0), hand="resting", palm="back",
        reach=("Spine2", (0.1, -0.185, 0.02)), words="one hand on the breast"),
    "across the breast": Gesture((34, 8, -48), elbow=(112, 0, 0), hand="resting", palm="back",
        reach=("Spine2", (-0.02, -0.2, 0.04)), words="one arm across the breast"),
    "crossed": Gesture((34, 10, -42), elbow=(118, 0, 0), hand="fist", palm="back", reach=("Spine2", (0.0, -0.2, 0.02)),
        holds=("crook", "flail"), words="crossed arms", spread=2),
    "before the lap": Gesture((22, 12, -50), elbow=(52, 0, 0), hand="resting", palm="back",
        reach=("Hips", (0.1, -0.185, -0.02)), words="one hand before the lap"),
    "behind the back": Gesture((-36, 26, -62), elbow=(74, 0, 0), palm="back", reach=("Hips", (0.05, 0.2, 0.1)),
        words="one hand behind the back"),
    "at the cloak": Gesture((12, 22, -22), elbow=(108, 0, 0), hand="fist", palm="in",
        reach=("Spine2", (0.13, -0.2, 0.0)), holds=("fold",), words="one hand gathering the cloak"),
    "at the sling": Gesture((10, 14, -34), elbow=(96, 0, 0), palm="back", reach=("Spine1", (0.06, -0.215, 0.05)),
        words="one arm in the fold of the cloak"),
    "to the chin": Gesture((52, 8, -28), elbow=(132, 0, 0), wrist=(10, 0, 0), hand="fist", palm="back",
        reach=("Head", (0.03, -0.135, -0.13)), words="the chin resting on one hand"),
    "to the cheek": Gesture((46, 22, -10), elbow=(136, 0, 0), palm="in", reach=("Head", (0.085, -0.085, -0.09)),
        words="the head leaning on one hand"),
    "spread out": Gesture((6, 84, 0), elbow=(10, 0, 0), hand="open", palm="forward", words="one arm spread"),
    "spread low": Gesture((14, 48, 20), elbow=(22, 0, 40), wrist=(-14, 0, 0), hand="open", palm="forward",
        words="one hand opened to the side"),
    "nailed": Gesture((0, 104, 0), elbow=(8, 0, 0), hand="open", palm="forward", spread=3),
    "praying": Gesture((32, 16, -34), elbow=(112, 0, 0), wrist=(-34, 0, 0), hand="flat", palm="in",
        reach=("Spine2", (0.03, -0.285, 0.0)), words="hands joined in prayer", spread=2),
    "adoring": Gesture((46, 30, 24), elbow=(84, 0, 0), wrist=(-16, 0, 0), hand="open", palm="forward",
        words="lifted hands"),
    "on the thigh": Gesture((22, 16, -8), elbow=(58, 0, 0), hand="resting", palm="down",
        reach=("own UpLeg", (0.0, -0.125, -0.2)), words="one hand on the thigh"),
    "on the knee": Gesture((34, 12, -8), elbow=(40, 0, 0), hand="resting", palm="down",
        reach=("own UpLeg", (0.0, -0.12, -0.32)), words="one hand on the knee"),
    "over the knee": Gesture((30, 4, -24), elbow=(56, 0, 0), palm="down", reach=("other UpLeg", (0.06, -0.125, -0.3)),
        words="one arm laid over the knees"),
    "elbow on the knee": Gesture((58, 4, -18), elbow=(118, 0, 0), hand="fist", palm="back",
        reach=("Head", (0.0, -0.15, -0.11)), words="the chin resting on one hand"),
    "propped beside": Gesture((-22, 24, 10), elbow=(12, 0, 0), wrist=(-56, 0, 0), hand="flat", palm="back",
        reach=("Hips", (0.25, 0.21, -0.04)), words="one arm propped on the seat"),
    "in the lap": Gesture((16, 8, -26), elbow=(72, 0, 0), hand="cupped", palm="up",
        reach=("Hips", (0.09, -0.24, 0.07)), holds=("book", "bowl", "scroll"), words="one hand in the lap"),
    "book": Gesture((18, 14, -18), elbow=(92, 0, 0), hand="cupped", palm="up", holds=("book", "tablet", "scroll"),
        words="one hand holding something out"),
    "reins": Gesture((18, 10, -12), elbow=(78, 0, 0), hand="grip", palm="in", holds=("reins",), spread=4),
    "bow arm": Gesture((4, 88, -4), elbow=(4, 0, 0), hand="grip", palm="forward", holds=("bow",),
        words="an arm stretched to the bow", spread=3),
    "drawing": Gesture((10, 92, -20), elbow=(142, 0, 0), hand="fist", palm="down", words="an arm drawing the bow",
        spread=3),
    "throwing back": Gesture((-64, 74, 10), elbow=(10, 0, 0), hand="cupped", palm="forward", holds=("discus",),
        words="one arm swung back", spread=4),
    "curved up": Gesture((132, 42, 36), elbow=(52, 0, 0), wrist=(12, 0, 0), palm="in",
        words="one arm curved above the head"),
    "curved aside": Gesture((22, 66, 0), elbow=(40, 0, 0), wrist=(10, 0, 0), palm="forward",
        words="one arm curved aside"),
    "bearing": Gesture((4, 104, 92), elbow=(98, 0, 0), wrist=(-40, 0, 0), hand="cupped", palm="up",
        holds=("globe", "capital"), words="arms lifted under a load"),
    "embracing": Gesture((66, 22, -30), elbow=(62, 0, 0), hand="resting", palm="in", words="arms held out"),
    "carrying a child": Gesture((20, 22, -26), elbow=(98, 0, 0), hand="cupped", palm="in", holds=("child",),
        words="one arm bent to carry"),
    "on the ground": Gesture((0, 34, 0), elbow=(6, 0, 0), wrist=(-70, 0, 0), hand="flat",
        reach=("Hips", (0.3, 0.22, 0.06)), words="leaning on one arm"),
    "elbow on the ground": Gesture((6, 34, -18), elbow=(82, 0, 0), palm="down", words="leaning on one elbow"),
}  # fmt: skip
