"""Waking NVIDIA Warp: quietly, with a place for its compiled kernels, on the device that is really there."""

from __future__ import annotations

import atexit
import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from types import ModuleType

from ..contract import Failure

log = logging.getLogger(__name__)

_CACHE_VARIABLE = "WARP_CACHE_PATH"  # Warp's own, read when it starts


@lru_cache(maxsize=1)
def warp() -> ModuleType:
    """The Warp module, started. The first call of a process takes about half a second."""
    try:
        import warp as wp
    except (ImportError, OSError) as error:
        raise Failure(
            f"NVIDIA Warp, which casts the engine's rays, cannot be loaded ({error}).",
            next_step="Set up the engine again in the preferences of Statue Recon.",
        ) from error
    wp.config.log_level = wp.LOG_ERROR  # its greeting would go between the lines of --json
    try:
        with _stderr_in_the_log():
            wp.init()
        Path(tempfile.mkdtemp(dir=wp.config.kernel_cache_dir)).rmdir()
    except OSError as error:
        _move_cache(wp, error)
    except RuntimeError as error:
        raise Failure(
            f"NVIDIA Warp, which casts the engine's rays, cannot be started ({error}).",
            next_step="Set up the engine again in the preferences of Statue Recon.",
        ) from error
    return wp


@contextmanager
def _stderr_in_the_log() -> Iterator[None]:
    """Sends what native code writes to the standard error into the log instead.

    Warp's library says there, on every machine without an NVIDIA driver, that it found none; no setting stops it.
    """
    try:
        kept = os.dup(2)
    except OSError:  # no standard error: a process without a console
        yield
        return
    with tempfile.TemporaryFile() as caught:
        os.dup2(caught.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            caught.seek(0)
            for line in caught.read().decode("utf-8", "replace").splitlines():
                log.debug("Warp: %s", line)


def _move_cache(wp: ModuleType, reason: OSError) -> None:
    """Gives the compiled kernels a folder of this process alone: code from a shared one might be somebody else's."""
    os.environ.pop(_CACHE_VARIABLE, None)
    try:
        folder = tempfile.mkdtemp(prefix="statue_recon_kernels_")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        log.warning("Warp cannot write its kernel cache (%s); this run uses %s", reason, folder)
        wp.config.kernel_cache_dir = folder
        wp.init()
    except OSError as error:
        raise Failure(
            f"There is no place for the compiled ray-casting kernels: {error}.",
            next_step=f"Free disk space, or set {_CACHE_VARIABLE} to a folder that can be written to.",
        ) from error


def warp_device(device: str) -> str:
    """Warp's name for an engine device: Warp knows CPU and CUDA; whatever else is asked for runs on the CPU."""
    if device.startswith("cuda") and warp().is_cuda_available():
        return "cuda:0"
    return "cpu"


def kernels_on(device: str) -> ModuleType:
    """The module of the kernels, compiled for an engine device: about 2 s the first time on a machine, then 10 ms."""
    return _compiled(warp_device(device))


@lru_cache(maxsize=2)
def _compiled(name: str) -> ModuleType:
    from . import kernels

    warp().load_module(kernels, device=name)
    return kernels
