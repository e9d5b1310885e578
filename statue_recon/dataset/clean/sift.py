"""Going through a collection: every object is read, judged, compared with the earlier ones, and recorded.

Meshes are read by several processes in any order; judgements fall one after the other in the order of the manifest,
for of two duplicates the later one goes. So the outcome is the same whatever the number of processes and however often
the run was interrupted.
"""

from __future__ import annotations

import hashlib
import logging
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..manifest import Entry, Manifest
from ..progress import Counter as Progress
from .kind import Decision, decide
from .known import Known
from .model import Classifier
from .pen import Broken, Limits, Pen
from .shape import SIZE
from .tasks import Examined, compare, examine
from .twin import ALIKE, SAME, Likeness

log = logging.getLogger(__name__)

VERSION = 1  # raised when the same file and words are judged otherwise: everything is then judged again
NEAR = 0.05  # descriptions farther apart are not compared: copies are nearer than 0.03, other statues beyond 0.08
HOPEFUL = 0.015  # apart as descriptions of moved and mirrored copies are by chance; no two of the heads are so near
CANDIDATES = 3  # earlier objects that one is compared with
_AHEAD = 4  # objects for each process that are read before it is their turn
_VERDICTS = ("keep", "look", "drop")  # the worst counts


@dataclass(frozen=True)
class Settings:
    """How to judge."""

    limits: Limits
    wanted: tuple[str, ...]  # classes that are kept
    model: str | None  # identifier of the model that tells classes, and its revision
    blender: str | None  # the program, for formats that only it reads


@dataclass(frozen=True)
class _Twin:
    """The earlier object that one is like."""

    entry: Entry
    likeness: Likeness


def sift(manifest: Manifest, settings: Settings, classifier: Classifier | None, jobs: int) -> Counter[str]:
    """Judges whatever is not judged yet. Returns how many got which verdict; "missing": how many have no file."""
    with Known(manifest.folder) as known, Pen(jobs, settings.limits) as pen:
        sifting = _Sifting(manifest, settings, classifier, known, pen)
        sifting.run(_AHEAD * jobs)
    return sifting.outcome


