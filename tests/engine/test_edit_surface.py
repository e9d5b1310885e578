"""Surface edits: the words' material on the region, nothing elsewhere, and aware of the statue's form."""

from dataclasses import replace

import numpy as np
import pytest
import tiny_diffusers as tiny
import trimesh
from texture_scene import photograph

from statue_recon.camera import Camera
from statue_recon.contract import Failure
from statue_recon.contract_edit import EditRequest
from statue_recon.edit.materials import recipe
from statue_recon.edit.statue import Region, Statue
from statue_recon.edit.surface import surface_edit
from statue_recon.edit.surface_form import Form
from statue_recon.edit.surface_painted import noise_of, notes_of, painter_of
from statue_recon.mesh.atlas import unwrap
from statue_recon.mesh.mesh import Mesh, TexturedMesh
from statue_recon.priors import models, names, own
from statue_recon.render.raster import cover_of_atlas
from statue_recon.report import Report
from statue_recon.texture.surface import Surface

SIZE = 256


@pytest.fixture(scope="module")
def statue() -> Statue:
    """A ball with a groove around its middle, seen from the front."""
    ball = trimesh.creation.icosphere(subdivisions=5, radius=0.9)
    points = np.asarray(ball.vertices)
    groove = 1 - 0.12 * np.exp(-((points[:, 2] / 0.07) ** 2))
    mesh = Mesh((points * groove[:, None]).astype(np.float32), ball.faces.astype(np.int32))
    uv = unwrap(mesh)
    camera = Camera.orbit(0.0, 0.0, 5.0, 128, 128, 256.0)
    photo = photograph(mesh, camera, lambda places: np.full((len(places), 3), 0.7))
    atlas = np.random.default_rng(0).integers(170, 190, (SIZE, SIZE, 3)).astype(np.uint8)
    return Statue(TexturedMesh(mesh, uv, atlas, np.zeros(len(mesh.vertices), np.float32)), photo)


@pytest.fixture
def edit(statue, tmp_path):
    def run(prompt, region=None, on=statue, **more):
        report = Report(tmp_path)
        request = EditRequest(statue=".", prompt=prompt, **{"keep_seen": False, **more})
        return surface_edit(on, everywhere(on) if region is None else region, request, "cpu", report)

    return run


def everywhere(statue) -> Region:
    size = len(statue.textured.atlas)
    return Region(np.ones(len(statue.textured.mesh.vertices), np.float32), np.ones((size, size), np.float32))


def upper_half(statue) -> Region:
    texels = (places(statue)[..., 2] > 0).astype(np.float32)
    return Region((statue.textured.mesh.vertices[:, 2] > 0).astype(np.float32), texels)


def places(statue) -> np.ndarray:
    """[S, S, 3] where each texel lies; 0 between the islands."""
    textured = statue.textured
    cover = cover_of_atlas(textured.uv, len(textured.atlas))
    picture = np.zeros((*cover.faces.shape, 3), np.float32)
    picture[cover.faces >= 0] = cover.of(textured.mesh.vertices, textured.mesh.faces)
    return picture


def test_outside_the_region_the_mask_is_nothing(statue, edit):
    region = upper_half(statue)
    layer = edit("bronze with green patina", region)
    assert (layer.mask[region.texels == 0] == 0).all()
    assert (layer.mask[region.texels == 1] == 255).all()


def test_what_the_photo_shows_is_kept_and_the_back_is_not(statue, edit):
    layer = edit("bronze", keep_seen=True)
    where, there = places(statue), (places(statue) != 0).any(axis=-1)
    assert (layer.mask[there & (where[..., 1] < -0.6)] == 0).all()
    assert (layer.mask[there & (where[..., 1] > 0.2)] == 255).all()


def test_what_was_seen_before_is_kept_without_a_photo(statue, edit):
    textured = statue.textured
    seen = (textured.mesh.vertices[:, 0] > 0.2).astype(np.float32)
    layer = edit("bronze", on=Statue(replace(textured, seen=seen)), keep_seen=True)
    where = places(statue)
    assert (layer.mask[where[..., 0] > 0.3] == 0).all()
    assert (layer.mask[where[..., 0] < -0.1] == 255).all()


def test_the_same_seed_gives_the_same_bits_and_another_one_others(edit):
    first, again, other = (edit("weathered limestone", seed=seed) for seed in (3, 3, 4))
    assert (first.colour == again.colour).all() and (first.relief == again.relief).all()
    assert (first.colour != other.colour).mean() > 0.3


