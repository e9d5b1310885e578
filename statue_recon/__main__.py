"""The command line: python -m statue_recon, or statue-recon where the package is installed."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from . import __version__, contract
from .contract import DEVICES, QUALITIES, TEXTURES, Request
from .dataset.command import add_arguments as add_dataset
from .edit.command import add_edit, add_refine
from .edit.command_hand import COMMANDS as BY_HAND
from .edit.command_hand import add_by_hand
from .evaluate.command import add_arguments
from .priors.command import add_models
from .train.command import add_arguments as add_training

EXIT_CODES = """\
exit codes:
  0    done
  1    a mistake of Statue Recon; log.txt in the folder of the run has the details
  2    a wrong command line
  3    something you can mend; the message says what and how
  130  cancelled (Ctrl-C); the same command goes on from the last finished stage
"""


def main(arguments: list[str] | None = None) -> int:
    """Runs one command. Returns the exit code. Nothing heavy is imported before it is needed."""
    given = _parser().parse_args(arguments)
    if given.command == "doctor":
        from .console import doctor

        return doctor(given.json)
    if given.command == "evaluate":
        from .evaluate.command import evaluate

        return evaluate(given)
    if given.command == "dataset":
        from .dataset.command import run

        return run(given)
    if given.command == "train":
        from .train.command import run as run_training

        return run_training(given)
    if given.command == "models":
        from .priors.command import models_command

        return models_command(given)
    if given.command in ("edit", "refine"):
        from .edit import command

        return {"edit": command.edit, "refine": command.refine}[given.command](given)
    if given.command in BY_HAND:
        from .edit.command_hand import run_by_hand

        return run_by_hand(given)
    if given.command == "job":
        from .worker import leave, work

        leave(work(given.folder.absolute()))
    from .console import run as reconstruct

    return reconstruct(lambda: _request(given), given.out.absolute(), given.json)


def _request(given: argparse.Namespace) -> Request:
    """The request of the command line, with absolute paths, since they would count from the folder of the run."""
    return Request(
        photo=str(given.photo.absolute()),
        mask=str(given.mask.absolute()) if given.mask else None,
        mask_source="painted" if given.mask else "automatic",
        quality=given.quality,
        prior=given.prior,
        prompt=given.prompt,
        seed=given.seed,
        samples=given.samples,
        device=given.device,
        lens=given.lens,
        elevation=given.elevation,
        faces=given.faces,
        texture=given.texture,
        quads=given.quads,
        mirror=given.mirror,
        delight=not given.keep_light,
        refine_steps=given.refine_steps,
        refine_until=given.refine_until,
        paint_until=given.paint_until,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="statue-recon",
        description="From a photograph of a statue to a textured mesh.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    version = f"statue-recon {__version__} (contract {contract.VERSION})"
    parser.add_argument("--version", action="version", version=version)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_reconstruct(commands)
    doctor = commands.add_parser("doctor", help="show versions, device, free memory and disk")
    doctor.add_argument("--json", action="store_true", help="as JSON")
    add_arguments(commands.add_parser("evaluate", help="measure a mesh against the truth and the photo"))
    add_models(commands)
    add_edit(commands)
    add_refine(commands)
    add_by_hand(commands)
    add_dataset(commands.add_parser("dataset", help="make, gather and render data to train on"))
    add_training(commands.add_parser("train", help="train the priors, and ship what they learnt"))
    job = commands.add_parser(
        "job",
        help="run the job in a folder, for a parent process",
        description='Runs the job in FOLDER. Standard input is the line to the parent: a line "enough" ends the stage '
        'under way early, a line "cancel" stops the job, and so does its end.',
    )
    job.add_argument("folder", type=Path, metavar="FOLDER")
    return parser


def _add_reconstruct(commands) -> None:
    command = commands.add_parser(
        "reconstruct",
        help="build a mesh from a photo",
        description="Writes mesh.glb, mesh.npz, volume.npz, texture.png, camera.json, provenance.json, events.jsonl "
        "and log.txt into DIR. The same command in the same DIR goes on where it was cancelled.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    command.add_argument("photo", type=Path, metavar="PHOTO", help="the photograph")
    command.add_argument("--mask", type=Path, metavar="M", help="an image that is white where the statue is")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder for the results")
    command.add_argument(
        "--prior",
        default="bundled",
        metavar="NAME",
        help="what imagines the unseen side: bundled (default), none, or names with weights: shape,zero123-xl:0.5",
    )
    command.add_argument("--quality", choices=QUALITIES, default="draft", help="default: draft")
    command.add_argument("--prompt", default="", metavar="TEXT", help="words for the prior")
    command.add_argument("--seed", type=int, default=0, help="the same seed repeats a run (default: 0)")
    command.add_argument(
        "--samples",
        type=int,
        metavar="N",
        help="how many backs are drawn, to see where they differ (default: as the quality has it)",
    )
    command.add_argument(
        "--refine-steps",
        type=int,
        metavar="N",
        help="of the hidden side after the fit (default: as the quality has it; none in Draft)",
    )
    command.add_argument("--refine-until", type=int, metavar="N", help="repeats a refinement that was stopped after N")
    command.add_argument("--paint-until", type=int, metavar="N", help="repeats a painting that was stopped after N")
    command.add_argument("--device", choices=DEVICES, default="auto", help="default: auto")
    camera = command.add_argument_group("the camera of the photo")
    camera.add_argument("--lens", type=float, metavar="MM", help="on 35 mm film (default: as EXIF says, else 50)")
    camera.add_argument(
        "--elevation", type=float, metavar="DEGREES", help="how steeply it looked down (default: not known)"
    )
    outcome = command.add_argument_group("mesh and texture")
    outcome.add_argument("--faces", type=int, metavar="N", help="at most (default: as the quality has it)")
    outcome.add_argument("--quads", action="store_true", help="a mesh of quads instead of triangles")
    outcome.add_argument("--texture", type=int, choices=TEXTURES, help="pixels (default: as the quality has it)")
    outcome.add_argument(
        "--mirror", action="store_true", help="left and right are alike: color the unseen like the other side"
    )
    outcome.add_argument(
        "--keep-light",
        action="store_true",
        help="leave light and shadow in the colors (default: taken out where a model for that is installed)",
    )
    command.add_argument("--json", action="store_true", help="one line of JSON for each event, on standard output")


if __name__ == "__main__":
    sys.exit(main())
