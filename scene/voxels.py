"""The coarse volume a statue began as, as a grid of boxes to look at in place of the statue: photo, voxels, mesh.

The grid is a child of its statue, so that it goes along when the statue is moved or scaled. While it shows, the statue
hides from the views, and knows by a custom property that it does; final renders always have the statue. Nothing is kept
elsewhere: a grid that was deleted is built anew from the job folder, and its statue can be brought back.
"""

from __future__ import annotations

import bpy
import numpy as np

from ..statue_recon.contract import Failure
from . import statue
from .insert import last_result, present
from .material import voxel_materials
from .mesh import to_base
from .result_files import VolumeFile, read_result_mesh, read_volume

# The corners of a cell's sides, counter-clockwise from outside, for the lower and the upper side along x, y and z.
SIDES = (
    (((0, 0, 0), (0, 0, 1), (0, 1, 1), (0, 1, 0)), ((1, 0, 0), (1, 1, 0), (1, 1, 1), (1, 0, 1))),
    (((0, 0, 0), (1, 0, 0), (1, 0, 1), (0, 0, 1)), ((0, 1, 0), (0, 1, 1), (1, 1, 1), (1, 1, 0))),
    (((0, 0, 0), (0, 1, 0), (1, 1, 0), (1, 0, 0)), ((0, 0, 1), (1, 0, 1), (1, 1, 1), (0, 1, 1))),
)


def show(made: bpy.types.Object, layer: bpy.types.ViewLayer) -> bpy.types.Object:
    """Shows the voxel grid of a statue in its place, and returns the grid: the one it has, else a new one."""
    grid = statue.voxels_of(made) or _build(made)
    made[statue.HIDDEN] = True
    _hide(made, layer, True)
    _hide(grid, layer, False)
    _hand_over(made, grid, layer)
    return grid


def hide(made: bpy.types.Object, layer: bpy.types.ViewLayer) -> None:
    """Hides the voxel grid of a statue, if it still has one, and shows the statue again."""
    if statue.HIDDEN in made:
        del made[statue.HIDDEN]
    _hide(made, layer, False)
    if grid := statue.voxels_of(made):
        _hide(grid, layer, True)
        _hand_over(grid, made, layer)


def boxes(volume: VolumeFile) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The sides of the cells inside the statue that have no neighbour: vertices [V, 3] float32, quads [F, 4] int32.

    A cell is a box around each node whose distance is negative; vertices are shared. Third, [F] int32: 0 or 1 as on a
    chessboard, by the cell that a quad belongs to.
    """
    inside = np.pad(volume.values < 0, 1)
    corners, colours = [], []
    for axis, sides in enumerate(SIDES):
        for side, step in zip(sides, (1, -1), strict=True):
            bare = np.argwhere(inside & ~np.roll(inside, step, axis)) - 1
            corners.append(bare[:, None] + np.array(side))
            colours.append(bare.sum(axis=1) % 2)
    quads = np.concatenate(corners)
    shape = np.array(volume.values.shape) + 1
    used, numbers = np.unique(np.ravel_multi_index(quads.reshape(-1, 3).T, shape), return_inverse=True)
    places = np.stack(np.unravel_index(used, shape), axis=1) - 0.5
    vertices = (volume.lower + volume.spacing * places).astype(np.float32)
    return vertices, numbers.reshape(-1, 4).astype(np.int32), np.concatenate(colours).astype(np.int32)


def _build(made: bpy.types.Object) -> bpy.types.Object:
    """The grid as an object beside its statue, lying over it. Reads everything before it changes anything."""
    folder = present(statue.job_folder(made))
    result = last_result(folder)
    if result.volume is None:
        raise Failure(
            f"The job of “{made.name}” has kept no volume.", next_step="Run the reconstruction again to get one."
        )
    volume = read_volume(folder, result.volume)
    offset = to_base(read_result_mesh(folder, result.mesh).vertices)
    vertices, quads, colours = boxes(volume)
    name = f"{made.name} voxels"
    mesh = _flat_mesh(name, vertices + np.array(offset, np.float32), quads)
    for material in voxel_materials(name):
        mesh.materials.append(material)
    mesh.polygons.foreach_set("material_index", colours)
    grid = bpy.data.objects.new(name, mesh)
    grid[statue.KIND], grid[statue.JOB] = statue.VOXELS, made[statue.JOB]
    made.users_collection[0].objects.link(grid)
    grid.parent = made
    grid.hide_render = True
    return grid


def _flat_mesh(name: str, vertices: np.ndarray, quads: np.ndarray) -> bpy.types.Mesh:
    mesh = bpy.data.meshes.new(name)
    mesh.vertices.add(len(vertices))
    mesh.vertices.foreach_set("co", vertices.ravel())
    mesh.loops.add(quads.size)
    mesh.loops.foreach_set("vertex_index", quads.ravel())
    mesh.polygons.add(len(quads))
    mesh.polygons.foreach_set("loop_start", np.arange(0, quads.size, 4, dtype=np.int32))
    mesh.shade_flat()
    mesh.update(calc_edges=True)
    return mesh


def _hide(thing: bpy.types.Object, layer: bpy.types.ViewLayer, on: bool) -> None:
    if thing.name in layer.objects:  # its collection may be excluded from this layer
        thing.hide_set(on, view_layer=layer)


def _hand_over(before: bpy.types.Object, after: bpy.types.Object, layer: bpy.types.ViewLayer) -> None:
    """Makes what shows now active, and selects it, where that held for what showed before."""
    if layer.objects.active == before and after.name in layer.objects:
        layer.objects.active = after
        after.select_set(True, view_layer=layer)