def test_patina_lies_in_the_groove(statue, edit):
    layer = edit("bronze with green patina")
    where, there = places(statue), (places(statue) != 0).any(axis=-1)
    green = layer.colour[..., 1].astype(float) - layer.colour[..., 0]
    deep = there & (np.abs(where[..., 2]) < 0.03)
    flat = there & (np.abs(where[..., 2]) > 0.5)
    assert green[deep].mean() > green[flat].mean() + 20
    assert layer.gloss[deep][:, 1].mean() < 0.5 * layer.gloss[flat][:, 1].mean(), "patina is no metal"


def test_what_stands_out_is_open_and_what_lies_deep_is_not(statue):
    mesh = statue.textured.mesh
    spots = Form.of(mesh, Surface.of(mesh), "cpu").spots
    height = np.abs(mesh.vertices[:, 2])
    assert spots.hollow[height < 0.02].mean() > 0.5 > 0.1 > spots.hollow[height > 0.5].mean()
    assert spots.open[height < 0.02].mean() < 0.9 < spots.open[height > 0.5].mean()
    assert spots.sky[mesh.vertices[:, 2] > 0.8].mean() > 4 * spots.sky[mesh.vertices[:, 2] < -0.8].mean()


def test_materials_have_their_own_gloss(edit):
    gold, marble, clay = (edit(prompt) for prompt in ("gilded bronze", "polished marble", "terracotta"))
    assert gold.metallic > 0.8 and marble.metallic < 0.05 and clay.metallic < 0.05
    assert marble.roughness < 0.3 < 0.75 < clay.roughness


def test_a_coat_without_a_material_leaves_the_rest_as_it_is(edit):
    layer = edit("lichen")
    assert 0.1 < (layer.mask > 0).mean() < 0.7
    assert (layer.mask == 0).mean() > 0.3


def test_detail_of_the_texture_stays_to_be_seen(statue, edit):
    atlas = statue.textured.atlas.copy()
    where = places(statue)
    line = (np.abs(where[..., 0] - 0.3) < 0.02) & (where[..., 1] < 0) & (where[..., 2] > 0.2)
    atlas[line] = 90
    plain = edit("marble").colour.astype(float).mean(axis=-1)
    lined = edit("marble", on=replace(statue, textured=replace(statue.textured, atlas=atlas)))
    assert (lined.colour.astype(float).mean(axis=-1) - plain)[line].mean() < -25
    assert lined.relief[line].mean() < edit("marble").relief[line].mean()


def test_strength_is_how_much_of_it_is_seen(edit):
    assert edit("terracotta", strength=0.5).mask.max() == 128
    faint, usual, strong = (edit("lichen", strength=each).mask.mean() for each in (0.3, 1.0, 1.7))
    assert faint < 0.5 * usual < usual < strong


def test_a_preview_is_small_and_stays_in_the_region(statue, edit):
    big = replace(statue, textured=replace(statue.textured, atlas=statue.textured.atlas.repeat(4, 0).repeat(4, 1)))
    layer = edit("bronze", upper_half(big), on=big, preview=True)
    assert layer.mask.shape == (512, 512)
    assert (layer.mask[upper_half(big).texels[::2, ::2] == 0] == 0).all()


def test_words_choose_the_stuff_and_its_colour():
    assert recipe("grey marble").ground.words[0] == "grey marble"
    assert recipe("red sandstone").ground.words[0] == "red sandstone"
    blue, plain = recipe("blue marble").ground, recipe("marble").ground
    assert blue.colours[0][2] - blue.colours[0][0] > 40 > plain.colours[0][2] - plain.colours[0][0]
    assert recipe("marble with blue paint").painted == "blue"
    assert recipe("marble with blue paint").ground == plain


def test_what_is_avoided_is_not_used():
    words = {coat.word for coat in recipe("weathered limestone", "lichen, dirt").coats}
    assert words == {"weathered", "streaked"}
    assert recipe("bronze or marble", "bronze").ground == recipe("marble").ground


def test_unknown_and_idle_words_are_told():
    made = recipe("bronze xylophone with a beard")
    assert made.understood == ("bronze",) and made.unknown == ("xylophone",) and made.idle == ("beard",)


def test_words_without_a_surface_are_refused(edit):
    with pytest.raises(Failure, match="beard"):
        edit("beard")


OWN = "stable-diffusion-own"


