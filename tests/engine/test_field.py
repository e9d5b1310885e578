"""The volume fills its silhouette, is about as deep as it is wide, and the fit brings it onto the mask."""

import numpy as np
import pytest
import trimesh
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from statue_recon.camera import Camera
from statue_recon.contract import Failure
from statue_recon.field.fit import fit
from statue_recon.field.plate import read_stand
from statue_recon.field.sdf import SDF
from statue_recon.field.silhouette import inflate
from statue_recon.mesh.extract import extract, flaw, simplify
from statue_recon.mesh.mesh import Mesh
from statue_recon.photo.lens import stand
from statue_recon.photo.photo import Photo
from statue_recon.quality import Quality
from statue_recon.render.raster import cover_of_photo
from statue_recon.report import Report

QUICK = Quality(grid=96, samples=2, steps=2, fit_steps=30, faces=40_000, atlas=512)


def photo_of(draw, width=300, height=400, focal=550.0, elevation=0.0) -> Photo:
    """A photo whose mask `draw` paints; with soft edges, drawn four times as large."""
    image = Image.new("L", (4 * width, 4 * height))
    draw(ImageDraw.Draw(image))
    alpha = np.asarray(image.resize((width, height), Image.Resampling.BOX), np.float32) / 255
    return Photo(
        np.full((height, width, 3), 0.5, np.float32), alpha, "painted mask", stand(alpha, focal, elevation), ()
    )


def disc(draw):
    draw.ellipse((300, 500, 900, 1100), fill=255)


def figure(draw):
    """A figure on a plinth: head, body, an arm akimbo with a hole, and a staff three pixels thin."""
    draw.rectangle((300, 1300, 800, 1500), fill=255)
    draw.rectangle((450, 500, 650, 1310), fill=255)
    draw.ellipse((450, 250, 650, 520), fill=255)
    draw.line([(640, 560), (820, 760), (640, 960)], fill=255, width=60)
    draw.line([(460, 600), (250, 800)], fill=255, width=60)
    draw.line([(240, 300), (260, 1200)], fill=255, width=12)


def letter(draw):
    draw.text((150, 100), "B", fill=255, font=ImageFont.load_default(size=1400))


def volume(field: SDF) -> float:
    return float((field.values < 0).sum() * field.spacing**3)


def shown(mesh, camera, scale=4) -> np.ndarray:
    """[H, W] bool what the camera sees of the mesh: every triangle painted, finely, by somebody else's code."""
    image = Image.new("L", (camera.width * scale, camera.height * scale))
    draw = ImageDraw.Draw(image)
    corners = camera.resized(*image.size).project(mesh.vertices)[0][mesh.faces]
    for triangle in corners.reshape(-1, 6).tolist():
        draw.polygon(triangle, fill=255)
    return np.asarray(image.resize((camera.width, camera.height), Image.Resampling.BOX)) > 127


def iou(one, other) -> float:
    return (one & other).sum() / (one | other).sum()


@pytest.fixture
def report(tmp_path):
    report = Report(tmp_path)
    yield report
    report.close()


def test_a_disc_becomes_about_a_ball():
    field = inflate(photo_of(disc), QUICK)
    x, y, z = (np.ptp(nodes) for nodes in np.nonzero(field.values < 0))
    assert abs(x - z) <= 2
    assert 0.6 * x < y < 1.1 * x
    assert 0.6 < volume(field) / (4 / 3 * np.pi * 0.9**3) < 1.1


