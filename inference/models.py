"""Fetching optional models in a thread of its own, so that Blender stays alive. Standard library only.

How a model is fetched and checked: statue_recon/priors/download.py, which is imported in the thread, for the modules of
the network it needs would make enabling the extension slow.
"""

from __future__ import annotations

import dataclasses
import threading
from dataclasses import dataclass
from pathlib import Path

from ..statue_recon.contract import Failure
from ..statue_recon.priors.models import Model
from . import lock


@dataclass(frozen=True)
class FetchState:
    """How far the fetching of a model is; never changed, only replaced."""

    status: str = "running"  # running, done, failed or cancelled
    fraction: float = 0.0
    message: str = "Starting"
    failure: str = ""
    next_step: str = ""

    @property
    def running(self) -> bool:
        return self.status == "running"


class Fetch:
    """Puts a model into `folder`, from the network or from `file`; `state` may be read at any time."""

    def __init__(self, model: Model, folder: Path, file: Path | None = None, allow_network: bool = True):
        self.state = FetchState()
        self._model, self._folder, self._file, self._allow_network = model, folder, file, allow_network
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="statue-recon model", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def cancel(self) -> None:
        """Stops it; what was downloaded stays for the next try."""
        self._cancelled.set()

    def wait(self, seconds: float | None = None) -> FetchState:
        self._thread.join(seconds)
        return self.state

    def _run(self) -> None:
        from ..statue_recon.priors.download import Stopped

        try:
            self._fetch()
            self._change(status="done", fraction=1.0, message="Ready")
        except Stopped:
            self._change(status="cancelled", message="Cancelled")
        except Failure as failure:
            self._change(status="failed", failure=failure.message, next_step=failure.next_step)
        except Exception as error:  # whatever it is, the preferences must not show a download that never ends
            reason = f"The download broke off ({type(error).__name__}: {error})."
            self._change(status="failed", failure=reason, next_step="Try again.")

    def _fetch(self) -> None:
        from ..statue_recon.priors.download import Fetching

        if self._file is None and not self._allow_network:
            raise Failure(
                "Allow Online Access is off, and a download needs the network.",
                next_step="Turn it on in Preferences > System, or choose a file you have.",
            )
        held = self._hold()
        try:
            fetching = Fetching(self._model, self._folder, self._progress, self._cancelled)
            if self._file:
                fetching.take(self._file)
            else:
                fetching.download()
        finally:
            held.release()

    def _hold(self) -> lock.Lock:
        """Keeps a second Blender from writing into the same files."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            held = lock.take(self._folder)
        except OSError as error:
            raise Failure(
                f"The folder {self._folder} cannot be written to ({error.strerror or error}).",
                next_step="Allow writing to it, then try again.",
            ) from error
        if held is None:
            raise Failure("A model is being fetched already, here or in another Blender.", "Wait until that is done.")
        return held

    def _progress(self, fraction: float, message: str) -> None:
        self._change(fraction=fraction, message=message)

    def _change(self, **changes) -> None:
        self.state = dataclasses.replace(self.state, **changes)
