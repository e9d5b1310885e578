"""A server that answers as the Smithsonian's two interfaces and Sketchfab's do, with the mishaps a test asks for."""

import argparse
import contextlib
import http.server
import io
import json
import struct
import threading
import urllib.parse
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from statue_recon.dataset import command as dataset
from statue_recon.dataset.collect import command
from statue_recon.dataset.manifest import Manifest

TOKEN = "0123456789abcdef0123456789abcdef"
OBJ = b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n"
SLUGS = {"cc0": "CC0 Public Domain", "by": "CC Attribution", "by-sa": "CC Attribution-ShareAlike"}


def glb(length: int = 0, **asset) -> bytes:
    """A GLB file with one chunk, `length` bytes or as many as it takes."""
    text = json.dumps({"asset": {"version": "2.0", **asset}}).encode()
    text += b" " * (max(length - 20 - len(text), 0) or -len(text) % 4)
    return b"glTF" + struct.pack("<II", 2, 20 + len(text)) + struct.pack("<I", len(text)) + b"JSON" + text


def packed(files: dict[str, bytes]) -> bytes:
    into = io.BytesIO()
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return into.getvalue()


def run(*words: str) -> int:
    """Runs `statue-recon dataset collect`; returns its exit code."""
    parser = argparse.ArgumentParser()
    parser.set_defaults(dataset_command="collect")
    command.add_arguments(parser)
    return dataset.run(parser.parse_args(words))


def sources(collection: Path) -> dict[str, dict]:
    """What the manifest says of where each object is from, by its id."""
    with Manifest(collection) as manifest:
        return {entry["id"]: entry["source"] for entry in manifest.entries()}


def uuid(number: int) -> str:
    return f"{number:08x}-0000-4000-8000-000000000000"


