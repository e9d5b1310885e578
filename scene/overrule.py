"""Overruling by hand what the photo shows: two vertex groups a person paints, and the attribute that obeys them.

`seen` is what counts everywhere: for the overlay, for what an edit keeps, for whoever exports it. What the photo alone
said is kept beside it, so a painted place can be wiped clean again. Where both groups were painted the later one holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import bpy

from ..statue_recon.contract import Failure
from . import overlay, statue
from .names import SEEN

if TYPE_CHECKING:
    import numpy as np

AS_SEEN, AS_INVENTED = "Painted as Seen", "Painted as Invented"  # the vertex groups
BY_PHOTO = "seen_by_photo"  # float attribute on points: `seen` as it was before anybody painted
LATEST = "statue_overrule_latest"  # on the object: the group that is painted now, or was last
PAINTED = 0.5  # weight from which on a vertex counts as painted: where a soft brush is half strong


def begin(thing: bpy.types.Object, group: str) -> None:
    """Makes one of the two groups the one that is painted."""
    if thing.get(LATEST) not in (None, group):
        _settle(thing)
    for name in (AS_SEEN, AS_INVENTED):
        if name not in thing.vertex_groups:
            thing.vertex_groups.new(name=name).lock_weight = False
    thing.vertex_groups.active = thing.vertex_groups[group]
    thing[LATEST] = group


def painting(thing: bpy.types.Object) -> str | None:
    """Which of the two groups is being painted now, if one is."""
    active = thing.vertex_groups.active if thing.mode == "WEIGHT_PAINT" else None
    return active.name if active and active.name in (AS_SEEN, AS_INVENTED) else None


def known(thing: bpy.types.Object) -> bool:
    """Whether anything of this object may have been painted; costs nothing."""
    return LATEST in thing


def read(thing: bpy.types.Object, mesh: bpy.types.Mesh | None = None) -> np.ndarray | None:
    """[V] int8: 1 where painted as seen, −1 where as invented, 0 where the photo decides; None if nothing is painted.

    `mesh` may be the evaluated one.
    """
    import numpy as np

    if not known(thing):
        return None
    seen, invented = (weights_of(thing, mesh or thing.data, name) >= PAINTED for name in (AS_SEEN, AS_INVENTED))
    if not (seen.any() or invented.any()):
        return None
    first, last = (invented, seen) if thing[LATEST] == AS_SEEN else (seen, invented)
    sign = np.int8(1 if last is seen else -1)
    return np.where(last, sign, np.where(first, -sign, np.int8(0))).astype(np.int8)


def apply(thing: bpy.types.Object) -> None:
    """Brings `seen` to what was painted, and the overlay with it; in Edit Mode nothing can be, and nothing is."""
    if not known(thing) or thing.mode == "EDIT":
        return
    import numpy as np

    mesh, painted = thing.data, read(thing)
    by_photo = _kept(mesh)
    seen = by_photo if painted is None else np.where(painted == 0, by_photo, painted > 0)
    _write(mesh, SEEN, seen)
    refresh(thing)


def refresh(thing: bpy.types.Object) -> None:
    """Lets the view, and the overlay where it is on, show `seen` as it is now."""
    thing.data.update()
    if overlay.seen_shown(thing):
        overlay.show_seen(thing, True)


def found_anew(thing: bpy.types.Object, seen: np.ndarray) -> None:
    """What a photo shows [V] after the mesh was changed: what was painted by hand still stands over it."""
    import numpy as np

    painted = read(thing)
    if painted is None:
        _write(thing.data, SEEN, seen)
    else:
        _write(thing.data, BY_PHOTO, np.where(painted == 0, seen, _kept(thing.data)))
    apply(thing)
    refresh(thing)


def wipe(thing: bpy.types.Object) -> None:
    """As the photo had it: the groups go."""
    for name in (AS_SEEN, AS_INVENTED):
        if group := thing.vertex_groups.get(name):
            thing.vertex_groups.remove(group)
    apply(thing)
    if kept := thing.data.attributes.get(BY_PHOTO):
        thing.data.attributes.remove(kept)
    thing.pop(LATEST, None)


def weights_of(thing: bpy.types.Object, mesh: bpy.types.Mesh, name: str) -> np.ndarray:
    """[V] float32, 0 … 1, of a vertex group; all 0 where there is none of that name."""
    import numpy as np

    weights = np.zeros(len(mesh.vertices), np.float32)
    group = thing.vertex_groups.get(name)
    if group is None:
        return weights
    for vertex in mesh.vertices:
        for entry in vertex.groups:
            if entry.group == group.index:
                weights[vertex.index] = entry.weight
    return weights


def _settle(thing: bpy.types.Object) -> None:
    """Takes out of the earlier group what the later one was painted over, before that becomes the earlier one."""
    import numpy as np

    later = thing[LATEST]
    earlier = thing.vertex_groups.get(AS_INVENTED if later == AS_SEEN else AS_SEEN)
    over = np.flatnonzero(weights_of(thing, thing.data, later) >= PAINTED)
    if earlier and len(over):
        earlier.remove(over.tolist())


def _kept(mesh: bpy.types.Mesh) -> np.ndarray:
    """What the photo says of each vertex: kept now, if it is not yet."""
    import numpy as np

    attribute = mesh.attributes.get(BY_PHOTO)
    if attribute is None or len(attribute.data) != len(mesh.vertices):
        found = statue.seen_attribute(mesh)
        if found is None:
            seen = np.zeros(len(mesh.vertices), np.float32)  # nobody knows of any photo: all is invented
        else:
            seen = np.empty(len(mesh.vertices), np.float32)
            found.data.foreach_get("value", seen)
        _write(mesh, BY_PHOTO, seen)
        return seen
    seen = np.empty(len(mesh.vertices), np.float32)
    attribute.data.foreach_get("value", seen)
    return seen


def _write(mesh: bpy.types.Mesh, name: str, values: np.ndarray) -> None:
    attribute = mesh.attributes.get(name) or mesh.attributes.new(name, "FLOAT", "POINT")
    if (attribute.domain, attribute.data_type) != ("POINT", "FLOAT"):
        raise Failure(
            f"This mesh has an attribute “{name}” of another kind.",
            next_step="Rename or remove it in Object Data › Attributes.",
        )
    attribute.data.foreach_set("value", values.astype("float32"))
