"""What a run computes on, and making its random numbers and its sums repeatable."""

from __future__ import annotations

import ctypes.util
import os
import platform
import random
import sys

from .contract import Failure

# Read when torch is first imported: its threads then sleep while they wait for each other, instead of spinning.
# Measured on 2 cores shared with other work (as with Blender's): a draft's fit took 5 to 7 s this way, else 45 to 58 s.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")


def choose(asked: str) -> str:
    """The device of a run: "cpu", "cuda" or "mps" for one of DEVICES.

    Importing torch takes seconds, so it is asked only where the machine may have more than a processor.
    """
    if asked == "cpu" or (asked == "auto" and not _may_have_graphics()):
        return "cpu"
    import torch

    present = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if asked == "auto":
        return next((name for name, there in present.items() if there), "cpu")
    if not present[asked]:
        raise Failure(
            f"The device “{asked}” was asked for, but PyTorch {torch.__version__} does not see one on this machine.",
            next_step="Set the device to Automatic or to the processor, or run Check Set-Up to see what is there.",
        )
    return asked


def _may_have_graphics() -> bool:
    if sys.platform == "darwin":
        return platform.machine() == "arm64"
    return ctypes.util.find_library("nvcuda" if os.name == "nt" else "cuda") is not None


def seed(number: int) -> None:
    """Starts the random numbers of Python and NumPy anew.

    Called before every stage, so that a run resumed from a checkpoint draws the numbers an unbroken one would.
    """
    import numpy

    random.seed(number)
    numpy.random.seed(number % 2**32)


def seed_torch(number: int) -> None:
    """Starts torch's random numbers anew and asks for repeatable sums, where torch has them."""
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # without it cuBLAS may sum in any order
    import torch

    torch.manual_seed(number)
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]  # a property
    torch.backends.cudnn.benchmark = False
