"""A work as a collection knows it, before and after its file has come."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .licence import asks_for_the_author

MESHES = (".glb", ".gltf", ".obj", ".ply", ".stl", ".fbx")  # the first are preferred where an archive has several
LONGEST_WORDS = 2000  # characters kept of a description

_PIECE = 2**20  # bytes hashed at a time


class LeftOut(Exception):
    """This object is not taken; the others are. Says why in a few words: “has no licence”."""


@dataclass(frozen=True)
class Work:
    """What is known of a work."""

    identifier: str
    title: str
    description: str
    source: str  # "folder", "smithsonian", "sketchfab"
    author: str  # empty where unknown
    licence: str  # as SPDX names it
    url: str  # of its page; empty where it has none

    def check(self) -> None:
        """Refuses what may not be used. Raises LeftOut."""
        if not self.licence:
            raise LeftOut("has no licence")
        if asks_for_the_author(self.licence) and not self.author:
            raise LeftOut(f"is under {self.licence}, which asks to name the author, but no author is known")

    @property
    def credit(self) -> str:
        """The line to print where the work, or what was learnt from it, is published."""
        place = {"smithsonian": " (Smithsonian Open Access)", "sketchfab": " (Sketchfab)"}.get(self.source, "")
        by = f" by {self.author}" if self.author else ""
        return f"“{self.title}”{by}{place}, {self.licence}" + (f", {self.url}" if self.url else "")

    def as_source(self, file: str, digest: str, size: int) -> dict[str, Any]:
        """The manifest's section. file: as the manifest has it; size: bytes, with textures and all."""
        return {
            "file": file,
            "title": self.title,
            "description": self.description,
            "source": self.source,
            "author": self.author,
            "licence": self.licence,
            "url": self.url,
            "credit": self.credit,
            "hash": digest,
            "bytes": size,
        }


def plain_words(text: Any) -> str:
    """What somebody wrote as one line of text: without HTML, Markdown links and line breaks, and not endless."""
    words = str(text or "").encode("utf-8", "replace").decode("utf-8")  # names of files and JSON hold halves of letters
    words = re.sub(r"<[^<>]*>", " ", words)
    words = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", words)
    return " ".join(words.split())[:LONGEST_WORDS]


def digest_of(path: Path) -> str:
    """The file's hash, as the manifest writes it; the file is read piece by piece."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return f"sha256:{digest.hexdigest()}"
