"""Several objects in one scene: the nearest surface counts, and which object it belongs to is known everywhere."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from ..render.volume import Field, find_surface, light_left, light_lost


class Union(torch.nn.Module):
    """Fields put together: the distance to the scene is the least of the distances to its objects."""

    def __init__(self, fields: Sequence[torch.nn.Module]):
        super().__init__()
        self.fields = torch.nn.ModuleList(fields)

    @property
    def box(self) -> Tensor:
        """[2, 3] around the boxes of all objects."""
        boxes = torch.stack([field.box for field in self._objects()])
        return torch.stack([boxes[:, 0].amin(dim=0), boxes[:, 1].amax(dim=0)])

    def distances(self, points: Tensor) -> Tensor:
        """The signed distances [N, K] of points [N, 3] to the K objects.

        Beyond an object's own box, where its field knows nothing, the way to the box is added.
        """
        columns = []
        for field in self._objects():
            low, high = field.box
            way = points - torch.minimum(torch.maximum(points, low), high)
            columns.append(field.distance(points) + torch.linalg.vector_norm(way, dim=1))
        return torch.stack(columns, dim=1)

    def distance(self, points: Tensor) -> Tensor:
        """The signed distances [N] of points [N, 3] to the nearest object."""
        return self.distances(points).amin(dim=1)

    def owner(self, points: Tensor) -> Tensor:
        """[N] the number of the object nearest to each point, or deepest around it."""
        with torch.no_grad():
            return self.distances(points).argmin(dim=1)

    def gradient(self, points: Tensor) -> Tensor:
        """The slopes [N, 3] at points [N, 3]: of the object each belongs to."""
        owner = self.owner(points)
        slopes = torch.zeros_like(points)
        for number, field in enumerate(self._objects()):
            own = torch.nonzero(owner == number).ravel()
            slopes = slopes.index_copy(0, own, field.gradient(points[own]))
        return slopes

    def _objects(self) -> list[Field]:
        return list(self.fields)  # type: ignore[arg-type]  # a ModuleList forgets that its modules are fields


def object_opacities(
    scene: Union, origins: Tensor, directions: Tensor, *, beta: float | Tensor, samples: int = 64
) -> Tensor:
    """How much of each ray [R, 3] each of the K objects covers, as far as no other is in front of it; [R, K].

    ObjectSDF++ (Wu et al. 2023): the light the whole scene leaves, times what the object alone would take of it.
    A rendered map of objects, and, against their masks, the loss that tells them apart.
    """
    with torch.no_grad():
        softness = float(torch.as_tensor(beta).detach())
        met, along = find_surface(scene, origins, directions, softness, samples + 1)
    points = torch.addcmul(origins[met, None], along[..., None], directions[met, None])
    distances = scene.distances(points.reshape(-1, 3)).reshape(*along.shape, -1).movedim(-1, 0)  # [K, M, S + 1]
    light = light_left(distances.amin(dim=0), beta)[:, :-1]
    covered = (light * -torch.expm1(light_lost(distances, beta))).sum(dim=-1).clamp(max=1.0)
    return covered.new_zeros(len(origins), len(covered)).index_copy(0, met, covered.T)


def intrusion(distances: Tensor) -> Tensor:
    """How deep objects lie in each other, from the distances [N, K] of points to them; 0 where none do.

    The distinction loss of ObjectSDF++: at a point at a depth d inside one object, every other must be at least d
    away. Returns the mean over points of the sum over the other objects, world units.
    """
    nearest = distances.amin(dim=1, keepdim=True)
    others = torch.ones_like(distances).scatter(1, distances.argmin(dim=1, keepdim=True), 0.0)
    return (others * (-distances - nearest).clamp(min=0.0)).sum(dim=1).mean()
