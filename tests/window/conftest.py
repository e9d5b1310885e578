"""Real Blender windows for the tests."""

import sys
from pathlib import Path

import pytest
from window import Window, build_zip


@pytest.fixture(scope="session")
def zip_file(tmp_path_factory) -> Path:
    return build_zip(tmp_path_factory.mktemp("zip"))


@pytest.fixture
def open_window(zip_file, tmp_path_factory):
    """Opens Blenders; two opened with the same resources share settings and jobs, as on an artist's machine."""
    opened = []

    def open_one(resources: Path | None = None) -> Window:
        folder = tmp_path_factory.mktemp("window")
        opened.append(Window(folder, zip_file, Path(sys.executable), resources or folder / "resources"))
        return opened[-1]

    yield open_one
    for window in opened:
        window.close()
