"""What prompts are to Stable Diffusion: read once, kept; the networks that read them are dropped again."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from . import diffusers_folder as files

log = logging.getLogger(__name__)


class PromptEncoders:
    """The one text encoder of Stable Diffusion 1.5 and 2.1, or the two of XL, as the folder has them."""

    def __init__(self, folder: Path, device: str):
        self._folder = folder
        self._device = device
        self._kinds = files.classes_of(folder)
        self.two = "text_encoder_2" in self._kinds
        self._suffixes = ("", "_2") if self.two else ("",)
        files.require(folder, tuple(f"text_encoder{suffix}" for suffix in self._suffixes))
        told = files.settings(folder, files.INDEX)
        self._silence_is_zero = self.two and told.get("force_zeros_for_empty_prompt", True)
        self._known: dict[str, tuple[Tensor, Tensor | None]] = {}

    def read(self, prompts: Sequence[str]) -> None:
        """Makes sure that these prompts are known; reads the encoders from disk if there are new ones among them."""
        new = [prompt for prompt in dict.fromkeys(prompts) if prompt not in self._known]
        if not new:
            return
        found = [self._encoded(suffix, new) for suffix in self._suffixes]
        tokens = torch.cat([one for one, _ in found], dim=-1).split(1)
        summaries = found[-1][1].split(1) if self.two else [None] * len(new)
        for prompt, said, summary in zip(new, tokens, summaries, strict=True):
            self._known[prompt] = self._told(prompt, said, summary)

    def __call__(self, prompts: Sequence[str]) -> tuple[Tensor, Tensor | None]:
        """Tokens [N, L, W], and the summary [N, P] of each prompt where there are two encoders."""
        self.read(prompts)
        tokens = torch.cat([self._known[prompt][0] for prompt in prompts])
        summaries = [self._known[prompt][1] for prompt in prompts]
        return tokens, torch.cat([one for one in summaries if one is not None]) if self.two else None

    def _told(self, prompt: str, tokens: Tensor, summary: Tensor | None) -> tuple[Tensor, Tensor | None]:
        """XL was trained with zeros for no prompt, the others with what their encoder says of an empty one."""
        if prompt or not self._silence_is_zero:
            return tokens, summary
        return torch.zeros_like(tokens), None if summary is None else torch.zeros_like(summary)

    @torch.no_grad()
    def _encoded(self, suffix: str, prompts: list[str]) -> tuple[Tensor, Any]:
        """Tokens [N, L, W] by one encoder, and the summaries [N, P] where it makes any."""
        try:
            from transformers import CLIPTextModel, CLIPTextModelWithProjection, CLIPTokenizer
        except (ImportError, OSError) as error:
            raise files.missing_library("Stable Diffusion", error) from error
        place = self._folder / f"tokenizer{suffix}"
        try:
            tokenizer = CLIPTokenizer.from_pretrained(str(place), local_files_only=True)
        except (OSError, ValueError, TypeError) as error:
            raise files.unreadable(place, error) from error
        long = [prompt for prompt in prompts if len(tokenizer(prompt).input_ids) > tokenizer.model_max_length]
        if long:
            log.info("Stable Diffusion reads only the beginning of: %s", "; ".join(long))
        numbers = tokenizer(
            prompts, padding="max_length", max_length=tokenizer.model_max_length, truncation=True, return_tensors="pt"
        ).input_ids
        projects = self._kinds[f"text_encoder{suffix}"].endswith("WithProjection")
        kind = CLIPTextModelWithProjection if projects else CLIPTextModel
        encoder = files.network(self._folder / f"text_encoder{suffix}", kind, files.precision(self._device))
        found = encoder.to(self._device)(numbers.to(self._device), output_hidden_states=self.two)
        tokens = found.hidden_states[-2] if self.two else found.last_hidden_state
        return tokens, found.text_embeds if projects else None
