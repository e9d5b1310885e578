"""What a hub says of a model's files, by the protocol of huggingface.co, which its mirrors speak too.

    GET /api/models/OWNER/NAME/tree/REVISION?recursive=true   JSON: a list of path, size and oid (git's hash of a small
                                                              file); large ones have `lfs`, whose oid is the SHA-256
    GET /OWNER/NAME/resolve/REVISION/PATH                     the file; large ones elsewhere, by a redirection

What the registry knows of a file outranks what the hub says. Of what it does not know, the hub's word is taken: that
shows damage on the way, but no other file that the hub itself put there. Standard library only.
"""

from __future__ import annotations

import dataclasses
import json
import os
import urllib.error
import urllib.parse
import urllib.request
from typing import Any

from ..contract import Failure
from ..transfer import AGENT, TIMEOUT, context
from .models import File, Model

VARIABLE = "HF_ENDPOINT"  # environment variable of a mirror's address, the one that the hub's own client reads
HUB = "https://huggingface.co"
REASON = "X-Error-Code"  # header of a refusal
GATED = ("GatedRepo",)
GONE = ("RepoNotFound", "RevisionNotFound", "EntryNotFound")


def described(model: Model) -> Model:
    """The same model, with an address, a size and a hash for each file; those that lie in an archive have them.

    Asks the hub only if something is missing. Raises Failure, or what the network raises.
    """
    if model.repository is None or model.archive:
        return model
    listed = {} if model.has_hashes else _tree(model)
    return dataclasses.replace(model, files=tuple(_known(model, file, listed) for file in model.files))


def refused(error: urllib.error.HTTPError, model: Model) -> Failure | None:
    """What an answer of the hub's means, where it says why it refuses; None where it does not."""
    reason = error.headers.get(REASON, "") if error.headers else ""
    if reason in GATED:
        return Failure(
            f"{model.title} is not given to everyone: {_host()} asks for an account, and that its terms be accepted.",
            next_step=f"Accept them at {model.homepage} in a browser, download its folder there, and choose it with "
            "Use a Folder.",
        )
    if reason in GONE:
        return Failure(
            f"{model.title} is not at its address any more: {model.repository}, {model.revision}.",
            next_step="Update the extension, name another repository with Change Source, or choose a folder you have "
            "with Use a Folder.",
        )
    return None


def _tree(model: Model) -> dict[str, dict[str, Any]]:
    """What the hub has, by path."""
    address = f"{_address()}/api/models/{model.repository}/tree/{_quoted(model.revision)}?recursive=true"
    request = urllib.request.Request(address, headers={"User-Agent": AGENT})
    with urllib.request.urlopen(request, timeout=TIMEOUT, context=context()) as answer:
        said = answer.read()
    try:
        return {entry["path"]: entry for entry in json.loads(said) if entry["type"] == "file"}
    except (ValueError, KeyError, TypeError) as error:
        raise Failure(
            f"{_host()} answered with something else than a list of files.",
            next_step="Try again later; if it stays so, a proxy may answer in its place.",
        ) from error


def _known(model: Model, file: File, listed: dict[str, dict[str, Any]]) -> File:
    address = f"{_address()}/{model.repository}/resolve/{_quoted(model.revision)}/{_quoted(file.name)}"
    if file.has_hash:
        return dataclasses.replace(file, url=address)
    try:
        told = listed[file.name]
        large = told.get("lfs")
        size, hashes = (large or told)["size"], {"sha256": large["oid"]} if large else {"git": told["oid"]}
    except (KeyError, TypeError) as error:
        raise Failure(
            f"{model.repository} at {_host()} does not have {file.name}, which belongs to {model.title}.",
            next_step="Update the extension, or choose a folder you have with Use a Folder.",
        ) from error
    return dataclasses.replace(file, url=address, size=size, **hashes)


def _address() -> str:
    return os.environ.get(VARIABLE, HUB).rstrip("/")


def _host() -> str:
    return urllib.parse.urlsplit(_address()).hostname or _address()


def _quoted(path: str) -> str:
    return urllib.parse.quote(path)
