"""statue-recon dataset split: which objects are for training, for validation and for testing.

By object, never by view, and near duplicates stay together: `clean` says of an object which other it is the same as;
whoever is linked so, over whatever many steps, is one group. A group's set follows from a hash of the seed and of the
name of its first object alone. So objects that are added later never move the others to another set, unless one of
them shows that two groups are the same; then the later group follows the earlier one, and the command says so.
"""

from __future__ import annotations

import argparse
import hashlib
import math
import sqlite3
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..contract import Failure
from ..ending import DONE
from .manifest import USED, Entry, Manifest

SETS = ("train", "validation", "test")
SHARES = (0.8, 0.1, 0.1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes the command to a parser of its own."""
    parser.description = (
        "Divides the objects of a collection. Near duplicates, as `clean` found them, stay together. "
        "Objects that are added later leave the others where they are, as long as seed and shares stay the same."
    )
    parser.add_argument("folder", type=Path, metavar="COLLECTION", help="a folder with a manifest.jsonl")
    for name, share in zip(SETS, SHARES, strict=True):
        parser.add_argument(f"--{name}", type=float, default=share, metavar="SHARE", help=f"default: {share}")
    parser.add_argument("--seed", type=int, default=0, help="another seed is another division (default: 0)")


def run(given: argparse.Namespace) -> int:
    """Runs the command; returns its exit code. Raises Failure."""
    shares = {name: getattr(given, name) for name in SETS}
    with Manifest(given.folder) as manifest:
        outcome = split(manifest, shares, given.seed)
    sys.stdout.write(as_text(outcome, shares))
    return DONE


def split(manifest: Manifest, shares: Mapping[str, float], seed: int) -> Counter[str]:
    """Records the set and the group of every used object, where they are not what they were.

    shares: of each of SETS, together 1.
    Returns how many objects each set has; under "groups of …" how many groups; under "moved" how many objects were in
    another set before; under "left" how many had a set and are not used any more.
    """
    _check(shares)
    outcome: Counter[str] = Counter()
    with Groups() as groups:
        groups.read(manifest)
        manifest.record_many("split", _changes(manifest, groups, shares, seed, outcome))
    return outcome


def set_of(group: str, shares: Mapping[str, float], seed: int) -> str:
    """The set of a group: the place of a hash, as a number from 0 to 1, among the shares laid end to end."""
    digest = hashlib.sha256(f"{seed}\n{group}".encode("utf-8", "surrogatepass")).digest()
    place = int.from_bytes(digest[:8], "big") / 2**64
    for name in SETS:
        place -= shares[name]
        if place < 0:
            return name
    return next(name for name in reversed(SETS) if shares[name] > 0)  # the shares add up to a hair less than 1


def _changes(
    manifest: Manifest, groups: Groups, shares: Mapping[str, float], seed: int, outcome: Counter[str]
) -> Iterator[tuple[str, Entry]]:
    for entry in manifest.entries(USED):
        group = groups.of(entry["id"])
        name = set_of(group, shares, seed)
        outcome[name] += 1
        outcome[f"groups of {name}"] += groups.is_new(group)
        now, before = {"set": name, "group": group}, entry["split"]
        if now != before:
            outcome["moved"] += bool(before and before["set"] not in (None, name))
            yield entry["id"], now
    for entry in manifest.entries(f"NOT ({USED}) AND json_extract(split, '$.set') IS NOT NULL"):
        outcome["left"] += 1
        yield entry["id"], {"set": None, "group": groups.of(entry["id"])}


class Groups:
    """Who is the same as whom: a forest in a temporary file; its trees are the groups, the first found is the root."""

    def __init__(self) -> None:
        self._file = sqlite3.connect("")  # SQLite's own: on disk as far as it does not fit its cache, gone at the end
        self._file.execute("CREATE TABLE tree (id TEXT PRIMARY KEY, number INTEGER, parent TEXT) WITHOUT ROWID")
        self._file.execute("CREATE TABLE seen (id TEXT PRIMARY KEY) WITHOUT ROWID")

    def __enter__(self) -> Groups:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()

    def read(self, manifest: Manifest) -> None:
        """Takes the links `clean` recorded, those of dropped objects too: they may link two that are kept."""
        for entry in manifest.entries("json_extract(clean, '$.same_as') IS NOT NULL"):
            other = manifest.get(str(entry["clean"]["same_as"]))
            if other:
                self.join(entry["id"], entry["number"], other["id"], other["number"])

    def join(self, one: str, its_number: int, other: str, other_number: int) -> None:
        self._file.executemany(
            "INSERT OR IGNORE INTO tree VALUES (?, ?, ?)", [(one, its_number, one), (other, other_number, other)]
        )
        roots: list[Any] = [self._root(one), self._root(other)]
        first, second = sorted(roots, key=lambda root: root[1])
        self._file.execute("UPDATE tree SET parent = ? WHERE id = ?", (first[0], second[0]))

    def of(self, identifier: str) -> str:
        """The group's name: its first object's."""
        return self._root(identifier)[0]

    def is_new(self, group: str) -> bool:
        """Whether this is asked for the first time."""
        return self._file.execute("INSERT OR IGNORE INTO seen VALUES (?)", (group,)).rowcount == 1

    def _root(self, identifier: str) -> tuple[str, int]:
        """The root of the object's tree and its number; on the way there, every other step is made shorter."""
        while True:
            step = self._file.execute(
                "SELECT one.number, one.parent, next.parent FROM tree one JOIN tree next ON next.id = one.parent "
                "WHERE one.id = ?",
                (identifier,),
            ).fetchone()
            if step is None or step[1] == identifier:
                return identifier, step[0] if step else -1
            if step[1] != step[2]:
                self._file.execute("UPDATE tree SET parent = ? WHERE id = ?", (step[2], identifier))
            identifier = step[2]


def as_text(outcome: Counter[str], shares: Mapping[str, float]) -> str:
    """The achieved shares, as lines for people."""
    objects = sum(outcome[name] for name in SETS)
    lines = [
        f"{name:<11}{outcome[name]:>7} objects in {outcome[f'groups of {name}']:>6} groups"
        f"{outcome[name] / max(objects, 1):>9.1%} (asked for {shares[name]:.1%})"
        for name in SETS
    ]
    if outcome["moved"]:
        lines.append(
            f"{outcome['moved']} objects were in another set before: seed or shares are others, or a near duplicate "
            "joined their group to an earlier one."
        )
    if outcome["left"]:
        lines.append(f"{outcome['left']} objects are not used any more and belong to no set.")
    empty = [name for name in SETS if objects and shares[name] > 0 and not outcome[name]]
    if empty:
        lines.append(f"No object fell to {' and '.join(empty)}: of so few, chance decides. Try another --seed.")
    if not objects:
        lines.append("No object of this collection is used: collect some, or see what clean and review dropped.")
    return "\n".join(lines) + "\n"


def _check(shares: Mapping[str, float]) -> None:
    if min(shares.values()) < 0 or not math.isclose(sum(shares.values()), 1, abs_tol=1e-6):
        asked = ", ".join(f"{name} {shares[name]:g}" for name in SETS)
        raise Failure(
            f"The shares do not add up to 1: {asked}.", next_step="Give --train, --validation and --test together."
        )
