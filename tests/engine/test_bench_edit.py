"""The benchmark of edits: what its judge learns from and how it scores. Tiny cases; the figures are the bench's own."""

from dataclasses import replace

import numpy as np
import pytest

from bench import edit_data
from bench.edit import PROMPTS, Asked, means, verdict
from bench.edit_checks import Arrays, leaks
from bench.edit_data import MADE_OF, STUFF_NAMES, WHO, Examples, drawn, kept, made_of
from bench.edit_judge import LEAST, Judge, auc, held_out, knowledge, trained
from bench.edit_views import SIDE, Frame, by_vertex, carved, coloured
from statue_recon.contract_edit import EditRequest
from statue_recon.edit.known import read as shape_words
from statue_recon.edit.materials import recipe
from statue_recon.mesh.mesh import Mesh

TETRAHEDRON = Mesh(
    np.array([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0, 0.5, 0], [0, 0, 1.8]], np.float32),
    np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]], np.int32),
)
LIGHT = np.array([0.0, 0.0, -1.0])  # from the camera


def test_a_red_statue_makes_a_red_picture_where_it_is_and_nothing_elsewhere():
    red = by_vertex(TETRAHEDRON, np.tile(np.array([1, 0, 0], np.float32), (4, 1)))
    shown = coloured(TETRAHEDRON, Frame.around(TETRAHEDRON.vertices).camera(0, 0), red, LIGHT)
    assert shown.shape == (4, SIDE, SIDE) and shown.dtype == np.uint8
    whole = shown[3] == 255
    assert 0.05 < whole.mean() < 0.6
    assert shown[0][whole].min() > 100 and shown[1:3].max() == 0
    assert shown[:, shown[3] == 0].max() == 0


