"""Lions, and what has a lion's body: lioness, sphinx, griffin, guardian lion."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ....mesh.mesh import Mesh
from ..sculpt import Piece
from ..shapes import Shape, union
from .beasts import Foot, Posed, Posture
from .coat import landed, locks, scattered, snails
from .flesh import Clay
from .lion_form import BREAST, HEAD, LION, LIONESS, MANE, NECK
from .swept import swept, together
from .wheel import offset, smooth_path

POSTURES = {
    "standing": Posture(
        "standing", {"neck1": (0, 0)}, 0.0, {"hind left": Foot(0.06), "hind right": Foot(-0.08, cannon=5)}
    ),
    "striding": Posture(
        "striding",
        {"neck1": (-2, 0)},
        0.03,
        {
            "fore left": Foot(0.22, cannon=4),
            "fore right": Foot(-0.18, cannon=-12, toes=0),
            "hind left": Foot(-0.18, cannon=18, toes=0),
            "hind right": Foot(0.22, cannon=-8, toes=0),
        },
    ),
    "paw raised": Posture(
        "paw raised",
        {"neck1": (4, 0)},
        0.01,
        {
            "fore left": Foot(0.26, 0.30, cannon=-20, toes=-30),
            "fore right": Foot(-0.05),
            "hind left": Foot(-0.10, cannon=10),
        },
    ),
    "seated": Posture(
        "seated",
        {"body": (47, 0), "chest": (8, 0), "neck1": (-14, 0), "neck2": (-14, 0), "head": (-24, 0)},
        0.50,
        {
            "fore left": Foot(-0.17, cannon=2, toes=0),
            "fore right": Foot(-0.17, cannon=2, toes=0),
            "hind left": Foot(0.30, 0.0, 0.07, cannon=-74, toes=0),
            "hind right": Foot(0.30, 0.0, 0.07, cannon=-74, toes=0),
        },
    ),
    "lying": Posture(
        "lying",
        {"body": (2, 0), "neck1": (6, 0), "neck2": (4, 0)},
        0.54,
        {
            "fore left": Foot(0.42, 0.0, 0.02, cannon=-62, toes=0),
            "fore right": Foot(0.42, 0.0, 0.02, cannon=-62, toes=0),
            "hind left": Foot(0.42, 0.0, 0.10, cannon=-76, toes=0),
            "hind right": Foot(0.42, 0.0, 0.10, cannon=-76, toes=0),
        },
    ),
    "roaring": Posture(
        "roaring",
        {"neck1": (6, 0), "head": (12, 0), "jaw": (-26, 0)},
        0.02,
        {
            "fore left": Foot(0.12),
            "fore right": Foot(-0.08),
            "hind left": Foot(-0.12, cannon=10),
            "hind right": Foot(0.06),
        },
    ),
}
MANES = ("flame locks", "wavy locks", "snail curls")


@dataclass(frozen=True)
class Lion:
    posture: str
    male: bool
    mane: str  # one of MANES
    turned: float  # degrees the head looks to its left
    mouth: float  # degrees it is open
    tail: str  # "hanging", "raised", "around"
    size: float
    seed: int


def choose(rng: np.random.Generator) -> Lion:
    return Lion(
        str(rng.choice(list(POSTURES), p=[0.15, 0.2, 0.15, 0.22, 0.2, 0.08])),
        bool(rng.random() < 0.85),
        str(rng.choice(MANES, p=[0.5, 0.3, 0.2])),
        float(rng.choice([0.0, rng.uniform(-45, 45)])),
        float(rng.choice([0.0, rng.uniform(8, 22)])),
        str(rng.choice(["hanging", "raised"])),
        float(rng.uniform(0.9, 1.15)),
        int(rng.integers(2**31)),
    )


def posture(name: str, turned: float = 0.0, mouth: float = 0.0) -> Posture:
    """The posture with the head turned (degrees) and the mouth open."""
    given = POSTURES[name]
    turns = dict(given.turns)
    for bone, share in (("neck1", 0.2), ("neck2", 0.35), ("head", 0.45)):
        before = turns.get(bone, (0.0, 0.0))
        turns[bone] = (before[0], before[1] + share * turned)
    turns["jaw"] = (turns.get("jaw", (0.0, 0.0))[0] - mouth, 0.0)
    return Posture(given.name, turns, given.lowered, given.feet)


def build(lion: Lion) -> list[Piece]:
    rng = np.random.default_rng(lion.seed)
    posed = Posed(LION if lion.male else LIONESS, posture(lion.posture, lion.turned, lion.mouth))
    flesh = posed.clay().shape()
    pieces = [Piece("animal", union([flesh, tail(posed, lion.tail)], 0.02))]
    if lion.male:
        pieces.append(Piece("mane", mane(posed, lion.mane, rng), blend=0.006))
    return [sized(piece, lion.size) for piece in pieces]


def sized(piece: Piece, size: float) -> Piece:
    """The piece, so many times as large."""
    if isinstance(piece.surface, Mesh):
        surface: Mesh | Shape = Mesh(
            (piece.surface.vertices * np.float32(size)).astype(np.float32), piece.surface.faces
        )
    else:
        surface = piece.surface.moved(np.diag([size, size, size, 1.0]))
    return Piece(piece.name, surface, piece.blend * size)


def mane(posed: Posed, style: str, rng: np.random.Generator) -> Mesh:
    """Locks over neck, breast and withers, and a wreath of them around the face."""
    under = posed.clay((*NECK, *MANE, *HEAD[:2], BREAST)).shape()
    places, out = landed(under, *_rays(posed, rng))
    kept = scattered(places, 0.115 if style == "snail curls" else 0.075)
    places, out = places[kept], out[kept]
    face = posed.at("head", (0, 0.95, 1.12))
    free = np.linalg.norm(places - face, axis=1) > 0.20
    places, out = places[free], out[free]
    if style == "snail curls":
        return together([snails(places, out, 0.07, rng, 1.25), _wreath(posed, rng)])
    ahead = posed.way("head", (0, 1.0, 0))
    flow = -0.7 * ahead + np.array([0, 0, -0.7]) + 0.8 * (places - face)
    curl, length = (0.62, 0.17) if style == "flame locks" else (0.3, 0.24)
    return together([locks(under, places, out, flow, length, 0.085, rng, curl, 0.35, "ridged"), _wreath(posed, rng)])


def _rays(posed: Posed, rng: np.random.Generator) -> tuple[NDArray, NDArray]:
    """Rays towards the neck's axis, from the withers and the breast to the face."""
    axis = smooth_path(
        [
            posed.at("chest", (0, 0.22, 0.98)),
            posed.at("neck1", (0, 0.46, 0.92)),
            posed.at("neck2", (0, 0.62, 1.05)),
            posed.at("head", (0, 0.82, 1.17)),
        ]
    )
    breast = smooth_path([posed.at("chest", (0, 0.5, 0.66)), posed.at("neck1", (0, 0.56, 0.82)), axis[-4]])
    middles = np.concatenate([axis, axis, axis, axis, breast, breast])
    middles = np.repeat(middles, 8, axis=0)
    along = posed.way("neck2", (0, 0.8, 0.6))
    ways = rng.normal(size=middles.shape)
    ways -= 0.7 * (ways @ along)[:, None] * along
    ways /= np.linalg.norm(ways, axis=1, keepdims=True)
    order = rng.permutation(len(middles))
    return (middles + 0.55 * ways)[order], -ways[order]


