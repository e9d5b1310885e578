"""One sitting at `statue-recon train adapt`: as run.py, but adapting begins with weights and has a loop of its own."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from . import config
from .adapt import AdaptSettings, adapt
from .objects import Objects
from .record import Record, read_record, sitting, told_of
from .run import budget_of, device_of, note, usual_config
from .start import lay_down

SECTIONS = ("budget", "adapt")
START = "start.pt"  # in the run's folder: the weights it began with
PART = "shape"  # of the bundled priors: what is adapted


def run(given: argparse.Namespace) -> None:
    """Raises Failure."""
    device = device_of(given.device)
    said = config.read(given.config or usual_config("adapt", device), "adapt", SECTIONS)
    settings = said.section("adapt", AdaptSettings)
    if "rate" in said.sections.get("budget", {}):
        raise said.mistake("the rate of adapting stands in [adapt], not in [budget]", "Move it there.")
    budget = budget_of(said, given.minutes)
    objects = Objects(given.data)
    architecture = lay_down(given.weights, PART, given.out / START)
    photos = f"photographs in {given.photos}" if given.photos else f"renders of {settings.group}"
    record = Record(
        task="adapt",
        part=PART,
        architecture=architecture,
        budget=asdict(budget) | {"rate": settings.rate},
        data=told_of(objects, {"shares": dict(settings.shares), "photos": photos}),
        begun_from=given.weights,
        sittings=[sitting(device)],
    )
    note(record, read_record(given.out), given.out)
    adapt(
        settings,
        given.data,
        given.photos,
        given.out / START,
        given.out,
        budget.minutes,
        budget.batch,
        device,
        lights=given.lights,
        workers=budget.workers,
        report_every=budget.report_every,
        precision=budget.precision,
        seed=budget.seed,
    )
