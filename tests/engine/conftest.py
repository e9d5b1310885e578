"""What all tests of the engine share: no models of this machine's user, and a Blender where one is asked for."""

import os
import sys
import tempfile
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "tools"))
from blenders import BLENDERS, environment

MODELS = tempfile.TemporaryDirectory(prefix="statue-recon-models-", ignore_cleanup_errors=True)
os.environ["STATUE_RECON_MODELS"] = MODELS.name


@pytest.fixture(scope="session")
def blender() -> Path:
    """A Python with Blender's module, of the first version that can be had; set up if need be."""
    python = next(filter(None, map(environment, BLENDERS)), None)
    assert python, "no Blender can be set up: it needs Python 3.11 or 3.13"
    return python
