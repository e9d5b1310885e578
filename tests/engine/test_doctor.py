"""The set-up check works, also where the set-up does not."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from statue_recon import doctor

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def found():
    return doctor.examine()


def test_a_whole_environment_has_no_problems(found):
    assert found["problems"] == []
    assert all(found["packages"].values())
    assert found["memory_free_gb"] > 0 and found["disk_free_gb"] >= 0


def test_the_text_names_every_package_with_its_version(found):
    text = doctor.as_text(found)
    for package, version in found["packages"].items():
        assert any(line.split() == [package, version] for line in text.splitlines())
    assert "All is well" in text


def test_missing_packages_are_named_with_a_next_step(tmp_path):
    """In a Python of which nothing but the standard library is seen."""
    command = [sys.executable, "-S", "-m", "statue_recon", "doctor", "--json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, encoding="utf-8")
    assert done.returncode == 3, done.stderr
    problems = json.loads(done.stdout)["problems"]
    assert "The package torch is missing." in problems and "The package numpy is missing." in problems
    assert "Set Up Engine" in doctor.as_text(json.loads(done.stdout))


def test_a_broken_package_is_told_from_a_missing_one(tmp_path):
    (tmp_path / "trimesh.py").write_text("raise RuntimeError('half installed')", encoding="utf-8")
    code = f"import sys; sys.path[:0] = [{str(tmp_path)!r}, {str(ROOT)!r}]; from statue_recon import doctor\n"
    code += "problems = []; doctor._version('trimesh', 'trimesh', problems); print(problems)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert "The package trimesh is broken: half installed." in done.stdout
