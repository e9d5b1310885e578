"""The command line of edits: `statue-recon edit` and `statue-recon refine`."""

from __future__ import annotations

import argparse
from pathlib import Path

from ..contract import Failure
from ..contract_edit import ALL, DEVICES, MOST_VARIANTS, QUALITIES, REGIONS, WHATS, EditRequest, RefineRequest

WRITES = "The same command in the same DIR goes on where it was cancelled."


def add_edit(commands) -> None:
    """`statue-recon edit`, below a parser's commands."""
    command = commands.add_parser(
        "edit",
        help="change a statue by words",
        description="Writes the edited mesh.glb (its vertices in the same order), texture.png, provenance.json, and "
        f"the edit by itself (edit.npz, layer.png, relief.png, material.json) into DIR. {WRITES}",
    )
    add_statue(command)
    command.add_argument("--prompt", required=True, metavar="TEXT", help="what the statue should become")
    command.add_argument("--avoid", default="", metavar="TEXT", help="what it should not")
    command.add_argument("--what", choices=WHATS, default="surface", help="default: surface")
    command.add_argument(
        "--region",
        default=ALL,
        metavar="R",
        help="all (default), a mask over the texture (FILE.png), weights of the vertices (FILE.npy), group:NAME, "
        "or words for a part: “the head”",
    )
    command.add_argument("--border", type=float, default=0.03, metavar="W", help="soft border, share of the size")
    command.add_argument("--strength", type=float, default=1.0, metavar="S", help="0 to 2 (default: 1)")
    command.add_argument("--free-seen", action="store_true", help="also change what the photo shows")
    command.add_argument("--variants", type=int, default=1, metavar="N", help=f"1 to {MOST_VARIANTS}, seed after seed")
    command.add_argument("--preview", action="store_true", help="at low resolution, in seconds")
    _add_common(command)


def add_refine(commands) -> None:
    """`statue-recon refine`, below a parser's commands."""
    command = commands.add_parser(
        "refine",
        help="refine a statue again, from a mesh that was changed by hand",
        description=f"Writes mesh.glb with the vertices of MESH in their order, texture.png, provenance.json. {WRITES}",
    )
    add_statue(command)
    command.add_argument("--from", dest="mesh", type=Path, metavar="MESH", help=".npz, .glb, .obj, .ply or .stl")
    command.add_argument("--protect", default="", metavar="GROUP", help="what must not move: a group, mask or weights")
    command.add_argument("--prompt", default="", metavar="TEXT", help="words for the prior")
    command.add_argument("--quality", choices=QUALITIES, default="draft", help="default: draft")
    command.add_argument("--refine-steps", type=int, metavar="N", help="default: as the quality has it")
    command.add_argument("--refine-until", type=int, metavar="N", help="repeats a refinement that was stopped after N")
    _add_common(command)


def edit(given: argparse.Namespace) -> int:
    """Runs `statue-recon edit`. Returns the exit code."""
    from ..console import run

    def request() -> EditRequest:
        return EditRequest(
            statue=statue_of(given),
            prompt=given.prompt,
            avoid=given.avoid,
            what=given.what,
            region=region_of(given.region),
            border=given.border,
            keep_seen=not given.free_seen,
            strength=given.strength,
            prior=given.prior,
            seed=given.seed,
            variants=given.variants,
            preview=given.preview,
            device=given.device,
        )

    return run(request, given.out.absolute(), given.json)


def refine(given: argparse.Namespace) -> int:
    """Runs `statue-recon refine`. Returns the exit code."""
    from ..console import run

    def request() -> RefineRequest:
        return RefineRequest(
            statue=statue_of(given),
            mesh=str(given.mesh.absolute()) if given.mesh else None,
            protect=group_of(given.protect),
            quality=given.quality,
            prior=given.prior,
            prompt=given.prompt,
            refine_steps=given.refine_steps,
            refine_until=given.refine_until,
            seed=given.seed,
            device=given.device,
        )

    return run(request, given.out.absolute(), given.json)


def statue_of(given: argparse.Namespace) -> str:
    """The statue's folder, absolute. It is never written to: what an edit makes lies elsewhere."""
    place = given.statue.absolute()
    if not place.exists():
        raise Failure(f"There is nothing at {place}.", next_step="Give the folder of a result.")
    if given.out.resolve() in (place.resolve(), (place / "result").resolve()):
        raise Failure(
            "The edit would be written over the statue that it is made of.", next_step="Choose another --out."
        )
    return str(place)


def region_of(written: str) -> str:
    """A region as a person writes it, spelled as the contract has it; files get absolute paths."""
    kind, colon, which = written.partition(":")
    if colon and kind in REGIONS:
        return f"{kind}:{Path(which).absolute()}" if kind in ("mask", "weights") else written
    if written == ALL:
        return ALL
    path = Path(written)
    if path.suffix.lower() == ".npy":
        return f"weights:{path.absolute()}"
    if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".tif", ".tiff", ".webp", ".bmp"):
        return f"mask:{path.absolute()}"
    return f"words:{written}"


def group_of(written: str) -> str:
    """The same of what is protected, where a bare name is a group's."""
    spelled = region_of(written) if written else ""
    return f"group:{written}" if spelled.startswith("words:") and not written.startswith("words:") else spelled


def add_statue(command: argparse.ArgumentParser) -> None:
    """The statue, and the folder for what is made of it."""
    command.add_argument("statue", type=Path, metavar="RESULT_DIR", help="the folder of a result, or a mesh file")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder for the results")


def _add_common(command: argparse.ArgumentParser) -> None:
    command.add_argument("--prior", default="bundled", metavar="NAME", help="default: bundled")
    command.add_argument("--seed", type=int, default=0, help="the same seed repeats a run (default: 0)")
    command.add_argument("--device", choices=DEVICES, default="auto", help="default: auto")
    command.add_argument("--json", action="store_true", help="one line of JSON for each event, on standard output")
