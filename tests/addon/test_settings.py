"""What the tab's settings ask of the engine."""

import importlib

import bpy
import pytest


@pytest.fixture
def request_of(addon):
    """The request that the settings of a fresh scene make, after these changes."""
    reconstruct = importlib.import_module(f"{addon.__name__}.operators.reconstruct")

    def made(**changes):
        settings = bpy.data.scenes.new("test").statue
        for name, value in changes.items():
            setattr(settings, name, value)
        return reconstruct.as_request(settings)

    yield made
    bpy.data.scenes.remove(bpy.data.scenes["test"])


def test_settings_nobody_touched_leave_the_choice_to_the_engine(request_of, addon):
    contract = importlib.import_module(f"{addon.__name__}.statue_recon.contract")
    assert request_of() == contract.Request(photo="photo.png", device=request_of().device)


def test_every_wish_reaches_the_request_in_the_contracts_units(request_of):
    request = request_of(lens=85, faces=12_345, texture="4096", quads=True, mirror=True, samples=12, seed=3)
    assert (request.lens, request.faces, request.texture) == (85, 12_345, 4096)
    assert (request.samples, request.seed) == (12, 3)
    assert request.quads and request.mirror
    request.check()


def test_an_elevation_is_told_only_where_somebody_has_set_it(request_of):
    assert request_of(elevation=0.5).elevation is None
    assert request_of(elevation=0.5, elevation_source="set").elevation == pytest.approx(28.648, abs=0.001)
    assert request_of(elevation_source="set").elevation == 0.0


def test_the_bundled_prior_is_asked_unless_somebody_wants_none(request_of):
    assert request_of().prior == "bundled" and request_of(prior="none").prior == "none"


SET = {"elevation_source": "set"}


@pytest.mark.parametrize(
    "changes",
    [
        {"lens": 1},
        {"faces": 1},
        {"elevation": 9, **SET},
        {"elevation": -9, **SET},
        {"lens": 9999},
        {"samples": 99},
        {"samples": -1},
    ],
    ids=str,
)
def test_what_can_be_typed_into_a_field_is_always_a_request_the_engine_takes(request_of, changes):
    request_of(**changes).check()
