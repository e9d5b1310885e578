"""Models ready to be sent, made by processes of their own and kept on disk as long as few others were used since.

Reading a scan of a gigabyte takes a minute and all of one core. In a process of its own it neither makes the page
sluggish nor takes the program down with it when the memory does not suffice, and it can be broken off.
"""

from __future__ import annotations

import hashlib
import logging
import multiprocessing
import os
import signal
import tempfile
import threading
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue

from ...contract import Failure
from ...whole import write_whole

log = logging.getLogger(__name__)

READERS = 2  # one for what is looked at, one for what comes next
MOST = 60  # models kept on disk, of about a megabyte each


class Overtaken(Exception):
    """Somebody wants to see another object before this one was read."""


class Shelf:
    """The models of the objects that were looked at last, and of the next one."""

    def __init__(self, most: int = MOST):
        self._folder = tempfile.TemporaryDirectory(prefix="statue-recon-review-", ignore_cleanup_errors=True)
        self._most = most
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}  # not finished; at most what a person walked past in the last seconds
        self._sentences: dict[str, Failure] = {}  # of the last files that could not be read
        self._readers: SimpleQueue[_Reader] = SimpleQueue()
        for _ in range(READERS):
            self._readers.put(_Reader())
        self._threads = ThreadPoolExecutor(READERS, "reader")

    def close(self) -> None:
        """Breaks off what is being read, and removes what was kept."""
        with self._lock:
            for job in self._jobs.values():
                job.stop()
        self._threads.shutdown(cancel_futures=True)
        while not self._readers.empty():
            self._readers.get().stop()
        self._folder.cleanup()

    def get(self, path: Path, ahead: bool = False) -> bytes:
        """The packed model of a mesh file; waits until it is read.

        ahead: nobody looks at it yet. Otherwise whatever still waits gives way, and where all readers are at work for
        others, one of them is broken off.
        Raises Failure where the file cannot be read, Overtaken where it had to give way.
        """
        key = _key(path)
        kept = Path(self._folder.name) / f"{key}.model"
        with self._lock:
            if key in self._sentences:
                raise self._sentences[key]
            if not kept.exists():
                job = self._jobs.get(key) or self._begin(key, path, kept)
                if not ahead:
                    self._make_room(key)
            else:
                job = None
        if job is not None:
            self._wait(key, job)
        os.utime(kept)
        found = kept.read_bytes()
        self._tidy()
        return found

    def _begin(self, key: str, path: Path, kept: Path) -> _Job:
        job = self._jobs[key] = _Job()
        job.future = self._threads.submit(self._read, job, path, kept)
        job.future.add_done_callback(lambda _: self._jobs.pop(key, None))
        return job

    def _make_room(self, key: str) -> None:
        others = [job for name, job in list(self._jobs.items()) if name != key and not job.future.cancel()]
        if len(others) >= READERS:
            others[0].stop()

    def _wait(self, key: str, job: _Job) -> None:
        try:
            job.future.result()
        except CancelledError as error:
            raise Overtaken from error
        except Failure as failure:
            with self._lock:
                self._sentences[key] = failure
                while len(self._sentences) > self._most:
                    del self._sentences[next(iter(self._sentences))]
            raise

    def _read(self, job: _Job, path: Path, kept: Path) -> None:
        """Runs in a thread of its own for each reader."""
        reader = self._readers.get()
        try:
            with self._lock:
                job.use(reader)
            refused = reader.read(path, kept)
        except (EOFError, OSError) as error:
            if job.stopped:
                raise Overtaken from error
            raise Failure(
                f"The reading of {path.name} broke down, most likely because the memory of this machine is too small.",
                next_step="It can be decided all the same, by what is written about it.",
            ) from error
        finally:
            with self._lock:  # from here on, stopping the job must not stop the reader, which others will use
                job.reader = None
            self._readers.put(reader)
        if refused:
            raise Failure(*refused)

    def _tidy(self) -> None:
        with self._lock:
            kept = sorted(Path(self._folder.name).glob("*.model"), key=lambda path: path.stat().st_mtime)
            for path in kept[: -self._most]:
                path.unlink(missing_ok=True)


@dataclass
class _Job:
    """A file that is to be read."""

    future: Future[None] = field(default_factory=Future)
    reader: _Reader | None = None
    stopped: bool = False

    def use(self, reader: _Reader) -> None:
        self.reader = reader
        if self.stopped:
            raise EOFError("stopped before it began")

    def stop(self) -> None:
        self.stopped = True
        if self.reader:
            self.reader.stop()


class _Reader:
    """A process that reads mesh files, started when it is first needed, and again after it died."""

    def __init__(self) -> None:
        self._process: multiprocessing.process.BaseProcess | None = None
        self._line: Connection | None = None

    def read(self, path: Path, kept: Path) -> tuple[str, str] | None:
        """Writes the packed model to `kept`, or returns why not. EOFError or OSError: the process died."""
        if self._process is None or not self._process.is_alive():
            self._start()
        assert self._line is not None
        self._line.send((path, kept))
        return self._line.recv()

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.join(5.0)  # so that nobody takes it for alive

    def _start(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._line, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_read_files, args=(theirs,), daemon=True, name="statue-recon reader")
        self._process.start()
        theirs.close()  # so that its death ends our waiting


def _read_files(line: Connection) -> None:
    """The work of a reader's process, until the other end of the line is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the program, which ends this one
    from .model import pack, read_model

    while True:
        try:
            path, kept = line.recv()
        except (EOFError, OSError):
            return
        try:
            write_whole(kept, pack(read_model(path)))
            line.send(None)
        except Failure as failure:
            line.send((failure.message, failure.next_step))
        except Exception as error:
            log.exception("Reading %s", path)
            said = f"{path.name} cannot be made ready ({type(error).__name__}: {error})."
            line.send((said, "It can be decided all the same, by what is written about it."))


def _key(path: Path) -> str:
    """Another one when the file was changed."""
    try:
        about = path.stat()
        state = f"{about.st_size} {about.st_mtime_ns}"
    except OSError:
        state = "missing"
    return hashlib.sha256(f"{path}\n{state}".encode("utf-8", "surrogatepass")).hexdigest()
