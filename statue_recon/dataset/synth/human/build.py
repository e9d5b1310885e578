"""Who the statue shows: sex, age, build and face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from .anatomy import Anatomy
from .features import CHILD, HEADS, IDEAL_BODY, IDEAL_FACE, OLD, OWN_SPREADS, PAIRS, SPREADS

LIDS = 0.0022  # metres


@dataclass(frozen=True)
class Build:
    """A person's body, and how the sculptor saw it."""

    sex: str = "male"  # "male", "female"
    age: str = "young"  # "child", "young", "adult", "old": what years amounts to
    years: float = 25.0
    manner: str = "ideal"  # "ideal", "portrait", "plain"
    muscle: float = 0.6  # 0 … 1, a hero's a little more
    weight: float = 0.5  # 0 lean … 1 stout
    height: float = 1.75  # metres
    heads: float = 7.6  # how often the head goes into the height
    ancestry: Mapping[str, float] = field(default_factory=lambda: {"caucasian": 1.0})
    details: Mapping[str, float] = field(default_factory=dict)  # target without "detail/" → amount
    lids: float = LIDS  # metres by which the sculptor thickens the eyelids


_AGES = (("child", 0.12, (2.0, 12.0)), ("young", 0.43, (16.0, 30.0)), ("adult", 0.28, (30.0, 55.0)),
         ("old", 0.17, (58.0, 86.0)))  # fmt: skip
_MANNERS = {"child": (0.6, 0.1, 0.3), "young": (0.75, 0.1, 0.15), "adult": (0.4, 0.4, 0.2), "old": (0.15, 0.6, 0.25)}
_INDIVIDUAL = {"ideal": 0.32, "portrait": 0.8, "plain": 0.6}  # of the features' spread
_PEOPLES = ("caucasian", "asian", "african")
_PEOPLE_SHARES = (0.62, 0.2, 0.18)
_PEOPLE_SPREAD = 0.35  # how far from one of three a mixture may be
_MOST = 0.95  # amount of a target
_UNEVEN = 0.12  # of a feature's amount, by which left and right differ


def choose(rng: np.random.Generator, anatomy: Anatomy, sex: str | None = None, age: str | None = None) -> Build:
    """Somebody, of this sex and age if they are settled."""
    sex = sex or ("male" if rng.random() < 0.56 else "female")
    shares = np.array([share for _, share, _ in _AGES])
    age = age or _AGES[int(rng.choice(len(_AGES), p=shares / shares.sum()))][0]
    years = float(rng.uniform(*next(span for name, _, span in _AGES if name == age)))
    manner = ("ideal", "portrait", "plain")[int(rng.choice(3, p=_MANNERS[age]))]
    muscle, weight = _strength(rng, sex, years, manner)
    heads = _heads(rng, years, manner)
    height = float(_height(years) * (1 if sex == "male" or years < 13 else 0.94) * rng.normal(1, 0.025))
    details = _details(rng, anatomy, sex, years, manner)
    return Build(sex, age, round(years, 1), manner, muscle, weight, height, heads, _ancestry(rng), details)


def _strength(rng: np.random.Generator, sex: str, years: float, manner: str) -> tuple[float, float]:
    """Muscle and weight, 0 … 1."""
    if years < 13:
        plump = np.interp(years, (2, 5, 12), (0.92, 0.68, 0.45))
        return float(np.clip(rng.normal(0.35, 0.05), 0, 1)), float(np.clip(rng.normal(plump, 0.08), 0, 1))
    typical = {"ideal": 0.92, "portrait": 0.52, "plain": 0.55}[manner] - (0.14 if sex == "female" else 0)
    muscle = rng.normal(typical, 0.1) - 0.25 * np.clip((years - 45) / 45, 0, 1)
    weight = rng.normal(0.46 if manner == "ideal" else 0.52, 0.07 if manner == "ideal" else 0.15)
    return float(np.clip(muscle, 0.1, 1.15 if sex == "male" else 0.9)), float(np.clip(weight, 0.15, 0.95))


def _heads(rng: np.random.Generator, years: float, manner: str) -> float:
    grown = {"ideal": 7.7, "portrait": 7.3, "plain": 7.2}[manner]
    return float(np.interp(years, (2, 5, 9, 13, 18), (4.7, 5.4, 6.2, 6.8, grown)) * rng.normal(1, 0.02))


