"""What a view prior is told during the appearance stage, and where it is asked to look from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ...mesh.mesh import LONGEST_SIDE
from ...photo.square import square_of
from ...priors.view.framing import SIZE, Framing, PhotoWindow, Pose
from ...priors.view.pictures import Views
from ...priors.view.prior import ViewPrior
from ...texture.view import View
from ..cameras import ALWAYS, hidden_round
from .canvas import Canvas

FINEST = 0.25  # of `Words.reach`: values of the layer lie no closer together, for it has no detail so fine
LIGHT = "harsh lighting, shadows, highlights, glare, reflections"  # what shall not be painted on


@dataclass(frozen=True)
class Words:
    """What both ways of asking have in common."""

    prompt: str = ""
    negative: str = LIGHT  # to move away from, where the prior takes words freely
    size: int | None = None  # pixels of a view's side; None: as many as the prior's pictures have, SIZE at least
    reach: float = 0.04  # of the statue's size: over which the change rises from the border, and its finest detail


@dataclass(frozen=True)
class Told:
    """A prior that has been told of a photo."""

    prior: ViewPrior
    words: Words
    window: PhotoWindow
    framing: Framing

    @classmethod
    def of(cls, prior: ViewPrior, photo: View, words: Words) -> Told:
        return cls(prior, words, *square_of(replace(photo.photo, camera=photo.camera), prior.size))

    @property
    def size(self) -> int:
        """Pixels of a view's side: what is rendered in fewer than the prior's pictures have would be blurred to it."""
        return self.words.size or max(SIZE, self.prior.size)

    @property
    def spacing(self) -> float:
        """World units between two values of the layer, at most: about a pixel of a view where the statue is.

        Where pixels are finer than FINEST of the layer's finest detail, it is that: a mesh cut for 512 pixels would
        have 16 times the vertices, which the layer then smooths over.
        """
        return max(self._width / self.size, FINEST * self.words.reach * LONGEST_SIDE)

    @property
    def cells(self) -> int:
        """Pixels of a view's side of which the layer can hold each one: as far apart as its values."""
        return max(1, round(self._width / self.spacing))

    @property
    def _width(self) -> float:
        """World units that a view shows, about where the statue is."""
        return 2.0 * self.framing.spread * self.framing.distance

    def of_views(self, poses: Sequence[Pose], rendered: Views):
        """What the prior shall know of these views: the form that they show among it, for those that follow it."""
        return self.prior.condition(self.window, self.framing.elevation, poses, self.words.prompt, rendered)

    def guess(self, noisy: Tensor, times: Tensor, condition) -> Tensor:
        """The clean pictures behind noisy ones."""
        return self.prior.predict(noisy, times, condition, negative=self.words.negative)

    def hidden(self, canvas: Canvas) -> NDArray[np.float64]:
        """[sectors] the share of the surface facing each way that is hidden."""
        return hidden_round(canvas.mesh.normals, canvas.seen, self.framing)


def weight_of(shares: Tensor, like: Tensor) -> Tensor:
    """Weights of pixels [N, S, S] for clean pictures [N, C, h, w]: [N, 1, h, w]."""
    return torch.nn.functional.interpolate(shares[:, None].to(like), like.shape[-2:], mode="area")


def spread_poses(count: int, framing: Framing, elevations: Sequence[float], hidden: NDArray) -> list[Pose]:
    """Ways to views all round, closer together where more is hidden, at these elevations (degrees) in turn.

    As `cameras.random_poses` chooses, but at even steps in place of by chance: few views leave no gap.
    """
    shares = np.full(len(hidden), 1.0 / len(hidden))
    if hidden.sum() > 0.0:
        shares = ALWAYS * shares + (1.0 - ALWAYS) * hidden / hidden.sum()
    passed = np.concatenate([[0.0], np.cumsum(shares)])
    azimuths = np.interp((np.arange(count) + 0.5) / count, passed / passed[-1], np.linspace(0.0, 360.0, len(passed)))
    return [
        Pose(float((azimuth + 180.0) % 360.0 - 180.0), elevations[number % len(elevations)] - framing.elevation)
        for number, azimuth in enumerate(azimuths)
    ]
