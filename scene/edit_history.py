"""The edits of an object: a list that is kept with it in the file, and their effect, which is only in shape key and
material. Nothing is held twice: an edit's strength is the value of its shape key and the opacity of its layer.

The list is a collection property, for the panel; what it says is also written as JSON into a custom property and into
the provenance, for those who have the file but not this extension.
"""

# Blender's properties are annotations that only look like types.
# mypy: disable-error-code="valid-type"

from __future__ import annotations

import json
import uuid

import bpy
from bpy.props import CollectionProperty, IntProperty, StringProperty
from bpy.types import Object, PropertyGroup

from . import layer_stack, layers, statue
from .layer_group import SHOWN

ID = "statue_edit_id"  # on an object: which one an edit was asked for, whatever it is called by then
HISTORY = "statue_edit_history"  # on an object: its edits as JSON, the first lowest
VARIANT_OF = "statue_variant_of"  # on a variant: the id of the object it was made of
VARIANT_JOB = "statue_variant_job"  # and the name of the job that made it
VARIANT_NUMBER = "statue_variant"  # and which of its variants it is


class STATUE_PG_edit(PropertyGroup):
    """One edit; `name` is what the panel calls it."""

    edit_id: StringProperty(name="Edit", description="What its layer's node is called by")
    key: StringProperty(name="Shape Key", description="The shape key that holds the change of the shape")
    record: StringProperty(name="Record", description="What was asked for and by what it was made, as JSON")

    @property
    def told(self) -> dict:
        try:
            told = json.loads(self.record or "{}")
        except ValueError:
            return {}
        return told if isinstance(told, dict) else {}


def identity(thing: bpy.types.Object) -> str:
    """The id of an object, given now if it has none. A duplicate has its original's, and gets one of its own."""
    same = [other for other in bpy.data.objects if other.get(ID) == thing.get(ID) and other != thing]
    if ID not in thing or same:
        thing[ID] = uuid.uuid4().hex[:12]
    return thing[ID]


def address(thing: bpy.types.Object) -> dict:
    """What finds an object again after it was renamed, or the file saved and opened: for `find`."""
    return {"id": identity(thing), "name": thing.name}


def find(there: dict) -> bpy.types.Object | None:
    """The object of an `address`, in the file that is open; None if it was deleted. Of duplicates the one so named."""
    same = [thing for thing in bpy.data.objects if there.get("id") and thing.get(ID) == there["id"]]
    same = [thing for thing in same if thing.users_scene and thing.type == "MESH"]
    return next((thing for thing in same if thing.name == there.get("name")), same[0] if same else None)


def record(thing: bpy.types.Object, edit_id: str, name: str, key: str, told: dict) -> None:
    """Adds an edit on top of the list."""
    edit = thing.statue_edits.add()
    edit.name, edit.edit_id, edit.key = name, edit_id, key
    edit.record = json.dumps(told, ensure_ascii=False)
    thing.statue_edit_index = len(thing.statue_edits) - 1
    write_down(thing)


def write_down(thing: bpy.types.Object) -> None:
    """Keeps the list where it can be read without this extension."""
    told = [{"name": edit.name, **edit.told} for edit in thing.statue_edits]
    thing[HISTORY] = json.dumps(told, ensure_ascii=False, indent=1)
    try:
        provenance = json.loads(thing.get(statue.PROVENANCE, "null"))
    except ValueError:
        return
    if isinstance(provenance, dict):
        provenance["edits"] = told
        thing[statue.PROVENANCE] = json.dumps(provenance, ensure_ascii=False, indent=1)


def order(thing: bpy.types.Object) -> list[str]:
    """The ids of the edits, the first lowest."""
    return [edit.edit_id for edit in thing.statue_edits]


def key_of(edit: STATUE_PG_edit):
    """The shape key of an edit; None where it has none, or where a person renamed or removed it."""
    keys = edit.id_data.data.shape_keys
    return keys.key_blocks.get(edit.key) if keys and edit.key else None


def layer_of(edit: STATUE_PG_edit):
    """The node of an edit's texture layer, likewise."""
    return layer_stack.node_of(layer_stack.material_of(edit.id_data), edit.edit_id)


def shown(edit: STATUE_PG_edit) -> bool:
    key, node = key_of(edit), layer_of(edit)
    return bool((key and not key.mute) or (node and node.inputs[SHOWN].default_value > 0.5))


def show(edit: STATUE_PG_edit, on: bool) -> None:
    """Shows or hides what an edit does, without forgetting how strong it is."""
    if key := key_of(edit):
        key.mute = not on
    if node := layer_of(edit):
        node.inputs[SHOWN].default_value = float(on)


def move(thing: bpy.types.Object, place: int, to: int) -> None:
    """Another place in the list, and in the stack of layers; the order of shape keys means nothing."""
    thing.statue_edits.move(place, to)
    thing.statue_edit_index = to
    layers.wire(thing, order(thing))
    write_down(thing)


def is_variant(thing: bpy.types.Object | None) -> bool:
    return thing is not None and VARIANT_OF in thing


def variants(of: str, job: str) -> list[bpy.types.Object]:
    """All variants of an object that one job made."""
    return [thing for thing in bpy.data.objects if (thing.get(VARIANT_OF), thing.get(VARIANT_JOB)) == (of, job)]


def register():
    bpy.utils.register_class(STATUE_PG_edit)
    Object.statue_edits = CollectionProperty(
        name="Edits", description="The edits made by text, the first lowest", type=STATUE_PG_edit
    )
    Object.statue_edit_index = IntProperty(name="Edit", description="The edit chosen in the list", default=0)


def unregister():
    del Object.statue_edits, Object.statue_edit_index
    bpy.utils.unregister_class(STATUE_PG_edit)
