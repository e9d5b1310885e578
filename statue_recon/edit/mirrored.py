"""Fill from the other side: what no photo shows becomes what it shows on the other side of a plane of symmetry.

seen │ unseen          Each unseen place is mirrored. Where its image falls on seen surface, the place moves until
  ●──┼──▸ ○            it is the mirror image of that surface, and takes its colours.
     │
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .. import device as devices
from ..contract import Failure
from ..contract_edit import EditResult
from ..contract_hand import MIRRORING, MirrorRequest
from ..field.visibility import GEOMETRY_SEEN
from ..mesh.mesh import Mesh, TexturedMesh
from ..render.bake import met_by, texels_of
from ..report import Report
from ..texture.mirror import Mirror, find_mirror
from ..texture.surface import Surface
from . import files
from .overrule import read_overrule
from .read import mesh_file, read_groups, read_material, read_statue
from .rebaked import places_in_uv, read_at
from .record import edit_record, history
from .region import softened
from .statue import Edit, Layer, Region, Statue
from .where import chosen_by

REACH = 0.12  # of the diagonal: how far from its mirror image a place may lie; what was invented may be far off
ALIKE = 0.3  # cosine between a surface and the mirrored one, from which they may be the same part …
SURELY = 0.7  # … and from which they are
ROUNDS = 3  # of moving to the mirrored surface, each from where the last one led
SMOOTHED = 0.01  # of the size: over this the offsets are evened out, so that no rim of what was mirrored shows
MOST_SMOOTHED = 30  # rounds of averaging, at most
HOLD, CARRIED, ACCURACY = 0.5, 0.25, 1e-3  # of the shift in colour, as texture.reflection has them


def fill_from_the_other_side(request: MirrorRequest, folder: Path, relative_result: str, report: Report) -> EditResult:
    """Fills what is unseen of `request`'s statue (its paths are relative to `folder`) into `folder/relative_result`."""
    device = devices.choose(request.device)
    report.plan(MIRRORING, {"shape": ("colour",), "surface": ("carry",), "both": ()}[request.what])
    place = folder / request.statue
    statue = report.stage("read", read_statue, place, request.device)
    plane, region = report.stage("region", where, statue, request, folder)
    offset, layer, now = None, None, statue.textured
    if request.what != "surface":
        offset = report.stage("carry", moved, now, plane, region, device, report)
        now = replace(now, mesh=Mesh(now.mesh.vertices + offset, now.mesh.faces))
    if request.what != "shape":
        layer = report.stage("colour", coloured, now, plane, region, device)
    if not ((offset is not None and offset.any()) or (layer is not None and layer.mask.any())):
        raise Failure(
            "Nothing unseen lies opposite to what the photo shows.",
            next_step="Move the plane of symmetry, or choose a larger region.",
        )
    change = Edit(offset, layer, notes=notes_of(request, plane))
    return report.stage("result", write, folder, relative_result, request, statue, now, plane, change, device, report)


def where(statue: Statue, request: MirrorRequest, folder: Path) -> tuple[Mirror, Region]:
    """The plane of symmetry, and where something may change: in the region, where the photo shows nothing."""
    textured = statue.textured
    if not (textured.seen > GEOMETRY_SEEN).any():
        raise Failure(
            "No part of this statue is seen, so there is nothing to fill from.",
            next_step="Project the photo, or paint the good side as seen.",
        )
    chosen = chosen_by(request.region, statue, folder, request.statue)
    region = softened(statue, chosen, request.border)
    if request.plane is None:
        return find_mirror(textured.mesh, [] if statue.photo is None else [statue.photo.camera.position]), region
    normal = np.array(request.plane[3:], np.float64)
    return Mirror(np.array(request.plane[:3], np.float64), normal / np.linalg.norm(normal)), region


def moved(textured: TexturedMesh, plane: Mirror, region: Region, device: str, report: Report) -> NDArray[np.float32]:
    """[V, 3] how far vertices move to the mirror image of the seen surface; exactly 0 outside the region."""
    mesh = textured.mesh
    other = Mesh(plane.reflect(mesh.vertices), mesh.faces[:, ::-1])  # the statue in the mirror
    surface = Surface.of(mesh)
    evening = surface.rounds_for(SMOOTHED * surface.size, MOST_SMOOTHED)
    reach = REACH * float(np.linalg.norm(np.ptp(mesh.vertices, axis=0)))
    offset, now = np.zeros_like(mesh.vertices), mesh
    for number in range(ROUNDS):
        hits = met_by(now.vertices, now.normals, other, reach, device)
        there = hits.of(other.vertices, other.faces)
        sure = hits.of(textured.seen[:, None], other.faces)[:, 0] * agreeing(
            now.normals, other.face_normals[hits.faces], hits.distances, reach
        )
        # What finds its mirror image takes its neighbours along: a rim would show where symmetry ends.
        sums = surface.smoothed(np.column_stack([sure[:, None] * (there - mesh.vertices), sure]), evening)
        wanted = sums[:, :3] / np.maximum(sums[:, 3:], 0.25)
        offset = np.where(sure[:, None] > 0.9, there - mesh.vertices, wanted) * region.vertices[:, None]
        now = Mesh((mesh.vertices + offset).astype(np.float32), mesh.faces)
        report.step(number + 1, ROUNDS)
    return np.where(region.vertices[:, None] > 0, offset, 0.0).astype(np.float32)


