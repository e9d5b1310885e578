"""Memory that runs out during refinement: the run goes on with less, says so, and computes the same thing."""

import numpy as np
import pytest
import torch
from shapes import ball, on_grid

from statue_recon.camera import Camera
from statue_recon.contract import Failure
from statue_recon.field.visibility import View
from statue_recon.priors.latents import AMPLE
from statue_recon.refine.guidance import Current, Moment
from statue_recon.refine.schedule import Schedule
from statue_recon.refine.seen import everywhere, seen_by
from statue_recon.refine.thrift import LADDER, Thrift, ThriftyGuidance, is_out_of_memory

GIGABYTE = 10**9
NEEDS = [6.3, 5.1, 3.4, 2.6, 1.2, 0.0]  # of a card, by rung: the order of Stable Diffusion's


class Spring:
    """Pulls a field to another by a random share, as a prior does; what it needs of a card is made believe."""

    reach = 0.0

    def __init__(self, rung, device, card: float, fails_in: str = "forward"):
        self.weight = 2.0
        self.needs = 0.0 if device == "cpu" else NEEDS[LADDER.index(rung)] * GIGABYTE
        self.card, self.fails_in = card, fails_in

    def pull(self, moment):
        noise = torch.rand(moment.field.values.shape, generator=moment.generator)
        self._claim("forward")
        return (noise * _Costly.apply(moment.field.values, lambda: self._claim("backward")).square()).sum()

    def _claim(self, where: str) -> None:
        if where == self.fails_in and self.needs > self.card:
            raise torch.OutOfMemoryError(f"CUDA out of memory. Tried to allocate {self.needs} bytes.")


class _Costly(torch.autograd.Function):
    @staticmethod
    def forward(ctx, values, claim):
        ctx.claim = claim
        return values.view_as(values)

    @staticmethod
    def backward(ctx, *gradients):
        ctx.claim()
        return gradients[0], None


def a_moment(seed: int = 3) -> tuple[torch.Tensor, Moment]:
    field = on_grid(ball(0.6), 12)
    values = torch.tensor(field.values).requires_grad_()
    seen = seen_by([View(Camera.orbit(0.0, 0.0, 4.0, 32, 32, 60.0))], field, 16, everywhere)
    current = Current(values, torch.tensor(field.lower, dtype=torch.float32), field.spacing)
    return values, Moment(current, seen, 0.5, Schedule(), torch.Generator().manual_seed(seed))


def pulled(guidance) -> tuple[float, np.ndarray, float]:
    """The number, its gradient, and the next random number."""
    values, moment = a_moment()
    pull = guidance.pull(moment)
    (gradient,) = torch.autograd.grad(pull, values)
    return float(pull.detach()), gradient.numpy(), float(torch.rand(1, generator=moment.generator))


def thrifty(card: float, said: list, device: str = "cuda", fails_in: str = "forward") -> ThriftyGuidance:
    return ThriftyGuidance(lambda *at: Spring(*at, card * GIGABYTE, fails_in), Thrift("Spring", device, said.append))


@pytest.mark.parametrize("fails_in", ["forward", "backward"])
@pytest.mark.parametrize(("card", "steps"), [(8.0, 0), (6.0, 1), (4.0, 2), (3.0, 3), (2.0, 4), (1.0, 5)])
def test_it_goes_as_far_down_as_it_must_and_says_each_step(card, steps, fails_in):
    said: list[str] = []
    guidance = thrifty(card, said, fails_in=fails_in)
    found = pulled(guidance)
    wanted = pulled(Spring(LADDER[0], "cpu", 8.0))
    assert found[0] == pytest.approx(wanted[0]) and np.array_equal(found[1], wanted[1]) and found[2] == wanted[2]
    assert guidance.rung is LADDER[steps] and len(said) == steps
    assert all(LADDER[step + 1].words in words and "Spring" in words for step, words in enumerate(said))
    pulled(guidance)
    assert len(said) == steps, "it stays where it is"


def test_where_nothing_runs_out_the_number_and_its_gradient_are_the_guidances_own():
    for mine, plain in zip(pulled(thrifty(8.0, [])), pulled(Spring(LADDER[0], "cuda", 9e9)), strict=True):
        assert np.array_equal(mine, plain)
    assert thrifty(8.0, []).weight == 2.0


def test_memory_that_runs_out_while_a_model_is_read_is_no_different():
    said: list[str] = []

    def make(rung, device):
        if rung.memory is AMPLE:
            torch.empty(2**60, dtype=torch.uint8)  # what the processor really says then
        return Spring(rung, "cpu", 1.0)

    guidance = ThriftyGuidance(make, Thrift("Spring", "cpu", said.append))
    assert guidance.rung is LADDER[1] and len(said) == 1
    assert pulled(guidance)[0] > 0.0


def test_without_a_card_the_steps_that_are_about_one_are_left_out():
    thrift = Thrift("Spring", "cpu", print)
    assert not [rung for rung in thrift._left if rung.card_only] and len(thrift._left) == 4


def test_when_nothing_helps_that_is_a_failure_with_a_next_step():
    with pytest.raises(Failure, match="not enough memory for Spring") as caught:
        ThriftyGuidance(lambda *_: torch.empty(2**60), Thrift("Spring", "cpu", [].append))
    assert "smaller prior" in caught.value.next_step


@pytest.mark.parametrize(
    ("error", "ran_out"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 8.99 GB, max allowed: 9.07 GB)."), True),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried 1 bytes"),
            True,
        ),
        (RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"), True),
        (MemoryError(), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
    ],
)
def test_running_out_is_told_from_other_mishaps(error, ran_out):
    assert is_out_of_memory(error) is ran_out


def test_other_mishaps_are_not_swallowed():
    def broken(*_):
        raise RuntimeError("mat1 and mat2 shapes cannot be multiplied")

    with pytest.raises(RuntimeError, match="mat1"):
        ThriftyGuidance(broken, Thrift("Spring", "cpu", print))
