"""Bringing a file over the network, as far as it comes, and going on with it later.

Standard library only, for Blender's side runs this too.
"""

from __future__ import annotations

import contextlib
import functools
import http.client
import ssl
import urllib.request
from collections.abc import Callable
from pathlib import Path

from . import __version__

AGENT = f"statue-recon/{__version__}"
PIECE = 2**18  # bytes between two looks whether to stop
TIMEOUT = 30.0  # seconds without a byte


def read_on(url: str, part: Path, size: int | None, arrived: Callable[[int], None], seal: Path | None = None) -> None:
    """Goes on with the download of `url` into `part` until it ends, breaks, or is longer than it should.

    size: bytes the file shall have; None: as many as the server says, if it does.
    arrived: is told how many bytes there are; what it raises stops the download, and what came is kept.
    seal: a file that remembers which version of the file `part` is of, so that what a server has replaced meanwhile
    begins anew; without it, check what came.
    """
    had = size_of(part)
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    if had:
        headers["Range"] = f"bytes={had}-"
        if seal and seal.is_file():
            headers["If-Range"] = seal.read_text(encoding="ascii")
    request = urllib.request.Request(url, headers=headers)
    with urllib.request.urlopen(request, timeout=TIMEOUT, context=context()) as answer:
        resumed = answer.status == http.client.PARTIAL_CONTENT
        had = had if resumed else 0  # this server always begins at the beginning, or the file is another now
        length = answer.headers.get("Content-Length")
        size = had + int(length) if size is None and length else size
        if seal and not resumed:
            _remember(answer.headers.get("ETag"), seal)
        with part.open("ab" if resumed else "wb") as file:
            while piece := answer.read(PIECE):
                file.write(piece)
                had += len(piece)
                arrived(had)
                if size is not None and had > size:
                    return  # not what was promised
    if size is not None and had < size:
        raise http.client.IncompleteRead(b"", size - had)


@functools.cache
def context() -> ssl.SSLContext:
    """Trusts what the system trusts; a Python that brings no certificates of its own (Blender's) may have certifi."""
    trusting = ssl.create_default_context()
    paths = ssl.get_default_verify_paths()
    if not (trusting.cert_store_stats()["x509_ca"] or paths.cafile or paths.capath):
        with contextlib.suppress(ImportError):
            import certifi

            trusting.load_verify_locations(certifi.where())
    return trusting


def size_of(path: Path) -> int:
    """Bytes of a file; 0 where there is none."""
    return path.stat().st_size if path.is_file() else 0


def _remember(tag: str | None, seal: Path) -> None:
    if tag and not tag.startswith("W/") and tag.isascii():  # a weak one does not promise the same bytes
        seal.write_text(tag, encoding="ascii")
    else:
        seal.unlink(missing_ok=True)
