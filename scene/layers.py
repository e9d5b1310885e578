"""Texture layers of edits in a material: each a node group between what is below it and the shader.

    texture ─▶ [edit] ─▶ [edit] ─▶ (overlays) ─▶ Principled

A group holds the layer's picture, whose alpha says where it covers, and mixes colour, roughness, metallic and bump by
it. Its inputs Opacity and Shown belong to the node in this one material. `wire` joins the groups in the order it is
given, whatever a person did to the links before; what was below the lowest stays what it was. Works in any material
with a Principled shader.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import bpy

from .layer_group import CHANNELS, OPACITY, SHOWN, layer_group, merged_group
from .layer_stack import (
    NODE,
    below_all,
    head_of,
    material_of,
    no_principled,
    node_of,
    nodes_of,
    principled,
    uv_map_of,
)
from .material import packed_image

NORMAL_NODE = "Statue Edit Normal"
COLUMN, ROW = 260, 620  # where the nodes of the layers lie


@dataclass(frozen=True)
class LayerFiles:
    """What an edit says of the surface."""

    picture: Path  # RGBA, the alpha is the mask
    roughness: float | None = None
    metallic: float | None = None
    gloss: Path | None = None  # both by texel: roughness in green, metallic in blue
    relief: Path | None = None
    relief_range: float = 0.0  # of the relief: black is this far in, white this far out; Blender units


def add(thing: bpy.types.Object, edit_id: str, label: str, files: LayerFiles) -> None:
    """Puts a layer into the object's material, which becomes its own; `wire` then joins it."""
    material = own_material(thing)
    picture = packed_image(files.picture, f"{label} Layer")
    picture.alpha_mode = "STRAIGHT"
    gloss, relief = (
        _data_image(path, f"{label} {kind}") for path, kind in ((files.gloss, "Gloss"), (files.relief, "Relief"))
    )
    group = layer_group(label, picture, uv_map_of(thing, material), files, gloss, relief)
    _place(material.node_tree, group, edit_id, label)


def _data_image(path: Path | None, name: str) -> bpy.types.Image | None:
    """A picture whose values are no colours."""
    if path is None:
        return None
    image = packed_image(path, name)
    image.colorspace_settings.name = "Non-Color"
    return image


def add_copy(thing: bpy.types.Object, edit_id: str, of) -> None:
    """Puts the layer of another material's node into the object's material; `wire` then joins it."""
    node = _place(own_material(thing).node_tree, of.node_tree, edit_id, of.label)
    for name in (OPACITY, SHOWN):
        node.inputs[name].default_value = of.inputs[name].default_value


def wire(thing: bpy.types.Object, order: list[str]) -> None:
    """Joins the layers in this order of edits, the first lowest."""
    material = material_of(thing)
    if material and nodes_of(material):
        _wire(material, order, below_all(material))


def remove(thing: bpy.types.Object, edit_id: str, order: list[str]) -> None:
    """Takes a layer out; `order` are the edits that stay."""
    material = material_of(thing)
    node = node_of(material, edit_id)
    if material is None or node is None:
        return
    bases, group = below_all(material), node.node_tree
    material.node_tree.nodes.remove(node)
    _wire(material, order, bases)
    _forget(group)


def merge(thing: bpy.types.Object, lower: str, upper: str, label: str, order: list[str]) -> None:
    """Makes one layer of two, looking as they do now; it keeps the lower one's id. `order`: the edits after that."""
    material = material_of(thing)
    below, above = node_of(material, lower), node_of(material, upper)
    if material is None or above is None:
        return
    bases = below_all(material)
    if below is None:
        above.name = NODE + lower
    else:
        group = merged_group(label, [below, above])
        material.node_tree.nodes.remove(below)
        material.node_tree.nodes.remove(above)
        _place(material.node_tree, group, lower, label)
    _wire(material, order, bases)


def _wire(material: bpy.types.Material, order: list[str], bases: dict) -> None:
    tree, shader = material.node_tree, principled(material)
    stacked = [node for edit_id in order if (node := node_of(material, edit_id))]
    for channel, name in CHANNELS.items():
        there = [node for node in stacked if name in node.inputs]
        base, constant = bases[channel]
        if name == "Normal" and base is None and there:
            base = _normal(tree)
        _chain(tree, head_of(shader, channel), name, there, base, constant)
    if not any("Normal" in node.inputs for node in stacked) and (node := tree.nodes.get(NORMAL_NODE)):
        tree.nodes.remove(node)
    for place, node in enumerate(stacked):
        node.location = (shader.location.x - COLUMN * (len(stacked) - place), shader.location.y + ROW)


def _chain(tree, head, name: str, stacked: list, base, constant) -> None:
    """Links base ─▶ layers ─▶ head. A constant below the lowest layer is copied into it."""
    if base and base.node.name == NORMAL_NODE and not stacked:
        base = None
    if stacked and constant is not None:
        stacked[0].inputs[name].default_value = constant
    sockets = [node.inputs[name] for node in stacked] + [head]
    sources = [base] + [node.outputs[name] for node in stacked]
    for source, socket in zip(sources, sockets, strict=True):
        for link in list(socket.links):
            tree.links.remove(link)
        if source:
            tree.links.new(source, socket)


def own_material(thing: bpy.types.Object) -> bpy.types.Material:
    """The object's material, as one that no other object has: a plain one where there was none."""
    material = material_of(thing)
    if material is None:
        material = _plain_material(thing)
    elif material.library or material.users - material.use_fake_user > 1:
        copy = material.copy()
        next(slot for slot in thing.material_slots if slot.material == material).material = copy
        material = copy
    if material.node_tree is None or (bpy.app.version < (5, 0) and not material.use_nodes):
        _with_nodes(material)
    if principled(material) is None:
        raise no_principled(material)
    return material


def _normal(tree):
    """The surface's own normal: an unlinked input of a group would be no direction at all."""
    node = tree.nodes.get(NORMAL_NODE) or tree.nodes.new("ShaderNodeNewGeometry")
    node.name = node.label = NORMAL_NODE
    return node.outputs["Normal"]


def _place(tree, group, edit_id: str, label: str):
    node = tree.nodes.new("ShaderNodeGroup")
    node.node_tree = group
    node.name, node.label, node.width = NODE + edit_id, label, 200
    node.inputs[OPACITY].default_value = node.inputs[SHOWN].default_value = 1.0
    return node


def _forget(group) -> None:
    """Removes what only a removed layer used."""
    if group.users:
        return
    images = [node.image for node in group.nodes if node.type == "TEX_IMAGE"]
    inner = [node.node_tree for node in group.nodes if node.type == "GROUP"]
    bpy.data.node_groups.remove(group)
    for image in images:
        if image and not image.users:
            bpy.data.images.remove(image)
    for tree in inner:
        _forget(tree)


def _plain_material(thing: bpy.types.Object) -> bpy.types.Material:
    material = bpy.data.materials.new(thing.name)
    if thing.material_slots:
        thing.material_slots[0].material = material
    else:
        thing.data.materials.append(material)
    _with_nodes(material)
    return material


def _with_nodes(material: bpy.types.Material) -> None:
    """A Principled shader of the colour that the material had."""
    if bpy.app.version < (5, 0):  # from then on every material has them
        material.use_nodes = True
    if shader := principled(material):
        shader.inputs["Base Color"].default_value = material.diffuse_color
