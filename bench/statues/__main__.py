"""The command line of the benchmark; see __init__.py."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from pathlib import Path

from statue_recon.evaluate.ruler import Shot, measure
from statue_recon.evaluate.subject import read_mesh, read_subject

from . import table
from .photos import Taken, take
from .runs import Engine, Run, run
from .sheet import write_sheet
from .views import ROOT, SETS, views

RULER = ROOT / "statue_recon" / "evaluate"


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    given = _parser().parse_args()
    if given.command == "compare":
        before, after = (json.loads(path.read_text(encoding="utf-8")) for path in (given.before, given.after))
        sys.stdout.write(table.compared(before, after) + "\n")
        return
    photos = take(views(tuple(given.sets), tuple(given.statues)), given.threads)
    if given.command == "photos":
        sys.stdout.writelines(f"{photo.folder}\n" for photo in photos)
        return
    engine = Engine(given.root.resolve(), given.python.absolute(), given.engine_args, given.masks, given.elevation)
    benchmark(engine, photos, given.out.resolve())


def benchmark(engine: Engine, photos: list[Taken], out: Path) -> None:
    """Runs the engine on the photos; writes `out` (JSON) after each, in the end the contact sheet beside it."""
    settings, rows, folders = engine.settings(), [], []
    for photo in photos:
        done = run(engine, settings["key"], photo)
        folders.append(done.folder)
        rows.append(measured(photo, done))
        content = {"settings": settings, "means": table.means(rows), "rows": rows}
        out.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    sys.stdout.write(table.as_text(rows) + "\n")
    write_sheet(photos, folders, out.with_suffix(".png"))


def measured(photo: Taken, done: Run) -> table.Row:
    """The row of one run: what it cost, and the ruler's figures, kept beside it while photo and ruler stay the same."""
    cost = {"seconds": done.seconds, "cpu_seconds": done.cpu_seconds, "peak_megabytes": done.peak_megabytes}
    about = {"name": photo.view.name, "statue": photo.view.statue, "set": photo.view.set}
    if done.exit_code:
        return about | {"problem": done.problem or f"exit code {done.exit_code}"}
    kept = done.folder / "measures.json"
    newest = max(path.stat().st_mtime for path in (*RULER.glob("*.py"), done.folder / "run.json"))
    if not kept.exists() or kept.stat().st_mtime < newest:
        shot = Shot(photo.photo, mask=photo.mask)
        record = measure(read_subject(done.folder), read_mesh(photo.truth), True, [shot])
        kept.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    record = json.loads(kept.read_text(encoding="utf-8"))
    return about | table.row(record) | cost


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.statues", description="The engine on the test statues.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, words in (("photos", "render the photos"), ("run", "run the engine on them and measure")):
        command = commands.add_parser(name, help=words)
        command.add_argument("--sets", nargs="+", choices=tuple(SETS), default=list(SETS))
        command.add_argument("--statues", nargs="+", default=[], metavar="NAME", help="default: all ten")
        command.add_argument("--threads", type=int, default=0, help="of Cycles; default: all cores")
    command.add_argument("--engine-args", default="--prior none --quality draft", metavar="ARGS")
    command.add_argument("--masks", choices=("true", "automatic"), default="true")
    command.add_argument("--elevation", choices=("true", "assumed"), default="assumed", help="told, or taken to be 0")
    command.add_argument("--root", type=Path, default=ROOT, help="the checkout whose engine runs; default: this one")
    command.add_argument("--python", type=Path, default=Path(sys.executable), help="default: the one that runs this")
    command.add_argument("--out", type=Path, required=True, metavar="JSON", help="the contact sheet goes beside it")
    command = commands.add_parser("compare", help="two runs, before and after")
    command.add_argument("before", type=Path)
    command.add_argument("after", type=Path)
    return parser


if __name__ == "__main__":
    main()
