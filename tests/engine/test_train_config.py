"""Configurations of training: those that come with the engine can be used, and mistakes in others are told."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from statue_recon.contract import Failure
from statue_recon.train import config
from statue_recon.train.adapt import AdaptSettings
from statue_recon.train.run import SECTIONS, budget_of
from statue_recon.train.run_adapt import SECTIONS as ADAPT_SECTIONS
from statue_recon.train.tasks import TASKS


@dataclass(frozen=True)
class Oven:
    """Something to describe, with a field of each sort."""

    heat: float
    racks: tuple[int, ...] = (1, 2)
    fan: bool = False
    name: str = "oven"
    shares: dict[str, float] = field(default_factory=dict)
    without: frozenset[str] = frozenset()
    timer: int | None = None


def written(folder: Path, text: str) -> str:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("machine", ["cpu", "gpu"])
@pytest.mark.parametrize("task", sorted(TASKS))
def test_the_configurations_that_come_with_it_describe_their_tasks(task, machine):
    kind = TASKS[task]()
    said = config.read(f"{task}-{machine}", task, SECTIONS)
    budget = budget_of(said, None)
    assert budget.minutes > 0 and budget.workers > 0
    architecture = said.section("architecture", kind.architecture)
    assert kind.architecture.from_json(architecture.to_json()) == architecture
    data = said.section("data", kind.data, folder=Path("data"), lights=None, device="cpu")
    assert sum(data.shares.values()) == pytest.approx(1.0)


@pytest.mark.parametrize("machine", ["cpu", "gpu"])
def test_adapting_has_its_own(machine):
    said = config.read(f"adapt-{machine}", "adapt", ADAPT_SECTIONS)
    assert said.section("adapt", AdaptSettings).mmd == 5.0


def test_every_configuration_belongs_to_a_task():
    tasks = {path.stem.rpartition("-")[0] for path in config.FOLDER.glob("*.toml")}
    assert tasks == {*TASKS, "adapt"}


def test_what_is_left_out_has_its_default_and_sorts_of_numbers_are_taken_as_meant(tmp_path):
    text = 'task = "bake"\n[oven]\nheat = 200\nracks = [3]\nwithout = ["fan"]\ntimer = 5\n[oven.shares]\nbread = 1\n'
    said = config.read(written(tmp_path, text), "bake", ("oven",))
    oven = said.section("oven", Oven)
    assert oven == Oven(200.0, racks=(3,), without=frozenset({"fan"}), timer=5, shares={"bread": 1})
    assert isinstance(oven.heat, float)
    assert said.section("oven", Oven, heat=50.0).heat == 50.0


@pytest.mark.parametrize(
    "text, told",
    [
        ('task = "bake"\n[oven]\nheat = 200\nhaet = 3\n', "has no “haet”"),
        ('task = "bake"\n[oven]\nheat = "hot"\n', "is not a number"),
        ('task = "bake"\n[oven]\nheat = true\n', "is not a number"),
        ('task = "bake"\n[oven]\nheat = 1\nracks = [1.5]\n', "a whole number each"),
        ('task = "bake"\n[oven]\nheat = 1\nfan = 1\n', "true or false"),
        ('task = "bake"\n[oven]\nheat = 1\n[oven.shares]\nbread = "much"\n', "a table of numbers"),
        ('task = "bake"\n[oven]\nname = "hot"\n', "lacks heat"),
        ('task = "bake"\n[fridge]\nheat = 1\n', "nobody knows its fridge"),
        ('task = "bake"\nheat = 1\n[oven]\nheat = 1\n', "nobody knows its heat"),
        ('task = "cook"\n[oven]\nheat = 1\n', "made for “cook”"),
        ("[oven]\nheat = 1\n", "made for “None”"),
        ("heat = \n", "cannot be read"),
    ],
)
def test_a_mistake_is_told(tmp_path, text, told):
    with pytest.raises(Failure) as failure:
        config.read(written(tmp_path, text), "bake", ("oven",)).section("oven", Oven)
    assert told in failure.value.message and failure.value.next_step


def test_a_configuration_that_does_not_exist_names_those_that_do():
    with pytest.raises(Failure) as failure:
        config.read("shape-tpu", "shape", SECTIONS)
    assert "shape-cpu" in failure.value.next_step


def test_folders_and_devices_stay_on_the_command_line(tmp_path):
    text = 'task = "shape"\n[data]\nfolder = "/data"\n'
    with pytest.raises(Failure, match="has no “folder”"):
        config.read(written(tmp_path, text), "shape", SECTIONS).section("data", TASKS["shape"]().data)


@pytest.mark.parametrize("line", ["minutes = 0", "batch = 0", "workers = -1", 'precision = "int3"'])
def test_a_budget_that_cannot_be_is_refused(tmp_path, line):
    fields = {"minutes": "minutes = 1", "batch": "batch = 1"} | {line.split(" ")[0]: line}
    said = config.read(written(tmp_path, "task = 'x'\n[budget]\n" + "\n".join(fields.values())), "x", ("budget",))
    with pytest.raises(Failure, match="cannot be"):
        budget_of(said, None)


def test_minutes_of_the_command_line_go_before():
    said = config.read("shape-cpu", "shape", SECTIONS)
    assert budget_of(said, 3.0) == replace(budget_of(said, None), minutes=3.0) != budget_of(said, None)