def coloured(textured: TexturedMesh, plane: Mirror, region: Region, device: str) -> Layer:
    """The seen colours of the other side as a layer; its mask is exactly 0 outside the region."""
    mesh, size = textured.mesh, len(textured.atlas)
    texels = texels_of(mesh, textured.uv, size, device)
    free = np.flatnonzero(region.texels[texels.there] > 0)
    colours, known = opposite(textured, plane, texels.points[free], texels.normals[free], device)
    shift = level(textured, plane, device)
    hits = met_by(texels.points[free], texels.normals[free], mesh, 1e-3, device)
    colours = np.clip(colours + hits.of(shift, mesh.faces), 0.0, 255.0)
    values = np.zeros((len(texels.points), 4), np.float32)
    values[free, :3], values[free, 3] = colours, 255.0 * known
    # Beyond the islands too, or filtered look-ups would find the old colours at every seam.
    picture = np.rint(texels.picture(values)).astype(np.uint8)
    mask = np.rint(picture[..., 3] * region.texels).astype(np.uint8)
    return Layer(np.ascontiguousarray(picture[..., :3]), np.where(region.texels > 0, mask, np.uint8(0)))


def opposite(
    textured: TexturedMesh, plane: Mirror, points: NDArray, normals: NDArray, device: str
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The texture [N, 3] (0 … 255) at the mirror images of surface points, and how surely it is seen there [N]."""
    image, turned = plane.reflect(points).astype(np.float32), plane.turn(normals).astype(np.float32)
    reach = REACH * float(np.linalg.norm(np.ptp(textured.mesh.vertices, axis=0)))
    hits = met_by(image, turned, textured.mesh, reach, device)
    seen = hits.of(textured.seen[:, None], textured.mesh.faces)[:, 0]
    known = seen * agreeing(turned, textured.mesh.face_normals[hits.faces], hits.distances, reach)
    colours = read_at(textured.atlas, places_in_uv(hits, textured.uv)).astype(np.float32)
    return colours, known.astype(np.float32)


def level(textured: TexturedMesh, plane: Mirror, device: str) -> NDArray[np.float32]:
    """[V, 3] what is added to mirrored colours, so that they meet the seen ones beside them without a line.

    Light falls from one side: the other side's is compared where both are seen, and carried on from there.
    """
    mesh = textured.mesh
    surface = Surface.of(mesh)
    own = colours_of(textured)
    image, known = opposite(textured, plane, mesh.vertices, mesh.normals, device)
    evening = surface.rounds_for(SMOOTHED * surface.size, MOST_SMOOTHED)
    gap = surface.smoothed(own - image, evening)  # grain is no difference in light
    both = known * textured.seen
    return surface.continued(gap, HOLD * both, np.zeros_like(gap), CARRIED, 255 * ACCURACY)


def colours_of(textured: TexturedMesh) -> NDArray[np.float32]:
    """[V, 3] the texture at the vertices, 0 … 255; the last corner's where several meet."""
    found = np.zeros((len(textured.mesh.vertices), 3), np.float32)
    found[textured.mesh.faces.ravel()] = read_at(textured.atlas, textured.uv.reshape(-1, 2))
    return found


def agreeing(normals: NDArray, others: NDArray, distances: NDArray, reach: float) -> NDArray[np.float32]:
    """[N] 0 … 1 how surely a surface is the mirrored one beside it: they look the same way, and are not far apart."""
    cosine = np.einsum("nc,nc->n", normals, others)
    near = np.clip(2.0 - 2.0 * distances / reach, 0.0, 1.0)
    return (np.clip((cosine - ALIKE) / (SURELY - ALIKE), 0.0, 1.0) * near).astype(np.float32)


def notes_of(request: MirrorRequest, plane: Mirror) -> tuple[str, ...]:
    """A sentence about a plane that nobody gave."""
    if request.plane is not None:
        return ()
    turn = np.degrees(np.arctan2(plane.normal[1], plane.normal[0]))
    return (f"The plane of symmetry was found, turned by {turn:.0f}°: move it if it lies badly.",)


def write(
    folder: Path,
    relative: str,
    request: MirrorRequest,
    statue: Statue,
    now: TexturedMesh,
    plane: Mirror,
    change: Edit,
    device: str,
    report: Report,
) -> EditResult:
    place = folder / request.statue
    source, path = mesh_file(place)
    gloss = read_material(source, len(now.atlas))
    made = now if change.layer is None else replace(now, atlas=files.flattened(now.atlas, change.layer))
    used = {"plane": [round(float(value), 6) for value in (*plane.point, *plane.normal)]}
    record = history(place, edit_record(request, folder, statue, made, change, device, report.timings, used))
    told = {"what": request.what, **used, "notes": list(change.notes)}
    overrule = read_overrule(path, len(made.mesh.vertices))
    said = in_words(statue, change)
    result = files.write_edit(
        folder, relative, change, made, gloss, read_groups(place), told, record, report.seconds, said, overrule
    )
    files.copy_origins(source, folder / relative)
    return result


def in_words(statue: Statue, change: Edit) -> str:
    """One sentence about what was filled."""
    did = []
    if change.offset is not None:
        size = float(np.ptp(statue.textured.mesh.vertices, axis=0).max())
        far = float(np.linalg.norm(change.offset, axis=1).max()) / size
        did.append(f"shape moved by up to {100 * far:.1f} % of its size")
    if change.layer is not None:
        did.append(f"{100 * float(change.layer.mask.mean()) / 255.0:.0f} % of the texture repainted")
    return f"Filled from the other side: {', '.join(did)}"
