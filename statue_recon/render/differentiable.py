"""Pictures of a mesh with gradients to its vertices and to all that is given at them.

Warp finds which face lies under each pixel; that choice has no gradient. Everything else is computed again from the
vertices in torch: where on the face the pixel's ray meets it, and with that position, depth, normal, attributes. What
this leaves out, that the outline itself moves, is in silhouette.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ..camera import Camera
from ..mesh.mesh import Mesh
from .raster import cover_of_photo


@dataclass(frozen=True)
class View:
    """The surface under the N pixels of a picture that show one; gradients lead to the vertices it was made from."""

    camera: Camera
    there: Tensor  # [H, W] bool
    corners: Tensor  # [N, 3] int64, the vertices of the face under each pixel, in the order of `there`
    face: Tensor  # [N] int64
    weights: Tensor  # [N, 3] barycentric coordinates on the surface, perspective included
    position: Tensor  # [N, 3] in the world
    depth: Tensor  # [N] along the camera's axis

    def at(self, values: Tensor) -> Tensor:
        """Values at the vertices [V, C], interpolated at the pixels [N, C]."""
        return torch.einsum("nk,nkc->nc", self.weights, values[self.corners])

    def normals(self, at_vertices: Tensor) -> Tensor:
        """Smooth unit normals [N, 3] in the world, from those at the vertices [V, 3] (`vertex_normals`)."""
        return normalize(self.at(at_vertices), dim=1)

    def picture(self, values: Tensor, empty: float = 0.0) -> Tensor:
        """Values at the pixels [N, C] as a picture [H, W, C], `empty` where there is no surface."""
        picture = values.new_full((*self.there.shape, values.shape[1]), empty)
        return picture.index_put((self.there,), values)


def look(vertices: Tensor, faces: Tensor, camera: Camera, under: Tensor | None = None) -> View:
    """The view of a mesh, on the device of its vertices. vertices [V, 3] float, faces [F, 3] int64.

    under: the faces under the pixels [H, W], where they are known already (`faces_under_pixels`).
    """
    numbers = faces_under_pixels(vertices, faces, camera) if under is None else under
    there = numbers >= 0
    face = numbers[there]
    corners = faces[face]
    pixels, depths = project(vertices, camera)
    row, column = torch.nonzero(there, as_tuple=True)
    centres = torch.stack([column, row], dim=1).to(vertices.dtype) + 0.5
    weights = _weights(pixels[corners] - centres[:, None], depths[corners])
    position = torch.einsum("nk,nkc->nc", weights, vertices[corners])
    depth = torch.einsum("nk,nk->n", weights, depths[corners])
    return View(camera, there, corners, face, weights, position, depth)


@torch.no_grad()
def faces_under_pixels(vertices: Tensor, faces: Tensor, camera: Camera) -> Tensor:
    """The number of the nearest face under each pixel [H, W] int64, −1 for none. It has no gradient."""
    mesh = Mesh(vertices.detach().float().cpu().numpy(), faces.int().cpu().numpy())
    cover = cover_of_photo(mesh, camera, str(vertices.device))
    return torch.from_numpy(cover.faces).to(vertices.device, torch.int64)


def project(points: Tensor, camera: Camera) -> tuple[Tensor, Tensor]:
    """Where world points [N, 3] fall on the picture: pixels [N, 2] and depths [N], as `Camera.project` says."""
    matrix = points.new_tensor(camera.world_to_camera)
    at_camera = points @ matrix[:3, :3].T + matrix[:3, 3]
    depth = at_camera[:, 2]
    # A point in the camera's plane has no pixel; none of its faces is drawn, but its gradient must stay a number.
    safe = torch.where(depth.abs() < 1e-9, torch.full_like(depth, 1e-9), depth)
    focal, centre = points.new_tensor([camera.fx, camera.fy]), points.new_tensor([camera.cx, camera.cy])
    return at_camera[:, :2] / safe[:, None] * focal + centre, depth


def _weights(corners: Tensor, depths: Tensor) -> Tensor:
    """Barycentric coordinates [N, 3] on the surface, of the point that falls on (0, 0).

    corners [N, 3, 2] on the picture, counted from the pixel's centre: of such small numbers the products below lose
    nothing in float32; depths [N, 3].
    """
    second, third = corners.roll(-1, dims=1), corners.roll(-2, dims=1)
    areas = second[..., 0] * third[..., 1] - second[..., 1] * third[..., 0]
    shares = areas / depths
    total = shares.sum(dim=1, keepdim=True)
    # An edge-on face that rounding has let in: its middle will do.
    flat = total.abs() < 1e-30
    return torch.where(flat, torch.full_like(shares, 1 / 3), shares / torch.where(flat, torch.ones_like(total), total))


def face_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """[F, 3] unit normals, outwards."""
    return normalize(_areas(vertices, faces), dim=1)


def vertex_normals(vertices: Tensor, faces: Tensor) -> Tensor:
    """[V, 3] unit normals: the mean of the faces around, weighted by their area, as `Mesh.normals`."""
    spread = _areas(vertices, faces).repeat_interleave(3, dim=0)
    return normalize(torch.zeros_like(vertices).index_add(0, faces.reshape(-1), spread), dim=1)


def _areas(vertices: Tensor, faces: Tensor) -> Tensor:
    """[F, 3] normals as long as twice the triangles' area."""
    a, b, c = vertices[faces].unbind(dim=1)
    return torch.cross(b - a, c - a, dim=1)


def normal_colours(normals: Tensor, camera: Camera) -> Tensor:
    """World normals [N, 3] as a camera-space normal map shows them: 0 … 1; red right, green up, blue to the eye."""
    axes = normals.new_tensor(camera.rotation) * normals.new_tensor([[1.0], [-1.0], [-1.0]])
    return 0.5 + 0.5 * normals @ axes.T


def lambert(normals: Tensor, light: Tensor, ambient: float | Tensor = 0.0) -> Tensor:
    """Brightness [N, 1] of a matt surface with unit normals [N, 3] under a distant light [3], as long as it is strong.

    `light` points towards where the light comes from.
    """
    return ambient + (normals @ light).clamp(min=0.0)[:, None]


def spherical_harmonics(normals: Tensor, coefficients: Tensor) -> Tensor:
    """Colours [N, C] of a matt white surface with unit normals [N, 3] in distant light from all around.

    coefficients [9, C]: the light in real spherical harmonics up to degree 2, in the order (0,0) (1,−1) (1,0) (1,1)
    (2,−2) … (2,2); the irradiance of Ramamoorthi and Hanrahan 2001, over π.
    """
    x, y, z = normals.unbind(dim=1)
    basis = torch.stack(
        [
            torch.full_like(x, 0.282095),
            0.488603 * 2 / 3 * y,
            0.488603 * 2 / 3 * z,
            0.488603 * 2 / 3 * x,
            1.092548 / 4 * x * y,
            1.092548 / 4 * y * z,
            0.315392 / 4 * (3 * z * z - 1),
            1.092548 / 4 * x * z,
            0.546274 / 4 * (x * x - y * y),
        ],
        dim=1,
    )
    return basis @ coefficients
