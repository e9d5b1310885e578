"""What somebody without a prior would expect to see: the statue in the photo, rounded, and looked at from elsewhere.

Each pixel of the mask stands for a stick along the photo's rays, as long as the statue is thick there if it is round:
half of it is √(a · b) for the ways a and b to the mask's edges, along the row or along the column, whichever is
shorter. Their middles lie in the upright plane through the target that faces the photo's camera, for statues stand
upright. They have the colours of their pixels; the nearest place is seen.

The network is told this picture beside the photo, and guesses what is to be added to it. It says where to look for
what, so that the network need not learn how pictures turn, only what statues are like.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .framing import SIZE
from .pictures import facing

TURNED = 6  # channels: colour −1 … 1, mask 0 or 1, how far before the target it lies, which end of its stick it is of
CELLS = SIZE // 2  # of a side of the picture
_ALONG = 16  # places along a stick
_DEPTHS = 1 << 20  # steps between the nearest and the farthest
_STEEPEST = 1.0  # tangent of the elevation from which on the plane leans no further
_FAR = 8.0  # half windows around the target that are told apart


@torch.no_grad()
def turned(photo: Tensor, pose: Tensor) -> Tensor:
    """[B, TURNED, CELLS, CELLS] of photos' windows [B, PHOTO, SIZE, SIZE] and poses [B, POSE].

    Nothing where nothing is told of the photo or the pose; an elevation that is not told is taken for 0.
    """
    with torch.autocast(photo.device.type, enabled=False):
        photo, pose = photo.float(), pose.float()
        shown = photo[:, 3] > 0.5
        told = pose[:, 1:3].square().sum(dim=1) > 0.5  # sine and cosine of something
        half = half_thickness(shown)
        owner, row, column = torch.nonzero(shown & told[:, None, None], as_tuple=True)
        along = (torch.arange(_ALONG, device=photo.device) + 0.5) * (2.0 / _ALONG) - 1.0
        place = _places(pose, owner, row, column, half[owner, row, column][:, None] * along)
        seen = _seen(place, pose, owner)
        inside = (seen[..., :2].abs() < 1.0).all(dim=-1)
        u, v = ((seen[..., axis] + 1.0) * (CELLS / 2) for axis in (0, 1))
        cell = (owner[:, None] * CELLS + v.long().clamp(0, CELLS - 1)) * CELLS + u.long().clamp(0, CELLS - 1)
        depth = ((seen[..., 2] / _FAR + 1.0) / 2.0 * _DEPTHS).long().clamp(0, _DEPTHS - 1)
        number = torch.arange(cell.numel(), device=photo.device).reshape(cell.shape)
        count = max(cell.numel(), 1)
        nothing = _DEPTHS * count
        nearest = torch.full((len(photo) * CELLS**2,), nothing, dtype=torch.long, device=photo.device)
        nearest.scatter_reduce_(0, cell[inside], (depth * count + number)[inside], "amin")
        there = nearest < nothing
        found = torch.zeros(len(nearest), TURNED, device=photo.device)
        hit = nearest[there] % count
        stick = hit // _ALONG
        colour = photo[owner[stick], :, row[stick], column[stick]]
        found[there, :3] = colour[:, :3] / colour[:, 3:]
        found[there, 3] = 1.0
        found[there, 4] = -seen[..., 2].reshape(-1)[hit]
        found[there, 5] = along[hit % _ALONG]
    return found.reshape(len(photo), CELLS, CELLS, TURNED).permute(0, 3, 1, 2)


def expected(found: Tensor) -> Tensor:
    """What is `turned` as clean pictures [B, CHANNELS, SIZE, SIZE]."""
    seen = torch.cat([found[:, :3] * found[:, 3:4], found[:, 3:4]], dim=1)
    larger = nn.functional.interpolate(seen, size=(SIZE, SIZE), mode="bilinear")
    return facing(larger[:, :3], larger[:, 3:])


def half_thickness(shown: Tensor) -> Tensor:
    """[B, H, W] in half windows, of round bodies with these masks [B, H, W]."""
    rows = _ways(shown)
    columns = _ways(shown.transpose(1, 2)).transpose(1, 2)
    return torch.minimum(rows, columns).sqrt() * (2.0 / shown.shape[-1])


def _ways(shown: Tensor) -> Tensor:
    """The product of the ways to the mask's edges along each row, in pixels²; 0 outside."""
    size = shown.shape[-1]
    number = torch.arange(size, device=shown.device)
    before = torch.where(shown, -1, number).cummax(dim=-1).values  # the last pixel outside, up to here
    after = size - 1 - torch.where(shown.flip(-1), -1, number).cummax(dim=-1).values.flip(-1)
    return (number - before - 0.5) * (after - number - 0.5) * shown


def _places(pose: Tensor, owner: Tensor, row: Tensor, column: Tensor, behind: Tensor) -> Tensor:
    """[S, A, 3] the places of sticks in the photo's camera, in half windows, the origin in the target."""
    far = 1.0 / pose[owner, 6].clamp(min=1e-3)
    across = (torch.stack([column, row], dim=-1) + 0.5) * (2.0 / SIZE) - 1.0
    lift = pose[owner, 5].clamp(-1.0, 1.0)
    lean = (lift / (1.0 - lift.square()).sqrt().clamp(min=1e-3)).clamp(-_STEEPEST, _STEEPEST)
    upright = across[:, 1] * lean / (1.0 - across[:, 1] * lean / far)  # where the ray meets the upright plane
    deep = behind + upright[:, None]
    return torch.cat([across[:, None] * (1.0 + deep / far[:, None])[..., None], deep[..., None]], dim=-1)


def _seen(place: Tensor, pose: Tensor, owner: Tensor) -> Tensor:
    """[S, A, 3] where places fall in the new window, −1 … 1, and how far behind the target's plane they lie."""
    lifted = torch.asin(pose[:, 5].clamp(-1.0, 1.0))
    zero = torch.zeros_like(lifted)
    before = _rotation(zero, torch.ones_like(lifted), lifted)
    after = _rotation(pose[:, 1], pose[:, 2], lifted - pose[:, 0])
    turn = after @ before.transpose(1, 2)
    moved = torch.einsum("sij,saj->sai", turn[owner], place)
    spread = pose[owner, 6].clamp(min=1e-3)[:, None]
    depth = torch.exp(pose[owner, 3])[:, None] / spread + moved[..., 2]
    return torch.cat([moved[..., :2] / (depth * spread).clamp(min=1e-3)[..., None], moved[..., 2:]], dim=-1)


def _rotation(sine: Tensor, cosine: Tensor, elevation: Tensor) -> Tensor:
    """[B, 3, 3] world to camera of `Camera.orbit`, of the azimuth's sine and cosine and the elevation in radians."""
    up, level = torch.sin(elevation), torch.cos(elevation)
    zero = torch.zeros_like(up)
    right = torch.stack([cosine, sine, zero], dim=-1)
    forward = torch.stack([-sine * level, cosine * level, -up], dim=-1)
    return torch.stack([right, torch.linalg.cross(forward, right), forward], dim=1)
