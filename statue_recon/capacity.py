"""Before a job: will it fit into memory, graphics memory and disk, and how long may it take; if not, what would fit.

Standard library only, for Blender's side may ask too; what PyTorch knows of the card is taken where it is loaded
already. What large priors need is counted from their weights and tensors (`models.Demand`), an estimate.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from .contract import TEXTURES, Request
from .doctor import free_memory
from .priors import names
from .priors.models import Model
from .quality import quality_of

GB = 10**9
# Measured on a CPU, bundled prior: Draft and Standard with a 2k atlas take 1.2 and 1.3 GB, High with a 4k one 2.3 GB.
ENGINE = 0.95 * GB
BY_TEXEL = 80.0  # bytes of memory for each texel of the atlas
JOB, JOB_BY_TEXEL = 0.3 * GB, 8.0  # bytes of disk: checkpoints and previews, and what grows with the atlas
LEAST, LEAST_BY_TEXEL = (
    0.02 * GB,
    3.0,
)  # bytes without which no job ends: the colours of the atlas lie there as they are
STAYS = 0.3 * GB  # of a card for each further prior that rests: its VAE, which does not
SPARE = 0.9  # of what is free: other programs live, too
# Seconds of a whole job on two cores, as README has them: with the bundled prior, and with none.
USUAL = {"draft": (23.0, 12.0), "standard": (43.0, 22.0), "high": (204.0, 67.0)}
BUNDLED_STEP, PAINTING = 0.25, 5.0  # seconds there: of a step of refinement by the bundled prior; of painting after it
SPEED = {"cpu": 0.025, "cuda": 20.0, "mps": 2.0}  # 10¹² operations a second; the processor's for each of its threads


@dataclass(frozen=True)
class Machine:
    """What a run can have, in bytes; None: not known, and then nothing is said of it."""

    device: str  # "cpu", "cuda" or "mps"
    memory: int | None = None
    graphics: int | None = None
    disk: int | None = None
    threads: int = 1


@dataclass(frozen=True)
class Wanted:
    """What a job asks for."""

    texture: int  # pixels of the atlas' side
    priors: tuple[str, ...] = ()  # identifiers of the registry; those that are bundled need not be named
    steps: int = 0  # of refinement
    views: int = 2  # rendered at each step


@dataclass(frozen=True)
class Misfit:
    """Why a job does not fit, and what would."""

    reason: str  # a sentence
    instead: str  # a sentence: the setting that would fit

    def __str__(self) -> str:
        return f"{self.reason} {self.instead}"


def wanted_of(request: Request) -> Wanted:
    """What a request asks for; large priors count where there are steps in which they are asked. Raises Failure."""
    quality = quality_of(request)
    large = tuple(name for name in names.read(request.prior) if name not in (names.SHAPE, names.VIEW))
    return Wanted(quality.atlas, large if quality.refine_steps else (), quality.refine_steps)


def misfit(wanted: Wanted, known: Sequence[Model], machine: Machine) -> Misfit | None:
    """What speaks against starting a job as it is asked for; None where nothing does."""
    for lacking in (_disk, _memory, _graphics):
        if reason := lacking(wanted, known, machine):
            return Misfit(reason, _instead(wanted, known, machine))
    return None


def hopeless(wanted: Wanted, known: Sequence[Model], machine: Machine) -> Misfit | None:
    """A misfit that no luck can help: the disk has not even the room for the smallest files of such a job.

    Of memory nobody knows for certain: other programs give some back, and what is missing is swapped.
    """
    if machine.disk is None or machine.disk >= LEAST + LEAST_BY_TEXEL * wanted.texture**2:
        return None
    return misfit(wanted, known, machine)


def note(wanted: Wanted, known: Sequence[Model], machine: Machine) -> str | None:
    """What a person may want to know of a job that does fit: that it must save graphics memory, which costs time."""
    usual = sum(_demands(wanted, known, "graphics"))
    if machine.device != "cuda" or machine.graphics is None or usual <= SPARE * machine.graphics:
        return None
    return (
        f"The card has {_gb(machine.graphics)} free of about {_gb(usual)}: the job will save memory, and take longer."
    )


def seconds(wanted: Wanted, known: Sequence[Model], machine: Machine) -> float:
    """About how long the refinement with large priors takes: their operations by a device's usual speed.

    Within a factor of three at best: the speed of the device is not measured. The rest of a job tells its own time.
    """
    work = wanted.steps * wanted.views * sum(_demands(wanted, known, "view"))
    return work / (SPEED[machine.device] * (machine.threads if machine.device == "cpu" else 1))


def expected(request: Request, known: Sequence[Model], machine: Machine) -> float | None:
    """About how many seconds a whole job takes; None where no such machine was measured. Raises Failure."""
    if machine.device != "cpu":
        return None
    wanted, chosen = wanted_of(request), names.read(request.prior)
    whole = USUAL[request.quality][0 if names.SHAPE in chosen else 1]
    if wanted.steps and any(name in (names.SHAPE, names.VIEW) for name in chosen):
        whole += BUNDLED_STEP * wanted.steps
    if wanted.steps and names.painter(request.prior) == names.VIEW:
        whole += PAINTING
    return whole + seconds(wanted, known, machine)


def this_machine(device: str, folder: Path) -> Machine:
    """What is free now. It may ask the driver of the card, which takes up to a few seconds: not for a main thread."""
    there = next((place for place in (folder, *folder.parents) if place.exists()), Path.cwd())
    graphics = _graphics_free() if device == "cuda" else None
    return Machine(device, free_memory(), graphics, shutil.disk_usage(there).free, os.cpu_count() or 1)


def _disk(wanted: Wanted, known: Sequence[Model], machine: Machine) -> str | None:
    needed = JOB + JOB_BY_TEXEL * wanted.texture**2
    return _short("disk", needed, machine.disk, 1.0)


def _memory(wanted: Wanted, known: Sequence[Model], machine: Machine) -> str | None:
    needed = ENGINE + BY_TEXEL * wanted.texture**2
    if machine.device != "cuda":  # what Apple's graphics use is the computer's memory
        needed += sum(_demands(wanted, known, "memory"))
    return _short("memory", needed, machine.memory, SPARE)


def _graphics(wanted: Wanted, known: Sequence[Model], machine: Machine) -> str | None:
    least = _demands(wanted, known, "least_graphics")
    if machine.device != "cuda" or not least:
        return None
    return _short("graphics memory", max(least) + STAYS * (len(least) - 1), machine.graphics, SPARE)


def _short(what: str, needed: float, free: int | None, share: float) -> str | None:
    if free is None or needed <= share * free:
        return None
    return f"This job needs about {_gb(needed)} of {what}, and {_gb(free)} is free."


def _instead(wanted: Wanted, known: Sequence[Model], machine: Machine) -> str:
    """The smallest change with which it would fit: another device, fewer priors, a smaller texture."""
    names = [model.title for model in known if model.identifier in wanted.priors]
    ways: list[tuple[str, Wanted, Machine]] = []
    if machine.device == "cuda":
        ways.append(("Set the device to the processor; it takes longer", wanted, replace(machine, device="cpu")))
    for left in range(len(wanted.priors) - 1, -1, -1):
        fewer = replace(wanted, priors=wanted.priors[:left])
        ways.append((f"Choose no more than {_words(names[:left])}", fewer, machine))
    for side in sorted((side for side in TEXTURES if side < wanted.texture), reverse=True):
        ways.append((f"Set the texture to {side} pixels", replace(wanted, texture=side), machine))
    smallest = replace(wanted, priors=(), texture=min(wanted.texture, *TEXTURES))
    ways.append((f"Choose only bundled priors and a texture of {smallest.texture} pixels", smallest, machine))
    for words, other, there in ways:
        if not any(lacking(other, known, there) for lacking in (_disk, _memory, _graphics)):
            return f"{words}."
    return "Close other programs or free some disk, for no setting fits."


def _demands(wanted: Wanted, known: Collection[Model], what: str) -> list[float]:
    return [getattr(model.demand, what) for model in known if model.identifier in wanted.priors and model.demand]


def _graphics_free() -> int | None:
    """Bytes that are free on the first NVIDIA card: by PyTorch where that is loaded, which knows exactly."""
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        return int(torch.cuda.mem_get_info()[0])
    command = ["nvidia-smi", "--query-gpu=memory.free", "--format=csv,noheader,nounits"]
    try:
        silent = getattr(subprocess, "CREATE_NO_WINDOW", 0)  # Windows would open a console before Blender
        said = subprocess.run(
            command, capture_output=True, text=True, timeout=10, check=True, creationflags=silent
        ).stdout
        return int(said.split()[0]) * 2**20
    except (OSError, subprocess.SubprocessError, ValueError, IndexError):
        return None


def _words(names: Sequence[str]) -> str:
    return " and ".join(names) if names else "the bundled priors"


def _gb(size: float) -> str:
    return f"{size / GB:.1f} GB" if size >= 0.1 * GB else f"{size / 10**6:.0f} MB"
