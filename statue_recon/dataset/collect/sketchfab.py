"""Models of Sketchfab that their authors let everybody download and change, with the user's own token."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

from ...contract import Failure
from .gather import Download, Offer, Refusal
from .web import Denied, Visitor, with_query
from .work import LeftOut, Work, plain_words

SERVER = "https://api.sketchfab.com"
VARIABLE = "SKETCHFAB_TOKEN"  # environment variable
PAGE = 24  # models; more Sketchfab does not give at a time
# Sketchfab's licences under which a model may be changed and passed on, also for money. Not among them: those with NC
# or ND, Sketchfab's own (Standard, Free Standard) and Editorial. It names them by slug, in search results by label.
LICENCES = {"cc0": "CC0-1.0", "by": "CC-BY-4.0", "by-sa": "CC-BY-SA-4.0"}
_LABELS = {"cc0 public domain": "cc0", "cc attribution": "by", "cc attribution-sharealike": "by-sa"}
_OPTED_OUT = "noai"  # the tag by which authors keep their models out of training data
_UID = re.compile(r"[0-9a-zA-Z]{8,64}")
_GET_ONE = f"Copy your API token from https://sketchfab.com/settings/password into {VARIABLE}, or give --token-file."


def token_from(file: Path | None) -> str:
    """The user's token: from a file, else from the environment. It is shown and written nowhere. Raises Failure."""
    try:
        token = file.read_text(encoding="utf-8") if file else os.environ.get(VARIABLE, "")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"The token cannot be read from {file}.", next_step=_GET_ONE) from error
    token = token.strip()
    if not token:
        raise Failure("Sketchfab gives its models to its users only, and there is no token.", next_step=_GET_ONE)
    if not token.isascii() or not token.isprintable() or " " in token:
        raise Failure("What was given as the token is none: it has characters no token has.", next_step=_GET_ONE)
    return token


class Sketchfab:
    """The models Sketchfab has for a query, one licence after the other."""

    def __init__(self, query: str, visitor: Visitor, server: str | None, token: str):
        self._query, self._visitor = query, visitor
        self._server = server or SERVER
        self._secret = {"Authorization": f"Token {token}"}

    def offers(self) -> Iterator[Offer | Refusal]:
        """The models, in the order of their relevance. Raises Failure."""
        self._present_token()
        for slug in LICENCES:
            cursor: str | None = None
            while True:
                page = self._page(slug, cursor)
                for model in page.get("results") or []:
                    yield self._offer(model)
                follows = (page.get("cursors") or {}).get("next")
                if not follows or follows == cursor or not page.get("results"):
                    break
                cursor = str(follows)

    def _present_token(self) -> None:
        """Asks who we are, so that a wrong token is told before anything else."""
        try:
            self._visitor.json(f"{self._server}/v3/me", self._secret)
        except Denied as error:
            raise self._in_words(error) from error

    def _page(self, slug: str, cursor: str | None) -> dict[str, Any]:
        fields = {"type": "models", "q": self._query, "downloadable": "true", "license": slug, "count": PAGE}
        try:
            return self._visitor.json(with_query(f"{self._server}/v3/search", **fields, cursor=cursor))
        except Denied as error:
            raise self._in_words(error) from error

    def _offer(self, model: dict[str, Any]) -> Offer | Refusal:
        uid, title = str(model.get("uid") or ""), plain_words(model.get("name")) or "Untitled"
        licence, label = _licence(model.get("license"))
        if not licence:
            return Refusal(title, f"may not be changed and passed on ({label})" if label else "has no licence")
        if _OPTED_OUT in {str(tag.get("slug") or tag.get("name")).lower() for tag in model.get("tags") or []}:
            return Refusal(title, "is kept out of training data by its author")
        if not _UID.fullmatch(uid) or model.get("isDownloadable") is False:
            return Refusal(title, "cannot be downloaded")
        return Offer(_work(model, uid, title, licence), partial(self._download, uid))

    def _download(self, uid: str) -> Download:
        """The temporary address of the model's files."""
        try:
            formats = self._visitor.json(f"{self._server}/v3/models/{uid}/download", self._secret)
        except Denied as error:
            if error.status == 401:
                raise self._in_words(error) from error
            raise
        for name in ("glb", "gltf"):  # one file, else a ZIP file of several; both hold what the author uploaded
            offered = formats.get(name)
            if isinstance(offered, dict) and offered.get("url"):
                size = offered.get("size")
                ending = ".glb" if name == "glb" else ".zip"
                return Download(str(offered["url"]), size if isinstance(size, int) else None, ending)
        raise LeftOut("has no file to download in a format we read")

    def _in_words(self, error: Denied) -> Failure:
        if error.status in (401, 403):
            return Failure("Sketchfab does not accept the token.", next_step=_GET_ONE)
        return Failure(f"Sketchfab answered with an error ({error.status}).", next_step="Try again later.")


def _licence(said: Any) -> tuple[str | None, str]:
    """The licence as SPDX names it, None where it does not suffice; and Sketchfab's name of it, if any."""
    if isinstance(said, str):
        said = {"slug": said}
    if not isinstance(said, dict):
        return None, ""
    label = str(said.get("label") or said.get("slug") or "")
    slug = said.get("slug") or _LABELS.get(label.lower())
    return LICENCES.get(str(slug)), label


def _work(model: dict[str, Any], uid: str, title: str, licence: str) -> Work:
    user = model.get("user") or {}
    tags = ", ".join(str(tag.get("name")) for tag in model.get("tags") or [] if tag.get("name"))
    return Work(
        identifier=f"sketchfab-{uid}",
        title=title,
        description=plain_words(f"{model.get('description') or ''} {tags}"),
        source="sketchfab",
        author=plain_words(user.get("displayName") or user.get("username")),
        licence=licence,
        url=str(model.get("viewerUrl") or f"https://sketchfab.com/3d-models/{uid}"),
    )
