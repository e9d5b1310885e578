"""Rendering a collection, object by object: goes on where it was interrupted, and past what cannot be rendered.

OUT/render.json           the settings; pictures of other settings do not come into the same folder
OUT/OBJECT/view_…         the pictures (picture.py)
OUT/OBJECT/done.json      written when all views of the object are there
OUT/OBJECT/failed.json    why there are none
OUT/blender.log           what Blender said on its standard error
"""

from __future__ import annotations

import hashlib
import json
import logging
import random
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ...contract import Failure
from ...whole import remove_drafts, write_whole
from .blender import Gone, Refused
from .layout import View, one2345, views
from .setting import BACKGROUND_PICTURES, draw, pictures_in
from .shape import Shape, read_shape
from .subjects import Subject, Subjects
from .taker import BlenderTaker, Taker, WarpTaker, write_view

log = logging.getLogger(__name__)

SETTINGS, DONE, FAILED = "render.json", "done.json", "failed.json"
EDITION = 1  # raised when the same settings give other pictures
_IN_A_ROW = 3  # objects on which Blender dies, one after the other, until Blender itself is taken for broken


@dataclass(frozen=True)
class Settings:
    """What is rendered, and how; the same settings give the same pictures."""

    layout: str = "one2345"
    views: int = 40
    width: int = 256
    height: int = 256
    elevation: float = 15.0  # degrees, of the layout "orbit"
    renderer: str = "cycles"  # or "eevee", or "warp": the fast path
    samples: int = 32
    denoise: bool = True
    light: str | None = None  # a folder of pictures of surroundings
    background: str = "transparent"  # or "light": the surroundings; or a folder of pictures
    seed: int = 0
    edition: int = EDITION


@dataclass
class Progress:
    """How far a run is; handed to `show` after each view and each object that is done with."""

    objects: int  # that the collection has
    views_each: int
    done: int = 0  # objects that are through, those of earlier runs included
    views: int = 0  # taken by this run
    views_before: int = 0  # that lay there already, or will never come because their object cannot be rendered
    failed: int = 0  # objects that cannot be rendered, those of earlier runs included
    now: str = ""  # the object under way
    problem: str = ""  # a sentence, told once


def render(
    place: Path,
    out: Path,
    settings: Settings,
    program: str | None = None,
    device: str = "auto",
    show: Callable[[Progress], None] = lambda progress: None,
    retry: bool = False,
) -> Progress:
    """Renders what is missing of a collection, a folder of meshes, or a mesh.

    program: the Blender to start, not needed for "warp"; device: auto, cpu or gpu; retry: try again what an earlier run
    could not render. Returns how it went.
    """
    _keep_settings(out, settings)
    subjects = Subjects(place)
    each = len(one2345()) if settings.layout == "one2345" else settings.views
    progress = Progress(len(subjects), each)
    taker: Taker
    if settings.renderer == "warp":
        taker = WarpTaker(settings.background, device)
    else:
        assert program is not None
        taker = BlenderTaker(program, asdict(settings), device, out / "blender.log")
    try:
        with taker:
            _render_all(subjects, out, settings, taker, progress, show, (DONE,) if retry else (DONE, FAILED))
    finally:
        subjects.close()
    return progress


def _render_all(
    subjects: Subjects,
    out: Path,
    settings: Settings,
    taker: Taker,
    progress: Progress,
    show: Callable[[Progress], None],
    endings: tuple[str, ...],
) -> None:
    """Goes through the objects; leaves alone those with one of `endings`, DONE or FAILED, in their folder."""
    died: list[Path] = []  # marks of objects on which Blender died, one after the other
    for subject in subjects:
        folder = out / subject.folder_name
        progress.now, progress.problem = subject.identifier, ""
        try:
            if _through(folder, subject, progress, endings):
                continue
            taken = progress.views
            _render_one(subject, folder, settings, taker, progress, show)
            died = []
        except (Refused, Gone) as error:
            progress.problem = f"{error}."
            _say(folder / FAILED, {"hash": _hash(subject), "reason": progress.problem})
            progress.failed += 1
            progress.views_before += progress.views_each - (progress.views - taken)
            died = [*died, folder / FAILED] if isinstance(error, Gone) else []
            if len(died) == _IN_A_ROW:
                for mark in died:
                    mark.unlink()
                raise Failure(
                    f"Blender died on {_IN_A_ROW} objects in a row: {error}.",
                    next_step=f"See {out / 'blender.log'}; try --device cpu, or another Blender.",
                ) from error
        finally:
            progress.done += 1
            show(progress)


