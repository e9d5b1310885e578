"""A view prior as guidance on the normals of the field: seen from random cameras, rendered, and pulled to its guess."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from ..camera import Camera
from ..field.interpolate import trilinear
from ..priors.view.framing import Framing, PhotoWindow, Pose
from ..priors.view.pictures import Views
from ..priors.view.prior import ViewPrior
from ..render.volume import camera_rays, render_rays
from .cameras import hidden_round, random_poses
from .guidance import Moment
from .sds import PLAIN, Denoiser, Recipe, sds
from .seen import Seen

SOFTNESS = 0.5  # of a spacing: β of what is rendered
SAMPLES = 24  # places along a ray
NEAR = 0.75  # spacings around the surface within which nodes tell how it faces
FAINT = 1e-3  # opacity below which a pixel has no normal
GREY = 0.5  # sRGB, of all that is rendered: the geometry has no colours yet


class NormalsGuidance:
    """A `ViewPrior` that is shown normals and the outline."""

    reach = 0.0

    def __init__(
        self,
        prior: ViewPrior,
        framing: Framing,
        photo: PhotoWindow | None = None,
        elevation: float | None = None,
        prompt: str = "",
        weight: float = 1.0,
        recipe: Recipe = PLAIN,
        views: int = 2,
        draws: int = 1,
    ):
        """photo, elevation and prompt as `ViewPrior.condition` takes them; views: rendered at each step.

        draws: how often each view is noised, each time to another time. Where the prior is quick, rendering is what
        takes long, and a view is worth more than one question.
        """
        self.prior, self.framing, self.weight, self.recipe = prior, framing, weight, recipe
        self.views, self.draws = views, draws
        self._told = photo, elevation, prompt
        self._round: tuple[Seen, np.ndarray] | None = None

    def pull(self, moment: Moment) -> Tensor:
        """As `Guidance` says: a mean over the pixels."""
        schedule, share = moment.schedule, moment.share
        hidden = self._hidden_round(moment)
        poses = random_poses(self.views, self.framing, schedule.elevations(share), hidden, moment.generator)
        cameras = [self.framing.camera(pose, schedule.size(share)) for pose in poses]
        views, weight = shown(moment, cameras)
        encoded = self.prior.encoded(views)
        weight = torch.nn.functional.interpolate(weight[:, None], encoded.shape[-2:], mode="area")
        encoded, weight = (each.repeat(self.draws, 1, 1, 1) for each in (encoded, weight))
        times = schedule.times(share, len(encoded), self.prior.times, moment.generator).to(encoded.device)
        denoiser = self._denoiser(poses * self.draws, repeated(views, self.draws))
        asked = sds(encoded, denoiser, times, moment.generator, weight, self.recipe)
        return asked / weight.numel()

    def _denoiser(self, poses: Sequence[Pose], views: Views) -> Denoiser:
        """The prior, told of these views and of how the surface looks there by now."""
        photo, elevation, prompt = self._told
        condition = self.prior.condition(photo, elevation, poses, prompt, views)
        return Denoiser(
            lambda noisy, times: self.prior.predict(noisy, times, condition), self.prior.levels, self.prior.times
        )

    def _hidden_round(self, moment: Moment) -> np.ndarray:
        """From where how much is hidden; looked up anew when what is seen was."""
        seen = moment.seen
        if self._round is None or self._round[0] is not seen:
            near = (seen.values.abs() < NEAR * moment.field.spacing).cpu().numpy()
            self._round = seen, hidden_round(seen.normals[near], seen.visibility[near], self.framing)
        return self._round[1]


def repeated(views: Views, times: int) -> Views:
    """All views, so many times one after the other; without gradients."""
    every = views.rgb, views.normal, views.alpha
    return Views(*(torch.cat([part.detach()] * times) for part in every))


def shown(moment: Moment, cameras: Sequence[Camera]) -> tuple[Views, Tensor]:
    """The field's normals and outline as square pictures of one size, in grey; gradients reach the field.

    Also w_v of their pixels [N, H, W]. As `VisibilityGrid.rendered` has it, Σ wᵢ V(xᵢ) over a pixel's ray, with V of
    the surface nearest to each sample; but drawn along with the picture, from what was looked up at the nodes.
    """
    field = moment.field
    looked = torch.from_numpy(moment.seen.visibility).to(field.values.device)

    def visibility(points: Tensor, _: Tensor) -> Tensor:
        return trilinear(looked, (points.T - field.lower[:, None]).contiguous() / field.spacing)[:, None]

    rays = [camera_rays(camera, field.values.device) for camera in cameras]
    origins, directions = (torch.cat([each[part] for each in rays]) for part in (0, 1))
    beta = SOFTNESS * field.spacing
    picture = render_rays(
        field, origins, directions, beta=beta, samples=SAMPLES, generator=moment.generator, colour=visibility
    )
    assert picture.normal is not None and picture.colour is not None
    shape = len(cameras), cameras[0].height, cameras[0].width
    alpha = picture.opacity.reshape(shape)
    turns = torch.tensor(np.stack([camera.rotation for camera in cameras]), dtype=torch.float32).to(alpha)
    normal = torch.einsum("nij,nhwj->nhwi", turns, picture.normal.reshape(*shape, 3))
    normal = normal / alpha.clamp(min=FAINT)[..., None]
    seen = picture.colour.detach()[:, 0].reshape(shape)
    return Views(torch.full_like(normal, GREY).detach(), normal, alpha), moment.seen.weigh(seen)
