"""What Blender and the engine say to each other: plain data, kept as JSON. Standard library only.

A job is a folder. Blender writes `request.json` into it; the worker appends events to `events.jsonl`, one JSON object
a line, and ends with exactly one of `Result`, `Failed` or `Cancelled`; a job without an ending was interrupted (Blender
closed, the machine went down) and can be resumed. Readers refuse what they do not know: a half understood job is worse
than a refused one.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Union, get_args, get_type_hints

VERSION = 4  # raised whenever a field changes its meaning, comes or goes

# Files of a job folder, so that both sides spell them alike.
REQUEST_FILE = "request.json"
EVENTS_FILE = "events.jsonl"
LOG_FILE = "log.txt"
PHOTO_FILE = "photo.png"
MASK_FILE = "mask.png"
PREVIEW_FOLDER = "preview"
CHECKPOINT_FOLDER = "checkpoints"
RESULT_FOLDER = "result"

QUALITIES = ("draft", "standard", "high")
MASK_SOURCES = ("automatic", "alpha", "painted")
DEVICES = ("auto", "cpu", "cuda", "mps")
TEXTURES = (1024, 2048, 4096, 8192)  # pixels of the atlas' side
RANGES: dict[str, tuple[float, float, str]] = {  # of numbers in a request: the least, the most, the unit
    "lens": (8.0, 800.0, "mm"),  # beyond these somebody made a mistake
    "elevation": (-60.0, 60.0, "degrees"),  # steeper, a statue no longer stands upright in the photo
    "faces": (1_000, 2_000_000, "faces"),
    "samples": (1, 16, "samples"),
    "refine_steps": (0, 1_000, "steps"),
    "refine_until": (0, 1_000, "steps"),
    "paint_until": (0, 1_000, "steps"),
}


@dataclass(frozen=True)
class Stage:
    """A step of the pipeline as people read it, and its usual share of a whole run (for the time left).

    A run leaves out the stages it has no use for: without a prior there is nothing to refine.
    """

    words: str
    share: float
    stoppable: bool = False  # may be ended early: the run goes on with what is there by then


# Shares as measured: Draft with the bundled priors and 20 steps of refinement, processor time on one thread.
STAGES = {
    "photo": Stage("Reading the photo", 0.03),
    "shape": Stage("Imagining the shape", 0.26),
    "detail": Stage("Refining details", 0.15),
    "fit": Stage("Fitting the volume to the photo", 0.13),
    "geometry": Stage("Refining the hidden side", 0.15, stoppable=True),
    "mesh": Stage("Building the mesh", 0.07),
    "texture": Stage("Laying the photo on the mesh", 0.05),
    "appearance": Stage("Imagining the hidden colors", 0.15, stoppable=True),
    "result": Stage("Writing the result", 0.01),
}


class Failure(Exception):
    """Something a person can mend: a sentence that says what happened and why, and the next step."""

    def __init__(self, message: str, next_step: str):
        super().__init__(message, next_step)  # both, so that it can travel between processes
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}"


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
    refine_steps: int | None = None  # of the hidden side's refinement; None: as the quality has it
    refine_until: int | None = None  # the step after which it ends early; None: when the user has had enough
    paint_until: int | None = None  # the same of the hidden colours, which have steps of their own
    version: int = VERSION

    def check(self) -> None:
        """Refuses values no engine of this version could honour; a job folder may have been edited by hand."""
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                choices = [str(choice) for choice in allowed if choice is not None]
                raise Failure(
                    f"The request asks for {name.replace('_', ' ')} “{getattr(self, name)}”, which does not exist.",
                    next_step=f"Choose one of: {', '.join(choices)}.",
                )
        for name, (least, most, unit) in RANGES.items():
            value = getattr(self, name)
            if value is not None and not least <= value <= most:
                raise Failure(
                    f"The request asks for {name.replace('_', ' ')} = {value:,}, which is out of range.",
                    next_step=f"Choose from {least:,} to {most:,} {unit}.",
                )
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


Event = Union[Hello, Progress, Result, Failed, Cancelled]
EVENTS = {kind.__name__.lower(): kind for kind in get_args(Event)}
ENDINGS = (Result, Failed, Cancelled)


def to_line(event: Event) -> str:
    """One event as one line of JSON, without the line break."""
    return json.dumps({"event": type(event).__name__.lower(), **dataclasses.asdict(event)}, ensure_ascii=False)


def from_line(line: str) -> Event:
    """The event in a line written by `to_line`."""
    fields = _object(line, "an event")
    name = fields.pop("event", None)
    if name not in EVENTS:
        raise _foreign(f"an event “{name}”")
    return _build(EVENTS[name], fields)


def request_to_json(request: Request) -> str:
    return json.dumps(dataclasses.asdict(request), ensure_ascii=False, indent=2)


def request_from_json(text: str) -> Request:
    request = _build(Request, _object(text, "the request"))
    request.check()
    return request


def _object(text: str, what: str) -> dict:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise _foreign(f"something unreadable for {what} ({error})") from error
    if not isinstance(value, dict):
        raise _foreign(f"something else than {what}")
    return value


def _build(kind, fields: dict):
    version = fields.get("version", VERSION)
    if version != VERSION:
        raise Failure(
            f"This job speaks version {version} of the contract; this Statue Recon speaks version {VERSION}.",
            next_step="Start the job anew with the Statue Recon that is installed now.",
        )
    known = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(fields) - set(known))
    required = {name for name, field in known.items() if field.default is dataclasses.MISSING}
    missing = sorted(required - set(fields))
    if unknown or missing:
        raise _foreign(f"{kind.__name__} with " + _list("unknown", unknown) + _list("missing", missing))
    hints = get_type_hints(kind)
    for name, value in fields.items():
        accepted = _accepted(hints[name])
        if not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted):
            raise _foreign(f"{kind.__name__}.{name} = {value!r}")
    return kind(**fields)


def _accepted(hint) -> tuple[type, ...]:
    """The Python types a JSON value of this hint may have: `float` takes whole numbers too."""
    types = get_args(hint) or (hint,)
    return tuple(types) + ((int,) if float in types else ())


def _list(word: str, names: list[str]) -> str:
    return f"{word} {', '.join(names)} " if names else ""


def _foreign(what: str) -> Failure:
    return Failure(
        f"The job folder holds {what.strip()}, which this Statue Recon does not understand.",
        next_step="It was edited by hand or made by another version: start the job anew.",
    )