class _Sifting:
    def __init__(
        self, manifest: Manifest, settings: Settings, classifier: Classifier | None, known: Known, pen: Pen
    ) -> None:
        self._manifest, self._settings, self._classifier = manifest, settings, classifier
        self._known, self._pen = known, pen
        self._done: dict[Any, Any] = {}  # results that came before it was their turn; never more than are ahead
        self.outcome: Counter[str] = Counter()

    def run(self, ahead: int) -> None:
        progress = Progress("objects", sum(1 for _ in self._due()))
        self.outcome["missing"] = sum(1 for entry in self._sources() if not self._path(entry).is_file())
        due = self._due()
        waiting: deque[Entry] = deque()
        while True:
            while len(waiting) < ahead and (entry := next(due, None)):
                path = self._path(entry)
                wants_pictures = self._classifier is not None
                task = (path, wants_pictures, self._settings.blender, self._settings.limits.seconds)
                self._pen.give(entry["number"], examine, *task)
                waiting.append(entry)
            if not waiting:
                break
            entry = waiting.popleft()
            verdict = self._judge(entry, self._result(entry["number"]))
            self.outcome[verdict] += 1
            progress.done(entry["id"])
        progress.end()

    def _due(self) -> Iterator[Entry]:
        """The objects that are not judged, or were when their file, their words or the rules were others."""
        for entry in self._sources():
            if not self._up_to_date(entry) and self._path(entry).is_file():
                yield entry

    def _sources(self) -> Iterator[Entry]:
        return self._manifest.entries("source IS NOT NULL")

    def _up_to_date(self, entry: Entry) -> bool:
        source, clean = entry["source"], entry["clean"]
        if not clean or clean.get("basis") != self._basis(source) or clean["hash"] != source.get("hash", clean["hash"]):
            return False
        limits, stopped = self._settings.limits, clean["measures"].get("stopped_at", {})
        if (
            stopped.get("seconds", limits.seconds) < limits.seconds
            or stopped.get("memory", limits.memory) < limits.memory
        ):
            return False
        if clean["same_as"]:
            other = self._manifest.get(clean["same_as"])
            if not other or (other["source"] or {}).get("hash") != clean["measures"]["same_as_hash"]:
                return False
        return self._known.has(entry["number"], clean["hash"])

    def _basis(self, source: dict[str, Any]) -> str:
        """What a judgement rests on beside the file, as a short hash."""
        words = [str(source.get(name) or "") for name in ("title", "description")]
        rests_on = [VERSION, *words, *self._settings.wanted, self._settings.model, bool(self._settings.blender)]
        return hashlib.sha256(repr(rests_on).encode("utf-8", "surrogatepass")).hexdigest()[:16]

    def _judge(self, entry: Entry, examined: Examined | Broken) -> str:
        """Records the judgement and returns its verdict."""
        source = entry["source"]
        if isinstance(examined, Broken):
            examined = _not_done(examined, source, self._settings.limits)
        decision = self._decision(source, examined)
        twin = self._twin(entry, examined)
        changed = "Its file is not the one that was collected: collect it again."
        complaints = [
            *examined.complaints,
            *([decision.complaint] if decision.complaint else []),
            *([("look", changed)] if source.get("hash", examined.hash) != examined.hash else []),
            *([_complaint(twin)] if twin else []),
        ]
        verdict = max((verdict for verdict, _ in complaints), key=_VERDICTS.index, default="keep")
        stands = examined.shape is not None and verdict != "drop"
        shape = np.zeros(SIZE, np.float16) if examined.shape is None else examined.shape
        self._known.put(entry["number"], examined.hash, shape, stands)
        clean = {
            "verdict": verdict,
            "reasons": [sentence for _, sentence in complaints],
            "class": decision.kind,
            "hash": examined.hash,
            "same_as": twin.entry["id"] if twin else None,  # near misses and mirror images too: one set for them all
            "basis": self._basis(source),
            "measures": examined.measures | (_measures(twin) if twin else {}),
        }
        self._manifest.record(entry["id"], "clean", clean)
        return verdict

    def _decision(self, source: dict[str, Any], examined: Examined) -> Decision:
        title, description = (str(source.get(name) or "") for name in ("title", "description"))
        opinion = None
        if self._classifier is not None:
            opinion = self._classifier.opinion(f"{title}. {description}", examined.pictures)
        return decide(title, description, str(source.get("source") or ""), self._settings.wanted, opinion)

    def _twin(self, entry: Entry, examined: Examined) -> _Twin | None:
        """The earlier object that this one is most like, if they are alike at all."""
        if examined.shape is None:
            return None
        near = []
        for neighbour in self._known.nearest(examined.shape, entry["number"], NEAR, CANDIDATES):
            other = self._manifest.at(neighbour.number)
            if other and other["source"] and self._path(other).is_file():
                if other["clean"] and other["clean"]["hash"] == examined.hash:
                    return _Twin(other, Likeness(1.0, 0.0))
                near.append((other, neighbour.apart <= HOPEFUL))
        if not near:
            return None
        files = [(self._path(other), hopeful) for other, hopeful in near]
        task = (self._path(entry), files, self._settings.blender, self._settings.limits.seconds)
        self._pen.give((entry["number"], "compare"), compare, *task, urgent=True)
        found = self._result((entry["number"], "compare"))
        if isinstance(found, Broken):
            log.warning("%s could not be compared with earlier objects: %s", entry["id"], found.words)
            return None
        twins = [_Twin(other, like) for (other, _), like in zip(near, found, strict=False) if like]
        twins = [twin for twin in twins if twin.likeness.share >= ALIKE]
        return max(twins, key=lambda twin: (not twin.likeness.mirrored, twin.likeness.share), default=None)

    def _result(self, key: Any) -> Any:
        while key not in self._done:
            done, result = self._pen.take()
            self._done[done] = result
        return self._done.pop(key)

    def _path(self, entry: Entry) -> Path:
        return self._manifest.folder / (entry["source"].get("file") or "")


def _not_done(broken: Broken, source: dict[str, Any], limits: Limits) -> Examined:
    """What is recorded of a file that ended its process."""
    stopped = {"time": {"seconds": limits.seconds}, "memory": {"memory": limits.memory}}.get(broken.kind, {})
    measures = {"stopped_at": stopped} if stopped else {}
    return Examined(source.get("hash") or "", [("look", broken.words)], measures, None, None)


def _measures(twin: _Twin) -> dict[str, Any]:
    return {
        "same_as_hash": twin.entry["source"].get("hash"),
        "coincides": round(twin.likeness.share, 3),
        "apart": round(twin.likeness.distance, 4),
    }


def _complaint(twin: _Twin) -> tuple[str, str]:
    name = twin.entry["source"].get("title") or twin.entry["id"]
    other = f"{twin.entry['id']} (“{name}”)"
    if twin.likeness.mirrored:
        return "look", f"It is the mirror image of {other}: {twin.likeness.words}."
    if twin.likeness.share >= SAME:
        return "drop", f"It is a duplicate of {other}: {twin.likeness.words}."
    return "look", f"It may be a duplicate of {other}: {twin.likeness.words}."
