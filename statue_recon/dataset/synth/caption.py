"""What a synthetic statue is, in plain words and varied sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

KINDS = {
    "figure": ("statue", "figure", "sculpture", "standing figure"),
    "bust": ("bust", "portrait bust"),
    "head": ("head", "portrait head", "head from a statue"),
    "half figure": ("half-length figure", "half figure"),
    "torso": ("torso", "fragment of a statue", "headless torso"),
    "herm": ("herm", "herm pillar"),
    "relief": ("relief", "relief panel", "carved relief"),
    "group": ("group", "sculpture group", "statue group"),
    "rider": ("equestrian statue", "statue of a rider", "rider on horseback"),
}


@dataclass(frozen=True)
class Said:
    """What there is to say of a statue; every phrase may be empty."""

    kind: str  # a key of KINDS, or "relic"
    who: str  # "a young man", "two wrestlers"; of a relic, the whole noun phrase
    pose: str  # "standing in contrapposto", "his right arm raised"
    worn: tuple[str, ...]  # "a toga", "a laurel wreath"
    features: tuple[str, ...]  # "a full curled beard", "wavy hair parted in the middle"
    held: tuple[str, ...]  # "a staff in the right hand"
    beside: tuple[str, ...]  # "a tree stump", "a round plinth": what it stands on, leans on or stands beside
    stuff: str  # "white marble", "bronze with a green patina"
    surface: str  # "with dirt in the folds"
    state: tuple[str, ...]  # "weathered", "the left arm missing"


def caption(said: Said, rng: np.random.Generator) -> str:
    """One or two sentences, never the same order of words for all."""
    first = _opening(said, rng)
    details = _details(said, rng)
    state = _listed([phrase for phrase in (said.surface, *said.state) if phrase])
    if not details:
        return _sentence(f"{first}, {state}" if state else first)
    if rng.random() < 0.5:
        return _sentence(", ".join(part for part in (first, *details, state) if part))
    ending = f" {_sentence(_of_its_state(state, rng))}" if state else ""
    return _sentence(", ".join((first, *details))) + ending


def together(all_said: Sequence[Mapping[str, tuple[str, ...]]]) -> dict[str, tuple[str, ...]]:
    """What is said of several people, each thing once."""
    joined: dict[str, dict[str, None]] = {}
    for said in all_said:
        for name, phrases in said.items():
            joined.setdefault(name, {}).update(dict.fromkeys(phrases))
    return {name: tuple(phrases)[:_OF_A_GROUP] for name, phrases in joined.items()}


_OF_A_GROUP = 3  # phrases of each sort; a longer caption says less


def _opening(said: Said, rng: np.random.Generator) -> str:
    """Who, in what stuff and pose."""
    pose = f" {said.pose}" if said.pose else ""
    if said.kind == "relic":
        how = str(rng.choice(["{who} of {stuff}", "{who} in {stuff}", "{who}, {stuff}", "{who} made of {stuff}"]))
        return how.format(who=said.who, stuff=said.stuff)
    nouns = [noun for noun in KINDS[said.kind] if "standing" not in noun or "standing" in said.pose]
    noun = str(rng.choice(nouns))
    plain = " with " not in said.stuff
    ways = ["{noun} of {who}{pose}, in {stuff}", "{who}{pose}: {noun} in {stuff}", "{noun} in {stuff} of {who}{pose}"]
    if plain:
        ways += ["{stuff} {noun} of {who}{pose}"] * 2
    text = str(rng.choice(ways)).format(noun=noun, who=said.who, pose=pose, stuff=said.stuff)
    if text.startswith((noun, said.stuff)) and rng.random() < 0.6:
        text = f"{_article(text)} {text}"
    return text


def _details(said: Said, rng: np.random.Generator) -> list[str]:
    """Dress, features, what is held and what stands beside, in an order of their own each time."""
    parts = []
    if any(said.worn):
        parts.append(f"{rng.choice(['wearing', 'dressed in', 'in'])} {_listed(said.worn)}")
    if any(said.features):
        parts.append(f"with {_listed(said.features)}")
    if any(said.held):
        parts.append(f"{rng.choice(['holding', 'carrying'])} {_listed(said.held)}")
    if any(said.beside):
        parts.append(_listed(said.beside))
    return [parts[k] for k in rng.permutation(len(parts))]


def _of_its_state(state: str, rng: np.random.Generator) -> str:
    """A sentence of its own for the state."""
    bare = state.split()[0] in ("with", "the", "a")  # “it is the left arm missing” would be no English
    return state if bare else str(rng.choice(["it is {}", "{}"])).format(state)


def _listed(phrases: Sequence[str]) -> str:
    """“a”, “a and b”, “a, b and c”, without the empty ones."""
    there = [phrase for phrase in phrases if phrase]
    if len(there) < 2:
        return "".join(there)
    return f"{', '.join(there[:-1])} and {there[-1]}"


def _article(words: str) -> str:
    return "an" if words[:1].lower() in "aeio" else "a"


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:] + "."
