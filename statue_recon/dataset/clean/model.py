"""The class of an object by a model that compares words and pictures (CLIP, Radford et al. 2021).

The folder is in the layout of transformers with safetensors weights. Nothing is downloaded and no code of the folder
is run.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...contract import Failure
from .words import CLASSES

TASK = "classify"  # of the registry's entries
LONGEST_TEXT = 300  # characters; the model reads some 75 words at most
PROMPTS = {  # several for each class; their mean stands for it
    "artefact": (
        "a photo of a sculpture",
        "a statue or a bust in a museum",
        "a vase, a vessel or a tool made by hand, an archaeological find",
    ),
    "animal": ("a photo of an animal", "a stuffed animal", "the bones or the skull of an animal"),
    "plant": ("a photo of a plant", "a tree, a trunk or a stump", "a flower, a fruit or a mushroom"),
    "building": ("a photo of a building", "a house, a church, a castle or a tower", "a room or a ruin"),
    "other": ("a vehicle or a machine", "a landscape, a rock or the ground", "food, clothes or a character of a game"),
}


class Classifier:
    """A model, loaded. The same input gives the same answer on the same machine."""

    def __init__(self, folder: Path):
        try:
            import torch
            from transformers import CLIPModel, CLIPProcessor
        except (ImportError, OSError) as error:
            raise Failure(
                f"The model that tells classes cannot run: {error}.",
                next_step="Set up the engine again, or go on without it: --model none.",
            ) from error
        try:
            self._model: Any = CLIPModel.from_pretrained(str(folder), local_files_only=True, use_safetensors=True)
            self._processor: Any = CLIPProcessor.from_pretrained(str(folder), local_files_only=True)
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise Failure(
                f"The model in {folder} cannot be read ({error}).",
                next_step="Put it there again, in the layout of transformers with safetensors weights, or go on "
                "without it: --model none.",
            ) from error
        self._torch = torch
        self._model.eval()
        self._classes = np.stack([_unit(self._of_text(list(PROMPTS[kind])).mean(axis=0)) for kind in CLASSES])
        self._scale = float(self._model.logit_scale.detach().exp())

    def opinion(self, text: str, pictures: NDArray[np.uint8] | None) -> dict[str, float]:
        """How likely each class is; together 1. text: may be empty; pictures [N, H, W, 3]."""
        found = []
        if text.strip():
            found.append(self._shares(self._of_text([text[:LONGEST_TEXT]])))
        if pictures is not None:
            found.append(self._shares(self._of_pictures(pictures)))
        mean = np.mean(found, axis=0) if found else np.full(len(CLASSES), 1 / len(CLASSES))
        return dict(zip(CLASSES, mean.tolist(), strict=True))

    def _shares(self, vectors: NDArray) -> NDArray[np.float64]:
        """[CLASSES] of the mean of vectors [N, D]."""
        likeness = self._scale * self._classes @ _unit(vectors.mean(axis=0))
        shares = np.exp(likeness - likeness.max())
        return shares / shares.sum()

    def _of_text(self, texts: list[str]) -> NDArray:
        """[N, D] of length 1."""
        inputs = self._processor(text=texts, return_tensors="pt", padding=True, truncation=True)
        return self._embedded(self._model.get_text_features, inputs)

    def _of_pictures(self, pictures: NDArray) -> NDArray:
        inputs = self._processor(images=list(pictures), return_tensors="pt")
        return self._embedded(self._model.get_image_features, inputs)

    def _embedded(self, features: Any, inputs: Any) -> NDArray:
        with self._torch.inference_mode():
            found = features(**inputs)
        found = getattr(found, "pooler_output", found)  # newer transformers hand over more than the vectors
        return _unit(found.numpy().astype(np.float64))


def _unit(vectors: NDArray) -> NDArray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)
