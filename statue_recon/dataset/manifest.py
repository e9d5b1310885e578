"""The list of the objects in a collection: a journal that only grows, and an index over it that can be thrown away.

A collection is a folder with its meshes and

    manifest.jsonl      the journal: one line for each thing that was learnt or decided of an object,
                        {"id": …, "section": …, "data": {…}, "at": …}; the newest line of an id and section counts
    manifest.sqlite     what the journal says now, for quick questions; made again from the journal when it is missing

The sections and who writes them:

    source      collect, synth   file, title, description, author, licence, url, hash (of the file), bytes (with
                                 textures and all); collect adds credit, synth caption
    clean       clean            verdict (keep, drop or look), reasons, class, and what was measured
    review      review           verdict of a person (keep, drop or unsure; null takes it back)
    split       split            set (train, validation or test), group

Nothing is ever deleted or moved. Memory stays the same whatever the number of objects: the index lies on disk. It is
also the lock: whoever adds a line or reads new ones holds its write transaction, for no way to append is atomic
everywhere.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from ..contract import Failure

JOURNAL = "manifest.jsonl"
INDEX = "manifest.sqlite"
SECTIONS = ("source", "clean", "review", "split")

# An object is used (rendered, split) when a person kept it, or nobody looked and cleaning kept it or has not run.
USED = (
    "CASE json_extract(review, '$.verdict') WHEN 'keep' THEN 1 WHEN 'drop' THEN 0 WHEN 'unsure' THEN 0 "
    "ELSE COALESCE(json_extract(clean, '$.verdict'), 'keep') = 'keep' END AND source IS NOT NULL"
)

_INDEX_VERSION = 2
_AT_ONCE = 200  # objects read or written together
_TAIL = 128  # bytes of the journal before the place that was read, kept to know it again: they hold a time
_TABLES = """
CREATE TABLE IF NOT EXISTS state (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, source TEXT, clean TEXT, review TEXT, split TEXT
);
CREATE TABLE IF NOT EXISTS place (read INTEGER NOT NULL, tail BLOB NOT NULL);
"""

Entry = dict[str, Any]  # {"number": 0, "id": "…", "source": {…} or None, "clean": …, "review": …, "split": …}


class Manifest:
    """The objects of a collection. Several processes may have the same one open; each sees what the others wrote."""

    def __init__(self, folder: Path, create: bool = False):
        self.folder = folder
        self._journal = folder / JOURNAL
        if create:
            _create(self._journal)
        if not self._journal.is_file():
            raise Failure(
                f"{folder} is not a collection: there is no {JOURNAL} in it.",
                next_step="Make one with `statue-recon dataset collect` or `statue-recon dataset synth`.",
            )
        self._threads = threading.RLock()
        self._index = _open_index(folder / INDEX)
        self.refresh()

    def close(self) -> None:
        self._index.close()

    def __enter__(self) -> Manifest:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def record(self, identifier: str, section: str, data: Mapping[str, Any]) -> None:
        """Says something of an object, on disk before this returns."""
        self.record_many(section, [(identifier, data)])

    def record_many(self, section: str, said: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Says something of each of many objects, a few hundred at a time: for what takes no time to find out."""
        if section not in SECTIONS:
            raise ValueError(f"{section!r} is not a section of the manifest")
        waiting = iter(said)
        while some := list(itertools.islice(waiting, _AT_ONCE)):
            now = round(time.time(), 3)
            lines = [_line({"id": name, "section": section, "data": dict(data), "at": now}) for name, data in some]
            with self._alone():
                _append(self._journal, b"\n".join(lines))
                self._read_on()

    def get(self, identifier: str) -> Entry | None:
        return self._first("id = ?", identifier)

    def at(self, number: int) -> Entry | None:
        """The object with this place in the order in which they were found, from 0."""
        return self._first("number = ?", number)

    def count(self, where: str = "1", *values: Any) -> int:
        with self._threads:
            return self._index.execute(f"SELECT COUNT(*) FROM state WHERE {where}", values).fetchone()[0]

    def entries(self, where: str = "1", *values: Any) -> Iterator[Entry]:
        """The objects in the order in which they were found, one at a time.

        where: SQL over the columns number, id, source, clean, review, split (JSON; json_extract(clean, '$.verdict')).
        Recording while this runs is allowed.
        """
        last = -1
        while True:
            rows = self._select(f"({where}) AND number > ? ORDER BY number LIMIT {_AT_ONCE}", *values, last)
            if not rows:
                return
            yield from rows
            last = rows[-1]["number"]

    def refresh(self) -> None:
        """Reads what was added to the journal since the last time, by whomever."""
        with self._alone():
            self._read_on()

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Keeps other threads and other processes out, and commits."""
        with self._threads, self._index:
            self._index.execute("BEGIN IMMEDIATE")
            yield

    def _read_on(self) -> None:
        read, tail = self._index.execute("SELECT read, tail FROM place").fetchone()
        with self._journal.open("rb") as journal:
            if _before(journal, read) != tail:  # another journal than the one the index was made of
                self._index.execute("DELETE FROM state")
                read = 0
            began = read
            journal.seek(read)
            for line in journal:
                if not line.endswith(b"\n"):  # cut off by a crash; whoever appends next ends it
                    break
                read += len(line)
                self._take(line)
            if read != began or not read:
                self._index.execute("UPDATE place SET read = ?, tail = ?", (read, _before(journal, read)))

    def _take(self, line: bytes) -> None:
        try:
            said = json.loads(line, parse_constant=lambda _: None)  # SQLite knows no NaN
            identifier, section, data = said["id"], said["section"], said["data"]
        except (ValueError, KeyError, TypeError):
            return  # the rest of a line that a crash cut off
        if section not in SECTIONS or not isinstance(identifier, str) or not isinstance(data, dict):
            return
        self._index.execute(
            f"INSERT INTO state (number, id, {section}) VALUES ((SELECT IFNULL(MAX(number), -1) + 1 FROM state), ?, ?) "
            f"ON CONFLICT (id) DO UPDATE SET {section} = excluded.{section}",
            (identifier, json.dumps(data)),
        )

    def _first(self, where: str, *values: Any) -> Entry | None:
        return next(iter(self._select(f"{where} LIMIT 1", *values)), None)

    def _select(self, rest: str, *values: Any) -> list[Entry]:
        query = f"SELECT number, id, {', '.join(SECTIONS)} FROM state WHERE {rest}"
        with self._threads:
            rows = self._index.execute(query, values).fetchall()
        return [
            {"number": number, "id": identifier}
            | {name: json.loads(text) if text else None for name, text in zip(SECTIONS, sections, strict=True)}
            for number, identifier, *sections in rows
        ]


def _create(journal: Path) -> None:
    try:
        journal.parent.mkdir(parents=True, exist_ok=True)
        journal.touch()
    except OSError as error:
        raise Failure(
            f"The collection {journal.parent} cannot be made: {error.strerror or error}.",
            next_step="Check the path and its permissions, or choose another folder.",
        ) from error


def _open_index(path: Path) -> sqlite3.Connection:
    try:
        return _prepared(path)
    except sqlite3.OperationalError as error:  # nothing is wrong with the index itself
        raise Failure(
            f"The collection in {path.parent} cannot be opened: {error}.",
            next_step="Check that the folder can be written to and that no other command is at work in it.",
        ) from error
    except sqlite3.DatabaseError:  # damaged, or of another version
        path.unlink(missing_ok=True)
        return _prepared(path)


def _prepared(path: Path) -> sqlite3.Connection:
    index = sqlite3.connect(path, timeout=30, check_same_thread=False)
    try:
        index.execute("PRAGMA synchronous = OFF")  # what a crash takes from the index, the journal still has
        (version,) = index.execute("PRAGMA user_version").fetchone()
        if version not in (0, _INDEX_VERSION):
            raise sqlite3.DatabaseError("of another version")
        with index:
            index.executescript(_TABLES)
            index.execute(f"PRAGMA user_version = {_INDEX_VERSION}")
            index.execute("INSERT INTO place SELECT 0, x'' WHERE NOT EXISTS (SELECT * FROM place)")
    except sqlite3.DatabaseError:
        with contextlib.suppress(sqlite3.Error):
            index.close()
        raise
    return index


def _line(said: dict[str, Any]) -> bytes:
    """One line of the journal, without its end. Characters that are none (of an odd file name) stay escaped."""
    try:
        return json.dumps(said, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except UnicodeEncodeError:
        return json.dumps(said, allow_nan=False).encode("ascii")


def _append(journal: Path, line: bytes) -> None:
    """Adds a line, or several, on the disk when this returns; ends one first that a crash cut off."""
    with journal.open("ab+") as file:
        end = file.seek(0, os.SEEK_END)
        cut_off = end and _before(file, end)[-1:] != b"\n"
        file.write((b"\n" if cut_off else b"") + line + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _before(journal: IO[bytes], place: int) -> bytes:
    """The last bytes before `place`; fewer where the journal is shorter."""
    start = max(0, place - _TAIL)
    journal.seek(start)
    return journal.read(place - start)
