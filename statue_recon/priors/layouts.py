"""The layouts of models that are folders: which parts belong to each, and whether a folder has them.

Names, configurations and the presence of safetensors are looked at, no weights are read: that is cheap, and the code
that loads them looks more closely. Standard library only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

INDEX = "model_index.json"  # says which parts a model has, and of which classes
CONFIG = "config.json"
VOCABULARIES = ("vocab.json", "tokenizer.json")  # as older and newer libraries write them
WEIGHTS = re.compile(r"(?:diffusion_pytorch_)?model(?:\.(?P<variant>\w+))?(?:-\d+-of-\d+)?\.safetensors")


@dataclass(frozen=True)
class Layout:
    """What a folder must have."""

    words: str  # what it is called: “a Stable Diffusion in the layout of diffusers”
    parts: tuple[str, ...]  # folders with a config and weights; "" is the model's folder itself
    pipelines: tuple[str, ...] = ()  # classes of which the index must name one; none: there is no index
    files: tuple[str, ...] = ()  # more that must lie there
    joining: tuple[str, ...] = ()  # classes of a part that must be there, under whatever name
    words_in: str | None = None  # folder of a vocabulary


_DIFFUSERS = "in the layout of diffusers"
LAYOUTS = {
    "diffusers": Layout(
        f"a Marigold {_DIFFUSERS}",
        ("unet", "vae", "text_encoder"),
        ("MarigoldNormalsPipeline", "MarigoldPipeline"),
        ("scheduler/scheduler_config.json",),
        words_in="tokenizer",
    ),
    "diffusers-marigold-iid": Layout(
        f"a Marigold for albedo {_DIFFUSERS}",
        ("unet", "vae", "text_encoder"),
        ("MarigoldIntrinsicsPipeline",),
        ("scheduler/scheduler_config.json",),
        words_in="tokenizer",
    ),
    "diffusers-zero123": Layout(
        f"a Zero123 {_DIFFUSERS}",
        ("unet", "vae", "image_encoder"),
        files=("scheduler/scheduler_config.json",),
        joining=("CCProjection", "CLIPCameraProjection"),
    ),
    "diffusers-stable-diffusion": Layout(
        f"a Stable Diffusion {_DIFFUSERS}",
        ("unet", "vae", "text_encoder"),
        ("StableDiffusionPipeline", "StableDiffusionXLPipeline", "StableDiffusionControlNetPipeline"),
        ("scheduler/scheduler_config.json",),
        words_in="tokenizer",
    ),
    "diffusers-controlnet": Layout(f"a ControlNet {_DIFFUSERS}", ("",)),
    "transformers": Layout("a model in the layout of transformers", ("",)),
}


def problem(layout: str | None, place: Path) -> str | None:
    """Why a folder is not a model of this layout, in a sentence; None if it is, as far as names tell."""
    wanted = LAYOUTS.get(layout or "")
    if wanted is None:
        return "This model is one file, no folder."
    if not place.is_dir():
        return f"There is no folder {place}."
    if reason := next(_lacking(wanted, place), None):
        return f"{place} is not {wanted.words}: {reason}."
    return None


def _lacking(wanted: Layout, place: Path) -> Iterator[str]:
    if wanted.pipelines or wanted.joining:
        index = _read(place / INDEX)
        if index is None:
            yield f"{INDEX} is missing or cannot be read"
            return
        kind = index.get("_class_name")
        if wanted.pipelines and kind not in wanted.pipelines:
            yield f"its {INDEX} says “{kind}”, not {' or '.join(wanted.pipelines)}"
        told = {name: kinds[-1] for name, kinds in index.items() if isinstance(kinds, list) and kinds}
        joining = [name for name, kind in told.items() if kind in wanted.joining]
        if wanted.joining and not joining:
            yield f"its {INDEX} has no part of the class {' or '.join(wanted.joining)}"
        parts: tuple[str, ...] = (*wanted.parts, *joining)
    else:
        parts = wanted.parts
    for part in parts:
        if _read(place / part / CONFIG) is None:
            yield f"{Path(part) / CONFIG} is missing or cannot be read"
        if not any(WEIGHTS.fullmatch(path.name) for path in (place / part).glob("*.safetensors")):
            yield f"there are no safetensors weights in {place / part if part else place}"
    if wanted.words_in and not any((place / wanted.words_in / name).is_file() for name in VOCABULARIES):
        yield f"its {wanted.words_in} has no {' or '.join(VOCABULARIES)}"
    yield from (f"{name} is missing" for name in wanted.files if not (place / name).is_file())


def _read(path: Path) -> dict[str, Any] | None:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return said if isinstance(said, dict) else None
