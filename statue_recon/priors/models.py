"""The models that can be had beside what is bundled: what each is, and whether it lies on this disk.

Standard library only, for Blender's side reads this too. The list itself is data, registry.json:

    identifier, task ("mask", "normals", …), title, purpose, licence, commercial (may it be used so), homepage, revision
    files       name (a path inside the model's folder); size in bytes and sha256 where known; where it comes from is
                `member` (a file inside the archive), `url`, or else the repository
    archive     url, size, sha256: one download that holds the files
    repository  OWNER/NAME at a hub, which has each file under its name; the revision is then a commit
    layout      how the folder is read, where that is not one file: a key of `layouts.LAYOUTS`
    about       bytes of the files together, counted from the weights, while their sizes are not known
    demand      what a run takes (Demand), where something was measured or counted

A model lies in the folder MODELS/IDENTIFIER, and it is installed when its stamp says that these very files were
checked and they still have the sizes they had then. Where the registry has no hashes, a download is checked by what
the hub says (`hub`), and files that were put there by hand count as they are. Where a person chose a folder or another
repository, `own` says so, in MODELS/own.json.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..contract import Failure
from . import layouts, own

REGISTRY = Path(__file__).with_name("registry.json")
VERSION = 1  # of the registry's layout
VARIABLE = "STATUE_RECON_MODELS"  # environment variable: the folder of the models
STAMP_FILE = "statue-recon.json"  # in a model's folder: what was checked
COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class File:
    """One file of a model."""

    name: str
    size: int | None = None  # bytes
    sha256: str | None = None
    git: str | None = None  # git's SHA-1 of it, which is what a hub says of small files
    member: str | None = None  # its path in the archive
    url: str | None = None

    @property
    def has_hash(self) -> bool:
        """Whether what is downloaded for it can be checked."""
        return bool(self.size is not None and (self.sha256 or self.git))


@dataclass(frozen=True)
class Archive:
    """One download that holds several files: a .tgz."""

    url: str
    size: int  # bytes
    sha256: str


@dataclass(frozen=True)
class Demand:
    """What a run with a model takes. All but `measured` ones are counted from weights and tensors: estimates."""

    memory: int  # bytes of the computer's, where the processor does the work, in single precision
    graphics: int = 0  # bytes of a graphics card's, in half precision, as it is usually asked; 0: no figure
    least_graphics: int = 0  # bytes with all that saves memory turned on
    view: float = 0.0  # 10¹² floating-point operations for one view of a refinement step
    measured: bool = False


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
    commercial: bool | None = None  # None: nobody looked
    archive: Archive | None = None
    repository: str | None = None
    layout: str | None = None
    about: int | None = None
    demand: Demand | None = None
    folder: str | None = None  # where a person said it lies; never in the registry itself

    @property
    def name(self) -> str:
        """What people read: “ISNet 1.0.6”; a commit in as many letters as tell it apart."""
        return f"{self.title} {self.revision[:8] if COMMIT.fullmatch(self.revision) else self.revision}".strip()

    @property
    def size(self) -> int | None:
        """Bytes on disk; None while unknown."""
        sizes = [file.size for file in self.files]
        return None if not sizes or None in sizes else sum(size for size in sizes if size is not None)

    @property
    def to_download(self) -> int | None:
        """Bytes that come over the network; None while unknown."""
        return self.archive.size if self.archive else self.size

    @property
    def has_hashes(self) -> bool:
        """Whether the registry itself knows what to check each file by."""
        return bool(self.files) and all(file.has_hash for file in self.files)

    @property
    def can_be_fetched(self) -> bool:
        """Whether all that is downloaded can be checked, which is the condition for downloading it."""
        if self.repository:
            return bool(self.files)
        return self.has_hashes and bool(self.archive or all(file.url for file in self.files))

    @property
    def fingerprint(self) -> dict[str, Any]:
        """What a stamp must say."""
        listed = {file.name: [file.size, file.sha256 or file.git] for file in self.files}
        return {"revision": self.revision, "files": listed}


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
    """All models of the registry, in its order, as a person's own choices change them."""
    path = registry or REGISTRY
    try:
        listed = json.loads(path.read_text(encoding="utf-8"))
        if listed["version"] != VERSION:
            raise ValueError(f"version {listed['version']}")
        known = tuple(_model(fields) for fields in listed["models"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(
            f"The list of models cannot be read ({type(error).__name__}: {error}).",
            next_step="Install the extension again: its file registry.json was changed or damaged.",
        ) from error
    chosen = own.choices(folder())
    return tuple(_as_chosen(model, chosen.get(model.identifier)) for model in known)


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


def place(model: Model) -> Path:
    """Where a model lies, or would."""
    return Path(model.folder) if model.folder else folder() / model.identifier


def installed(identifier: str) -> Path | None:
    """The folder of a model that is whole, else None. Looks at names and sizes only: cheap enough for every run."""
    model = entry(identifier)
    return place(model) if is_whole(model, place(model)) else None


def for_task(task: str) -> tuple[Model, Path] | None:
    """The first installed model that does this, and its folder."""
    for model in entries():
        if model.task == task and is_whole(model, place(model)):
            return model, place(model)
    return None


def is_whole(model: Model, place: Path) -> bool:
    """Whether the files in `place` are this model's, as far as its stamp and their sizes tell."""
    if model.folder:
        return layouts.problem(model.layout, place) is None
    stamp = _stamp(place)
    if (model.has_hashes and stamp != model.fingerprint) or (stamp and stamp.get("revision") != model.revision):
        return False
    checked = {name: size for name, (size, _) in stamp["files"].items()} if stamp else {}
    return bool(model.files) and all(
        _has_size(place / file.name, checked.get(file.name, file.size)) for file in model.files
    )


def record(model: Model) -> dict[str, Any]:
    """What is known of the files that are used: those of the stamp, which may know more than the registry."""
    if model.folder:
        return {"folder": model.folder}
    return _stamp(place(model)) or model.fingerprint


def write_stamp(model: Model, place: Path) -> None:
    """Notes that the files in `place` were checked."""
    text = json.dumps(model.fingerprint, indent=2)
    (place / STAMP_FILE).write_text(text + "\n", encoding="utf-8")


def _stamp(place: Path) -> dict[str, Any] | None:
    try:
        said = json.loads((place / STAMP_FILE).read_text(encoding="utf-8"))
        listed = {name: [size, digest] for name, (size, digest) in said["files"].items()}
        return {"revision": said["revision"], "files": listed}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _has_size(path: Path, size: int | None) -> bool:
    try:
        return path.is_file() and (size is None or path.stat().st_size == size)
    except OSError:
        return False


def _as_chosen(model: Model, choice: own.Choice | None) -> Model:
    """The hashes stay where another repository has the same files; where it has others, the person chose a folder."""
    if choice is None:
        return model
    chosen = {name: value for name, value in dataclasses.asdict(choice).items() if value}
    if choice.folder and model.layout is None:
        chosen.pop("folder")
    return dataclasses.replace(model, **chosen)


def _model(fields: dict[str, Any]) -> Model:
    """An entry as its type; raises TypeError at a key that no entry has, and at one that is missing."""
    given = dict(fields)
    files = tuple(File(**file) for file in given.pop("files"))
    archive, demand = given.pop("archive", None), given.pop("demand", None)
    for name in (given["identifier"], *(file.name for file in files)):
        if Path(name).is_absolute() or ".." in Path(name).parts:
            raise ValueError(f"“{name}” leads out of the models' folder")
    if "folder" in given:
        raise TypeError("a registry names no folders")
    return Model(
        files=files,
        archive=Archive(**archive) if archive else None,
        demand=Demand(**demand) if demand else None,
        **given,
    )
