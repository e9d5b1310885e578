"""Where the human body data lies: MakeHuman's base mesh, shape targets, rig and weights."""

from __future__ import annotations

import os
from pathlib import Path

from ...contract import Failure

VARIABLE = "STATUE_RECON_HUMANS"
_BESIDE = Path(__file__).parents[4] / "shared" / "data" / "humans"  # beside the checkout
_BASE = "base.obj.gz"


def humans_folder(given: str | Path | None = None) -> Path:
    """The folder with the body data: the one given, or else the environment's, or else the one beside the checkout."""
    named = given or os.environ.get(VARIABLE)
    folder = Path(named) if named else _BESIDE
    if (folder / _BASE).is_file():
        return folder
    raise Failure(
        f"There is no human body data in {folder}: {_BASE} is missing.",
        next_step=f"Get the CC0 base mesh, targets, rig and weights from github.com/makehumancommunity/mpfb2 and name "
        f"their folder with --humans or in {VARIABLE}.",
    )