class Archive(http.server.BaseHTTPRequestHandler):
    """Class attributes are the shelves; `asked` is what was asked for, as (path, headers)."""

    records: list = []  # rows of the Smithsonian's search
    scans: dict = {}  # rows of its 3D interface, by package
    models: list = []  # results of Sketchfab's search, with a slug for the server's own use
    formats: dict = {}  # answers of Sketchfab's download, by uid
    files: dict = {}  # by name
    most = 2  # results of a page, at most
    mishaps: list = []  # (beginning of a path, status, headers): each happens once
    breaks: dict = {}  # bytes after which a file breaks off, by name: once
    asked: list = []
    address = ""

    def do_GET(self):
        url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(url.query))
        self.asked.append((self.path, dict(self.headers)))
        for mishap in self.mishaps:
            if url.path.startswith(mishap[0]):
                self.mishaps.remove(mishap)
                return self._say({"detail": "mishap"}, *mishap[1:])
        for beginning, answer in (
            ("/openaccess/api/v1.0/search", self._records),
            ("/api/v1.0/content/file/search", self._scans),
            ("/v3/me", self._me),
            ("/v3/search", self._models),
            ("/v3/models/", self._download),
            ("/files/", self._file),
        ):
            if url.path.startswith(beginning):
                return answer(url.path)
        self._say({"detail": "Not found."}, 404)

    def _records(self, _):
        start = int(self.query["start"])
        page = self.records[start : start + min(self.most, int(self.query["rows"]))]
        self._say({"status": 200, "responseCode": 1, "response": {"rows": page, "rowCount": len(self.records)}})

    def _scans(self, _):
        rows = self.scans.get(self.query["model_url"].removeprefix("3d_package:"), [])
        self._say({"rows": rows, "rowCount": len(rows), "message": "content found"})

    def _me(self, _):
        if self.headers.get("Authorization") != f"Token {TOKEN}":
            return self._say({"detail": "Invalid token."}, 401)
        self._say({"username": "museum"})

    def _models(self, _):
        found = [model for model in self.models if model["_found_as"] == self.query["license"]]
        start = int(self.query.get("cursor", 0))
        after = start + self.most
        shown = [{key: value for key, value in one.items() if key != "_found_as"} for one in found[start:after]]
        following = str(after) if after < len(found) else None
        self._say({"results": shown, "next": following and "…", "cursors": {"next": following, "previous": None}})

    def _download(self, path):
        if self.headers.get("Authorization") != f"Token {TOKEN}":
            return self._say({"detail": "Authentication credentials were not provided."}, 401)
        answer = self.formats.get(path.split("/")[3])
        self._say(answer, 200) if answer else self._say({"detail": "Not found."}, 404)

    def _file(self, path):
        name = path.removeprefix("/files/")
        content = self.files.get(name)
        if content is None:
            return self._say({}, 404)
        wanted = self.headers.get("Range")
        tag = f'"{hash(content):x}"'
        if wanted and self.headers.get("If-Range") not in (None, tag):
            wanted = None
        start = int(wanted.removeprefix("bytes=").removesuffix("-")) if wanted else 0
        if wanted and start >= len(content):
            return self._say({}, 416, {"Content-Range": f"bytes */{len(content)}"})
        self.send_response(206 if wanted else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.send_header("ETag", tag)
        self.end_headers()
        end = self.breaks.pop(name, len(content))
        with contextlib.suppress(OSError):  # whoever asked has gone
            self.wfile.write(content[start:end])

    def _say(self, answer, status=200, headers=None):
        body = json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass

    @classmethod
    def add_scan(cls, number: int, access: str | None = "CC0", **file) -> None:
        """An object of the Smithsonian's with one scan, in the forms in which its interfaces tell of it."""
        medium = {
            "type": "3d_voyager",
            "id": f"3d_package:{uuid(number)}",
            "content": f"https://3d-api.si.edu/voyager/3d_package:{uuid(number)}",
            "usage": {"access": access} if access else {},
        }
        record = {
            "data_source": "Smithsonian American Art Museum",
            "record_link": f"https://n2t.net/ark:/65665/{number}",
            "metadata_usage": {"access": "CC0"},
            "online_media": {"mediaCount": 2, "media": [{"type": "Images", "usage": {"access": "CC0"}}, medium]},
        }
        free = {
            "name": [{"label": "Sculptor", "content": "Hiram Powers"}],
            "objectType": [{"label": "Type", "content": "Sculpture"}],
            "notes": [{"label": "Notes", "content": "<p>Carved in Florence.</p>"}],
        }
        content = {"descriptiveNonRepeating": record, "freetext": free}
        cls.records.append({"id": f"edanmdm-saam_{number}", "title": f"Greek Slave {number}", "content": content})
        cls.files.setdefault(f"{number}.zip", packed({"slave.obj": OBJ, "slave.mtl": b"", "slave.jpg": b"JPEG"}))
        rows = [("Web3D", "Thumb", "glb", "glb", "glb"), ("Download3D", "Full_resolution", "zip", "obj", "full.zip")]
        rows += [("Download3D", "Medium_resolution", "zip", "obj", file.get("name", f"{number}.zip"))]
        cls.scans[uuid(number)] = [
            {
                "title": f"Greek Slave {number}",
                "content": {
                    "usage": usage,
                    "quality": quality,
                    "file_type": file_type,
                    "model_type": model_type,
                    "model_url": f"3d_package:{uuid(number)}",
                    "uri": f"{cls.address}/files/{name}",
                    "file_size": file.get("size", 1000),
                },
            }
            for usage, quality, file_type, model_type, name in rows
        ]

    @classmethod
    def add_model(cls, uid: str, slug: str = "by", kind: str = "glb", content: bytes = b"", **fields) -> None:
        """A model of Sketchfab's."""
        name = f"{uid}.{'zip' if kind == 'gltf' else kind}"
        cls.files[name] = content or glb()
        cls.models.append(
            {
                "uid": uid,
                "name": f"Bust {uid}",
                "description": "A **bust**.",
                "isDownloadable": True,
                "tags": [{"name": "roman", "slug": "roman"}],
                "user": {"username": "thomas", "displayName": "Thomas Flynn"},
                "license": {"uid": "0", "label": SLUGS.get(slug, slug)},
                "viewerUrl": f"https://sketchfab.com/3d-models/{uid}",
                "_found_as": slug if slug in SLUGS else "by",
                **fields,
            }
        )
        where = f"{cls.address}/files/{name}?Signature=temporary"
        cls.formats[uid] = {kind: {"url": where, "size": len(cls.files[name]), "expires": 300}}

    @classmethod
    def times(cls, beginning: str) -> int:
        """How often something was asked for."""
        return sum(PurePosixPath(urllib.parse.urlsplit(path).path).match(beginning) for path, _ in cls.asked)


@contextlib.contextmanager
def running() -> Iterator[type[Archive]]:
    """The server's class, to fill its shelves, with its address."""
    shelves = {"records": [], "scans": {}, "models": [], "formats": {}, "files": {}, "mishaps": [], "breaks": {}}
    kind = type("TodaysArchive", (Archive,), {**shelves, "asked": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    kind.address = f"http://127.0.0.1:{server.server_port}"
    yield kind
    server.shutdown()
    server.server_close()
    thread.join()
