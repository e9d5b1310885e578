"""Sets up the Blenders of the tests: one environment with `bpy` for each version we support, in .bpy/VERSION.

    python3 tools/blenders.py          all of them; says which lack a fitting Python here
    python3 tools/blenders.py --one    only the first that can be had (enough for `make demo` and `make zip`)

Prints a line `VERSION PATH_OF_PYTHON` for each; progress goes to standard error.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ROOT / "requirements" / "blender.txt"

# Version: (release of the bpy package, Python it is built for). The first that can be had serves the demo.
BLENDERS = {
    "4.5": ("4.5.15", "3.11"),
    "4.2": ("4.2.23", "3.11"),
    "5.0": ("5.0.1", "3.11"),
    "5.2": ("5.2.3", "3.13"),
}


def find_python(version: str) -> str | None:
    """A working interpreter of this version: this one, on the PATH, known to pyenv, or to Windows' launcher."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [
        [sys.executable],
        [f"python{version}"],
        *([str(path)] for path in pyenv.glob(f"{version}.*/bin/python3")),
    ]
    if shutil.which("py"):
        candidates.append(["py", f"-{version}"])
    question = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.executable)"
    for candidate in candidates:
        try:
            answer = subprocess.run([*candidate, "-c", question], capture_output=True, text=True)
        except OSError:
            continue  # not there: the next one
        found, _, executable = answer.stdout.strip().partition("\n")
        if answer.returncode == 0 and found == version:
            return executable
    return None


def environment(blender: str) -> Path | None:
    """The Python of the environment with this bpy, made if need be; None where no Python fits."""
    release, python_version = BLENDERS[blender]
    folder = ROOT / ".bpy" / blender
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "complete"
    wanted = f"{release} {hashlib.sha256(REQUIREMENTS.read_bytes()).hexdigest()}"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    base = find_python(python_version)
    if base is None:
        return None
    print(f"Setting up Blender {release} in {folder} …", file=sys.stderr)
    subprocess.run([base, "-m", "venv", "--clear", str(folder)], check=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, "-r", str(REQUIREMENTS)], check=True, stdout=sys.stderr)
    subprocess.run([*install, f"bpy=={release}"], check=True, stdout=sys.stderr)
    stamp.write_text(wanted)
    return python


def main(only_one: bool) -> None:
    found = 0
    for blender, (_, python_version) in BLENDERS.items():
        python = environment(blender)
        if python is None:
            print(f"Blender {blender} is left out: no Python {python_version} found here.", file=sys.stderr)
            continue
        print(blender, python)
        found += 1
        if only_one:
            return
    if not found:
        sys.exit("No Blender can be set up: install Python 3.11 (Blender 4.2 to 5.0) or 3.13 (Blender 5.2).")


if __name__ == "__main__":
    main("--one" in sys.argv[1:])
