"""A model in the layout of transformers is found, loaded and asked; words and it together decide the class."""

import json

import numpy as np
import pytest

from statue_recon.contract import Failure
from statue_recon.dataset.clean.command import _classifier
from statue_recon.dataset.clean.kind import decide
from statue_recon.dataset.clean.model import TASK, Classifier
from statue_recon.dataset.clean.tasks import PICTURE, taken
from statue_recon.dataset.clean.words import CLASSES
from statue_recon.mesh.mesh import Mesh
from statue_recon.priors import models

WANTED = ("artefact", "animal")


def write_tiny_model(folder) -> None:
    """A random CLIP with a few thousand weights, saved by transformers itself."""
    import torch
    from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTokenizer

    torch.manual_seed(0)
    folder.mkdir(parents=True)
    letters = [chr(code) for code in range(ord("a"), ord("z") + 1)]
    words = ["<|startoftext|>", "<|endoftext|>", *letters, *(f"{letter}</w>" for letter in letters)]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(words)}))
    (folder / "merges.txt").write_text("#version: 0.2\n")
    tokenizer = CLIPTokenizer(str(folder / "vocab.json"), str(folder / "merges.txt"), model_max_length=77)
    small = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    text = small | {"vocab_size": len(words), "bos_token_id": 0, "eos_token_id": 1, "pad_token_id": 1}
    vision = small | {"image_size": 32, "patch_size": 16}
    CLIPModel(CLIPConfig(text_config=text, vision_config=vision, projection_dim=8)).save_pretrained(folder)
    pictures = CLIPImageProcessor(size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32})
    CLIPProcessor(pictures, tokenizer).save_pretrained(folder)
    pictures.save_pretrained(folder)  # preprocessor_config.json, as published models have it
    tokenizer.save_pretrained(folder)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """The models' folder, with the tiny model where the registry expects the real one."""
    folder = tmp_path_factory.mktemp("models")
    (entry,) = (model for model in models.entries() if model.task == TASK)
    write_tiny_model(folder / entry.identifier)
    for file in entry.files:
        (folder / entry.identifier / file.name).touch()  # what a tokenizer of this version no longer writes
    return folder, entry


def pictures() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (2, PICTURE, PICTURE, 3), dtype=np.uint8)


def test_an_installed_model_is_found_and_gives_every_class_its_share(place, monkeypatch):
    folder, entry = place
    monkeypatch.setenv(models.VARIABLE, str(folder))
    name, classifier = _classifier("auto")
    assert name == f"{entry.identifier} {entry.revision}"
    opinion = classifier.opinion("a stone lion", pictures())
    assert list(opinion) == list(CLASSES)
    assert sum(opinion.values()) == pytest.approx(1.0)
    assert opinion == classifier.opinion("a stone lion", pictures())
    assert opinion != classifier.opinion("a tree", pictures())
    assert opinion != classifier.opinion("a stone lion", pictures()[::-1] // 2)
    assert sum(classifier.opinion("", None).values()) == pytest.approx(1.0)


def test_without_a_model_there_is_none_and_asking_for_it_by_name_is_refused(place):
    _, entry = place
    assert _classifier("auto") == (None, None)
    with pytest.raises(Failure, match="not installed"):
        _classifier(entry.identifier)
    with pytest.raises(Failure, match="does not tell classes"):
        _classifier("isnet")


def test_weights_that_are_no_safetensors_are_refused(place, tmp_path):
    import shutil

    folder, entry = place
    broken = shutil.copytree(folder / entry.identifier, tmp_path / "broken")
    (broken / "model.safetensors").rename(broken / "pytorch_model.bin")
    with pytest.raises(Failure, match="cannot be read"):
        Classifier(broken)


def test_the_picture_shows_the_object_in_the_middle():
    corners = np.array([[0, 0, 0], [9, 0, 0], [0, 9, 0], [0, 0, 9]], np.float32) - 2
    faces = np.array([[0, 2, 1], [0, 1, 3], [0, 3, 2], [1, 2, 3]], np.int32)
    shown = taken(Mesh(corners, faces))
    assert shown.shape == (2, PICTURE, PICTURE, 3)
    wall = shown[0, 0, 0].astype(int)
    there = np.abs(shown[0].astype(int) - wall).max(axis=2) > 20
    assert 0.05 < there.mean() < 0.6
    assert not there[[0, -1]].any()


def opinion_of(kind: str, share: float) -> dict[str, float]:
    return {name: share if name == kind else (1 - share) / 4 for name in CLASSES}


@pytest.mark.parametrize(
    ("title", "source", "opinion", "kind", "verdict"),
    [
        ("Marble bust", "sketchfab", None, "artefact", None),
        ("Castle", "folder", None, "building", "drop"),
        ("IMG 1234", "folder", None, "other", None),
        ("IMG 1234", "sketchfab", None, "other", "look"),
        ("IMG 1234", "sketchfab", opinion_of("artefact", 0.8), "artefact", None),
        ("IMG 1234", "folder", opinion_of("building", 0.8), "building", "drop"),
        ("IMG 1234", "folder", opinion_of("building", 0.6), "building", "look"),
        ("IMG 1234", "folder", opinion_of("building", 0.4), "other", None),
        ("Marble bust", "folder", opinion_of("plant", 0.9), "artefact", "look"),
        ("Castle", "folder", opinion_of("artefact", 0.9), "building", "look"),
        ("Marble bust", "folder", opinion_of("plant", 0.6), "artefact", None),
    ],
)
def test_words_come_first_and_a_confident_model_is_heard(title, source, opinion, kind, verdict):
    decision = decide(title, "", source, WANTED, opinion)
    assert decision.kind == kind
    assert (decision.complaint and decision.complaint[0]) == verdict