def test_a_long_part_is_a_round_rod_and_a_thin_one_is_thin():
    field = inflate(photo_of(lambda draw: draw.rounded_rectangle((400, 100, 600, 1500), 100, fill=255)), QUICK)
    middle = field.values[:, :, field.values.shape[2] // 2] < 0
    wide, deep = (np.ptp(nodes) for nodes in np.nonzero(middle))
    assert 0.85 < deep / wide < 1.25


@pytest.mark.parametrize("elevation", [-25, 25])
def test_a_pillar_photographed_from_above_or_below_stands_upright(elevation, report):
    pillar = trimesh.creation.cylinder(0.25, 1.8, sections=96)
    camera = Camera.orbit(0, elevation, 4.0, 300, 400, 550.0)
    cover = cover_of_photo(Mesh(pillar.vertices.astype(np.float32), pillar.faces.astype(np.int32)), camera)
    alpha = (cover.faces >= 0).astype(np.float32)
    photo = Photo(np.full((400, 300, 3), 0.5, np.float32), alpha, "painted mask", stand(alpha, 550.0, elevation), ())
    mesh = extract(fit(inflate(photo, QUICK), photo, QUICK, "cpu", report))
    axis = np.linalg.svd(mesh.vertices - mesh.vertices.mean(axis=0), full_matrices=False)[2][0]
    assert np.degrees(np.arccos(abs(axis[2]))) < 6
    assert iou(shown(mesh, photo.camera), alpha > 0.5) >= 0.96


def test_a_photo_that_looks_along_the_statue_is_refused_with_a_sentence():
    with pytest.raises(Failure, match="looks along"):
        inflate(photo_of(disc, focal=120.0, elevation=58.0), QUICK)


def test_values_are_distances():
    field = inflate(photo_of(disc), QUICK)
    steep = np.linalg.norm(np.gradient(field.values, field.spacing), axis=0)
    near = np.abs(field.values) < 4 * field.spacing
    assert 0.8 < np.median(steep[near]) < 1.2
    outside = field.values[0, 0, 0]
    corner = np.linalg.norm(field.lower) - 0.9
    assert outside == pytest.approx(corner, rel=0.25)


def test_a_statue_that_stands_is_cut_flat_and_its_plinth_is_a_box():
    field = inflate(photo_of(figure), QUICK)
    inside = field.values < 0
    lowest = np.flatnonzero(inside.any(axis=(0, 1)))[0]
    bottom, above = inside[:, :, lowest + 1], inside[:, :, lowest + 4]
    assert iou(bottom, above) > 0.9
    columns, layers = (np.ptp(nodes) + 1 for nodes in np.nonzero(above))
    assert above.sum() > 0.93 * columns * layers


def test_a_ball_does_not_stand_and_a_block_does():
    y, x = np.mgrid[:200, :200]
    assert read_stand(np.hypot(x - 100, y - 100) < 80).floor is None
    block = (np.abs(x - 100) < 50) & (y > 100) & (y < 180) | (np.hypot(x - 100, y - 70) < 40)
    assert read_stand(block).floor == 180
    assert read_stand(block).plinth == (102, 51, 150) or abs(read_stand(block).plinth[0] - 102) < 4


@pytest.mark.parametrize("draw", [disc, figure, letter])
def test_the_finished_mesh_covers_the_mask(draw, report):
    photo = photo_of(draw)
    mesh = simplify(extract(fit(inflate(photo, QUICK), photo, QUICK, "cpu", report)), QUICK.faces)
    assert flaw(mesh) is None
    assert iou(shown(mesh, photo.camera), photo.alpha > 0.5) >= 0.97


def test_holes_and_thin_parts_survive(report):
    photo = photo_of(figure)
    seen = shown(extract(fit(inflate(photo, QUICK), photo, QUICK, "cpu", report)), photo.camera)
    wanted = photo.alpha > 0.5
    assert ndimage.label(~seen)[1] == ndimage.label(~wanted)[1] == 2
    staff = wanted[80:295, :75]
    assert (seen[80:295, :75] & staff).sum() > 0.8 * staff.sum()


def test_the_fit_brings_a_volume_that_is_too_fat_onto_the_mask(report):
    photo = photo_of(letter)
    field = inflate(photo, QUICK)
    fat = SDF(field.values - 0.5 * field.spacing, field.lower, field.spacing)
    before = iou(shown(extract(fat), photo.camera), photo.alpha > 0.5)
    after = iou(shown(extract(fit(fat, photo, QUICK, "cpu", report)), photo.camera), photo.alpha > 0.5)
    assert before < 0.94 < 0.98 < after


def test_the_same_photo_gives_the_same_field_and_every_step_is_reported(tmp_path):
    photo = photo_of(letter)
    heard = []
    report = Report(tmp_path, listener=heard.append)
    one, other = (fit(inflate(photo, QUICK), photo, QUICK, "cpu", report) for _ in range(2))
    report.close()
    assert np.array_equal(one.values, other.values)
    assert heard
    assert all(event.steps == QUICK.fit_steps for event in heard)


def test_a_statue_at_the_edge_of_the_photo_and_one_cut_by_it_are_built(report):
    def cut(draw):
        draw.rectangle((0, 700, 500, 1600), fill=255)
        draw.ellipse((100, 300, 450, 720), fill=255)

    photo = photo_of(cut)
    mesh = extract(fit(inflate(photo, QUICK), photo, QUICK, "cpu", report))
    assert flaw(mesh) is None
    assert iou(shown(mesh, photo.camera), photo.alpha > 0.5) >= 0.96


def test_a_mask_that_is_nothing_but_a_hair_is_refused_with_a_sentence():
    with pytest.raises(Failure, match="too thin"):
        inflate(photo_of(lambda draw: draw.line([(500, 40), (520, 1560)], fill=255, width=5)), QUICK)
