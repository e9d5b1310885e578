"""Asking servers politely: one request at a time, a pause between them, slower when they ask for it, not for ever."""

from __future__ import annotations

import email.utils
import errno
import http.client
import json
import logging
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ...contract import Failure
from ...transfer import AGENT, TIMEOUT, context, read_on, size_of

log = logging.getLogger(__name__)

TRIES = 5
FIRST_WAIT = 1.0  # seconds before the second try; twice as long before each further one
LONGEST_WAIT = 300.0  # seconds; a server that wants us to wait longer is left in peace
LARGEST_ANSWER = 64 * 2**20  # bytes of JSON
LATER = "Try again later: the same command goes on where it stopped."
PASSING = (408, 425, 429, 500, 502, 503, 504)  # statuses that may be others next time


class Denied(Exception):
    """The server answered, but not with what was asked for: its HTTP status."""

    def __init__(self, status: int):
        super().__init__(f"HTTP status {status}")
        self.status = status


class TooMany(Failure):
    """The server wants no more requests for a while."""


class Visitor:
    """Whoever asks for `source` on our behalf.

    pause: seconds between two requests, at least. sleep, clock: for tests.
    """

    def __init__(
        self,
        pause: float,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ):
        self._pause, self._sleep, self._clock = pause, sleep, clock
        self._last = -pause

    def json(self, url: str, secret: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The object that lies at `url`. secret: headers that no other host than this one gets to see.

        Raises Denied, or Failure where trying again soon is of no use.
        """
        answer: list[bytes] = []

        def ask() -> None:
            request = urllib.request.Request(url, headers={"User-Agent": AGENT, "Accept": "application/json"})
            for name, value in (secret or {}).items():
                request.add_unredirected_header(name, value)
            with urllib.request.urlopen(request, timeout=TIMEOUT, context=context()) as stream:
                answer[:] = [stream.read(LARGEST_ANSWER)]

        self._try(ask, url)
        try:
            found = json.loads(answer[0])
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise Failure(
                f"{_host(url)} did not answer as its interface should: what came is no JSON object.",
                next_step="Check --server, or look for a newer Statue Recon: the interface may have changed.",
            )
        return found

    def file(self, url: str, part: Path, arrived: Callable[[int], None]) -> None:
        """Brings a file, or the rest of it, to `part`. arrived: is told how much came. Raises Denied or Failure."""
        seal = part.with_name(part.name + ".version")

        def ask() -> None:
            try:
                read_on(url, part, None, arrived, seal)
            except urllib.error.HTTPError as error:
                if error.code != http.client.REQUESTED_RANGE_NOT_SATISFIABLE:
                    raise
                whole = error.headers.get("Content-Range", "").rpartition("/")[2]
                if whole != str(size_of(part)):  # else all of it came last time
                    part.unlink()
                    raise

        self._try(ask, url, lambda: size_of(part))

    def _try(self, ask: Callable[[], None], url: str, progress: Callable[[], int] = lambda: 0) -> None:
        """Asks until there is an answer. Tries that brought something (`progress` bytes) are not counted."""
        if urllib.parse.urlsplit(url).scheme not in ("https", "http"):
            raise Denied(400)  # an answer may hold any address: file:, for one
        tried, had = 0, progress()
        while True:
            self._take_turn()
            try:
                return ask()
            except urllib.error.HTTPError as error:
                error.close()
                again = error.code in PASSING or error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE
                problem: Exception = Denied(error.code)
                asked = _seconds(error.headers.get("Retry-After"))
            except (OSError, http.client.HTTPException) as error:
                if isinstance(error, OSError) and _is_of_the_disk(error):
                    raise
                again, problem, asked = not _is_untrusted(error), error, None
            tried = 0 if progress() > had else tried + 1
            had = progress()
            wait = asked if asked is not None else FIRST_WAIT * 2 ** max(tried - 1, 0)
            if not again or tried >= TRIES or wait > LONGEST_WAIT:
                raise _last_word(problem, url, wait) from problem
            log.info("%s: %s; next try in %.1f s", _host(url), problem, wait)
            self._sleep(wait)

    def _take_turn(self) -> None:
        wait = self._last + self._pause - self._clock()
        if wait > 0:
            self._sleep(wait)
        self._last = self._clock()


def with_query(url: str, **fields: Any) -> str:
    """The address with `fields` as its query, those that are None left out."""
    return f"{url}?{urllib.parse.urlencode({name: value for name, value in fields.items() if value is not None})}"


def _last_word(problem: Exception, url: str, wait: float) -> Exception:
    if isinstance(problem, Denied):
        if problem.status == http.client.TOO_MANY_REQUESTS:
            minutes = f" for {wait / 60:.0f} minutes" if wait > LONGEST_WAIT else ""
            return TooMany(f"{_host(url)} asks to be left in peace{minutes}: too many requests.", next_step=LATER)
        return problem
    if _is_untrusted(problem):
        return Failure(
            f"{_host(url)} could not prove who it is: its certificate, or one between, is not known here.",
            next_step="Update this machine's certificates, or name a file with the missing one in SSL_CERT_FILE.",
        )
    reason = problem.reason if isinstance(problem, urllib.error.URLError) else problem
    return Failure(
        f"{_host(url)} could not be reached, or the connection broke off ({reason}).",
        next_step="Check the network and try again: the same command goes on where it stopped.",
    )


def _seconds(retry_after: str | None) -> float | None:
    """The header Retry-After: seconds, or a date."""
    if not retry_after:
        return None
    if retry_after.strip().isdigit():
        return float(retry_after)
    try:
        until = email.utils.parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(0.0, (until.astimezone(UTC) - datetime.now(UTC)).total_seconds())


def _is_untrusted(error: Exception) -> bool:
    return isinstance(getattr(error, "reason", error), ssl.SSLCertVerificationError)


def _is_of_the_disk(error: OSError) -> bool:
    """Whether not the network but the disk is to blame."""
    full = (errno.ENOSPC, errno.EFBIG, errno.EROFS, errno.EACCES, getattr(errno, "EDQUOT", errno.ENOSPC))
    return error.errno in full or error.filename is not None


def _host(url: str) -> str:
    return urllib.parse.urlsplit(url).hostname or url