@pytest.fixture
def stable_diffusion(tmp_path, monkeypatch):
    """A tiny model of pictures is installed."""
    monkeypatch.setenv(models.VARIABLE, str(tmp_path / "models"))
    place = tiny.write_stable_diffusion(tmp_path / "sd")
    own.choose(models.folder(), OWN, own.Choice(folder=str(place)))


@pytest.fixture
def none_installed(tmp_path, monkeypatch):
    monkeypatch.setenv(models.VARIABLE, str(tmp_path / "models"))


def test_a_model_of_pictures_paints_any_words_in_the_region_alone(statue, edit, stable_diffusion):
    region = upper_half(statue)
    layer = edit("covered with barnacles", region, prior=OWN, preview=True)
    inside = region.texels == 1
    assert (layer.mask[region.texels == 0] == 0).all() and (layer.mask[inside] == 255).all()
    there = inside & (places(statue) != 0).any(axis=-1)
    assert (layer.colour != statue.textured.atlas)[there].any(axis=-1).mean() > 0.9
    assert layer.gloss is None, "nobody said how barnacles shine"


def test_what_is_painted_keeps_what_the_photo_shows(statue, edit, stable_diffusion):
    layer = edit("covered with barnacles", prior=OWN, preview=True, keep_seen=True)
    where, there = places(statue), (places(statue) != 0).any(axis=-1)
    shown, hidden = there & (where[..., 1] < -0.6), there & (where[..., 1] > 0.2)
    assert (layer.mask[shown] == 0).all() and (layer.mask[hidden] == 255).all()
    assert (layer.colour == statue.textured.atlas)[shown].all()
    freed = edit("covered with barnacles", prior=OWN, preview=True, keep_seen=False)
    assert (freed.colour != statue.textured.atlas)[shown].any(axis=-1).mean() > 0.9


def test_a_statue_without_a_photo_can_be_painted_too(statue, edit, stable_diffusion):
    layer = edit("covered with barnacles", on=replace(statue, photo=None), prior=OWN, preview=True)
    there = (places(statue) != 0).any(axis=-1)
    assert (layer.colour != statue.textured.atlas)[there].any(axis=-1).mean() > 0.9


def test_painting_starts_from_the_material_that_is_known_and_keeps_its_gloss(edit, stable_diffusion):
    layer = edit("bronze with barnacles", prior=OWN, preview=True)
    assert layer.metallic > 0.8 and layer.gloss is not None
    assert (layer.colour != edit("bronze", preview=True).colour).mean() > 0.3


def test_unknown_words_are_painted_by_what_is_installed_and_it_is_said(edit, stable_diffusion):
    unknown = EditRequest(".", "bronze with barnacles")
    assert painter_of(unknown) == OWN
    assert "barnacles" in notes_of(unknown)[-1] and names.title(OWN) in notes_of(unknown)[-1]
    assert painter_of(EditRequest(".", "bronze with green patina")) is None
    assert painter_of(EditRequest(".", "bronze", prior=OWN)) == OWN, "whoever is named is asked"
    assert painter_of(EditRequest(".", "bronze with barnacles", prior="none")) is None


def test_unknown_words_are_told_where_nobody_can_paint_them(edit, none_installed):
    request = EditRequest(".", "bronze with barnacles")
    assert painter_of(request) is None
    assert "barnacles" in notes_of(request)[-1] and "Stable Diffusion" in notes_of(request)[-1]
    with pytest.raises(Failure, match="barnacles"):
        edit("barnacles")


def test_more_strength_forgets_more_of_what_was_there():
    faint, usual, strong = (noise_of(strength)[0] for strength in (0.3, 1.0, 2.0))
    assert 0.5 < faint < usual < strong <= 0.95


def test_variants_do_not_study_the_statue_anew(statue, edit, monkeypatch):
    first = edit("terracotta", seed=1)

    def again(*_):
        raise AssertionError("the form was worked out twice")

    monkeypatch.setattr(Form, "of", again)
    assert (edit("terracotta", seed=2).colour != first.colour).any()
    assert (edit("terracotta", seed=1).colour == first.colour).all()


def test_parts_are_painted_in_their_own_colours_and_a_colour_that_is_said_everywhere(edit):
    assert recipe("painted marble").in_parts and not recipe("marble with blue paint").in_parts
    blue = edit("marble with blue paint")
    covered = blue.colour[blue.mask == 255].astype(float)
    assert np.median(covered[:, 2] - covered[:, 0]) > 40
