"""The shape prior as guidance on the volume itself: it says what the columns along the photo's rays should be.

Nothing is rendered: the field is looked up at the columns' nodes, noised, guessed, and pulled to the guess.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from ..field.interpolate import trilinear
from ..priors.shape.columns import REACH, Columns
from ..priors.shape.diffusion import guided
from ..priors.shape.network import Condition
from ..priors.shape.prior import ShapePrior, half
from .guidance import Current, Moment
from .sds import PLAIN, Denoiser, Recipe, sds
from .seen import Seen


class VolumeGuidance:
    """A denoiser of column volumes [B, D, H, W] as guidance."""

    def __init__(
        self, denoiser: Denoiser, columns: Columns, weight: float = 1.0, recipe: Recipe = PLAIN, draws: int = 4
    ):
        """draws: how often a step noises the volume, each time to another time; a denoiser's batch."""
        self.denoiser, self.columns, self.weight, self.recipe, self.draws = denoiser, columns, weight, recipe, draws
        self.reach = REACH * columns.pitch
        self._nodes: _Nodes | None = None

    @classmethod
    def of(
        cls,
        prior: ShapePrior,
        condition: Condition,
        columns: Columns,
        weight: float = 1.0,
        recipe: Recipe = PLAIN,
        draws: int = 4,
    ) -> VolumeGuidance:
        """The shape prior, told of one photo."""
        told = condition.to(prior.device)

        def guess(noisy: Tensor, times: Tensor) -> Tensor:
            with half(prior.device):
                return guided(prior.network, noisy, times.to(prior.device), told.repeated(len(noisy)), 1.0)

        return cls(Denoiser(guess), columns, weight, recipe, draws)

    def pull(self, moment: Moment) -> Tensor:
        """As `Guidance` says: a mean over the cells that it may move, so that the hidden part counts however small."""
        nodes = self._nodes_of(moment)
        encoded = nodes.encoded(moment.field, self.columns).expand(self.draws, -1, -1, -1)
        low = moment.schedule.times(moment.share, self.draws, self.denoiser.times, moment.generator)
        asked = sds(encoded, self.denoiser, low.to(encoded.device), moment.generator, nodes.weight, self.recipe)
        return asked / (self.draws * max(len(nodes.free), 1))

    def _nodes_of(self, moment: Moment) -> _Nodes:
        """Where the nodes lie and what may move there; looked up anew when what is seen was."""
        if self._nodes is None or self._nodes.seen is not moment.seen:
            self._nodes = _Nodes.of(self.columns, moment)
        return self._nodes


@dataclass(frozen=True)
class _Nodes:
    """The columns' nodes in a grid."""

    seen: Seen  # for which they were looked up
    weight: Tensor  # [D, H, W] w_v
    free: Tensor  # [F] which nodes, row by row, have a weight
    places: Tensor  # [3, F] where these lie, in the grid's nodes
    beyond: Tensor  # [F] world units from there to the grid
    base: Tensor  # [D · H · W] all of them as they were when it was looked, world units

    @classmethod
    def of(cls, columns: Columns, moment: Moment) -> _Nodes:
        field = moment.field
        points = columns.points().reshape(-1, 3)
        lower = field.lower.cpu().numpy()
        places = (points - lower) / field.spacing
        inside = np.clip(places, 0.0, np.array(field.values.shape, np.float32) - 1.0)
        away = field.spacing * np.linalg.norm(places - inside, axis=1)
        where = torch.from_numpy(np.ascontiguousarray(inside.T, np.float32)).to(field.values.device)
        beyond = torch.from_numpy(away.astype(np.float32)).to(where)
        with torch.no_grad():
            weight = trilinear(moment.seen.weight, where) * (beyond == 0)
            free = torch.nonzero(weight > 0).ravel()
            base = trilinear(moment.seen.values, where) + beyond
        return cls(moment.seen, weight.reshape(columns.shape), free, where[:, free].contiguous(), beyond[free], base)

    def encoded(self, field: Current, columns: Columns) -> Tensor:
        """[1, D, H, W] the field as the network counts distances; gradients reach it where there is a weight.

        What is cut off at ±1 keeps its gradient: a part that is missing altogether shall be able to grow.
        """
        free = trilinear(field.values, self.places) + self.beyond
        whole = self.base.index_put((self.free,), free) / (REACH * columns.pitch)
        cut = whole + (whole.clamp(-1.0, 1.0) - whole).detach()
        return cut.reshape(1, *columns.shape)