def _render_one(
    subject: Subject,
    folder: Path,
    settings: Settings,
    taker: Taker,
    progress: Progress,
    show: Callable[[Progress], None],
) -> None:
    """Takes the views that an object lacks."""
    chance = random.Random(f"{settings.seed} {subject.identifier}")
    setting = draw(chance, pictures_in(Path(settings.light)) if settings.light else [])
    wanted = views(settings.layout, settings.views, settings.width, settings.height, chance, settings.elevation)
    backdrops = _backdrops(settings)
    behind = [chance.choice(backdrops) if backdrops else None for _ in wanted]
    mark = _hash(subject)
    missing = [number for number, view in enumerate(wanted) if _told(folder / f"{view.name}.json", "hash") != mark]
    progress.views_before += len(wanted) - len(missing)
    if missing:
        shape = _read(subject)
        scale, offset = shape.frame
        about = {
            "object": {"id": subject.identifier, "scale": scale, "offset": offset.tolist()},
            "hash": mark,
            "renderer": settings.renderer,
            "setting": asdict(setting),
        }
        taker.load(subject.path, shape, setting)
        folder.mkdir(parents=True, exist_ok=True)
        remove_drafts(folder)
        (folder / FAILED).unlink(missing_ok=True)
        todo = [(wanted[number], _seed_of(settings, subject, wanted[number]), behind[number]) for number in missing]
        for view, colour, seen in taker.pictures(todo):
            write_view(folder, view, colour, seen, about | taker.about)
            progress.views += 1
            show(progress)
    _say(folder / DONE, {"hash": mark, "views": len(wanted)})


def _read(subject: Subject) -> Shape:
    if not subject.path.is_file():
        raise Refused(f"There is no file {subject.path}")
    try:
        return read_shape(subject.path)
    except Failure as failure:
        raise Refused(failure.message.removesuffix(".")) from failure


def _through(folder: Path, subject: Subject, progress: Progress, endings: tuple[str, ...]) -> bool:
    """Whether an earlier run is done with this object, or gave it up."""
    for name in endings:
        if (folder / name).exists() and _told(folder / name, "hash") == _hash(subject):
            progress.views_before += progress.views_each
            progress.failed += name == FAILED
            return True
    return False


def _keep_settings(out: Path, settings: Settings) -> None:
    """Writes the settings into a new folder, or checks that those in it are the same."""
    out.mkdir(parents=True, exist_ok=True)
    path, told = out / SETTINGS, asdict(settings)
    if not path.exists():
        write_whole(path, _lines(told))
        return
    before = json.loads(path.read_text(encoding="utf-8"))
    other = sorted(name for name in before.keys() | told.keys() if before.get(name) != told.get(name))
    if other:
        said = ", ".join(f"{name} was {before.get(name)}" for name in other)
        raise Failure(
            f"{out} has pictures that were taken with other settings ({said}).",
            next_step="Choose another --out, or give the same settings to go on.",
        )


def _backdrops(settings: Settings) -> list[Path]:
    if settings.background in ("transparent", "light"):
        return []
    return pictures_in(Path(settings.background), BACKGROUND_PICTURES, "backgrounds")


def _seed_of(settings: Settings, subject: Subject, view: View) -> int:
    """The seed of a picture's noise: its own, whichever pictures were taken before it."""
    text = f"{settings.seed} {subject.identifier} {view.name}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") >> 1


def _hash(subject: Subject) -> str:
    try:
        return subject.hash()
    except OSError:
        return "missing"


def _told(path: Path, name: str) -> Any:
    """What a JSON file says under a name; None where there is no such file, or half of one."""
    try:
        return json.loads(path.read_text(encoding="utf-8")).get(name)
    except (OSError, ValueError):
        return None


def _say(path: Path, told: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, _lines(told))


def _lines(told: dict[str, Any]) -> bytes:
    return (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode("utf-8")
