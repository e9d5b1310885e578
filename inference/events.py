"""Reading a job's events while they are being written."""

from __future__ import annotations

from pathlib import Path

from ..statue_recon import contract
from ..statue_recon.contract import Event, Failure


class Events:
    """Reads the events that came since the last look; a last line still half written waits for the next look."""

    def __init__(self, folder: Path, skip: bool = False):
        """With `skip`, what lies in the file already (an earlier run of the same job) is not read."""
        self.path = folder / contract.EVENTS_FILE
        self._position = self._size() if skip else 0

    def new(self) -> list[Event]:
        """The new events, oldest first. Raises Failure at a line this version does not understand."""
        if self._size() <= self._position:
            return []
        with self.path.open("rb") as file:
            file.seek(self._position)
            lines, _, _ = file.read().rpartition(b"\n")
        if not lines:
            return []
        self._position += len(lines) + 1
        try:
            return [contract.from_line(line.decode("utf-8")) for line in lines.split(b"\n")]
        except UnicodeDecodeError as error:
            raise Failure(
                "The events of this job are not text any more.",
                next_step="The folder was edited by hand: start the job anew.",
            ) from error

    def _size(self) -> int:
        try:
            return self.path.stat().st_size
        except FileNotFoundError:
            return 0


def ending_of(folder: Path) -> Event | None:
    """How the last run of a job ended; None if it was interrupted or never began."""
    last = None
    for event in Events(folder).new():
        last = event
    return last if isinstance(last, contract.ENDINGS) else None
