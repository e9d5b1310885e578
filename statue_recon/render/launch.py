"""Running a kernel over many items: on CUDA at once, on the processor shared by its cores."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .start import warp

# Warp runs a kernel on the processor in one thread, which lets go of Python's lock. Smaller shares than this are not
# worth their hand-over; several shares for each core, since rays that miss are done much sooner.
_SMALLEST_SHARE = 4096  # items
_SHARES_PER_CORE = 4


def launch(kernel: Any, count: int, inputs: list, device: str) -> None:
    """Runs `kernel` for the items 0 … count − 1 with `first` and then `inputs` as its arguments.

    The kernel must write only to its own items' places.
    """
    wp = warp()
    shares = min(_SHARES_PER_CORE * cores(), count // _SMALLEST_SHARE)
    if device != "cpu" or shares < 2 or cores() == 1:
        wp.launch(kernel, dim=count, inputs=[0, *inputs], device=device)
        return
    bounds = np.linspace(0, count, shares + 1).astype(int).tolist()

    def run(begin: int, end: int) -> None:
        wp.launch(kernel, dim=end - begin, inputs=[begin, *inputs], device=device)

    list(_pool().map(run, bounds[:-1], bounds[1:]))


def vectors(values: ArrayLike, device: str) -> Any:
    """[N, 3] as an array of Warp's vec3; float32 on the processor is shared, not copied."""
    return warp().array(np.ascontiguousarray(values, np.float32), dtype=warp().vec3, device=device, copy=False)


def triangles(faces: ArrayLike, device: str) -> Any:
    """[F, 3] as an array of Warp's int32; int32 on the processor is shared, not copied."""
    return warp().array(np.ascontiguousarray(faces, np.int32), dtype=warp().int32, device=device, copy=False)


@lru_cache(maxsize=1)
def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@lru_cache(maxsize=1)
def _pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(cores(), thread_name_prefix="rays")
