"""An engine that misbehaves on purpose: a package `statue_recon` whose worker does what a test wants it to do.

Used where a real engine could not be brought to do it on demand: to answer with another version, to ignore Cancel, to
write half a line. What a real engine does is tested with the real one.
"""

from pathlib import Path

PRELUDE = """
import json, os, subprocess, sys, time
from pathlib import Path
folder = Path(sys.argv[-1])
def write(text):
    with (folder / "events.jsonl").open("a", encoding="utf-8") as file:
        file.write(text)
def say(event, **fields):
    write(json.dumps({"event": event, **fields}) + "\\n")
def hello(engine=ENGINE, version=CONTRACT):
    say("hello", engine=engine, pid=os.getpid(), device="cpu", version=version)
def progress(fraction=0.5, message="", preview=None, left=30.0, stage="fit"):
    say("progress", stage=stage, step=1, steps=2, fraction=fraction, seconds=1.0, seconds_left=left,
        message=message, preview=preview)
def result():
    say("result", mesh="result/mesh.npz", model="result/mesh.glb", texture="result/texture.png",
        camera="result/camera.json", provenance="result/provenance.json", seconds=1.0, faces=7, summary="Seven faces.")
def until(name):
    while not (folder / name).exists():
        time.sleep(0.02)
def wait(seconds=60):
    (folder / "waiting").touch()
    time.sleep(seconds)
"""


def fake_engine(root: Path, addon, behaviour: str) -> Path:
    """Writes the package below `root`; returns what JobQueue takes as the engine's root."""
    package = root / "fake engine" / "statue_recon"
    package.mkdir(parents=True, exist_ok=True)
    versions = f"ENGINE, CONTRACT = {addon.statue_recon.__version__!r}, {addon.statue_recon.contract.VERSION}"
    (package / "__init__.py").write_text("", encoding="utf-8")
    (package / "__main__.py").write_text(f"{versions}\n{PRELUDE}\n{behaviour}\n", encoding="utf-8")
    return package.parent
