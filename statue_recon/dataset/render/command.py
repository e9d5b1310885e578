"""statue-recon dataset render: pictures of the objects of a collection, on the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ...contract import Failed, Failure
from ...ending import CANCELLED, DONE, FAILURE, ending, exit_code
from ..progress import Line, span

if TYPE_CHECKING:
    from .run import Progress

ABOUT = """\
Renders each object of a collection from known cameras: RGB with alpha, normalised depth, depth in millimetres,
normals (16-bit PNG) and the camera (JSON) of each view.

COLLECTION is a collection (its objects that are kept), a folder of meshes, or one mesh (.glb, .obj, .ply, .stl).
.glb has Y up; all others are taken as Z up, facing -Y. Objects are centred, and their longest side made 0.8 m.

The layout one2345 is that of One-2-3-45's training set: eight views and four neighbours of each, 256 x 256, 1.2 m
away, focal length 280 pixels.

An interrupted run goes on with the same command. An object that cannot be rendered is reported and skipped."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Describes the command to a parser of its own."""
    parser.description, parser.formatter_class = ABOUT, argparse.RawDescriptionHelpFormatter
    parser.add_argument("folder", type=Path, metavar="COLLECTION", help="a collection, a folder of meshes, or a mesh")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the pictures go")
    parser.add_argument("--layout", choices=("one2345", "random", "orbit"), default="one2345", help="of the cameras")
    parser.add_argument("--views", type=_count, metavar="N", help="of a random or orbit layout (default: 40)")
    parser.add_argument("--elevation", type=float, default=15.0, metavar="DEGREES", help="of an orbit (default: 15)")
    parser.add_argument(
        "--size", type=_count, nargs="+", default=[256], metavar="PIXELS", help="width and height, or one for both"
    )
    parser.add_argument(
        "--renderer",
        choices=("cycles", "eevee", "warp"),
        default="cycles",
        help="warp: the fast path, with simple shading and without Blender",
    )
    parser.add_argument("--blender", type=Path, metavar="PATH", help="a Blender, or a Python that has its module bpy")
    parser.add_argument("--samples", type=_count, default=32, metavar="N", help="of the light (default: 32)")
    parser.add_argument("--no-denoise", action="store_true", help="leave the noise of Cycles in")
    parser.add_argument("--light", type=Path, metavar="DIR", help="a folder of HDRIs; default: lamps in a grey room")
    parser.add_argument(
        "--background", default="transparent", metavar="B", help="transparent, light (the HDRI), or a folder of photos"
    )
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), default="auto", help="what to compute on")
    parser.add_argument("--retry", action="store_true", help="try again what could not be rendered before")
    parser.add_argument("--seed", type=int, default=0, help="of light, stone, background and random views")


def run(given: argparse.Namespace) -> int:
    """Runs the command; returns its exit code."""
    for stream in (sys.stdout, sys.stderr):  # a terminal that lacks a character shows a replacement
        stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    show = Show()
    try:
        progress = _render(given, show)
    except Failure as failure:
        show.say(f"{failure.message}\n{failure.next_step}")
        return FAILURE
    except OSError as error:
        failed = ending(error, None)
        show.say(f"{failed.message}\n{failed.next_step}" if isinstance(failed, Failed) else "Cancelled.")
        return exit_code(failed)
    except KeyboardInterrupt:
        show.say("Cancelled; the same command goes on.")
        return CANCELLED
    show.close()
    sys.stdout.write(_summary(progress, show.seconds) + "\n")
    return DONE


def _render(given: argparse.Namespace, show: Show) -> Progress:
    from .blender import find_blender
    from .run import Settings, render

    if len(given.size) > 2:
        raise Failure("--size takes one number or two.", next_step="Give --size 256, or --size 640 480.")
    if given.layout == "one2345" and given.views:
        raise Failure("The layout one2345 has its own 40 views.", next_step="Leave out --views, or choose --layout.")
    if given.renderer == "warp" and given.device == "gpu":
        _check_graphics()
    settings = Settings(
        layout=given.layout,
        views=given.views or 40,
        width=given.size[0],
        height=given.size[-1],
        elevation=given.elevation,
        renderer=given.renderer,
        samples=given.samples,
        denoise=not given.no_denoise,
        light=str(given.light.absolute()) if given.light else None,
        background=_background(given.background, given.light),
        seed=given.seed,
    )
    program = None if given.renderer == "warp" else find_blender(given.blender)
    return render(given.folder, given.out, settings, program, given.device, show, given.retry)


def _background(given: str, light: Path | None) -> str:
    if given == "transparent" or (given == "light" and light):
        return given
    if given == "light":
        raise Failure("There is no light to be seen behind the objects.", next_step="Give --light a folder of HDRIs.")
    return str(Path(given).absolute())


def _check_graphics() -> None:
    from ...render.start import warp

    if not warp().is_cuda_available():
        raise Failure("The fast path finds no CUDA device.", next_step="Choose --device auto or cpu.")


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is less than 1")
    return number


class Show(Line):
    """Tells a person how the run goes."""

    def __call__(self, progress: Progress) -> None:
        if progress.problem:
            self.say(f"{progress.now} is skipped: {progress.problem}")
            progress.problem = ""
        total = progress.objects * progress.views_each
        there = progress.views + progress.views_before
        rate = progress.views / self.seconds
        left = f" · {span((total - there) / rate)} left" if rate else ""
        self.show(f"{there} of {total} views · {rate:.2f} views/s{left} · {progress.now}")


def _summary(progress: Progress, seconds: float) -> str:
    rate = f", {progress.views / seconds:.2f} views/s" if progress.views else ""
    failed = f"; {progress.failed} could not be rendered (see their failed.json)" if progress.failed else ""
    return f"{progress.done} objects, {progress.views} new views in {span(seconds)}{rate}{failed}"
