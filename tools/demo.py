"""`make demo`: from the sample photo to a statue in a .blend, through the real button, and a picture of it all.

Sets up one bpy, builds the zip, installs it there, presses Reconstruct, and lays photo and renders side by side.
"""

import os
import subprocess
import sys
import time

from blenders import ROOT

OUT = ROOT / "demo"
PHOTO = ROOT / "samples" / "beethoven.jpg"


def run(*command) -> str:
    """Runs a command, its errors on the terminal; returns what it printed."""
    done = subprocess.run([str(part) for part in command], stdout=subprocess.PIPE, text=True, cwd=ROOT)
    if done.returncode:
        sys.exit(done.returncode)
    return done.stdout


def main() -> None:
    began = time.monotonic()
    engine = ROOT / ".venv" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    blender, python = run(sys.executable, "tools/blenders.py", "--one").splitlines()[0].split(maxsplit=1)
    zip_file = run(sys.executable, "tools/build_zip.py", python, "dist").strip()
    OUT.mkdir(exist_ok=True)
    print(f"Reconstructing {PHOTO.name} in Blender {blender} …", flush=True)
    print(run(python, "tools/demo_in_blender.py", zip_file, engine, PHOTO, OUT).split("DEMO ")[-1].strip())
    run(engine, "tools/contact_sheet.py", OUT / "demo.png", PHOTO, *sorted(OUT.glob("view_*.png")))
    for made in ("statue.blend", "statue.glb", "demo.png"):
        print(OUT / made)
    print(f"All in {time.monotonic() - began:.0f} s.")


if __name__ == "__main__":
    main()
