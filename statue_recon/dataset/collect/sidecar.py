"""What is said about a mesh file beside it: in NAME.json, metadata.csv, the file itself, or a LICENSE of its folder."""

from __future__ import annotations

import csv
import json
import logging
import os
import sqlite3
import struct
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from .licence import in_text, named
from .work import plain_words

log = logging.getLogger(__name__)

TABLE = "metadata.csv"
LICENCE_FILES = ("license", "licence", "copying")  # with no ending, .txt or .md
LARGEST = 16 * 2**20  # bytes of a sidecar that are read
KEYS = {
    "title": ("title", "name"),
    "description": ("description", "caption", "text", "notes"),
    "author": ("author", "creator", "artist", "user", "attribution"),
    "licence": ("licence", "license", "rights", "licence type", "license type"),
    "url": ("url", "viewerurl", "link", "page", "source", "uri"),
}
FILE_COLUMNS = ("file", "filename", "path", "mesh")
_INSIDE = ("slug", "url", "label", "name", "displayname", "username", "fullname")  # where a value is an object itself

Said = dict[str, str]  # some of KEYS


class Beside:
    """Looks up what is said about the files below `root`. The nearest counts: a file's own before its folder's."""

    def __init__(self, root: Path):
        self.root = root
        self._tables = sqlite3.connect("")  # SQLite's own temporary file: a table may have a row for every object
        self._tables.execute("CREATE TABLE said (file BLOB PRIMARY KEY, line TEXT) WITHOUT ROWID")
        self._folders: dict[
            Path, Said
        ] = {}  # that have been read and are above the file at hand: as many as it is deep

    def close(self) -> None:
        self._tables.close()

    def about(self, mesh: Path) -> Said:
        """All that is known of `mesh`."""
        self._enter(mesh.parent)
        known: Said = {}
        for said in (self._own(mesh), self._from_table(mesh), inside(mesh), *self._folders.values()):
            known = {**said, **known}
        return known

    def _enter(self, folder: Path) -> None:
        """Reads the tables and licences of the folder and of those above it."""
        folders = list(_up(folder, self.root))
        for one in reversed(folders):  # so that the table of a deeper folder replaces lines of a higher one
            if one not in self._folders:
                self._load(one / TABLE)
                self._folders[one] = _folder_says(one)
        self._folders = {one: self._folders[one] for one in folders}

    def _own(self, mesh: Path) -> Said:
        for path in (mesh.with_suffix(".json"), mesh.with_name(mesh.name + ".json")):
            if path.is_file() and path != mesh:
                with path.open("rb") as file:
                    return understood(_object(file.read(LARGEST), path))
        return {}

    def _from_table(self, mesh: Path) -> Said:
        row = self._tables.execute("SELECT line FROM said WHERE file = ?", (_key(mesh),)).fetchone()
        return understood(json.loads(row[0])) if row else {}

    def _load(self, table: Path) -> None:
        if not table.is_file():
            return
        with table.open(encoding="utf-8-sig", errors="replace", newline="") as file:
            beginning = file.readline()
            file.seek(0)
            for row in csv.DictReader(file, delimiter=";" if beginning.count(";") > beginning.count(",") else ","):
                line = {str(key).strip().lower(): value for key, value in row.items() if isinstance(value, str)}
                name = next((line[column].strip() for column in FILE_COLUMNS if line.get(column)), "")
                if name:
                    key = _key(os.path.join(table.parent, name.replace("\\", "/")))  # noqa: PTH118  # Paths stay interned
                    self._tables.execute("INSERT OR REPLACE INTO said VALUES (?, ?)", (key, json.dumps(line)))


def understood(fields: Mapping[str, Any]) -> Said:
    """What the fields of a sidecar mean, whatever it calls them; what is empty is left out."""
    plain = {str(key).strip().lower().replace("_", " "): value for key, value in fields.items()}
    said: Said = {}
    for key, names in KEYS.items():
        for name in names:
            text = _licence(plain.get(name)) if key == "licence" else _text(plain.get(name))
            if key == "url" and not text.startswith(("http://", "https://")):
                continue
            if text:
                said[key] = text if key == "url" else plain_words(text)
                break
    return said


def inside(mesh: Path) -> Said:
    """What a glTF file says of itself: `asset.extras`, as Sketchfab writes it, else `asset.copyright`."""
    asset = _asset(mesh)
    extras = asset.get("extras")
    said = understood(extras) if isinstance(extras, dict) else {}
    notice = _text(asset.get("copyright"))
    if notice and "licence" not in said and (licence := in_text(notice)):
        said["licence"] = licence
    return said


def _asset(mesh: Path) -> dict[str, Any]:
    if mesh.suffix.lower() not in (".glb", ".gltf"):
        return {}
    with mesh.open("rb") as file:
        if mesh.suffix.lower() == ".glb":
            head = file.read(20)
            if len(head) < 20 or head[:4] != b"glTF" or head[16:] != b"JSON":
                return {}
            text = file.read(min(struct.unpack("<I", head[12:16])[0], LARGEST))
        else:
            text = file.read(LARGEST)
    asset = _object(text, mesh).get("asset")
    return asset if isinstance(asset, dict) else {}


def _folder_says(folder: Path) -> Said:
    for path in sorted(folder.iterdir()):
        if path.stem.lower() in LICENCE_FILES and path.suffix.lower() in ("", ".txt", ".md") and path.is_file():
            with path.open(encoding="utf-8", errors="replace") as file:
                text = file.read(LARGEST)
            licence = in_text(text)
            return _listed(text) | ({"licence": licence} if licence else {})
    return {}


def _listed(text: str) -> Said:
    """The fields of the license.txt that comes with a download from Sketchfab: lines like “* author: Name (link)”."""
    pairs = (line.strip(" *\t").partition(":") for line in text.splitlines() if line.lstrip().startswith("*"))
    said = understood({key.strip(): value.strip() for key, _, value in pairs})
    return {key: value for key, value in said.items() if key in ("author", "url", "title")}


def _object(text: bytes, path: Path) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        log.warning("%s is no readable JSON.", path)
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str:
    """A field as text: of an object the part that names it, of a list all of them."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, dict):
        plain = {str(key).lower(): part for key, part in value.items()}
        return next((_text(plain[key]) for key in _INSIDE if plain.get(key)), "")
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text, value)))
    return ""


def _licence(value: Any) -> str:
    """A field that names a licence; of an object the part that Creative Commons' names are in, else its label."""
    if not isinstance(value, dict):
        return named(_text(value)) or ""
    names = [named(_text(value.get(key))) or "" for key in ("url", "slug", "label", "name")]
    return next((name for name in names if name.startswith("CC")), names[2] or names[3])


def _up(folder: Path, root: Path) -> Iterator[Path]:
    """The folder and those above it, up to `root`."""
    yield folder
    while folder != root and folder != folder.parent:
        folder = folder.parent
        yield folder


def _key(path: Path | str) -> bytes:
    """Whoever fills in a table does not mind the case; not every name on a disk is text."""
    return os.path.normpath(path).casefold().encode("utf-8", "surrogatepass")