def test_a_carved_picture_tells_left_from_right_by_its_colour():
    shown = carved(TETRAHEDRON, Frame.around(TETRAHEDRON.vertices).camera(180, 0))
    left, right = shown[0, :, : SIDE // 2], shown[0, :, SIDE // 2 :]
    there = shown[3] == 255
    assert left[there[:, : SIDE // 2]].mean() < 127 < right[there[:, SIDE // 2 :]].mean()


def test_a_figure_is_drawn_with_a_close_up_of_its_head_and_says_what_it_is():
    pictures, told = drawn(0)
    again, same = drawn(0)
    assert len(pictures) == edit_data.SIDES and len(told) == len(WHO)
    assert np.array_equal(pictures, again) and np.array_equal(told, same, equal_nan=True)
    for picture in pictures:
        assert picture.shape == (8, SIDE, SIDE)
        assert picture[3].any() and (picture[7] > 0).mean() > 0.1
    heavier, lean, _, female, bearded = told
    assert not (heavier and lean) and np.isnan(bearded) == bool(female)


def test_every_word_of_a_material_has_stuffs_or_coats_that_figures_are_made_of():
    columns = np.array([made_of(name, ()) for name in STUFF_NAMES])
    for column, (word, (stuffs, coats)) in enumerate(MADE_OF.items()):
        assert columns[:, column].sum() == len(stuffs), word
        assert coats or stuffs
    assert made_of("limestone", ("paint",)) == [float(word in ("limestone", "painted")) for word in MADE_OF]


def test_what_was_made_once_is_read_again(tmp_path, monkeypatch):
    def few(numbers):
        asked.append(list(numbers))
        count = len(asked[-1])
        return Examples(np.full((count, 4, 2, 2), 7, np.uint8), np.zeros((count, 1), np.float32), np.arange(count))

    asked: list[list[int]] = []
    monkeypatch.setattr(edit_data, "painted", few)
    first, second = kept("painted", 25, tmp_path), kept("painted", 25, tmp_path)
    assert asked == [list(range(20)), list(range(20, 25))]
    assert len(first.pictures) == 25 and np.array_equal(first.pictures, second.pictures)


def test_the_auc_counts_how_often_the_right_one_is_first():
    so = np.array([True, True, False, False])
    assert auc(np.array([3.0, 2.0, 1.0, 0.0]), so) == 1.0
    assert auc(np.array([3.0, 0.5, 1.0, 0.0]), so) == 0.75
    assert auc(np.zeros(4), so) == 0.5
    assert np.isnan(auc(np.zeros(2), np.array([True, True])))


def colours(count: int, seed: int) -> Examples:
    """Statues that are light or dark in their first channel; the second word is a coin."""
    rng = np.random.default_rng(seed)
    light, coin = rng.random((2, count)) < 0.5
    pictures = rng.integers(60, 120, (count, 4, SIDE, SIDE))
    pictures[:, 0] += 100 * light[:, None, None]
    return Examples(pictures.astype(np.uint8), np.column_stack([light, coin]).astype(np.float32), np.arange(count))


def test_a_judge_learns_what_can_be_seen_and_knows_what_it_cannot_tell():
    examples = colours(160, 0)
    apart = held_out(examples)
    assert apart.sum() == 40 and examples.statue[apart].min() > examples.statue[~apart].max()
    judge = Judge(("light", "coin"), tuple(trained(examples, 1, rounds=4)), {})
    fresh = colours(160, 1)
    judge = replace(judge, known=knowledge(judge.words, judge.log_odds(fresh.pictures), fresh.told, fresh.statue))
    assert judge.known["light"]["auc"] > 0.95 and judge.can_tell("light")
    assert judge.known["coin"]["auc"] < LEAST and not judge.can_tell("coin")


def test_what_cannot_be_said_is_not_asked():
    told = np.array([[1.0], [0.0], [np.nan]])
    known = knowledge(("bearded",), np.array([[1.0], [-1.0], [5.0]]), told, np.arange(3))
    assert known["bearded"] == {
        "auc": 1.0, "auc_by_look": 1.0, "balanced_accuracy": 1.0, "pictures": 2, "of_these_so": 1
    }  # fmt: skip


def test_the_verdict_is_the_rise_of_the_word_beside_one_that_was_not_asked():
    asked = Asked("gilded", "surface", "gilded", "wood")
    before = np.zeros((4, 3))
    after = before + np.array([0.5, 2.0, -1.0])
    after[0, 1] = -0.4
    found = verdict(before, after, ("marble", "gilded", "wood"), asked)
    assert found == {"before": 0.0, "after": 1.4, "rise": 1.4, "views_right": 0.75, "control": -1.0, "place": 1}
    worse = verdict(after, before, ("marble", "gilded", "wood"), asked)
    assert worse["rise"] == -1.4 and worse["place"] == 3
    both = means([{**one, "processor_seconds": 2.0} for one in (found, worse)])
    assert both["statues_right"] == 0.5 and both["rise"] == 0.0 and both["edits"] == 2


def test_an_edit_that_was_refused_is_none_that_moved_the_right_way():
    done = {"rise": 1.0, "control": 0.0, "views_right": 1.0, "place": 1, "processor_seconds": 2.0}
    found = means([done, {"refused": "No head was found on the statue."}])
    assert found["edits"] == 2 and found["refused"] == 1
    assert found["statues_right"] == found["above_control"] == 0.5 and found["rise"] == 1.0
    assert means([{"refused": "…"}]) == {"edits": 1, "refused": 1}


@pytest.mark.parametrize("asked", PROMPTS, ids=lambda asked: asked.name)
def test_every_prompt_is_understood_and_its_words_are_the_judges(asked):
    EditRequest("somewhere", asked.prompt, what=asked.what).check()
    words = MADE_OF if asked.what == "surface" else WHO
    assert {asked.word, asked.control} <= set(words) and asked.word != asked.control
    if asked.what == "surface":
        assert recipe(asked.prompt).understood and not recipe(asked.prompt).unknown
    else:
        assert asked.word in shape_words(asked.prompt).amounts


def statue() -> Arrays:
    """Two triangles of an atlas; the photo shows the second."""
    uv = np.array([[[0, 0], [0.4, 0], [0, 0.4]], [[0.6, 0.6], [1, 0.6], [1, 1]]], np.float32)
    vertices = np.arange(18, dtype=np.float32).reshape(6, 3)
    seen = np.array([0, 0, 0, 1, 1, 1], np.float32)
    return Arrays(vertices, np.arange(6, dtype=np.int32).reshape(2, 3), uv, seen, np.zeros((32, 32, 3), np.uint8))


def test_one_changed_bit_outside_or_on_the_photo_is_found():
    before = statue()
    inside = np.array([1, 1, 1, 0, 0, 0], bool)
    clean = leaks(before, before, inside, keep_seen=True)
    assert clean["vertices_leaked"] == clean["texels_leaked"] == clean["seen_texels_changed"] == 0
    assert clean["texels_outside"] == clean["seen_texels"] > 20
    vertices, atlas = before.vertices.copy(), before.atlas.copy()
    vertices[4, 0] = np.nextafter(vertices[4, 0], np.float32(99))
    atlas[8, 29, 2] = 1  # row 0 is at the top: on the second face
    spoilt = leaks(before, replace(before, vertices=vertices, atlas=atlas), inside, keep_seen=True)
    assert spoilt["vertices_leaked"] == spoilt["seen_vertices_changed"] == 1
    assert spoilt["texels_leaked"] == spoilt["seen_texels_changed"] == 1


def test_a_change_inside_is_no_leak():
    before = statue()
    atlas = before.atlas.copy()
    atlas[29, 2] = 200
    found = leaks(before, replace(before, atlas=atlas), np.array([1, 1, 1, 0, 0, 0], bool), keep_seen=False)
    assert found["texels_changed"] == 1 and found["texels_leaked"] == 0
    assert "seen_texels" not in found
