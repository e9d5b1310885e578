"""Surface normals by Marigold (Ke et al. 2025), a diffusion model, from a folder in the layout of diffusers.

Its normals have x to the right, y up and z towards the viewer.
"""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..contract import Failure

log = logging.getLogger(__name__)

STEPS = 4  # of denoising; not yet measured on real weights, which cannot be had where this was written
LONGEST_SIDE = 768  # pixels the model was trained for; larger photos are reduced, smaller ones are not enlarged
SMALLEST_SIDE = 64  # pixels; below that its deepest layers see nothing
TO_OUR_AXES = np.array([1.0, -1.0, -1.0], dtype=np.float32)  # ours: x right, y down, z away from the camera


def predict(folder: Path, rgb: NDArray, device: str, seed: int = 0) -> NDArray[np.float32]:
    """The unit normals [H, W, 3] of a picture [H, W, 3] sRGB 0 … 1, in the camera's frame (OpenCV).

    The same seed gives the same normals on the same machine. On CUDA it computes in half precision.
    """
    try:
        import torch
        from diffusers import MarigoldNormalsPipeline
    except (ImportError, OSError) as error:
        raise Failure(
            f"The normal prior cannot run: {error}.",
            next_step="Set up the engine again in the preferences of Statue Recon.",
        ) from error
    half = device.startswith("cuda")
    try:
        pipeline = MarigoldNormalsPipeline.from_pretrained(
            str(folder),
            local_files_only=True,
            use_safetensors=True,
            dtype=torch.float16 if half else torch.float32,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Failure(
            f"The normal prior in {folder} cannot be read ({error}).",
            next_step="Remove the model in the preferences and install it again, in the layout of diffusers with "
            "safetensors weights.",
        ) from error
    pipeline.set_progress_bar_config(disable=True)
    try:
        pipeline.to(device)
        found = pipeline(
            np.ascontiguousarray(rgb, dtype=np.float32),
            num_inference_steps=STEPS,
            ensemble_size=1,
            processing_resolution=_resolution(rgb, pipeline.vae_scale_factor),
            generator=torch.Generator("cpu").manual_seed(seed),
            output_type="np",
        ).prediction[0]
    except torch.OutOfMemoryError as error:
        raise Failure(
            "The graphics card has not enough memory for the normal prior.",
            next_step="Close other programs that use it, or set the device to the processor.",
        ) from error
    normals = np.asarray(found, dtype=np.float32) * TO_OUR_AXES
    return normals / np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-6)


def _resolution(rgb: NDArray, factor: int) -> int:
    """The longer side the model works at, in steps of what it needs."""
    side = min(max(rgb.shape[:2]), LONGEST_SIDE)
    return max(side, SMALLEST_SIDE) // factor * factor
