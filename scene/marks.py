"""What a person lays beside a statue to say what they mean: a plane of symmetry, and room for what is missing.

Both hang on the statue, so they move along with it, and both know it: with one of them selected, the panel still
speaks of the statue.
"""

from __future__ import annotations

from typing import Any

import bpy
from mathutils import Matrix, Vector

from . import edit_history
from .statue import MARK_OF

KIND = "statue_mark"  # and which of these it is
SYMMETRY, ROOM = "symmetry", "room"
TITLES = {SYMMETRY: "Symmetry of {name}", ROOM: "Room for {name}"}
OVERHANG = 1.1  # of the plane over the statue
ROOM_SHARE = 0.12  # radius of new room, as a share of the statue's longest side


def owner(thing: Any) -> Any:
    """The statue a mark belongs to, None if it was deleted; anything else is returned as it is, also None."""
    if thing is None or MARK_OF not in thing:
        return thing
    return edit_history.find({"id": thing[MARK_OF]})


def of(thing: bpy.types.Object, kind: str) -> bpy.types.Object | None:
    """The mark of this kind that a statue has; None if it has none or that was deleted."""
    asked = (thing.get(edit_history.ID), kind)
    found = [mark for mark in thing.children if (mark.get(MARK_OF), mark.get(KIND)) == asked]
    return next((mark for mark in found if mark.users_scene), None)


def add_symmetry(thing: bpy.types.Object, plane: Matrix) -> bpy.types.Object:
    """A pane through the statue, where `plane` (its X axis across the pane, in the object's coordinates) has it."""
    mesh = bpy.data.meshes.new("Symmetry")
    _, lower, upper = _box(thing)
    half = OVERHANG / 2 * (upper - lower)
    corners = [(0.0, y * half.y, z * half.z) for y, z in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    mesh.from_pydata(corners, [], [(0, 1, 2, 3)])
    mark = bpy.data.objects.new(TITLES[SYMMETRY].format(name=thing.name), mesh)
    mark.display_type, mark.show_in_front, mark.hide_render = "WIRE", True, True
    mark.show_axis = True
    _hang(mark, thing, SYMMETRY)
    mark.matrix_local = plane
    return mark


def add_room(thing: bpy.types.Object, place: Vector) -> bpy.types.Object:
    """A ball to be moved and stretched over where something may grow; `place` in the object's coordinates."""
    mark = bpy.data.objects.new(TITLES[ROOM].format(name=thing.name), None)
    mark.empty_display_type, mark.empty_display_size, mark.show_in_front = "SPHERE", 1.0, True
    _hang(mark, thing, ROOM)
    longest, _, _ = _box(thing)
    mark.matrix_local = Matrix.LocRotScale(place, None, Vector((1, 1, 1)) * ROOM_SHARE * longest)
    return mark


def in_frame(mark: bpy.types.Object, thing: bpy.types.Object, to_engine: Matrix) -> Matrix:
    """Where a mark lies in the engine's frame, wherever it was moved or parented to."""
    return to_engine @ thing.matrix_world.inverted_safe() @ mark.matrix_world


def plane_in(matrix: Matrix) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """A point of a pane that lies as `matrix` has it, and the unit normal across it."""
    y, z = (matrix.to_3x3() @ Vector(axis) for axis in ((0, 1, 0), (0, 0, 1)))
    return tuple(matrix.translation), tuple(y.cross(z).normalized())


def ellipsoid_in(matrix: Matrix) -> list[float]:
    """The centre and the half axes of an upright ellipsoid that holds the ball `matrix` makes of the unit ball."""
    return [*matrix.translation, *(max(row.length, 1e-4) for row in matrix.to_3x3())]


def _hang(mark: bpy.types.Object, thing: bpy.types.Object, kind: str) -> None:
    mark[MARK_OF], mark[KIND] = edit_history.identity(thing), kind
    for collection in thing.users_collection:
        if not collection.library:
            collection.objects.link(mark)
    mark.parent = thing


def _box(thing: bpy.types.Object) -> tuple[float, Vector, Vector]:
    """The longest side, the least and the greatest corner of an object, in its own coordinates."""
    corners = [Vector(corner) for corner in thing.bound_box]
    lower, upper = (Vector([choose(corner[axis] for corner in corners) for axis in range(3)]) for choose in (min, max))
    return max(upper - lower), lower, upper
