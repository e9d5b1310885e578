"""The command line of what is done by hand: `statue-recon project`, `mirror`, `restore` and `retopologise`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from ..contract_edit import EditJob
from ..contract_hand import (
    DEVICES,
    TEXTURES,
    WHATS,
    MirrorRequest,
    ProjectRequest,
    RestoreRequest,
    RetopologiseRequest,
)
from ..contract_region import ALL
from .command import add_statue, group_of, region_of, statue_of

COMMANDS = ("project", "mirror", "restore", "retopologise")
REGION = "a mask over the texture (FILE.png), weights of the vertices (FILE.npy), group:NAME, or words for a part"


def add_by_hand(commands) -> None:
    """The four commands, below a parser's commands."""
    project = commands.add_parser(
        "project",
        help="lay the photo on the mesh again, after it was changed by hand",
        description="Writes MESH with a new texture.png, and what the photo shows of it, into DIR. Where the photo "
        "shows nothing, the old texture stays.",
    )
    add_statue(project)
    _add_mesh(project)
    _add_device(project, seed=True)

    mirror = commands.add_parser(
        "mirror",
        help="fill what the photo does not show from the other side",
        description="Writes the filled mesh.glb (its vertices in the same order) and texture.png into DIR, and the "
        "change by itself (edit.npz, layer.png). What is seen stays to the last bit.",
    )
    add_statue(mirror)
    mirror.add_argument("--what", choices=WHATS, default="surface", help="default: surface")
    mirror.add_argument(
        "--plane",
        type=float,
        nargs=6,
        metavar=("X", "Y", "Z", "NX", "NY", "NZ"),
        help="a point of the plane of symmetry and its normal (default: found)",
    )
    mirror.add_argument("--region", default=ALL, metavar="R", help=f"all (default), {REGION}")
    mirror.add_argument("--border", type=float, default=0.03, metavar="W", help="soft border, share of the size")
    _add_device(mirror)

    restore = commands.add_parser(
        "restore",
        help="complete what is broken off, as an object of its own",
        description="Writes the missing part alone (mesh.glb, closed, in the statue's frame; texture.png) into DIR.",
    )
    add_statue(restore)
    restore.add_argument(
        "--region", required=True, metavar="R", help="the break: a group, weights (FILE.npy), a mask (FILE.png)"
    )
    restore.add_argument("--reach", type=float, default=0.25, metavar="S", help="of the part, share of the size")
    restore.add_argument("--toward", type=float, nargs=3, metavar=("X", "Y", "Z"), help="where the part pointed")
    restore.add_argument(
        "--room",
        type=float,
        nargs=6,
        metavar=("X", "Y", "Z", "RX", "RY", "RZ"),
        help="where it may grow: the centre and the half axes of an ellipsoid (default: by --reach)",
    )
    restore.add_argument("--overlap", type=float, default=0.01, metavar="S", help="of part and statue (default: 0.01)")
    restore.add_argument("--samples", type=int, default=3, metavar="N", help="the best of so many (default: 3)")
    _add_device(restore, seed=True)

    retopologise = commands.add_parser(
        "retopologise",
        help="rebuild the mesh from quads, with its texture",
        description="Writes a mesh of quads (mesh.glb, mesh.npz), the texture baked over, and with --displacement what "
        "they are too coarse for (relief.png, 16 bit; its range in material.json) into DIR.",
    )
    add_statue(retopologise)
    _add_mesh(retopologise)
    retopologise.add_argument("--faces", type=int, default=10_000, metavar="N", help="quads, at most (default: 10000)")
    retopologise.add_argument("--displacement", action="store_true", help="also write the displacement")
    _add_device(retopologise)


def run_by_hand(given: argparse.Namespace) -> int:
    """Runs one of COMMANDS. Returns the exit code."""
    from ..console import run

    kinds: dict[str, Callable[[argparse.Namespace], EditJob]] = {
        "project": _project,
        "mirror": _mirror,
        "restore": _restore,
        "retopologise": _retopologise,
    }
    return run(lambda: kinds[given.command](given), given.out.absolute(), given.json)


def _project(given: argparse.Namespace) -> ProjectRequest:
    return ProjectRequest(statue_of(given), _mesh(given), given.texture, given.seed, given.device)


def _mirror(given: argparse.Namespace) -> MirrorRequest:
    return MirrorRequest(statue_of(given), given.what, given.plane, region_of(given.region), given.border, given.device)


def _restore(given: argparse.Namespace) -> RestoreRequest:
    return RestoreRequest(
        statue=statue_of(given),
        region=group_of(given.region),
        reach=given.reach,
        toward=given.toward,
        room=given.room,
        overlap=given.overlap,
        samples=given.samples,
        seed=given.seed,
        device=given.device,
    )


def _retopologise(given: argparse.Namespace) -> RetopologiseRequest:
    return RetopologiseRequest(
        statue_of(given), _mesh(given), given.faces, given.texture, given.displacement, given.device
    )


def _mesh(given: argparse.Namespace) -> str | None:
    return str(given.mesh.absolute()) if given.mesh else None


def _add_mesh(command: argparse.ArgumentParser) -> None:
    command.add_argument("--from", dest="mesh", type=Path, metavar="MESH", help=".npz, .glb, .obj, .ply or .stl")
    command.add_argument("--texture", type=int, choices=TEXTURES[1:], help="pixels (default: as the statue has)")


def _add_device(command: argparse.ArgumentParser, seed: bool = False) -> None:
    if seed:
        command.add_argument("--seed", type=int, default=0, help="the same seed repeats a run (default: 0)")
    command.add_argument("--device", choices=DEVICES, default="auto", help="default: auto")
    command.add_argument("--json", action="store_true", help="one line of JSON for each event, on standard output")
