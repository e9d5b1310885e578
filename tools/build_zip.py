"""Builds the extension with Blender's own builder: python tools/build_zip.py PYTHON_WITH_BPY OUT_FOLDER

Prints the path of the zip. The builder is a plain script inside Blender's files; any Python runs it.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LIMIT_MB = 100  # the size the extension platform takes without asking


def builder(python: str) -> Path:
    """blender_ext.py inside the bpy package of `python`, found without importing bpy (which takes seconds)."""
    where = "import importlib.util as u; print(u.find_spec('bpy').submodule_search_locations[0])"
    package = Path(subprocess.run([python, "-c", where], check=True, capture_output=True, text=True).stdout.strip())
    found = sorted(package.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
    if not found:
        sys.exit(f"No extension builder below {package}: is this Blender older than 4.2?")
    return found[-1]


def main(python: str, out: Path) -> None:
    manifest = tomllib.loads((ROOT / "blender_manifest.toml").read_text(encoding="utf-8"))
    target = out.resolve() / f"{manifest['id']}-{manifest['version']}.zip"
    out.mkdir(parents=True, exist_ok=True)
    command = [
        sys.executable,
        str(builder(python)),
        "build",
        "--source-dir",
        str(ROOT),
        "--output-filepath",
        str(target),
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stdout + done.stderr)
    megabytes = target.stat().st_size / 2**20
    if megabytes > LIMIT_MB:
        sys.exit(f"{target} has {megabytes:.0f} MB, more than {LIMIT_MB}.")
    print(target)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
