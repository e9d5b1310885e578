"""Runs tests/addon in every Blender that can be set up here, from one built zip: tools/test_addon.py [PYTEST ARGS]

With STATUE_ALL_BLENDERS=1 (as in .ci/run) a Blender without a fitting Python is an error, not a remark.
"""

import os
import subprocess
import sys
import tempfile

from blenders import BLENDERS, ROOT, environment


def main(arguments: list[str]) -> int:
    pythons = {blender: environment(blender) for blender in sorted(BLENDERS)}
    missing = [blender for blender, python in pythons.items() if python is None]
    present = {blender: python for blender, python in pythons.items() if python}
    failed = []
    with tempfile.TemporaryDirectory() as folder:
        build = [sys.executable, str(ROOT / "tools/build_zip.py"), str(next(iter(present.values()))), folder]
        built = subprocess.run(build, check=True, capture_output=True, text=True).stdout.strip()
        for number, (blender, python) in enumerate(present.items()):
            print(f"\n== tests/addon in Blender {blender}", flush=True)
            again = ["-m", "not once"] if number else []  # what waits for the real engine is the same in each
            command = [str(python), "-m", "pytest", "tests/addon", *again, *arguments]
            if subprocess.run(command, cwd=ROOT, env={**os.environ, "STATUE_ZIP": built}).returncode:
                failed.append(blender)
    for blender in missing:
        print(f"Not tested: Blender {blender}, which needs Python {BLENDERS[blender][1]}.")
    if failed:
        print(f"Failed in Blender {', '.join(failed)}.")
    return int(bool(failed) or (bool(missing) and os.environ.get("STATUE_ALL_BLENDERS") == "1"))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
