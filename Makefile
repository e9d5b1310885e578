# Statue Recon for developers: `make demo` runs the main job end to end, `make test` runs the tests.
# Needs Python 3.11 or newer (3.11 and 3.13 for all Blenders), git and make; everything else is set up in .venv and .bpy.
PYTHON ?= python3
ENGINE := $(CURDIR)/.venv/bin/python
ENVIRONMENT := PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONUTF8=1

.PHONY: all demo test lint test-engine test-addon test-window bench-gpu zip picture clean
all: demo

# The engine's environment, made by the very code behind the button in the preferences.
.venv/complete: inference/environment.py requirements/engine.txt requirements/dev.txt pyproject.toml
	$(ENVIRONMENT) $(PYTHON) inference/environment.py .venv --editable . --requirements requirements/dev.txt
	touch $@

demo: .venv/complete
	$(ENVIRONMENT) $(PYTHON) tools/demo.py

zip:
	$(PYTHON) tools/blenders.py --one | (read -r version python && $(PYTHON) tools/build_zip.py $$python dist)

test: lint test-engine test-addon test-window

lint: .venv/complete
	$(ENGINE) -m ruff check .
	$(ENGINE) -m ruff format --check .
	$(ENGINE) -m mypy

# On all cores, the tests of a file together: they share what took long to make.
test-engine: .venv/complete
	$(ENGINE) -m pytest -n auto --dist loadfile tests/engine

# In every Blender that fits a Python of this machine; with STATUE_ALL_BLENDERS=1 a missing one is an error.
test-addon: .venv/complete
	$(PYTHON) tools/test_addon.py

# In a real window, where $$BLENDER says how to start one.
test-window: .venv/complete
	@if [ -n "$$BLENDER" ]; then $(ENGINE) -m pytest tests/window; \
	else echo "No window tests: set BLENDER to a Blender that may open a window."; fi

# Everything that wants a CUDA GPU, in under nine minutes; DATA=DIR: prepared statues, to see how fast the prior learns.
bench-gpu: .venv/complete
	$(ENVIRONMENT) $(ENGINE) bench/gpu.py $(if $(DATA),--data "$(DATA)")

picture: .venv/complete
	$(ENGINE) tools/picture.py docs/window.png

clean:
	rm -rf dist build demo .cache
