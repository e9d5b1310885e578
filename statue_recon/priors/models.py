"""The models that can be had beside what is bundled: what each is, and whether it lies on this disk.

Standard library only, for Blender's side reads this too. The list itself is data, registry.json:

    identifier, task ("mask", "normals", …), title, purpose, licence, homepage, revision
    files     name (a path inside the model's folder); size in bytes and sha256 where known; where it comes from is
              either `member` (a file inside the archive) or `url`
    archive   url, size, sha256: one download that holds the files; absent where each file has its own url
    memory    bytes a run of it takes, where measured; layout: how the folder is read, where that is not one file

A model lies in the folder MODELS/IDENTIFIER, and it is installed when its stamp says that these very files were
checked and they still have the sizes they had then. Models without hashes cannot be downloaded here; they count as
installed when all their files lie there, put there by hand.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract import Failure

REGISTRY = Path(__file__).with_name("registry.json")
VERSION = 1  # of the registry's layout
VARIABLE = "STATUE_RECON_MODELS"  # environment variable: the folder of the models
STAMP_FILE = "statue-recon.json"  # in a model's folder: what was checked


@dataclass(frozen=True)
class File:
    """One file of a model."""

    name: str
    size: int | None = None  # bytes
    sha256: str | None = None
    member: str | None = None  # its path in the archive
    url: str | None = None


@dataclass(frozen=True)
class Archive:
    """One download that holds several files: a .tgz."""

    url: str
    size: int  # bytes
    sha256: str


@dataclass(frozen=True)
class Model:
    """One entry of the registry."""

    identifier: str
    task: str
    title: str
    purpose: str
    licence: str
    homepage: str
    revision: str
    files: tuple[File, ...]
    archive: Archive | None = None
    memory: int | None = None  # bytes
    layout: str | None = None

    @property
    def name(self) -> str:
        """What people read: “ISNet 1.0.6”."""
        return f"{self.title} {self.revision}"

    @property
    def size(self) -> int | None:
        """Bytes on disk; None while unknown."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size for size in sizes if size is not None)

    @property
    def to_download(self) -> int | None:
        """Bytes that come over the network; None while unknown."""
        return self.archive.size if self.archive else self.size

    @property
    def can_be_fetched(self) -> bool:
        """Whether all that is downloaded can be checked, which is the condition for downloading it."""
        known = all(file.sha256 and file.size for file in self.files)
        return bool(known and (self.archive or all(file.url for file in self.files)))

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What a stamp must say."""
        return {"revision": self.revision, "files": {file.name: [file.size, file.sha256] for file in self.files}}


def folder() -> Path:
    """Where models lie: $STATUE_RECON_MODELS, else a folder of this user's data."""
    if chosen := os.environ.get(VARIABLE):
        return Path(chosen)
    home = Path.home()
    if sys.platform == "win32":
        data = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        data = home / "Library" / "Application Support"
    else:
        data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    return data / "statue_recon" / "models"


def entries(registry: Path | None = None) -> tuple[Model, ...]:
    """All models of the registry, in its order."""
    path = registry or REGISTRY
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        if listed["version"] != VERSION:
            raise ValueError(f"version {listed['version']}")
        return tuple(_model(fields) for fields in listed["models"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(
            f"The list of models cannot be read ({type(error).__name__}: {error}).",
            next_step="Install the extension again: its file registry.json was changed or damaged.",
        ) from error


def entry(identifier: str) -> Model:
    """The model of this name."""
    known = entries()
    for model in known:
        if model.identifier == identifier:
            return model
    raise Failure(
        f"There is no model “{identifier}”.",
        next_step=f"Choose one of: {', '.join(model.identifier for model in known)}.",
    )


def installed(identifier: str) -> Path | None:
    """The folder of a model that is whole, else None. Looks at names and sizes only: cheap enough for every run."""
    model = entry(identifier)
    place = folder() / identifier
    return place if is_whole(model, place) else None


def for_task(task: str) -> tuple[Model, Path] | None:
    """The first installed model that does this, and its folder."""
    for model in entries():
        if model.task == task and is_whole(model, folder() / model.identifier):
            return model, folder() / model.identifier
    return None


def is_whole(model: Model, place: Path) -> bool:
    """Whether the files in `place` are this model's, as far as its stamp and their sizes tell."""
    if model.can_be_fetched and _stamp(place) != model.fingerprint:
        return False
    return all(_has_size(place / file.name, file.size) for file in model.files)


def write_stamp(model: Model, place: Path) -> None:
    """Notes that the files in `place` were checked."""
    text = json.dumps(model.fingerprint, indent=2)
    (place / STAMP_FILE).write_text(text + "\n", encoding="utf-8")


def _stamp(place: Path) -> Any:
    try:
        return json.loads((place / STAMP_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None


def _has_size(path: Path, size: int | None) -> bool:
    try:
        return path.is_file() and (size is None or path.stat().st_size == size)
    except OSError:
        return False


def _model(fields: dict[str, Any]) -> Model:
    """An entry as its type; raises TypeError at a key that no entry has, and at one that is missing."""
    given = dict(fields)
    files = tuple(File(**file) for file in given.pop("files"))
    archive = given.pop("archive", None)
    for name in (given["identifier"], *(file.name for file in files)):
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError(f"“{name}” leads out of the models' folder")
    return Model(files=files, archive=Archive(**archive) if archive else None, **given)
