"""Reads models in the layout of diffusers from their folders, part by part; what is wrong there becomes a sentence.

Only safetensors are read: a pickle can run code when it is opened.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..contract import Failure
from .layouts import INDEX, WEIGHTS

PICKLES = (".bin", ".ckpt", ".pt", ".pth")
AGAIN = "Remove the model and install it again, in the layout of diffusers with safetensors weights."
_HALF = re.compile(r"fp16")


def precision(device: str) -> torch.dtype:
    """What large networks compute in: half precision on CUDA, single precision elsewhere."""
    return torch.float16 if device.startswith("cuda") else torch.float32


def classes_of(folder: Path) -> dict[str, str]:
    """The parts that a model has: their names, and their classes' names; empty ones are left out."""
    listed = settings(folder, INDEX)
    return {name: kind[1] for name, kind in listed.items() if isinstance(kind, list) and len(kind) == 2 and kind[1]}


def settings(part: Path, name: str = "config.json") -> dict[str, Any]:
    """What a file of settings says."""
    try:
        return dict(json.loads((part / name).read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise Failure(f"The model in {part} is not whole: {name} is missing.", next_step=AGAIN) from error
    except (OSError, ValueError) as error:
        raise Failure(f"{part / name} cannot be read ({error}).", next_step=AGAIN) from error


def require(folder: Path, parts: tuple[str, ...]) -> None:
    """Refuses a model which lacks one of these parts, or has one that is not safetensors."""
    for name in parts:
        if not (folder / name).is_dir():
            raise Failure(f"The model in {folder} is not whole: its part “{name}” is missing.", next_step=AGAIN)
        settings(folder / name)
        weights_of(folder / name)


def weights_of(part: Path) -> tuple[list[Path], str | None]:
    """The files that hold a part's weights, and the variant ("fp16") that is a part of their names.

    Where there are several sets, the one without a variant is taken, or else one in half precision.
    """
    sets: dict[str | None, list[Path]] = {}
    for path in sorted(part.glob("*.safetensors")):
        if found := WEIGHTS.fullmatch(path.name):
            sets.setdefault(found["variant"], []).append(path)
    if not sets:
        raise _without_weights(part)
    chosen = min(sets, key=lambda variant: (variant is not None, not _HALF.search(variant or ""), variant or ""))
    return sets[chosen], chosen


def network(part: Path, kind: Any, dtype: torch.dtype) -> Any:
    """A network of diffusers or transformers from its folder, ready to be asked: nothing in it is trained.

    kind: its class; its weights may have been saved in another precision.
    """
    settings(part)
    _, variant = weights_of(part)
    try:
        made, found = kind.from_pretrained(
            str(part),
            dtype=dtype,
            variant=variant,
            use_safetensors=True,
            local_files_only=True,
            output_loading_info=True,
        )
    except Exception as error:  # libraries of many hands: OSError, ValueError, RuntimeError, SafetensorError, …
        raise unreadable(part, error) from error
    if found["missing_keys"]:
        raise Failure(
            f"The model in {part} is not whole: it lacks {len(found['missing_keys'])} weights, among them "
            f"“{min(found['missing_keys'])}”.",
            next_step=AGAIN,
        )
    return made.eval().requires_grad_(False)


def tensors(part: Path) -> dict[str, Tensor]:
    """The weights of a part that is of no class of diffusers or transformers."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    found: dict[str, Tensor] = {}
    for path in weights_of(part)[0]:
        try:
            found |= load_file(path)
        except (OSError, ValueError, SafetensorError) as error:
            raise unreadable(part, error) from error
    return found


def unreadable(part: Path, error: Exception) -> Failure:
    """What to say when a part is there but cannot be opened."""
    return Failure(f"The model in {part} cannot be read ({_first_line(error)}).", next_step=AGAIN)


def missing_library(what: str, error: Exception) -> Failure:
    """What to say when an import failed."""
    return Failure(
        f"{what} cannot run: {_first_line(error)}.",
        next_step="Set up the engine again in the preferences of Statue Recon.",
    )


def _without_weights(part: Path) -> Failure:
    pickled = [path.name for path in sorted(part.glob("*")) if path.suffix in PICKLES]
    if not pickled:
        return Failure(f"The model in {part} is not whole: its weights are missing.", next_step=AGAIN)
    return Failure(
        f"The weights in {part} are pickled ({pickled[0]}); a pickle can run code when it is opened, so it is not.",
        next_step="Download the model's safetensors files instead. Where there are none, let somebody you trust load "
        "the model in diffusers and save it with save_pretrained(…, safe_serialization=True).",
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0].rstrip(".")
