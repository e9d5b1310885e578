"""Making many statues: by several processes, in any order, and on from where it was interrupted.

The folder is a collection (manifest.py):

    statues/000123.ply     the statue: base colour, roughness and metal at each vertex
    statues/000123.json    its recipe and caption; written last, so what has one is done
    failed.jsonl           numbers that could not be made, with the reason
"""

from __future__ import annotations

import hashlib
import json
import logging
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from ...contract import Failure
from ...whole import remove_drafts, write_whole
from ..manifest import Manifest
from ..progress import Counter

log = logging.getLogger(__name__)

STATUES = "statues"
FAILED = "failed.jsonl"
SETTINGS = "synth.json"
_AHEAD = 3  # numbers for each process that wait in line; more would only be memory


@dataclass(frozen=True)
class Settings:
    """What all statues of a run have in common."""

    seed: int
    grid: int  # cells along the longest side
    faces: int  # at most
    cloth_share: float  # of the figures whose dress can fall in Blender, how many's does
    humans: str  # the folder with the body data
    blender: str = ""  # for the falling cloth; "": none


def synthesise(settings: Settings, count: int, out: Path, jobs: int) -> dict[str, int]:
    """Makes the statues 0 … count − 1 that are not there yet. Returns how many there are, were made, and failed."""
    (out / STATUES).mkdir(parents=True, exist_ok=True)
    _same_settings(settings, out)
    remove_drafts(out / STATUES)
    with Manifest(out, create=True) as manifest:
        missing = [number for number in range(count) if not recipe_path(out, number).exists()]
        for number in range(count):  # made by a run that was killed before it could say so
            if recipe_path(out, number).exists() and manifest.get(identifier(number)) is None:
                manifest.record(identifier(number), "source", source_of(out, number))
        counter = Counter("statues", count, count - len(missing))
        made = failed = 0
        for number, problem in _made(settings, missing, out, jobs):
            if problem is None:
                manifest.record(identifier(number), "source", source_of(out, number))
                made += 1
            else:
                _note_failure(out, number, problem)
                failed += 1
            counter.done(f"{failed} failed" if failed else "")
        counter.end()
    return {"there": count - len(missing) + made, "made": made, "failed": failed}


def identifier(number: int) -> str:
    return f"synth-{number:06d}"


def statue_path(out: Path, number: int) -> Path:
    return out / STATUES / f"{number:06d}.ply"


def recipe_path(out: Path, number: int) -> Path:
    return out / STATUES / f"{number:06d}.json"


def source_of(out: Path, number: int) -> dict[str, Any]:
    """What the manifest says of a statue that was made."""
    path = statue_path(out, number)
    recipe = json.loads(recipe_path(out, number).read_text(encoding="utf-8"))
    content = path.read_bytes()
    return {
        "file": path.relative_to(out).as_posix(),
        "title": recipe["title"],
        "description": recipe["caption"],
        "caption": recipe["caption"],
        "recipe": recipe_path(out, number).relative_to(out).as_posix(),
        "source": "synth",
        "author": "Statue Recon, from the CC0 bodies of MakeHuman",
        "licence": "CC0-1.0",
        "url": "",
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "bytes": len(content),
    }


def _made(settings: Settings, numbers: Iterable[int], out: Path, jobs: int) -> Iterator[tuple[int, str | None]]:
    """Each number with what went wrong, None when nothing did, as they are done."""
    waiting = iter(numbers)
    while True:
        running: dict[Future, int] = {}
        pool = _pool(jobs)
        try:
            while True:
                for number in islice(waiting, _AHEAD * jobs - len(running)):
                    running[pool.submit(make_files, settings, number, out)] = number
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    problem = future.result()
                    yield running.pop(future), problem
        except BrokenProcessPool:  # killed, or out of memory: whose fault it was, each tells when it is alone
            log.warning("a process of the synthesis died; it is started again")
            for number in running.values():
                yield number, _made_alone(settings, number, out)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)  # after Ctrl-C nobody waits for what has not begun


def _made_alone(settings: Settings, number: int, out: Path) -> str | None:
    with _pool(1) as pool:
        try:
            return pool.submit(make_files, settings, number, out).result()
        except BrokenProcessPool:
            return "its process died"


def make_files(settings: Settings, number: int, out: Path) -> str | None:
    """Makes one statue and writes its files. Returns what went wrong, None when nothing did."""
    from .make import make
    from .ply import write_ply

    try:
        statue = make(settings, number, out)
        write_ply(statue_path(out, number), statue.mesh, statue.surface, statue.title)
        recipe = json.dumps(statue.record(), indent=1, ensure_ascii=False) + "\n"
        write_whole(recipe_path(out, number), recipe.encode("utf-8"))
    except OSError as error:
        raise Failure(
            f"A statue could not be written: {error}.", next_step="Free space on the disk, or choose another --out."
        ) from error
    except Exception as error:
        log.exception("statue %d", number)
        return f"{type(error).__name__}: {error}"
    return None


def _pool(jobs: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"), initializer=_alone)


def _alone() -> None:
    """One core for each process: together they fill the machine."""
    os.environ["OMP_NUM_THREADS"] = "1"


def _same_settings(settings: Settings, out: Path) -> None:
    """A folder holds the statues of one seed and one set of settings; paths may change."""
    path = out / SETTINGS
    told = {key: value for key, value in asdict(settings).items() if key not in ("humans", "blender")}
    if path.exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        if kept != told:
            raise Failure(
                f"{out} holds statues made with other settings ({kept}).",
                next_step="Give those settings again to go on with them, or another folder as --out.",
            )
    write_whole(path, (json.dumps(told) + "\n").encode("utf-8"))


def _note_failure(out: Path, number: int, problem: str) -> None:
    with (out / FAILED).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"number": number, "problem": problem}, ensure_ascii=False) + "\n")
