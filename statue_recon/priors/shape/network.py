"""The network: a `diffusers.UNet2DModel` over columns, told by a picture what it shows."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import Tensor, nn

from .columns import BEFORE, DEPTH_STEP, DEPTHS, REACH
from .schedule import TIMES, levels

FINER = 2  # pixels of the condition to a cell
FOLD = 2  # cells to a place of the network
PICTURE = 5  # channels at pixels: red, green, blue, mask, and `photo.window.rounded`
BULGE = 16.0  # pitches that count as 1 in the last channel of the picture
PLANES = 5  # channels that are the same everywhere or nearly: elevation known, its sine; lens; row and column


@dataclass(frozen=True)
class Architecture:
    """What a network is built from; kept beside its weights."""

    widths: tuple[int, ...] = (128, 192, 256)
    blocks: int = 1  # ResNet blocks a level
    attention: tuple[bool, ...] = (False, False, True)  # by level
    coarse: bool = False  # whether a coarser volume is part of the condition

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Architecture:
        known: dict[str, Any] = {name: tuple(part) if isinstance(part, list) else part for name, part in fields.items()}
        return cls(**known)


@dataclass(frozen=True)
class Condition:
    """What is known of a statue whose volume is wanted; one or several."""

    picture: Tensor  # [B, PICTURE, 2H, 2W]: colours −1 … 1, 0 outside the mask; mask 0 … 1; rounded
    planes: Tensor  # [B, PLANES, H, W]
    coarse: Tensor | None = None  # [B, D, H, W] a coarser volume of the same place, as the network counts distances

    def __len__(self) -> int:
        return len(self.picture)

    def dropped(self, which: Tensor) -> Condition:
        """Nothing is known any more where `which` [B] says so; a coarser volume stays, for it says where to look."""
        keep = (~which).to(self.picture)[:, None, None, None]
        return Condition(self.picture * keep, self.planes * keep, self.coarse)

    def mirrored(self) -> Condition:
        """With left and right exchanged; columns count from the left still."""
        coarse = None if self.coarse is None else self.coarse.flip(-1)
        return Condition(self.picture.flip(-1), self.planes, coarse)

    def repeated(self, times: int) -> Condition:
        """Each `times` over, one after the other."""
        coarse = None if self.coarse is None else self.coarse.repeat_interleave(times, dim=0)
        return Condition(
            self.picture.repeat_interleave(times, dim=0), self.planes.repeat_interleave(times, dim=0), coarse
        )

    def to(self, device: str | torch.device) -> Condition:
        coarse = None if self.coarse is None else self.coarse.to(device)
        return Condition(self.picture.to(device), self.planes.to(device), coarse)

    def folded(self) -> Tensor:
        """[B, channels, H / FOLD, W / FOLD] as the network takes it."""
        parts = [
            nn.functional.pixel_unshuffle(self.picture, FINER * FOLD),
            nn.functional.avg_pool2d(self.planes, FOLD),
        ]
        if self.coarse is not None:
            parts.append(nn.functional.pixel_unshuffle(self.coarse, FOLD))
        return torch.cat(parts, dim=1)


@dataclass(frozen=True)
class Envelope:
    """Between which depths a statue lies on each ray, in pitches from the middle of the columns; [B, H, W] each."""

    centre: Tensor
    half: Tensor  # half the way from the first surface to the last; negative: how far away the mask is

    def mixed(self, other: Envelope) -> Envelope:
        """The middle between this and another."""
        return Envelope((self.centre + other.centre) / 2, (self.half + other.half) / 2)

    def mirrored(self) -> Envelope:
        return Envelope(self.centre.flip(-1), self.half.flip(-1))


class ShapeNetwork(nn.Module):
    """Guesses the clean volume behind a noisy one: x₀ prediction, as what is to be added to a first guess.

    Columns of FOLD × FOLD neighbouring cells are one place of the network, DEPTHS · FOLD² channels; so a volume of 64³
    is a picture of 32 × 32, and its convolutions are flat. The first guess is the coarser volume where there is one;
    else a body between two depths on each ray, which begin as those of the inflated silhouette and are learnt: to move
    a surface, two numbers change instead of a column of them.
    """

    def __init__(self, architecture: Architecture = Architecture()):
        super().__init__()
        from diffusers import UNet2DModel

        self.architecture = architecture
        volume = DEPTHS * FOLD**2
        known = PICTURE * (FINER * FOLD) ** 2 + PLANES + (volume if architecture.coarse else 0)
        with_attention = architecture.attention
        unet: Any = UNet2DModel(
            in_channels=volume + known,
            out_channels=volume + (0 if architecture.coarse else 2 * FOLD**2),
            block_out_channels=architecture.widths,
            layers_per_block=architecture.blocks,
            down_block_types=tuple("AttnDownBlock2D" if there else "DownBlock2D" for there in with_attention),
            up_block_types=tuple("AttnUpBlock2D" if there else "UpBlock2D" for there in with_attention[::-1]),
            attention_head_dim=32,
            norm_num_groups=16,
        )
        nn.init.zeros_(unet.conv_out.weight)  # untrained, it adds nothing
        nn.init.zeros_(unet.conv_out.bias)
        self.unet = unet

    def forward(self, noisy: Tensor, times: Tensor, condition: Condition) -> Tensor:
        """The clean volumes [B, D, H, W] behind noisy ones, at times [B] in 0 … 999."""
        return self.with_envelope(noisy, times, condition)[0]

    def with_envelope(self, noisy: Tensor, times: Tensor, condition: Condition) -> tuple[Tensor, Envelope | None]:
        """The same, and the depths of the first guess where it is made of them."""
        # Noise that tells nothing would drown what is known: what is shown of it is what it is worth, α · noisy.
        worth = levels(times)[0].to(noisy)[:, None, None, None] * noisy
        told = torch.cat([nn.functional.pixel_unshuffle(worth, FOLD), condition.folded()], dim=1)
        change = nn.functional.pixel_shuffle(self.unet(told, times).sample.float(), FOLD)
        if condition.coarse is not None:
            return condition.coarse + change, None
        envelope = moved(inflated(condition.picture), change[:, DEPTHS:])
        return between(envelope) + change[:, :DEPTHS], envelope

    def depths(self, condition: Condition) -> Envelope:
        """The depths that are most likely while nothing is drawn yet, without the volume around them."""
        folded = condition.folded()
        nothing = folded.new_zeros((len(condition), DEPTHS * FOLD**2, *folded.shape[-2:]))
        times = torch.full((len(condition),), TIMES - 1, device=folded.device)
        change = self.unet(torch.cat([nothing, folded], dim=1), times).sample[:, DEPTHS * FOLD**2 :]
        return moved(inflated(condition.picture), nn.functional.pixel_shuffle(change.float(), FOLD))


def inflated(picture: Tensor) -> Envelope:
    """Bodies as deep as they are wide, about, behind the masks of pictures [B, PICTURE, 2H, 2W].

    Their plane lies as far behind the middle as the visible half stands out in the mean.
    """
    half = BULGE * nn.functional.avg_pool2d(picture[:, -1:].float(), FINER)[:, 0]
    inside = half > 0
    plane = (half * inside).sum(dim=(1, 2)) / inside.sum(dim=(1, 2)).clamp(min=1)
    return Envelope(plane[:, None, None].expand_as(half), half)


def moved(envelope: Envelope, by: Tensor) -> Envelope:
    """An envelope changed by what a network says [B, 2, H, W]: its centre in REACH pitches, its half by a factor."""
    thicker = torch.exp(by[:, 1].clamp(-3.0, 3.0))
    half = torch.where(envelope.half > 0, envelope.half * thicker, envelope.half)
    return Envelope(envelope.centre + REACH * by[:, 0], half)


def between(envelope: Envelope) -> Tensor:
    """The volumes [B, D, H, W] that fill an envelope, as the network counts distances."""
    centre, half = envelope.centre[:, None], envelope.half[:, None]
    nodes = (torch.arange(DEPTHS, device=half.device) - BEFORE) * DEPTH_STEP
    away = nodes[None, :, None, None] - centre
    steep, leaning = (_slope_squared(part) for part in (half, centre))
    within = (away.square() - half.square()) / torch.sqrt(4.0 * away.square() + 4.0 * half.square() * steep + 1.0)
    beyond = torch.sqrt(away.square() + half.square() + 1e-4)  # at 0 a root has no slope
    inside = within / torch.sqrt(1.0 + leaning.clamp(max=9.0))
    return (torch.where(half > 0, inside, beyond) / REACH).clamp(-1.0, 1.0)


def _slope_squared(picture: Tensor) -> Tensor:
    """[B, 1, H, W] how steep a picture is; no gradient flows through it, for where it jumps it would be a blow."""
    return torch.stack(torch.gradient(picture.detach(), dim=(2, 3))).square().sum(dim=0)
