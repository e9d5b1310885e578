"""A server that speaks the protocol of a model hub, on folders of this machine, with the mishaps a test asks for."""

import contextlib
import hashlib
import http.server
import json
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

COMMIT = "0123456789abcdef0123456789abcdef01234567"
LARGE = 2_000  # bytes from which on a file is kept elsewhere, with its SHA-256


class Hub(http.server.BaseHTTPRequestHandler):
    """Class attributes are what it has; `asked` is what was asked for, as (path, range)."""

    repositories: dict[str, Path] = {}
    gated: set[str] = set()
    damaged: set[str] = set()  # files that arrive changed
    unlisted: set[str] = set()  # files that are not there
    breaks: dict[str, int] = {}  # bytes after which a file breaks off, once
    asked: list[tuple[str, str | None]] = []

    def do_GET(self):
        path = urllib.parse.unquote(urllib.parse.urlsplit(self.path).path).strip("/")
        self.asked.append((path, self.headers.get("Range")))
        if path.startswith("cdn/"):
            return self._content(path.removeprefix("cdn/"))
        listing, path = path.startswith("api/models/"), path.removeprefix("api/models/")
        owner, name, kind, revision, *inside = path.split("/")
        repository = f"{owner}/{name}"
        if repository in self.gated:
            return self._refuse(401, "GatedRepo")
        if repository not in self.repositories:
            return self._refuse(401, "RepoNotFound")  # as the real one does where nobody is logged in
        if revision not in (COMMIT, "main"):
            return self._refuse(404, "RevisionNotFound")
        if listing and kind == "tree":
            return self._say(200, json.dumps(self._tree(repository)).encode())
        file = self.repositories[repository] / "/".join(inside)
        if not file.is_file() or "/".join(inside) in self.unlisted:
            return self._refuse(404, "EntryNotFound")
        if file.stat().st_size < LARGE:
            return self._content(f"{repository}/{'/'.join(inside)}")
        self.send_response(302)
        self.send_header("Location", f"/cdn/{repository}/{'/'.join(inside)}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _tree(self, repository: str) -> list[dict]:
        root = self.repositories[repository]
        listed = [{"type": "directory", "oid": "0" * 40, "size": 0, "path": "unet"}]
        for file in sorted(root.rglob("*")):
            name = file.relative_to(root).as_posix()
            if not file.is_file() or name in self.unlisted:
                continue
            content = file.read_bytes()
            git = hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest()
            entry = {"type": "file", "oid": git, "size": len(content), "path": name}
            if len(content) >= LARGE:
                entry["oid"] = "f" * 40  # of the pointer, not of the file
                entry["lfs"] = {"oid": hashlib.sha256(content).hexdigest(), "size": len(content), "pointerSize": 130}
            listed.append(entry)
        return listed

    def _content(self, path: str) -> None:
        owner, name, inside = path.split("/", 2)
        content = (self.repositories[f"{owner}/{name}"] / inside).read_bytes()
        if inside in self.damaged:
            content = content[:-1] + bytes([content[-1] ^ 1])
        wanted = self.headers.get("Range")
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        self._say(206 if wanted else 200, content[start:], self.breaks.pop(inside, None))

    def _refuse(self, status: int, reason: str) -> None:
        self._say(status, b"{}", None, {"X-Error-Code": reason})

    def _say(self, status: int, body: bytes, most: int | None = None, headers: dict | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):  # whoever asked has gone
            self.wfile.write(body[:most])

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def running() -> Iterator[type[Hub]]:
    """The server's class, to fill it, with its address."""
    shelves = {"repositories": {}, "gated": set(), "damaged": set(), "unlisted": set(), "breaks": {}, "asked": []}
    kind = type("TodaysHub", (Hub,), shelves)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    kind.address = f"http://127.0.0.1:{server.server_port}"
    yield kind
    server.shutdown()
    server.server_close()
    thread.join()
