"""The page's other end: an HTTP server for one person on this machine, and for nobody else.

It listens on 127.0.0.1 only. Pages of other sites in the same browser could still send it requests; they do not know
the token in its address, are refused when they say where they come from (Origin) or reach it by another name (Host, as
DNS rebinding does), and cannot show it in a frame. The page itself may load nothing from anywhere else.

    GET  /TOKEN/                             the page, and its parts by name
    GET  /TOKEN/look?only=…&at=…&go=…        an object and the progress (desk.Desk.look)
    GET  /TOKEN/model/NUMBER[?ahead=1]       its packed model (model.pack); 422 and a sentence where there is none,
                                             503 where a later request overtook it
    POST /TOKEN/decide  /TOKEN/undo          JSON in, and as `look` out
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import socketserver
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from ...contract import Failure
from .desk import FILTERS, Desk
from .shelf import Overtaken, Shelf

log = logging.getLogger(__name__)

PAGE = Path(__file__).parent / "page"
PARTS = {  # nothing else of the disk is ever sent but models
    "": ("index.html", "text/html; charset=utf-8"),
    "style.css": ("style.css", "text/css; charset=utf-8"),
    "review.js": ("review.js", "text/javascript; charset=utf-8"),
    "show.js": ("show.js", "text/javascript; charset=utf-8"),
    "models.js": ("models.js", "text/javascript; charset=utf-8"),
    "viewer.js": ("viewer.js", "text/javascript; charset=utf-8"),
    "drawing.js": ("drawing.js", "text/javascript; charset=utf-8"),
}
LONGEST_BODY = 16_384  # bytes; a decision has about a hundred
PATIENCE = 120.0  # seconds an open connection may say nothing

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class ReviewServer(ThreadingHTTPServer):
    """Serves one collection; `serve_forever` until `shutdown`."""

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # elsewhere it lets two programs have the same port

    def __init__(self, desk: Desk, shelf: Shelf, name: str, only: str = "all", port: int = 0):
        """name: of the collection, for the page's title; port 0: any that is free."""
        self.desk, self.shelf, self.only = desk, shelf, only
        self.collection = name
        self.token = secrets.token_urlsafe(24)
        try:
            super().__init__(("127.0.0.1", port), _Answer)
        except (OSError, OverflowError) as error:
            reason = getattr(error, "strerror", None) or "there is no such port"
            raise Failure(
                f"Port {port} of this machine cannot be used: {reason}.",
                next_step="Leave --port away, or choose another one.",
            ) from error

    def server_bind(self) -> None:
        """Without asking the network for this machine's name, as HTTPServer does, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/{self.token}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A browser that goes away in the middle of an answer is nothing to tell a person about."""
        log.info("A connection broke off.", exc_info=True)


class _Answer(BaseHTTPRequestHandler):
    server: ReviewServer
    protocol_version = "HTTP/1.1"
    timeout = PATIENCE
    server_version, sys_version = "statue-recon", ""

    def do_GET(self) -> None:  # the name http.server calls
        self._answer(self._get)

    def do_POST(self) -> None:  # the name http.server calls
        self._answer(self._post)

    def _answer(self, find) -> None:
        """Sends what `find` returns for the part of the address behind the token."""
        address = urlsplit(self.path)
        _, token, *rest = [*address.path.split("/", 2), ""]
        if not self._welcome(token):
            self.close_connection = True  # what it still wanted to say is not read
            return self._send({"error": "This address is not for you."}, HTTPStatus.FORBIDDEN)
        try:
            find(rest[0], {name: values[-1] for name, values in parse_qs(address.query).items()})
        except Overtaken:
            self._send({"error": "Another object was asked for."}, HTTPStatus.SERVICE_UNAVAILABLE)
        except Failure as failure:
            said = {"error": failure.message, "next_step": failure.next_step}
            self._send(said, HTTPStatus.UNPROCESSABLE_ENTITY)
        except (ValueError, KeyError, TypeError) as error:
            log.info("Refused %s: %s", address.path.rpartition("/")[2], error)
            self._send({"error": "This request makes no sense."}, HTTPStatus.BAD_REQUEST)
        except ConnectionError:
            self.close_connection = True
        except Exception as error:
            log.exception("A mistake while answering")
            said = {"error": f"Statue Recon made a mistake ({type(error).__name__}: {error})."}
            self._send(said, HTTPStatus.INTERNAL_SERVER_ERROR)

    def _welcome(self, token: str) -> bool:
        ours = {f"{name}:{self.server.server_port}" for name in ("127.0.0.1", "localhost")}
        origin = self.headers.get("Origin")
        return (
            self.headers.get("Host") in ours
            and (origin is None or origin in {f"http://{name}" for name in ours})
            and secrets.compare_digest(token.encode(), self.server.token.encode())
        )

    def _get(self, what: str, asked: dict[str, str]) -> None:
        if what in PARTS:
            name, kind = PARTS[what]
            return self._send((PAGE / name).read_bytes(), kind=kind)
        if what == "about":
            filters = {name: choice.words for name, choice in FILTERS.items()}
            return self._send({"collection": self.server.collection, "only": self.server.only, "filters": filters})
        if what == "look":
            return self._send(self.server.desk.look(asked["only"], int(asked.get("at", -1)), asked.get("go", "open")))
        folder, _, number = what.partition("/")
        if folder == "model" and number.isascii() and number.isdigit():
            path = self.server.desk.mesh_of(int(number))
            found = self.server.shelf.get(path, ahead=asked.get("ahead") == "1")
            return self._send(found, kind="application/octet-stream")
        return self._send({"error": "There is nothing here."}, HTTPStatus.NOT_FOUND)

    def _post(self, what: str, _: dict[str, str]) -> None:
        said = self._body()
        if what == "decide":
            number, identifier = int(said["number"]), str(said["id"])
            return self._send(self.server.desk.decide(number, identifier, said["verdict"], said["only"]))
        if what == "undo":
            return self._send(self.server.desk.undo(said["only"], int(said["at"])))
        return self._send({"error": "There is nothing here."}, HTTPStatus.NOT_FOUND)

    def _body(self) -> dict[str, Any]:
        length = int(self.headers.get("Content-Length") or 0)
        if not 0 <= length <= LONGEST_BODY:
            self.close_connection = True
            raise ValueError("the body is too long")
        said = json.loads(self.rfile.read(length))
        if self.headers.get_content_type() != "application/json" or not isinstance(said, dict):
            raise ValueError("the body is no JSON object")
        return said

    def _send(
        self, found: bytes | dict, status: HTTPStatus = HTTPStatus.OK, kind: str = "application/json; charset=utf-8"
    ) -> None:
        # Characters that are none (of an odd file name) stay escaped.
        body = found if isinstance(found, bytes) else json.dumps(found).encode("ascii")
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **_HEADERS}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *values: Any) -> None:  # the signature of http.server
        """Into the log without the token, which the address of every request has."""
        log.debug("%s", (format % values).replace(self.server.token, "…"))
