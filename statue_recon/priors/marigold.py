"""Marigold (Ke et al. 2025): diffusion models that read a photo, from folders in the layout of diffusers.

Surface normals, which have x to the right, y up and z towards the viewer; and albedo, the colours of the material
without the light on it.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..contract import Failure

log = logging.getLogger(__name__)

STEPS = 4  # of denoising; not yet measured on real weights, which cannot be had where this was written
LONGEST_SIDE = 768  # pixels the models were trained for; larger photos are reduced, smaller ones are not enlarged
SMALLEST_SIDE = 64  # pixels; below that their deepest layers see nothing
TO_OUR_AXES = np.array([1.0, -1.0, -1.0], dtype=np.float32)  # ours: x right, y down, z away from the camera
ALBEDO, SRGB = "albedo", "srgb"  # what a model that takes pictures apart calls the part that is wanted
NORMALS_OF, ALBEDO_OF = "normal prior", "delighting prior"  # what people call them


def predict(folder: Path, rgb: NDArray, device: str, seed: int = 0) -> NDArray[np.float32]:
    """The unit normals [H, W, 3] of a picture [H, W, 3] sRGB 0 … 1, in the camera's frame (OpenCV).

    The same seed gives the same normals on the same machine. On CUDA it computes in half precision.
    """
    pipeline = _pipeline(folder, "MarigoldNormalsPipeline", NORMALS_OF, device)
    normals = _asked(pipeline, rgb, NORMALS_OF, seed)[0] * TO_OUR_AXES
    return normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-6)


def albedo(folder: Path, rgb: NDArray, device: str, seed: int = 0) -> NDArray[np.float32]:
    """The albedo [h, w, 3] of a picture [H, W, 3], both sRGB 0 … 1; at the size the model works at.

    As `predict`: the same seed gives the same albedo.
    """
    pipeline = _pipeline(folder, "MarigoldIntrinsicsPipeline", ALBEDO_OF, device)
    told = pipeline.target_properties or {}
    parts = list(told.get("target_names", ()))
    if ALBEDO not in parts or told.get(ALBEDO, {}).get("prediction_space", SRGB) != SRGB:
        raise Failure(
            f"The delighting prior in {folder} finds {', '.join(parts) or 'nothing that it has a name for'}, "
            "and no albedo in sRGB.",
            next_step="Choose the folder of Marigold IID Appearance.",
        )
    found = _asked(pipeline, rgb, ALBEDO_OF, seed, match_input_resolution=False)
    return np.clip(found[parts.index(ALBEDO)], 0.0, 1.0)


def _pipeline(folder: Path, kind: str, words: str, device: str) -> Any:
    """The model in a folder, on its device. kind: its class in diffusers; words: what people call it."""
    try:
        import diffusers
        import torch

        from . import diffusers_folder as files

        made = getattr(diffusers, kind)
    except (ImportError, OSError, AttributeError) as error:
        raise Failure(
            f"The {words} cannot run: {error}.",
            next_step="Set up the engine again in the preferences of Statue Recon.",
        ) from error
    try:
        pipeline = made.from_pretrained(
            str(folder),
            local_files_only=True,
            use_safetensors=True,
            variant=_variant(folder),
            dtype=files.precision(device),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(
            f"The {words} in {folder} cannot be read ({error}).",
            next_step="Remove the model in the preferences and install it again, in the layout of diffusers with "
            "safetensors weights.",
        ) from error
    pipeline.set_progress_bar_config(disable=True)
    try:
        pipeline.to(device)
    except torch.OutOfMemoryError as error:
        raise _too_large(words) from error
    return pipeline


def _asked(pipeline: Any, rgb: NDArray, words: str, seed: int, **more: Any) -> NDArray[np.float32]:
    """[parts, h, w, 3] what the model says of a picture [H, W, 3]."""
    import torch

    try:
        found = pipeline(
            np.ascontiguousarray(rgb, dtype=np.float32),
            num_inference_steps=STEPS,
            ensemble_size=1,
            processing_resolution=_resolution(rgb, pipeline.vae_scale_factor),
            generator=torch.Generator("cpu").manual_seed(seed),
            output_type="np",
            **more,
        ).prediction
    except torch.OutOfMemoryError as error:
        raise _too_large(words) from error
    return np.asarray(found, dtype=np.float32)


def _too_large(words: str) -> Failure:
    return Failure(
        f"The graphics card has not enough memory for the {words}.",
        next_step="Close other programs that use it, or set the device to the processor.",
    )


def _variant(folder: Path) -> str | None:
    """The part of its files' names that tells half precision, where that is all there is."""
    from .diffusers_folder import weights_of

    try:
        return weights_of(folder / "unet")[1]
    except Failure:
        return None  # what is wrong with the folder is told by who reads it


def _resolution(rgb: NDArray, factor: int) -> int:
    """The longer side the model works at, in steps of what it needs."""
    side = min(max(rgb.shape[:2]), LONGEST_SIDE)
    return max(side, SMALLEST_SIDE) // factor * factor
