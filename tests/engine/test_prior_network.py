"""The shape prior's network: what it takes, what it gives, and what of its condition can be dropped."""

import json

import pytest
import torch

from statue_recon.priors.shape.columns import DEPTHS, GRANULE, SHAPES
from statue_recon.priors.shape.network import (
    FINER,
    FOLD,
    PICTURE,
    PLANES,
    Architecture,
    Condition,
    ShapeNetwork,
)

TINY = Architecture(widths=(16, 32, 32), attention=(False, False, True))


def condition(count: int = 2, rows: int = 16, across: int = 24, coarse: bool = False) -> Condition:
    generator = torch.Generator().manual_seed(3)
    return Condition(
        torch.randn((count, PICTURE, FINER * rows, FINER * across), generator=generator),
        torch.randn((count, PLANES, rows, across), generator=generator),
        torch.randn((count, DEPTHS, rows, across), generator=generator) if coarse else None,
    )


@pytest.fixture(scope="module")
def network() -> ShapeNetwork:
    torch.manual_seed(0)
    return ShapeNetwork(TINY).eval()


def test_it_guesses_a_volume_for_windows_of_every_shape(network):
    for rows, across in SHAPES:
        assert rows % GRANULE == 0 and across % GRANULE == 0
        noisy = torch.randn(1, DEPTHS, rows, across)
        with torch.no_grad():
            guess = network(noisy, torch.tensor([999]), condition(1, rows, across))
        assert guess.shape == noisy.shape


def test_a_coarser_volume_is_part_of_the_condition_where_the_architecture_says_so():
    network = ShapeNetwork(Architecture((16, 32, 32), coarse=True)).eval()
    told = condition(coarse=True)
    noisy = torch.zeros(2, DEPTHS, 16, 24)
    with torch.no_grad():
        one = network(noisy, torch.tensor([500, 500]), told)
        other = network(noisy, torch.tensor([500, 500]), Condition(told.picture, told.planes, told.coarse * 0))
    assert not torch.allclose(one, other)


def test_what_is_dropped_tells_nothing_any_more_and_the_others_do():
    told = condition(coarse=True)
    some = told.dropped(torch.tensor([True, False]))
    assert not some.picture[0].any() and not some.planes[0].any()
    assert torch.equal(some.picture[1], told.picture[1]) and torch.equal(some.coarse, told.coarse)


def test_each_condition_is_repeated_next_to_itself():
    thrice = condition().repeated(3)
    assert len(thrice) == 6
    assert torch.equal(thrice.picture[2], condition().picture[0])
    assert torch.equal(thrice.picture[3], condition().picture[1])


def test_folding_keeps_pixels_with_the_place_they_lie_at():
    told = condition(1)
    told.picture[:] = 0.0
    told.picture[0, 0, 9, 14] = 1.0  # in cell (4, 7), so in place (2, 3)
    folded = told.folded()[0, : PICTURE * (FINER * FOLD) ** 2]
    assert folded.any(dim=0).nonzero().tolist() == [[9 // (FINER * FOLD), 14 // (FINER * FOLD)]]


def test_an_architecture_comes_back_from_json():
    assert Architecture.from_json(json.loads(json.dumps(TINY.to_json()))) == TINY
