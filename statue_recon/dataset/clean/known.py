"""The shapes met so far, on disk: one record for each object, at the place its number in the manifest gives it.

Ten thousand objects take two megabytes. They are read in blocks from the start, so that memory does not grow with
them, and writing one again after a crash changes nothing. The file can be thrown away: `clean` then reads the meshes
again.
"""

from __future__ import annotations

import hashlib
import heapq
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .shape import SIZE

FILE = "clean-shapes-1.bin"  # the number is raised with every change of the record or of the description
NOTHING, STANDS, STANDS_NOT = 0, 1, 2  # whether later objects are compared with this one
_RECORD = np.dtype([("key", "<u8"), ("standing", "u1"), ("shape", "<f2", SIZE)])
_BLOCK = 4096  # records read at a time, a megabyte


@dataclass(frozen=True)
class Neighbour:
    """An earlier object whose description is near."""

    number: int
    apart: float  # of the two descriptions


class Known:
    """The descriptions of a collection's shapes."""

    def __init__(self, folder: Path):
        path = folder / FILE
        path.touch()
        self._file = path.open("r+b")

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Known:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self, number: int, file_hash: str, shape: NDArray[np.float16], stands: bool) -> None:
        record = np.zeros((), _RECORD)
        record["key"], record["shape"] = _key(file_hash), shape
        record["standing"] = STANDS if stands else STANDS_NOT
        self._file.seek(number * _RECORD.itemsize)
        self._file.write(record.tobytes())
        self._file.flush()

    def has(self, number: int, file_hash: str) -> bool:
        """Whether the shape of this file is known."""
        self._file.seek(number * _RECORD.itemsize)
        bytes_there = self._file.read(_RECORD.itemsize)
        if len(bytes_there) < _RECORD.itemsize:
            return False
        record = np.frombuffer(bytes_there, _RECORD)[0]
        return bool(record["standing"] != NOTHING and record["key"] == _key(file_hash))

    def nearest(self, shape: NDArray[np.float16], before: int, within: float, count: int) -> list[Neighbour]:
        """The objects with lower numbers than `before` that stand and are nearest, the nearest first."""
        wanted = shape.astype(np.float32)
        best: list[Neighbour] = []
        self._file.seek(0)
        for start in range(0, before, _BLOCK):
            block = self._file.read(min(_BLOCK, before - start) * _RECORD.itemsize)
            records = np.frombuffer(block[: len(block) // _RECORD.itemsize * _RECORD.itemsize], _RECORD)
            apart = np.linalg.norm(records["shape"].astype(np.float32) - wanted, axis=1)
            near = np.flatnonzero((records["standing"] == STANDS) & (apart <= within))
            best += [Neighbour(start + int(at), float(apart[at])) for at in near]
            best = heapq.nsmallest(count, best, key=lambda neighbour: (neighbour.apart, neighbour.number))
        return best


def _key(file_hash: str) -> int:
    return int.from_bytes(hashlib.sha256(file_hash.encode("utf-8")).digest()[:8], "little")