def _wreath(posed: Posed, rng: np.random.Generator) -> Mesh:
    """The locks that frame the face, from the brow around to below the chin."""
    found = []
    for k in range(18):
        angle = np.radians(-172 + 344 * (k + 0.5) / 18)  # 0 is up
        s, c = np.sin(angle), np.cos(angle)
        root = posed.at("head", (0.125 * s, 0.865 - 0.02 * c, 1.155 + 0.125 * c))
        ends = [
            posed.at("head", (reach * s, 0.865 - back, 1.15 + reach * c))
            for reach, back in ((0.185, 0.01), (0.23, 0.1), (0.235, 0.19))
        ]
        bend = rng.choice([-1.0, 1.0]) * 0.04 * posed.way("head", (c, 0, -s))
        path = smooth_path([root, ends[0], ends[1] + 0.3 * bend, ends[2] + bend])
        widths = np.interp(np.linspace(0, 1, len(path)), [0, 0.4, 1], [0.05, 0.078, 0.02])
        found.append(swept(path, widths, 0.7 * widths, posed.way("head", (0.4 * s, 1.0, 0.4 * c)), "ridged"))
    return together(found)


def tail(posed: Posed, how: str) -> Shape:
    """A lion's tail with its tuft: hanging in a bow, raised over the back, or laid around the haunch."""
    root = posed.at("body", (0, -0.64, 0.93))
    back = posed.way("body", (0, -1, 0))
    floor = 0.045
    low = root[2] < 0.5  # seated or lying
    if low:
        side = np.array([1.0, 0, 0])
        path = [
            root,
            offset(root, 0, 0.12, -0.5 * root[2]),
            offset(root, 0.14, 0.14, floor - root[2]),
            offset(root, 0.30, -0.05, floor - root[2]),
        ]
        path += [
            root + 0.34 * side + (0, -0.3, floor - root[2]),
            root + 0.30 * side + (0, -0.48, 0.02 + floor - root[2]),
        ]
    elif how == "raised":
        path = [
            root,
            root + 0.12 * back + (0, 0, 0.10),
            root + 0.10 * back + (0, 0, 0.30),
            root - 0.08 * back + (0.02, 0, 0.40),
        ]
        path += [root - 0.26 * back + (0.05, 0, 0.34), root - 0.36 * back + (0.06, 0, 0.25)]
    else:
        path = [
            root,
            root + 0.12 * back + (0, 0, 0.0),
            root + 0.16 * back + (0.02, 0, -0.25),
            root + 0.14 * back + (0.04, 0, -0.55),
        ]
        path += [root + 0.24 * back + (0.05, 0, -0.72), root + 0.36 * back + (0.05, 0, -0.70)]
    places = smooth_path(path)
    t = np.linspace(0, 1, len(places))
    clay = Clay(0.01)
    clay.line(places, np.interp(t, [0, 0.15, 0.8, 0.84, 0.92, 1.0], [0.05, 0.036, 0.028, 0.04, 0.062, 0.02]))
    return clay.shape()


def words(lion: Lion, rng: np.random.Generator) -> str:
    noun = "lion" if lion.male else "lioness"
    text = {
        "standing": f"a standing {noun}",
        "striding": f"a striding {noun}",
        "paw raised": f"a {noun} with one paw raised",
        "seated": str(rng.choice([f"a seated {noun}", f"a sitting {noun}"])),
        "lying": str(rng.choice([f"a lying {noun}", f"a recumbent {noun}", f"a {noun} couchant"])),
        "roaring": f"a roaring {noun}",
    }[lion.posture]
    if lion.male and rng.random() < 0.7 and " with " not in text:
        manes = {"flame locks": "a curled mane", "wavy locks": "a long mane", "snail curls": "a mane of snail curls"}
        text += f" with {manes[lion.mane]}"
    if abs(lion.turned) > 15 and rng.random() < 0.6:
        text += f", its head turned to the {'left' if lion.turned > 0 else 'right'}"
    return text
