"""CREDITS.md: whom a collection is from, to be given along with what is made of it."""

from __future__ import annotations

from pathlib import Path

from ...whole import draft_of
from ..manifest import Manifest

FILE = "CREDITS.md"
_ABOUT = """\
# Credits

The objects of this collection, their authors and licences. Licences that begin with CC-BY ask to name the author
wherever the object, or a picture or a model made of it, is published. Written by `statue-recon dataset collect`.

"""


def write_credits(manifest: Manifest) -> Path:
    """Writes the credits of all objects, in the order in which they were found. Returns the file."""
    place = manifest.folder / FILE
    with draft_of(place) as draft, draft.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_ABOUT)
        for entry in manifest.entries("json_extract(source, '$.credit') IS NOT NULL"):
            file.write(f"- {entry['source']['credit']}\n")
    return place
