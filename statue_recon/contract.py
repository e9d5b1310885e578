"""What Blender and the engine say to each other: plain data, kept as JSON. Standard library only.

A job is a folder. Blender writes `request.json` into it, or `edit.json` (see `contract_edit`); the worker appends
events to `events.jsonl`, one JSON object a line, and ends with exactly one of `Result`, `EditResult`, `Failed` or
`Cancelled`; a job without an ending was interrupted (Blender closed, the machine went down) and can be resumed.
Readers refuse what they do not know: a half understood job is worse than a refused one.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Union, get_args

from .contract_data import (
    DEVICES,
    QUALITIES,
    VERSION,
    Failure,
    Range,
    Stage,
    build,
    check,
    foreign,
    read_object,
    to_json,
)
from .contract_edit import CHANGING, SCULPTED, EditResult

# Files of a job folder, so that both sides spell them alike.
REQUEST_FILE = "request.json"
EVENTS_FILE = "events.jsonl"
LOG_FILE = "log.txt"
PHOTO_FILE = "photo.png"
MASK_FILE = "mask.png"
PREVIEW_FOLDER = "preview"
CHECKPOINT_FOLDER = "checkpoints"
RESULT_FOLDER = "result"

MASK_SOURCES = ("automatic", "alpha", "painted")
TEXTURES = (1024, 2048, 4096, 8192)  # pixels of the atlas' side
RANGES: dict[str, Range] = {  # of numbers in a request: the least, the most, the unit
    "lens": (8.0, 800.0, "mm"),  # beyond these somebody made a mistake
    "elevation": (-60.0, 60.0, "degrees"),  # steeper, a statue no longer stands upright in the photo
    "faces": (1_000, 2_000_000, "faces"),
    "samples": (1, 16, "samples"),
    "refine_steps": (0, 1_000, "steps"),
    "refine_until": (0, 1_000, "steps"),
    "paint_until": (0, 1_000, "steps"),
}


# Shares as measured: Draft with the bundled priors and 20 steps of refinement, processor time on one thread.
RECONSTRUCTING = {
    "photo": Stage("Reading the photo", 0.03),
    "shape": Stage("Imagining the shape", 0.25),
    "detail": Stage("Refining details", 0.14),
    "fit": Stage("Fitting the volume to the photo", 0.13),
    "geometry": Stage("Refining the hidden side", 0.14, stoppable=True),
    "mesh": Stage("Building the mesh", 0.07),
    "light": Stage("Taking the light out of the photo", 0.04),
    "texture": Stage("Laying the photo on the mesh", 0.05),
    "appearance": Stage("Imagining the hidden colors", 0.14, stoppable=True),
    "result": Stage("Writing the result", 0.01),
}
STAGES = {**CHANGING, **SCULPTED, **RECONSTRUCTING}  # of every kind of job: what a `Progress.stage` may be

_CHOICES: dict[str, tuple] = {
    "quality": QUALITIES,
    "mask_source": MASK_SOURCES,
    "device": DEVICES,
    "texture": (None, *TEXTURES),
}


@dataclass(frozen=True)
class Request:
    """What is asked for. Paths are absolute, or relative to the folder of the request."""

    photo: str
    mask: str | None = None
    mask_source: str = "automatic"  # one of MASK_SOURCES; "painted" needs a mask
    quality: str = "draft"  # one of QUALITIES
    prior: str = "bundled"  # what imagines the hidden side: "bundled", "none", or names as `priors.names` has them
    prompt: str = ""
    seed: int = 0
    samples: int | None = None  # how many backs are drawn to see how far they differ; None: as the quality has it
    device: str = "auto"  # one of DEVICES
    lens: float | None = None  # mm, 35 mm equivalent; None: as the photo says, else a normal lens
    elevation: float | None = None  # degrees the camera looked down (negative: up); None: not known
    faces: int | None = None  # of the mesh, at most; None: as the quality has it
    texture: int | None = None  # one of TEXTURES; None: as the quality has it
    quads: bool = False  # a mesh of quads (`faces` counts them) instead of triangles
    mirror: bool = False  # fill what is unseen from the other half of a symmetric statue first
    delight: bool = True  # take the light out of the photo's colours, where a model for that is installed
    refine_steps: int | None = None  # of the hidden side's refinement; None: as the quality has it
    refine_until: int | None = None  # the step after which it ends early; None: when the user has had enough
    paint_until: int | None = None  # the same of the hidden colours, which have steps of their own
    version: int = VERSION

    def check(self) -> None:
        """Refuses values no engine of this version could honour; a job folder may have been edited by hand."""
        check(self, _CHOICES, RANGES)
        if self.mask_source == "painted" and not self.mask:
            raise Failure(
                "The mask is to be a painted image, but none was given.",
                next_step="Choose the mask image, or set Mask to Automatic.",
            )


@dataclass(frozen=True)
class Hello:
    """The worker's first words: who answers, and on what."""

    engine: str  # version of the engine
    pid: int
    device: str  # as used: "cpu", "cuda", "mps"
    version: int = VERSION


@dataclass(frozen=True)
class Progress:
    stage: str  # a key of STAGES
    step: int
    steps: int
    fraction: float  # of the whole run, 0 … 1
    seconds: float  # since the run began
    seconds_left: float | None  # None while nobody can tell
    message: str = ""  # one line worth showing: a choice made, a fallback taken
    preview: str | None = None  # a mesh file inside the job folder, newer than the last one


@dataclass(frozen=True)
class Result:
    """Where the result lies: paths relative to the folder of the events."""

    mesh: str  # .npz: vertices [V, 3], faces [F, 3], uv [F, 3, 2], seen [V], doubt [V]; the engine's frame
    model: str  # .glb
    texture: str  # .png
    camera: str  # .json
    provenance: str  # .json
    seconds: float
    faces: int
    summary: str  # one sentence for the panel
    volume: str | None = None  # .npz: values [X, Y, Z] int8, lower [3], spacing, reach; the frame of the mesh


@dataclass(frozen=True)
class Failed:
    message: str
    next_step: str
    bug: bool = False  # True when it was no Failure but an error of ours: the log has the traceback


@dataclass(frozen=True)
class Cancelled:
    preview: str | None  # the best mesh so far


Event = Union[Hello, Progress, Result, EditResult, Failed, Cancelled]
EVENTS = {kind.__name__.lower(): kind for kind in get_args(Event)}
ENDINGS = (Result, EditResult, Failed, Cancelled)


def to_line(event: Event) -> str:
    """One event as one line of JSON, without the line break."""
    return json.dumps({"event": type(event).__name__.lower(), **dataclasses.asdict(event)}, ensure_ascii=False)


def from_line(line: str) -> Event:
    """The event in a line written by `to_line`."""
    fields = read_object(line, "an event")
    name = fields.pop("event", None)
    if name not in EVENTS:
        raise foreign(f"an event “{name}”")
    return build(EVENTS[name], fields)


def request_to_json(request: Request) -> str:
    return to_json(request)


def request_from_json(text: str) -> Request:
    request = build(Request, read_object(text, "the request"))
    request.check()
    return request
