"""What an edit job is asked for and what it gives: by words, and "Refine again from here". Standard library only.

The jobs of `contract_hand` are edit jobs too: what is said here of all of them holds for those.

An edit job's folder holds `edit.json` in place of `request.json`; everything else is as in any job's folder.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from .contract_data import DEVICES, QUALITIES, VERSION, Failure, Range, Stage, build, check, foreign, read_object
from .contract_hand import BORDER, WHATS, MirrorRequest, ProjectRequest, RestoreRequest, RetopologiseRequest
from .contract_region import ALL, check_region, region_file
from .contract_region import REGIONS as REGIONS  # read from here by both wings

EDIT_FILE = "edit.json"  # in a job folder, in place of request.json

STATUE_FILES = ("mesh.npz", "texture.png", "camera.json", "photo.png", "mask.png", "material.png")
MOST_VARIANTS = 4
STEPS: dict[str, Range] = {"refine_steps": (0, 1_000, "steps"), "refine_until": (0, 1_000, "steps")}
RANGES: dict[str, Range] = {  # of numbers in a request: the least, the most, the unit
    "border": BORDER,
    "strength": (0.0, 2.0, "times"),
    "variants": (1, MOST_VARIANTS, "variants"),
}

# Shares as guessed from one run (bronze, shape and surface), beside much other work.
CHANGING = {
    "read": Stage("Reading the statue", 0.05),
    "region": Stage("Finding the region", 0.05),
    "sculpt": Stage("Changing the shape", 0.40),
    "colour": Stage("Imagining the new surface", 0.45),
    "result": Stage("Writing the result", 0.05),
}
SCULPTED = {  # Refine again from here
    "read": Stage("Reading the statue", 0.05),
    "volume": Stage("Turning the mesh into a volume", 0.15),
    "geometry": Stage("Refining the hidden side", 0.65, stoppable=True),
    "carry": Stage("Moving the vertices along", 0.10),
    "result": Stage("Writing the result", 0.05),
}


@dataclass(frozen=True)
class EditRequest:
    """An edit by words. Paths are absolute, or relative to the folder of the job."""

    statue: str  # folder with mesh.npz and texture.png, and camera.json, photo.png, mask.png if known, as a result
    prompt: str
    avoid: str = ""
    what: str = "surface"  # one of WHATS
    region: str = ALL  # "all", "mask:FILE.png" (in UV), "weights:FILE.npy" ([V] 0 … 1), "group:NAME", "words:the head"
    border: float = 0.03  # width of the soft border, share of the statue's longest side
    keep_seen: bool = True  # what the photo shows stays as it is, to the last bit
    strength: float = 1.0
    prior: str = "bundled"  # or a name of priors/names.py
    seed: int = 0
    variants: int = 1  # one for each of the seeds seed, seed + 1, …
    preview: bool = False  # low resolution, in seconds
    device: str = "auto"  # one of DEVICES
    version: int = VERSION

    def check(self) -> None:
        """Refuses values no engine of this version could honour; a job folder may have been edited by hand."""
        check(self, {"what": WHATS, "device": DEVICES}, RANGES)
        check_region(self.region, "region")
        if not self.prompt.strip():
            raise Failure(
                "The edit has no words: it is not said what the statue should become.",
                next_step="Write a prompt, or choose a preset.",
            )


@dataclass(frozen=True)
class RefineRequest:
    """Refine again from here: from a mesh a person sculpted, cut or bought. Paths as in an `EditRequest`."""

    statue: str  # folder, as in an EditRequest
    mesh: str | None = None  # the mesh by hand, .npz (vertices, faces; engine's frame) or .glb; None: the statue's own
    protect: str = ""  # what must not move, spelled as a region; "": nothing but what the photo shows
    quality: str = "draft"  # one of QUALITIES
    prior: str = "bundled"
    prompt: str = ""
    refine_steps: int | None = None  # None: as the quality has it
    refine_until: int | None = None  # the step after which it ends early; None: when the user has had enough
    seed: int = 0
    device: str = "auto"  # one of DEVICES
    version: int = VERSION

    def check(self) -> None:
        """Refuses values no engine of this version could honour."""
        check(self, {"quality": QUALITIES, "device": DEVICES}, STEPS)
        if self.protect:
            check_region(self.protect, "protected region")


@dataclass(frozen=True)
class EditResult:
    """Where the result of an edit lies: paths relative to the folder of the events.

    The files of the first variant, whose seed is the request's. Variant k, with the seed + k, has the same files in
    a folder `variant-k` beside them: `variant` gives their paths. The folder as a whole is again a statue to edit.
    Restore gives the missing part alone, in the statue's frame, and Retopologise new vertices; all others the
    statue with as many vertices as before (or as the mesh by hand), in the same order.
    """

    mesh: str  # .npz as in `contract.Result`, with "group:NAME" [V] for each vertex group, and "overrule" [V] if any
    model: str  # .glb: the edited mesh with the flattened texture, vertices in the same order
    texture: str  # .png: the new layer merged into the texture
    material: str  # .json: roughness, metallic, words understood and unknown, notes
    provenance: str  # .json: as the statue's own, and this edit as the last of its list "edits"
    seconds: float
    summary: str  # one sentence for the panel
    offset: str | None = None  # .npz: offset [V, 3] float32, engine's frame; of edits of the shape
    layer: str | None = None  # .png RGBA: colour and mask; of edits of the surface
    relief: str | None = None  # .png, 16 bit: height from -relief_range to +relief_range of the material's file, in
    # the engine's units, along the normals; a bump of edits of the surface, the displacement of Retopologise
    variants: int = 1

    def variant(self, number: int) -> EditResult:
        """The same of variant `number`: 0 is the first."""
        if number == 0:
            return self
        paths: dict[str, Any] = {
            name: _beside(path, f"variant-{number}")
            for name in ("mesh", "model", "texture", "material", "provenance", "offset", "layer", "relief")
            if (path := getattr(self, name)) is not None
        }
        return dataclasses.replace(self, **paths)


EditJob = EditRequest | RefineRequest | ProjectRequest | MirrorRequest | RestoreRequest | RetopologiseRequest
JOBS: dict[str, type] = {
    "edit": EditRequest,
    "refine": RefineRequest,
    "project": ProjectRequest,
    "mirror": MirrorRequest,
    "restore": RestoreRequest,
    "retopologise": RetopologiseRequest,
}


def name_of(request: EditJob) -> str:
    """What kind of job it is: a key of JOBS."""
    return next(name for name, kind in JOBS.items() if isinstance(request, kind))


def edit_to_json(request: EditJob) -> str:
    """What stands in `edit.json`: the request, and which kind it is."""
    return json.dumps({"job": name_of(request), **dataclasses.asdict(request)}, ensure_ascii=False, indent=2)


def edit_from_json(text: str) -> EditJob:
    """The request in a text written by `edit_to_json`."""
    fields: dict[str, Any] = read_object(text, "the request of an edit")
    name = fields.pop("job", None)
    if name not in JOBS:
        raise foreign(f"a job “{name}”")
    request = build(JOBS[name], fields)
    request.check()
    return request


def files_of(request: EditJob) -> list[str]:
    """The files that a job is made from, as its request spells them; not all of them need be there."""
    return [*(f"{request.statue}/{name}" for name in STATUE_FILES), *(path for path, _ in named_by(request))]


def named_by(request: EditJob) -> list[tuple[str, str]]:
    """The files that a person named beside the statue, each with what it is."""
    region = request.protect if isinstance(request, RefineRequest) else getattr(request, "region", "")
    what = "protected region" if isinstance(request, RefineRequest) else "region"
    files = [(getattr(request, "mesh", None), "mesh"), (region_file(region), what)]
    return [(path, what) for path, what in files if path]


def _beside(path: str, folder: str) -> str:
    parent, slash, name = path.rpartition("/")
    return f"{parent}{slash}{folder}/{name}"
