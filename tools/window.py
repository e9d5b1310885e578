"""A Blender with a window, led from outside: $BLENDER starts it, puppet.py inside it does what it is told."""

import itertools
import json
import os
import subprocess
import sys
import textwrap
import time
from functools import lru_cache
from pathlib import Path

from blenders import ROOT

PUPPET = Path(__file__).with_name("puppet.py")
PACKAGE = "bl_ext.user_default.statue_recon"
NUMPY = "numpy==2.4.6"  # has wheels for Python 3.11 to 3.14
START_SECONDS = 400  # the very first start may lay down a Blender
ANSWER_SECONDS = 60


def build_zip(folder: Path) -> Path:
    """The extension as a zip, built now from this tree."""
    one = [sys.executable, str(ROOT / "tools/blenders.py"), "--one"]
    python = subprocess.run(one, check=True, capture_output=True, text=True).stdout.split(maxsplit=1)[1].strip()
    build = [sys.executable, str(ROOT / "tools/build_zip.py"), python, str(folder)]
    return Path(subprocess.run(build, check=True, capture_output=True, text=True).stdout.strip())


@lru_cache(maxsize=1)
def borrowed_numpy() -> Path | None:
    """A folder with NumPy for a Blender without: its own downloads carry it, some distributions' packages do not."""
    question = "import importlib.util as u, sys; print('ANSWER', u.find_spec('numpy') is None, *sys.version_info[:2])"
    command = [os.environ["BLENDER"], "--background", "--factory-startup", "--python-expr", question]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=START_SECONDS).stdout
    missing, *version = told.split("ANSWER ")[1].split()[:3]
    if missing == "False":
        return None
    folder = ROOT / ".cache" / f"numpy-{'.'.join(version)}"
    if not (folder / "numpy").is_dir():
        install = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(folder), "--no-deps"]
        install += ["--only-binary=:all:", "--python-version", ".".join(version), NUMPY]
        subprocess.run(install, check=True)
    return folder


class Window:
    """A running Blender with the extension installed from the zip."""

    def __init__(self, folder: Path, zip_file: Path, engine: Path, resources: Path):
        self.folder = folder
        self.commands = folder / "commands"
        self.commands.mkdir(parents=True)
        self._numbers = itertools.count(1)
        self._log = (folder / "blender.log").open("w")
        environment = {**os.environ, "BLENDER_USER_RESOURCES": str(resources)}
        command = [os.environ["BLENDER"], "--window-geometry", "0", "0", "1600", "1000"]
        if numpy := borrowed_numpy():
            environment["PYTHONPATH"] = str(numpy)
            command.append("--python-use-system-env")
        command += ["--python", str(PUPPET), "--", str(self.commands)]
        self.process = subprocess.Popen(command, env=environment, stdout=self._log, stderr=subprocess.STDOUT, cwd=ROOT)
        try:
            self._make_ready(zip_file, engine)
        except BaseException:
            self.close()  # a window nobody holds would stay for ever
            raise

    def _make_ready(self, zip_file: Path, engine: Path) -> None:
        self.run("answer = bpy.app.version_string", seconds=START_SECONDS)
        self.run(f"""
            bpy.context.preferences.view.show_splash = False
            bpy.context.preferences.system.viewport_aa = "OFF"  # without a graphics card each sample costs 0.3 s
            if PACKAGE not in bpy.context.preferences.addons:
                bpy.ops.extensions.package_install_files(
                    filepath={str(zip_file)!r}, repo="user_default", enable_on_install=True)
            bpy.context.preferences.addons[PACKAGE].preferences.engine_python = {str(engine)!r}
            bpy.ops.wm.save_userpref()
        """)

    def run(self, code: str, seconds: float = ANSWER_SECONDS):
        """Runs Python inside this Blender and returns what it left in `answer`."""
        number = f"{next(self._numbers):06}"
        part = self.commands / f"{number}.part"
        part.write_text(textwrap.dedent(code), encoding="utf-8")
        part.rename(self.commands / f"{number}.py")
        reply = self.commands / f"{number}.json"
        deadline = time.monotonic() + seconds
        while not reply.exists():
            assert self.process.poll() is None, f"Blender ended:\n{self.log()}"
            assert time.monotonic() < deadline, f"No answer after {seconds} s to:\n{code}\n{self.log()}"
            time.sleep(0.02)
        answer = json.loads(reply.read_text(encoding="utf-8"))
        assert "error" not in answer, answer["error"]
        return answer["answer"]

    def wait(self, condition: str, seconds: float) -> None:
        """Waits until a Python expression is true inside this Blender."""
        deadline = time.monotonic() + seconds
        while not self.run(f"answer = bool({condition})"):
            assert time.monotonic() < deadline, f"Not within {seconds} s: {condition}\n{self.log()}"
            time.sleep(0.2)

    def shoot(self, picture: Path) -> Path:
        """Takes a picture of the screen."""
        subprocess.run([os.environ["BLENDER"], "--shoot", str(picture)], check=True)
        return picture

    def log(self) -> str:
        self._log.flush()
        return (self.folder / "blender.log").read_text(errors="replace")[-4000:]

    def close(self) -> None:
        """Closes Blender as a person does; kills it if it does not follow."""
        if self.process.poll() is None:
            try:
                self.run("bpy.app.timers.register(lambda: bpy.ops.wm.quit_blender() and None, first_interval=0.2)")
                self.process.wait(20)
            except (AssertionError, subprocess.TimeoutExpired):
                self.process.kill()
                self.process.wait()
        self._log.close()
