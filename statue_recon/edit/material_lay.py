"""Laying a recipe on places of a statue: colour, how much it covers, roughness, metal and height of each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ..dataset.synth.noise import fractal, ridges
from ..photo.light import linear
from .material_patterns import PATTERNS, PLACES, Values
from .material_stuffs import PAINTS, Coat, Colour, Stuff
from .materials import METAL, Recipe
from .surface_form import Form, Spots

KEPT_OF_STONE, KEPT_OF_METAL = 0.75, 0.45  # of the detail of the texture below, so that nothing carved gets lost
SHADOW = 0.42  # of its light that a stuff lacks deep in a fold, where hands and rain never come
FRESHER = 0.3  # how far it has the colour of its inside on edges
GRAIN = 0.05  # of the light, from grain to grain
MIXED = 0.12  # of the size: how wide the patches are in which a coat mixes its colours
LEAST_GLOSS = 0.04  # of roughness: smoother renders as specks
ROUGHNESS_BELOW = 0.7  # of what nobody has told the roughness of
BRUSH = 0.35  # how soft the border is where two paints meet, of that between two parts
HEIGHT_OF_DETAIL = 0.0012  # of the size, for a logarithm of light
HEIGHT_OF_GRAIN = 0.0005  # of the size, for the roughest stone


@dataclass(frozen=True)
class Look:
    """What light meets at N places."""

    light: NDArray[np.float32]  # [N, 3] base colour, linear
    cover: Values  # [N] 0 as below … 1 nothing of that shows
    roughness: Values
    metallic: Values
    height: Values  # [N] world units

    def under(self, light: NDArray, cover: Values, roughness: Values | float, metallic: float, height: float) -> Look:
        """The same with something laid over it that covers it as far as `cover` [N] says."""
        both = cover + self.cover * (1 - cover)
        share = np.divide(cover, both, out=np.zeros_like(cover), where=both > 0)
        return Look(
            (self.light + share[:, None] * (light - self.light)).astype(np.float32),
            both,
            self.roughness + share * (roughness - self.roughness),
            self.metallic + share * (metallic - self.metallic),
            self.height + np.float32(height) * cover,
        )


class Dresser:
    """A recipe made ready for a statue."""

    def __init__(self, recipe: Recipe, form: Form, seed: int, more: float = 1.0):
        """more: times the shares of the coats."""
        seeds = np.random.SeedSequence(seed).generate_state(len(recipe.coats) + 1)
        self._seed = int(seeds[0]) % 2**30
        self._recipe, self._form = recipe, form
        self._coats = [
            (replace(coat, share=min(more * coat.share, 0.98)), int(each) % 2**30)
            for coat, each in zip(recipe.coats, seeds[1:], strict=True)
        ]
        # How much of the statue a coat covers is settled on its vertices, whatever part of it is looked at.
        self._limits = [_limit(coat, form, each) for coat, each in self._coats]

    def look(self, spots: Spots, below: NDArray[np.float32]) -> Look:
        """What places look like whose light was `below` [N, 3]."""
        look = self._ground(spots, below)
        size = self._form.size
        for (coat, seed), (middle, width) in zip(self._coats, self._limits, strict=True):
            signal = PLACES[coat.place](spots, size, seed)
            cover = coat.dense * _step((signal - middle) / width)
            light = self._coloured(coat, spots, seed)
            rough = coat.roughness + 0.05 * fractal(spots.points, 0.03 * size, 3, seed + 5)
            look = look.under(light, cover.astype(np.float32), rough, coat.metallic, coat.thick * size)
        return replace(look, roughness=np.clip(look.roughness, LEAST_GLOSS, 1), metallic=np.clip(look.metallic, 0, 1))

    def _ground(self, spots: Spots, below: NDArray[np.float32]) -> Look:
        recipe, size, count = self._recipe, self._form.size, len(spots)
        stuff = recipe.ground
        finished = recipe.finish != 1.0 or recipe.chiselled
        height = size * HEIGHT_OF_DETAIL * spots.detail
        rough = ROUGHNESS_BELOW if stuff is None else stuff.roughness
        uneven = fractal(spots.points, 0.08 * size, 5, self._seed + 3)
        roughness = recipe.finish * (rough + 0.06 * uneven + 0.12 * _deep(spots)).astype(np.float32)
        grain = fractal(spots.points, 0.005 * size, 3, self._seed + 4)
        height = height + size * HEIGHT_OF_GRAIN * rough**2 * recipe.finish * grain
        if recipe.chiselled:
            strokes = ridges(spots.points * np.array([1, 1, 0.3], np.float32), 0.02 * size, 2, self._seed + 6)
            height, roughness = height - 0.002 * size * strokes, np.maximum(roughness, 0.7)
        metallic = np.full(count, 0.0 if stuff is None else stuff.metallic, np.float32)
        cover = np.full(count, float(stuff is not None or finished), np.float32)
        light = below if stuff is None else self._mixed(stuff, spots, grain)
        return Look(light, cover, roughness, metallic, height.astype(np.float32))

    def _mixed(self, stuff: Stuff, spots: Spots, grain: Values) -> NDArray[np.float32]:
        """The stuff's colours [N, 3], linear, mixed by its pattern and dimmed where it lies deep."""
        shade = PATTERNS[stuff.pattern](spots, stuff.scale * self._form.size, self._seed)
        shade = np.clip(0.5 + (shade - 0.5) * (0.4 + 1.2 * stuff.contrast), 0, 1) * stuff.contrast
        light = _between(stuff.colours, shade)
        metal = stuff.metallic > METAL
        fresher = FRESHER * spots.edge * (not metal)
        light = light + fresher[:, None] * (_linear(stuff.fresh) - light)
        kept = KEPT_OF_METAL if metal else KEPT_OF_STONE
        dimmed = np.exp(kept * spots.detail) * (1 - SHADOW * _deep(spots)) * (1 + GRAIN * stuff.roughness * grain)
        return np.clip(light * dimmed[:, None], 0, 1).astype(np.float32)

    def _coloured(self, coat: Coat, spots: Spots, seed: int) -> NDArray[np.float32]:
        """A coat's colour [N, 3], linear."""
        size = self._form.size
        shade = 0.5 + 0.75 * fractal(spots.points, MIXED * size, 6, seed + 1, 0.6)
        if coat.place == "parts":
            light = self._painted(spots, shade, seed)
        elif coat.colours:
            light = _between(coat.colours, shade)
        else:
            ground = self._recipe.ground
            light = np.tile(_linear(ground.fresh if ground else (190, 140, 82)), (len(spots), 1))
        kept = KEPT_OF_METAL if coat.metallic > METAL else KEPT_OF_STONE
        grain = fractal(spots.points, 0.006 * size, 3, seed + 2)
        dimmed = np.exp(0.6 * kept * spots.detail) * (1 + GRAIN * coat.roughness * grain)
        return np.clip(light * dimmed[:, None], 0, 1).astype(np.float32)

    def _painted(self, spots: Spots, shade: Values, seed: int) -> NDArray[np.float32]:
        """Paint [N, 3]: one colour if one was said; else skin, hair and dress each its own."""
        from .material_stuffs import COLOURS

        if self._recipe.painted in COLOURS:
            return _between((COLOURS[self._recipe.painted],), shade)
        dress = PAINTS["dress"][seed % len(PAINTS["dress"])]
        wavering = 0.25 * fractal(spots.points, 0.03 * self._form.size, 4, seed + 7)
        hair, clothed = (_step((part + wavering - 0.5) / BRUSH + 0.5)[:, None] for part in (spots.hair, spots.dress))
        light = _between(PAINTS["skin"], shade)
        light = light + clothed * (_between((dress,), shade) - light)
        return (light + hair * (_between(PAINTS["hair"], shade) - light)).astype(np.float32)


def _limit(coat: Coat, form: Form, seed: int) -> tuple[float, float]:
    """Where a coat begins, on the scale of its place's signal, and over how much of that it gets whole."""
    signal = PLACES[coat.place](form.spots, form.size, seed)
    width = max(2 * coat.soft * float(signal.std()), 1e-4)
    return float(np.quantile(signal, 1 - coat.share)) - 0.5 * width, width


def _between(colours: Sequence[Colour], shade: Values) -> NDArray[np.float32]:
    """Colours [N, 3], linear, for a shade of 0 the first … 1 the last."""
    table = np.array([_linear(colour) for colour in colours])
    steps = np.linspace(0, 1, len(table))
    return np.stack([np.interp(shade, steps, table[:, channel]) for channel in range(3)], axis=1).astype(np.float32)


def _deep(spots: Spots) -> Values:
    return np.clip(0.5 * spots.hollow + 0.9 * (1 - spots.open), 0, 1)


def _step(values: NDArray) -> NDArray[np.float32]:
    share = np.clip(values, 0, 1).astype(np.float32)
    return share * share * (3 - 2 * share)


def _linear(colour: Colour) -> NDArray[np.float32]:
    return linear(np.array(colour, np.float32) / 255.0).astype(np.float32)
