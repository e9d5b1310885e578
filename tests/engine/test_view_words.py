"""Captions as the view prior reads them: few words of its own, however people put them."""

from itertools import pairwise

import numpy as np
import torch

from statue_recon.priors.view.words import LENGTH, NOTHING, TextEncoder, Vocabulary, vocabulary, without_looks
from statue_recon.train.view_captions import phrases, told


def test_what_people_type_becomes_the_words_that_were_learnt():
    read = vocabulary().read
    assert read("weathered bronze with green patina").words == ("weathered", "bronze", "green", "patina")
    assert read("Patinated bronze; a bearded man").words == ("patina", "bronze", "beard", "man")
    assert read("two men’s heads").words == ("two", "man", "head")
    assert read("Give him a beard!").words == ("beard",)


def test_plurals_accents_and_hyphens_do_not_matter():
    read = vocabulary().read
    assert read("wreaths, wolves and ladies").words == ("wreath", "dog", "woman")
    assert read("a Pietà").words == read("pieta").words
    assert read("blue-grey marble").words == ("grey", "marble")


def test_what_is_missing_is_said_in_the_same_words_whoever_says_it():
    read = vocabulary().read
    assert read("headless").words == ("missing", "head")
    assert read("clean-shaven").words == read("beardless").words == read("no beard").words == ("without", "beard")


def test_unknown_words_are_left_out_and_told_back():
    reading = vocabulary().read("A zorblax of marble, and another zorblax")
    assert reading.words == ("marble",)
    assert reading.unknown == ("zorblax", "another")


def test_a_synthetic_caption_loses_nothing_that_matters():
    reading = vocabulary().read(
        "A granite bust of a maiden, in a heavy peplos pinned at the shoulders and a fillet, with black crusts of soot "
        "and the tip of the nose missing."
    )
    wanted = ("granite", "bust", "young", "woman", "peplos", "shoulder", "fillet", "black", "soot", "nose", "missing")
    assert reading.words == wanted


def test_numbers_have_a_fixed_length_and_stay_those_of_the_words_a_network_was_trained_with():
    few = Vocabulary(("beard", "bronze"))
    assert few.numbers(few.read("bronze man with a beard").words).tolist() == [2, 1] + [NOTHING] * (LENGTH - 2)
    assert len(vocabulary().numbers(("man",) * 100)) == LENGTH


def test_the_caption_of_a_mirrored_statue_says_right_for_left():
    known = vocabulary()
    there = known.numbers(known.read("the left arm missing, a staff in the right hand").words)
    mirrored = known.numbers(known.read("the right arm missing, a staff in the left hand").words)
    assert torch.equal(known.exchanged(there[None])[0], mirrored)


def test_another_stone_makes_words_about_looks_untrue_and_leaves_the_others():
    known = vocabulary()
    words = known.read("A seated old man in white marble with a long beard, streaked by rain").words
    assert without_looks(words, known) == ("seated", "old", "man", "long", "beard")


def test_words_after_the_end_of_a_caption_change_nothing():
    torch.manual_seed(0)
    encoder = TextEncoder(words=10, width=32).eval()
    tokens, said = encoder(torch.tensor([[3, 4, *[NOTHING] * (LENGTH - 2)]]))
    encoder.places.data[3:] += 5.0  # where nothing is said
    again, _ = encoder(torch.tensor([[3, 4, *[NOTHING] * (LENGTH - 2)]]))
    assert torch.allclose(tokens[:, :3], again[:, :3], atol=1e-5)
    assert said.sum() == 3


def test_the_encoder_is_small():
    assert sum(part.numel() for part in TextEncoder(len(vocabulary().words), 128).parameters()) < 500_000


def test_a_caption_in_training_keeps_sides_with_their_limbs_and_denies_only_what_is_not_said():
    words = vocabulary().read("A man with a beard, the left arm missing, on a plinth").words
    assert ["left", "arm"] in phrases(words)
    rng = np.random.default_rng(0)
    for _ in range(300):
        said = told(words, rng, complete=True)
        pairs = list(pairwise(said))
        assert all(after == "arm" for before, after in pairs if before == "left")
        assert not any(after in ("beard", "plinth") for before, after in pairs if before == "without")
