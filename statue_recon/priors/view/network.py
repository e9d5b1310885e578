"""The network: a `diffusers.UNet2DConditionModel` over small pictures, told by a photo, a way to walk and a caption."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

import torch
from torch import Tensor, nn

from .framing import POSE
from .pictures import CHANNELS, PHOTO
from .turned import TURNED, expected, turned
from .words import TextEncoder, Vocabulary, vocabulary

FOLD = 2  # pixels to a place of the network, along either side
HEAD = 32  # channels of an attention head


@dataclass(frozen=True)
class Architecture:
    """What a network is built from; kept beside its weights."""

    widths: tuple[int, ...] = (64, 96, 160)
    blocks: int = 1  # ResNet blocks a level
    attention: tuple[bool, ...] = (False, True, True)  # by level: to its own places, the pose and the caption
    text: int = 128  # channels of a word
    words: tuple[str, ...] = field(default_factory=lambda: vocabulary().words)  # in the order of their numbers

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, fields: dict[str, Any]) -> Architecture:
        values: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in fields.items()
        }
        return cls(**values)


@dataclass(frozen=True)
class Condition:
    """What is known of views that are wanted; one or several."""

    photo: Tensor  # [B, PHOTO, SIZE, SIZE] as `pictures` says
    pose: Tensor  # [B, POSE] as `framing.pose_numbers` says
    caption: Tensor  # [B, LENGTH] numbers of words

    def __len__(self) -> int:
        return len(self.pose)

    def dropped(
        self, photo: Tensor | bool = False, pose: Tensor | bool = False, caption: Tensor | bool = False
    ) -> Condition:
        """Without the photo, the pose or the caption: of all, or of those [B] for which it is true."""
        which = (torch.as_tensor(part, device=self.pose.device).expand(len(self)) for part in (photo, pose, caption))
        no_photo, no_pose, no_caption = which
        return Condition(
            self.photo.masked_fill(no_photo[:, None, None, None], 0.0),
            self.pose.masked_fill(no_pose[:, None], 0.0),
            self.caption.masked_fill(no_caption[:, None], 0),
        )

    def of(self, which: slice) -> Condition:
        """Some of them."""
        return Condition(self.photo[which], self.pose[which], self.caption[which])

    def to(self, device: str | torch.device) -> Condition:
        return Condition(self.photo.to(device), self.pose.to(device), self.caption.to(device))


def together(conditions: list[Condition]) -> Condition:
    """All of several conditions, one after the other."""
    return Condition(
        torch.cat([one.photo for one in conditions]),
        torch.cat([one.pose for one in conditions]),
        torch.cat([one.caption for one in conditions]),
    )


class ViewNetwork(nn.Module):
    """Guesses the clean picture behind a noisy one: x₀ prediction, as what is to be added to `expected`.

    FOLD × FOLD neighbouring pixels are one place. The photo's window lies beside the noisy picture on the channels, and
    so does what is to be expected of it from the new side (`turned`). The pose is told twice more: with the time to
    every block, and as a token that is attended to beside those of the caption.
    """

    def __init__(self, architecture: Architecture = Architecture()):
        super().__init__()
        from diffusers import UNet2DConditionModel

        self.architecture = architecture
        width, attention = architecture.text, architecture.attention
        self.text = TextEncoder(len(architecture.words), width)
        self.pose = nn.Sequential(nn.Linear(POSE, width), nn.SiLU(), nn.Linear(width, width))
        self.unet: Any = UNet2DConditionModel(  # Any: diffusers does not tell that its models are modules
            in_channels=(CHANNELS + PHOTO) * FOLD**2 + TURNED,
            out_channels=CHANNELS * FOLD**2,
            block_out_channels=architecture.widths,
            layers_per_block=architecture.blocks,
            down_block_types=tuple("CrossAttnDownBlock2D" if there else "DownBlock2D" for there in attention),
            up_block_types=tuple("CrossAttnUpBlock2D" if there else "UpBlock2D" for there in attention[::-1]),
            cross_attention_dim=width,
            # By its name the channels of a head, in truth the number of heads: diffusers keeps that for old models.
            attention_head_dim=tuple(max(level // HEAD, 1) for level in architecture.widths),
            class_embed_type="projection",
            projection_class_embeddings_input_dim=POSE,
            norm_num_groups=16,
        )
        _change_nothing(self.unet)  # so an untrained network is as good as what is expected

    @property
    def vocabulary(self) -> Vocabulary:
        """The words it was made for."""
        return Vocabulary(self.architecture.words)

    def forward(self, noisy: Tensor, times: Tensor, condition: Condition) -> Tensor:
        """The clean pictures [B, CHANNELS, SIZE, SIZE] behind noisy ones, at times [B] in 0 … 999."""
        pixels = nn.functional.pixel_unshuffle(torch.cat([noisy, condition.photo.to(noisy)], dim=1), FOLD)
        first = turned(condition.photo, condition.pose)
        told = torch.cat([pixels, first.to(noisy)], dim=1)
        words, said = self.text(condition.caption)
        pose = condition.pose.to(noisy)
        tokens = torch.cat([self.pose(pose)[:, None], words], dim=1)
        there = nn.functional.pad(said, (1, 0), value=True)
        change = self.unet(
            told, times, encoder_hidden_states=tokens, encoder_attention_mask=there, class_labels=pose
        ).sample
        return expected(first) + nn.functional.pixel_shuffle(change, FOLD).float()


def _change_nothing(unet: Any) -> None:
    """Sets the last layer to zero."""
    nn.init.zeros_(unet.conv_out.weight)
    nn.init.zeros_(unet.conv_out.bias)
