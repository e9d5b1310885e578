"""Getting by with the memory there is: when it runs out during a run, the run goes on with the next way to need less.

The ways are data, LADDER, from what costs only time to what costs quality; each keeps what those before it do.
"""

from __future__ import annotations

import gc
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import torch
from torch import Tensor

from ..contract import Failure
from ..priors.latents import AMPLE, Memory
from .guidance import Current, Guidance, Moment

log = logging.getLogger(__name__)

T = TypeVar("T")
Say = Callable[[str], None]
# What PyTorch says when memory runs out and it is no OutOfMemoryError: on the processor, on Apple's, inside libraries.
SAID = (
    "DefaultCPUAllocator",
    "not enough memory",
    "out of memory",
    "CUBLAS_STATUS_ALLOC_FAILED",
    "CUDNN_STATUS_ALLOC_FAILED",
)


@dataclass(frozen=True)
class Rung:
    """One way to need less memory."""

    words: str  # what is done from now on, as people read it; empty for the usual way
    memory: Memory = AMPLE
    views: int | None = None  # rendered at once, at most; None: as many as was wished
    processor: bool = False  # instead of the graphics card
    card_only: bool = False  # has no effect without a graphics card


_FRUGAL = Memory(slices=True, again=True)
_RESTING = replace(_FRUGAL, offload=True)
LADDER = (
    Rung(""),
    Rung("attention in slices, a picture at a time", _FRUGAL),
    Rung("networks wait in the computer's memory while they are not needed", _RESTING, card_only=True),
    Rung("one view at a time", _RESTING, views=1),
    Rung("pictures of half the size", replace(_RESTING, half=True), views=1),
    Rung("on the processor", _FRUGAL, processor=True, card_only=True),
)


class Thrift:
    """How far down the ladder one prior had to go; it stays there."""

    def __init__(self, what: str, device: str, say: Say, ladder: Sequence[Rung] = LADDER):
        """what: the prior, as people call it; say: is told each step down."""
        self._what, self._asked, self._say = what, device, say
        self._left = [rung for rung in ladder if not (rung.card_only and device == "cpu")]

    @property
    def rung(self) -> Rung:
        return self._left[0]

    @property
    def device(self) -> str:
        return "cpu" if self.rung.processor else self._asked

    def run(self, work: Callable[[], T], renew: Callable[[], None]) -> T:
        """Does the work; where memory runs out, goes a step down, renews what the work needs, and does it anew.

        renew: makes it for the rung it is on by now; before that, what was there is to be let go.
        """
        failed = False
        while True:
            try:
                if failed:
                    renew()
                return work()
            except (RuntimeError, MemoryError) as error:
                if not is_out_of_memory(error):
                    raise
                log.info("Out of memory with %s: %s", self._what, error)
            # Only here, for the error keeps alive what was in memory when it was raised.
            failed = True
            self._down()

    def _down(self) -> None:
        del self._left[0]
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if not self._left:
            raise Failure(
                f"There is not enough memory for {self._what}, not even with all that saves some.",
                next_step="Close other programs, or choose a smaller prior: the bundled one needs about 1 GB.",
            )
        self._say(f"Memory ran out with {self._what}; going on with less: {self.rung.words}.")


class ThriftyGuidance:
    """Guidance that is made anew, for less memory, when that runs out.

    It follows its prior back to the field at once. So the memory that takes is free again before another speaks, and
    where it does not suffice is noticed here.
    """

    def __init__(self, make: Callable[[Rung, str], Guidance], thrift: Thrift):
        """make: the guidance for a rung and on a device."""
        self._make, self._thrift = make, thrift
        self._now: Guidance | None = None
        thrift.run(self._ready, self._renew)

    @property
    def weight(self) -> float:
        return self._ready().weight

    @property
    def reach(self) -> float:
        return self._ready().reach

    @property
    def rung(self) -> Rung:
        return self._thrift.rung

    def pull(self, moment: Moment) -> Tensor:
        """As `Guidance` says: the same number, the same gradient."""
        values = moment.field.values
        state = moment.generator.get_state()  # what is done anew draws the same numbers

        def asked() -> tuple[Tensor, Tensor]:
            moment.generator.set_state(state)
            free = values.detach().requires_grad_()
            alone = replace(moment, field=Current(free, moment.field.lower, moment.field.spacing))
            pull = self._ready().pull(alone)
            if not pull.requires_grad:
                return pull.detach(), torch.zeros_like(free)
            return pull.detach(), torch.autograd.grad(pull, free)[0]

        pull, gradient = self._thrift.run(asked, self._renew)
        line = (values * gradient).sum()
        return line + (pull.to(line) - line.detach())

    def _ready(self) -> Guidance:
        if self._now is None:
            self._now = self._make(self._thrift.rung, self._thrift.device)
        return self._now

    def _renew(self) -> None:
        self._now = None
        gc.collect()
        self._ready()


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on whatever device; PyTorch tells by a class of its own on CUDA only."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(said in str(error) for said in SAID)
