"""What pip says while it works and when it fails, understood. Standard library only."""

from __future__ import annotations

import re
from pathlib import Path

AGAIN = "Check the network and press Set Up Engine again: it goes on where it stopped."
REASONS = (  # what pip says, what it means, what to do
    (
        r"No space left on device|not enough space|Errno 28",
        "The disk is full.",
        "Free some space, then press Set Up Engine again: it goes on where it stopped.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLError",
        "The package index could not prove who it is (a certificate is missing or a proxy changes the traffic).",
        "Ask whoever runs your network, or choose an existing Python.",
    ),
    (
        r"Failed to establish a new connection|name resolution|NewConnectionError|ConnectTimeout|Read timed out"
        r"|ProxyError|getaddrinfo failed|ReadTimeoutError|Connection (aborted|refused|reset)",
        "The package index could not be reached.",
        AGAIN,
    ),
)


def explained(said: str, log: Path) -> tuple[str, str]:
    """What the output of a pip that failed means, and the next step."""
    for words, message, next_step in REASONS:
        if re.search(words, said, re.IGNORECASE):
            return message, next_step
    errors = [line for line in said.splitlines() if line.startswith("ERROR")] or said.splitlines()[-1:] or ["no word"]
    return f"pip broke off: {errors[-1].removeprefix('ERROR: ')}", f"{AGAIN} The log: {log}"


def package_in(line: str) -> str | None:
    """The package a line is about, if it begins one."""
    begun = re.match(r"\s*(?:Collecting|Downloading|Using cached|Processing) ([^\s<=>!~(;]+)", line)
    return re.split(r"-\d", Path(begun[1]).name)[0] if begun else None


def bytes_had(line: str) -> float | None:
    """The part of a download that pip has, of a line such as "Progress 1024 of 4096"."""
    count = re.match(r"Progress (\d+) of (\d+)", line)
    return int(count[1]) / max(int(count[2]), 1) if count else None
