"""Dividing a collection: near duplicates together, and nobody moves when others come."""

import argparse
import json
import time
import tracemalloc
from pathlib import Path

import pytest

from statue_recon.contract import Failure
from statue_recon.dataset import command, split
from statue_recon.dataset.manifest import JOURNAL, Manifest

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


def write(folder: Path, links: dict[str, str | None], verdict: str = "keep") -> None:
    """Adds objects to a journal in one go. links: what each is the same as."""
    with (folder / JOURNAL).open("a", encoding="utf-8", newline="\n") as file:
        for name, same_as in links.items():
            said = {"source": {"file": f"{name}.glb"}, "clean": {"verdict": verdict, "same_as": same_as}}
            for section, data in said.items():
                file.write(json.dumps({"id": name, "section": section, "data": data, "at": 1.0}) + "\n")


def division(folder: Path, seed: int = 0, shares: dict = SHARES) -> dict[str, str]:
    """Divides; the set of each object."""
    with Manifest(folder) as manifest:
        split.split(manifest, shares, seed)
        return {entry["id"]: entry["split"]["set"] for entry in manifest.entries("split IS NOT NULL")}


def test_near_duplicates_stay_together_over_several_steps(tmp_path):
    links: dict = {f"o{number}": None for number in range(300)}
    links |= {f"copy{number}": f"o{number}" for number in range(300)}
    links |= {f"copy of copy{number}": f"copy{number}" for number in range(300)}
    write(tmp_path, links)
    found = division(tmp_path)
    assert len(set(found.values())) == 3
    for number in range(300):
        assert found[f"o{number}"] == found[f"copy{number}"] == found[f"copy of copy{number}"]
    with Manifest(tmp_path) as manifest:
        assert manifest.get("copy of copy7")["split"]["group"] == "o7"


def test_a_dropped_object_still_links_those_that_are_kept(tmp_path):
    write(tmp_path, {f"o{number}": None for number in range(100)})
    write(tmp_path, {f"bridge{number}": f"o{number}" for number in range(100)}, verdict="drop")
    write(tmp_path, {f"far{number}": f"bridge{number}" for number in range(100)})
    found = division(tmp_path)
    assert all(found[f"o{number}"] == found[f"far{number}"] for number in range(100))
    assert not any(name.startswith("bridge") for name in found)


def test_the_shares_are_about_what_was_asked_for(tmp_path):
    write(tmp_path, {f"o{number}": None for number in range(2000)})
    found = list(division(tmp_path).values())
    for name, share in SHARES.items():
        assert abs(found.count(name) / 2000 - share) < 0.03


def test_a_share_of_nothing_gets_nothing(tmp_path):
    write(tmp_path, {f"o{number}": None for number in range(300)})
    assert set(division(tmp_path, shares={"train": 0.5, "validation": 0.0, "test": 0.5}).values()) == {"train", "test"}


def test_objects_that_come_later_move_nobody(tmp_path):
    write(tmp_path, {f"o{number}": None for number in range(200)})
    before = division(tmp_path)
    write(tmp_path, {f"new{number}": f"o{number}" if number % 2 else None for number in range(200)})
    after = division(tmp_path)
    assert {name: after[name] for name in before} == before and len(after) == 400


def test_when_two_groups_turn_out_to_be_one_the_later_follows_the_earlier_and_it_is_said(tmp_path):
    write(tmp_path, {f"o{number}": None for number in range(40)})
    before = division(tmp_path)
    other = next(name for name in before if before[name] != before["o0"])
    write(tmp_path, {other: "o0"})
    with Manifest(tmp_path) as manifest:
        outcome = split.split(manifest, SHARES, 0)
    assert division(tmp_path) == before | {other: before["o0"]} and outcome["moved"] == 1
    assert "1 objects were in another set before" in split.as_text(outcome, SHARES)


def test_the_same_seed_repeats_it_wherever_and_another_seed_does_not(tmp_path):
    for name in ("here", "there"):
        (tmp_path / name).mkdir()
        write(tmp_path / name, {f"o{number}": None for number in range(200)})
    here = division(tmp_path / "here", seed=3)
    assert here == division(tmp_path / "there", seed=3) != division(tmp_path / "there", seed=4)
    assert split.set_of("o0", SHARES, 0) == "train" and split.set_of("o5", SHARES, 1) == split.set_of("o5", SHARES, 1)


def test_the_same_command_again_writes_nothing(tmp_path):
    write(tmp_path, {f"o{number}": None for number in range(50)})
    division(tmp_path)
    journal = (tmp_path / JOURNAL).read_bytes()
    division(tmp_path)
    assert (tmp_path / JOURNAL).read_bytes() == journal


def test_an_object_that_a_person_drops_leaves_its_set_and_comes_back_into_the_same(tmp_path):
    write(tmp_path, {f"o{number}": None for number in range(20)})
    before = division(tmp_path)
    with Manifest(tmp_path) as manifest:
        manifest.record("o3", "review", {"verdict": "drop"})
        assert split.split(manifest, SHARES, 0)["left"] == 1
        assert manifest.get("o3")["split"]["set"] is None
        manifest.record("o3", "review", {"verdict": None})
    assert division(tmp_path) == before


def test_objects_that_are_the_same_as_each_other_in_a_ring_or_as_nobody_known_are_no_trouble(tmp_path):
    write(tmp_path, {"a": "c", "b": "a", "c": "b", "d": "d", "e": "gone"})
    division(tmp_path)
    with Manifest(tmp_path) as manifest:
        assert {entry["id"]: entry["split"]["group"] for entry in manifest.entries()} == {
            "a": "a",
            "b": "a",
            "c": "a",
            "d": "d",
            "e": "e",
        }


def test_shares_that_do_not_add_up_are_refused(tmp_path):
    write(tmp_path, {"a": None})
    for shares in ({**SHARES, "train": 0.9}, {"train": 1.2, "validation": -0.1, "test": -0.1}):
        with Manifest(tmp_path) as manifest, pytest.raises(Failure, match="do not add up to 1"):
            split.split(manifest, shares, 0)


def test_the_command_prints_the_achieved_shares(tmp_path, capsys):
    write(tmp_path, {f"o{number}": f"o{number - number % 2}" for number in range(100)})
    parser = argparse.ArgumentParser()
    parser.set_defaults(dataset_command="split")
    split.add_arguments(parser)
    assert command.run(parser.parse_args([str(tmp_path), "--train", "0.5", "--test", "0.4"])) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["train", "validation", "test"]
    assert sum(int(line.split()[1]) for line in lines) == 100 and sum(int(line.split()[4]) for line in lines) == 50
    assert "(asked for 50.0%)" in lines[0]
    assert command.run(parser.parse_args([str(tmp_path / "nowhere")])) == 3


def test_ten_thousand_objects_are_divided_quickly_and_without_holding_them(tmp_path):
    chain = {f"o{number}": f"o{number - 1}" if number % 50 else None for number in range(10_000)}
    write(tmp_path, chain)
    began = time.process_time()
    tracemalloc.start()
    found = Manifest(tmp_path)
    outcome = split.split(found, SHARES, 0)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert sum(outcome[name] for name in SHARES) == 10_000
    assert sum(outcome[f"groups of {name}"] for name in SHARES) == 200
    assert peak < 2_000_000 and time.process_time() - began < 15
    found.close()