def _height(years: float) -> float:
    return float(np.interp(years, (2, 5, 9, 13, 18, 60, 90), (0.88, 1.1, 1.34, 1.56, 1.76, 1.75, 1.69)))


def _ancestry(rng: np.random.Generator) -> dict[str, float]:
    main = int(rng.choice(3, p=_PEOPLE_SHARES))
    mixture = rng.uniform(0, _PEOPLE_SPREAD, 3)
    mixture[main] = 1.0
    return {people: round(float(part), 3) for people, part in zip(_PEOPLES, mixture / mixture.sum(), strict=True)}


def _details(rng: np.random.Generator, anatomy: Anatomy, sex: str, years: float, manner: str) -> dict[str, float]:
    """Amounts of the detail targets: chance, and what the manner, the sex and the age bring."""
    typical = _typical(sex, years, manner)
    found: dict[str, float] = {}
    for feature, sides in features(anatomy).items():
        room = feature.partition("/")[0]
        spread = OWN_SPREADS.get(feature, SPREADS[room]) * _INDIVIDUAL[manner]
        amount = typical.get(feature, 0.0) + spread * float(np.clip(rng.normal(), -2.2, 2.2))
        for less, more in sides:
            this = float(np.clip(amount * rng.normal(1, _UNEVEN if len(sides) > 1 else 0), -_MOST, _MOST))
            if abs(this) > 0.02:
                found[more if this > 0 else less] = round(abs(this), 3)
    if manner != "ideal":
        found[f"head/{HEADS[int(rng.integers(len(HEADS)))]}"] = round(float(rng.uniform(0.1, 0.35)), 3)
    return found


def _typical(sex: str, years: float, manner: str) -> dict[str, float]:
    tables: list[tuple[float, Mapping[str, float]]] = []
    if manner == "ideal" and years > 13:
        tables += [(1.0, IDEAL_FACE), (1.0, IDEAL_BODY[sex])]
    tables += [(float(np.clip((years - 40) / 50, 0, 1)), OLD), (float(np.clip((14 - years) / 11, 0, 1)), CHILD)]
    total: dict[str, float] = {}
    for share, table in tables:
        for feature, amount in table.items():
            total[feature] = total.get(feature, 0.0) + share * amount
    return total


def features(anatomy: Anatomy) -> dict[str, list[tuple[str, str]]]:
    """Feature (see features.py) → its targets (less, more): one pair, or one for the left and one for the right."""
    names = set(anatomy.details)
    found: dict[str, list[tuple[str, str]]] = {}
    for name in anatomy.details:
        stem, _, ending = name.rpartition("-")
        less = next((less for less, more in PAIRS if more == ending), None)
        if less is None or f"{stem}-{less}" not in names:
            continue
        room, _, feature = stem.partition("/")
        found.setdefault(f"{room}/{feature.removeprefix('l-').removeprefix('r-')}", []).append((f"{stem}-{less}", name))
    return found


_PEOPLE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("male", "child"): ("a boy", "a small boy", "a child"),
    ("female", "child"): ("a girl", "a small girl", "a child"),
    ("male", "young"): ("a young man", "a youth", "a young man"),
    ("female", "young"): ("a young woman", "a maiden", "a young woman"),
    ("male", "adult"): ("a man", "a grown man", "a mature man"),
    ("female", "adult"): ("a woman", "a mature woman", "a woman"),
    ("male", "old"): ("an old man", "an elderly man", "an aged man"),
    ("female", "old"): ("an old woman", "an elderly woman", "an aged woman"),
}
_STOUT, _STRONG, _LEAN = 0.72, 0.95, 0.33  # weight, muscle, weight from which words speak of them
_TODDLER = 5.0  # years up to which a child is a putto


def words(build: Build, rng: np.random.Generator) -> str:
    """Who it is: "a young man", "a stout old woman"."""
    choices = _PEOPLE[build.sex, build.age]
    if build.years < _TODDLER:
        choices = ("a putto", "a chubby infant", "a small child")
    who = choices[int(rng.integers(len(choices)))]
    seen = ""
    if build.age != "child" and rng.random() < 0.7:
        seen = "stout" if build.weight > _STOUT else "lean" if build.weight < _LEAN else ""
        seen = seen or ("muscular" if build.muscle > _STRONG and build.sex == "male" else "")
    return f"a {seen} {who.partition(' ')[2]}" if seen else who
