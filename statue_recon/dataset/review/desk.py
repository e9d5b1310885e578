"""What a person who reviews a collection can do: see an object, walk to the next one, decide, take it back.

Every answer is plain data for the page. Whatever other processes have written to the manifest is taken in first.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...contract import Failure
from ..manifest import Entry, Manifest

VERDICTS = ("keep", "drop", "unsure")
STEPS_BACK = 2000  # decisions that can be taken back

_DECIDED = "json_extract(review, '$.verdict')"
_CLEANED = "json_extract(clean, '$.verdict')"


@dataclass(frozen=True)
class Filter:
    """Which objects are walked through, as SQL over the manifest's columns, and as a person reads it."""

    where: str
    words: str
    scope: str = "1"  # the objects whose progress is counted: those who do not leave by being decided


FILTERS = {
    "all": Filter("1", "all objects"),
    "undecided": Filter(f"{_DECIDED} IS NULL", "not yet decided"),
    "look": Filter(f"{_CLEANED} = 'look'", "clean: to be seen", f"{_CLEANED} = 'look'"),
    "clean-keep": Filter(f"{_CLEANED} = 'keep'", "clean: keep", f"{_CLEANED} = 'keep'"),
    "clean-drop": Filter(f"{_CLEANED} = 'drop'", "clean: drop", f"{_CLEANED} = 'drop'"),
    "keep": Filter(f"{_DECIDED} = 'keep'", "kept"),
    "drop": Filter(f"{_DECIDED} = 'drop'", "dropped"),
    "unsure": Filter(f"{_DECIDED} = 'unsure'", "unsure"),
}


@dataclass(frozen=True)
class _Step:
    """A decision that can be taken back."""

    identifier: str
    number: int
    before: str | None
    after: str | None


class Desk:
    """One person's work on one collection. Threads may share it."""

    def __init__(self, manifest: Manifest):
        self._manifest = manifest
        self._steps: deque[_Step] = deque(maxlen=STEPS_BACK)
        self._lock = threading.Lock()

    def look(self, only: str, at: int = -1, go: str = "open") -> dict[str, Any]:
        """An object and how far the work has come.

        go: "here" (the object `at`), "next" or "previous" (from there, among the objects of the filter `only`), or
        "open" (the first that is not decided yet, else the first). Where nothing comes next, the first undecided one
        does, and where there is none, the object `at` stays; "end" says so.
        """
        self._manifest.refresh()
        found = self._found(only, at, go)
        end = found is None
        if found is None and go == "next":
            found = self._first(f"{_shown(only)} AND {_DECIDED} IS NULL AND number <> ?", at)
        if found is None and go in ("next", "previous"):
            found = self._manifest.at(at)
        return self._seen(only, found, end=end)

    def decide(self, number: int, identifier: str, verdict: str | None, only: str) -> dict[str, Any]:
        """Records a verdict (None takes it back) for an object, and shows the next one."""
        if verdict is not None and verdict not in VERDICTS:
            raise ValueError(f"{verdict!r} is no verdict")
        with self._lock:
            self._manifest.refresh()
            entry = self._manifest.at(number)
            if entry is None or entry["id"] != identifier:
                raise Failure(
                    "The manifest is another one than when this object was shown; nothing was written.",
                    next_step="Reload the page.",
                )
            before = _verdict(entry)
            self._manifest.record(identifier, "review", {"verdict": verdict})
            self._steps.append(_Step(identifier, number, before, verdict))
        return self.look(only, number, "next")

    def undo(self, only: str, at: int) -> dict[str, Any]:
        """Takes the last decision back, and shows its object; "undone" says what happened."""
        with self._lock:
            self._manifest.refresh()
            step = self._steps.pop() if self._steps else None
            entry = self._manifest.get(step.identifier) if step else None
            kept = entry is not None and step is not None and _verdict(entry) == step.after
            if step and kept:
                self._manifest.record(step.identifier, "review", {"verdict": step.before})
        if step is None:
            return self.look(only, at, "here") | {"undone": "nothing"}
        return self.look(only, step.number, "here") | {"undone": "taken back" if kept else "changed by others"}

    def mesh_of(self, number: int) -> Path:
        """Where the mesh file of an object lies: inside the collection, or where it was collected from."""
        entry = self._manifest.at(number)
        said = ((entry or {}).get("source") or {}).get("file")
        if not isinstance(said, str) or not said:
            raise Failure("The manifest names no mesh file for this object.", next_step="Collect it again.")
        folder, path = self._manifest.folder.resolve(), Path(said)
        if path.is_absolute():
            return path
        if not (folder / path).resolve().is_relative_to(folder):
            raise Failure(
                f"The manifest names a file outside of the collection ({said}), which is not opened.",
                next_step="Collect it again, or move the file into the collection.",
            )
        return folder / path

    def _found(self, only: str, at: int, go: str) -> Entry | None:
        shown = _shown(only)
        if go == "here":
            return self._manifest.at(at)
        if go == "next":
            return self._first(f"{shown} AND number > ?", at)
        if go == "previous":
            return self._first(f"{shown} AND number < ?", at, last=True)
        return self._first(f"{shown} AND {_DECIDED} IS NULL") or self._first(shown)

    def _first(self, where: str, *values: Any, last: bool = False) -> Entry | None:
        which = f"SELECT {'MAX' if last else 'MIN'}(number) FROM state WHERE {where}"
        return next(iter(self._manifest.entries(f"number = ({which})", *values)), None)

    def _seen(self, only: str, entry: Entry | None, end: bool) -> dict[str, Any]:
        count, shown = self._manifest.count, _shown(only)
        scope = f"source IS NOT NULL AND {FILTERS[only].scope}"
        number = entry["number"] if entry else -1
        inside = entry is not None and count(f"{shown} AND number = ?", number)
        following = self._first(f"{shown} AND number > ?", number)
        return {
            "object": _for_page(entry) if entry else None,
            "place": count(f"{shown} AND number <= ?", number) if inside else None,
            "of": count(shown),
            "progress": {"all": count(scope)}
            | {verdict: count(f"{scope} AND {_DECIDED} = ?", verdict) for verdict in VERDICTS},
            "next": following["number"] if following else None,
            "end": end,
            "can_undo": len(self._steps),
        }


def _shown(only: str) -> str:
    if only not in FILTERS:
        raise ValueError(f"{only!r} is no filter")
    return f"source IS NOT NULL AND {FILTERS[only].where}"


def _verdict(entry: Entry) -> str | None:
    return (entry["review"] or {}).get("verdict")


def _for_page(entry: Entry) -> dict[str, Any]:
    """What is shown of an object. Values may be of any kind: a manifest can be written by anyone."""
    source, clean = entry["source"] or {}, entry["clean"] or {}
    told = {
        name: str(source[name]) for name in ("title", "author", "licence", "source", "url", "file") if source.get(name)
    }
    reasons = clean.get("reasons")
    return told | {
        "number": entry["number"],
        "id": entry["id"],
        "description": str(source.get("description") or source.get("caption") or ""),
        "bytes": source["bytes"] if isinstance(source.get("bytes"), int) else None,
        "clean": clean.get("verdict"),
        "class": clean.get("class"),
        "reasons": [str(reason) for reason in reasons] if isinstance(reasons, list) else [],
        "verdict": _verdict(entry),
    }
