"""The Smithsonian's 3D scans that it has given to everybody (CC0).

Two of its interfaces: Open Access (api.si.edu) knows the objects, their words and what may be done with each medium;
the 3D interface (3d-api.si.edu) knows the files of a scan, which it calls a package.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

from ...contract import Failure
from .gather import Download, Offer, Refusal
from .web import Denied, TooMany, Visitor, with_query
from .work import LeftOut, Work, plain_words

SERVERS = ("https://api.si.edu", "https://3d-api.si.edu")
VARIABLE = "SMITHSONIAN_API_KEY"  # environment variable: a key of api.data.gov
SHARED_KEY = "DEMO_KEY"  # api.data.gov's for trying; some thirty requests an hour
PAGE = 100  # objects asked for at a time

_PACKAGE = re.compile(r"3d_package:([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
# What we take of the files of a package: whole scans of some 150 000 faces in a format everything reads. Its GLB files
# are small, but packed with Draco.
_QUALITIES = ("medium_resolution", "medium", "low_resolution", "low", "full_resolution", "watertight", "high")
_KINDS = ("obj", "gltf", "stl", "ply", "glb")
_NOTES = ("objectType", "notes", "physicalDescription", "culture", "date", "place", "topic")


class Smithsonian:
    """The scans the Smithsonian has for a query."""

    def __init__(self, query: str, visitor: Visitor, server: str | None):
        self._query, self._visitor = query, visitor
        self._records, self._files = (server, server) if server else SERVERS
        self._key = os.environ.get(VARIABLE) or SHARED_KEY

    def offers(self) -> Iterator[Offer | Refusal]:
        """The scans, in the archive's order. Raises Failure."""
        start = 0
        while True:
            url = with_query(
                f"{self._records}/openaccess/api/v1.0/search",
                q=f'({self._query}) AND online_media_type:"3D Models"',
                start=start,
                rows=PAGE,
            )
            answer = self._ask(url).get("response") or {}
            rows = answer.get("rows") or []
            for row in rows:
                yield from self._scans(row)
            start += len(rows)
            if not rows or start >= int(answer.get("rowCount") or 0):
                return

    def _ask(self, url: str) -> dict[str, Any]:
        try:
            return self._visitor.json(url, {"X-Api-Key": self._key})
        except Denied as error:
            if error.status in (401, 403):
                raise Failure(
                    "The Smithsonian does not know the key it was asked with.",
                    next_step=f"Put a key from https://api.data.gov/signup/ into the environment variable {VARIABLE}.",
                ) from error
            raise Failure(
                f"The Smithsonian's search answered with an error ({error.status}).", next_step="Try again later."
            ) from error
        except TooMany as failure:
            if self._key == SHARED_KEY:
                own = f"Put a key of your own, from https://api.data.gov/signup/, into {VARIABLE}; it goes on then."
                raise Failure(f"{failure.message} Everybody shares the key {SHARED_KEY}.", next_step=own) from failure
            raise

    def _scans(self, row: dict[str, Any]) -> Iterator[Offer | Refusal]:
        record = (row.get("content") or {}).get("descriptiveNonRepeating") or {}
        title = str(row.get("title") or (record.get("title") or {}).get("content") or "Untitled")
        for medium in (record.get("online_media") or {}).get("media") or []:
            package = _PACKAGE.search(" ".join(str(medium.get(key)) for key in ("id", "voyagerId", "idsId", "content")))
            if "3d" not in str(medium.get("type", "")).lower() or not package:
                continue
            usage = str((medium.get("usage") or {}).get("access") or "")
            if usage.upper() != "CC0":
                yield Refusal(title, f"may not be used freely ({usage})" if usage else "has no licence")
                continue
            yield Offer(_work(row, record, title, package[1]), partial(self._download, package[1]))

    def _download(self, uuid: str) -> Download:
        url = with_query(
            f"{self._files}/api/v1.0/content/file/search", model_url=f"3d_package:{uuid}", start=0, rows=1000
        )
        rows = self._visitor.json(url).get("rows") or []
        ranked = sorted(
            (rank, str(content["uri"]), content.get("file_size"))
            for content in (row.get("content") or {} for row in rows)
            if (rank := _rank(content, uuid)) is not None
        )
        if not ranked:
            raise LeftOut("has no file to download in a format we read")
        _, address, size = ranked[0]
        return Download(address, size if isinstance(size, int) else None)


def _rank(content: dict[str, Any], uuid: str) -> tuple[int, int, int, int] | None:
    """How much we like a file of a package (less is better); None if not at all."""
    quality = str(content.get("quality") or "").lower()
    kind = str(content.get("model_type") or content.get("file_type") or "").lower()
    address = str(content.get("uri") or "")
    ending = address.lower().rpartition(".")[2]
    mine = content.get("model_url") in (None, f"3d_package:{uuid}")
    if not mine or quality not in _QUALITIES or kind not in _KINDS or ending not in ("zip", *_KINDS):
        return None
    packed = kind == "glb" or bool(content.get("draco_compressed"))
    in_parts = content.get("usage") != "Download3D"  # what a page shows may be one of several parts
    return int(in_parts), int(packed), _QUALITIES.index(quality), _KINDS.index(kind)


def _work(row: dict[str, Any], record: dict[str, Any], title: str, uuid: str) -> Work:
    free = (row.get("content") or {}).get("freetext") or {}
    words = [note.get("content") for name in _NOTES for note in free.get(name) or [] if isinstance(note, dict)]
    makers = [str(name["content"]) for name in free.get("name") or [] if isinstance(name, dict) and name.get("content")]
    museum = str(record.get("data_source") or "Smithsonian Institution")
    return Work(
        identifier=f"smithsonian-{uuid}",
        title=plain_words(title),
        description=plain_words(". ".join(str(word) for word in words if word)),
        source="smithsonian",
        author=plain_words(", ".join([*makers[:2], museum])),
        licence="CC0-1.0",
        url=str(record.get("record_link") or record.get("guid") or f"https://3d.si.edu/object/3d/{uuid}"),
    )
