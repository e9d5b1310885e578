"""What a material's nodes say of a statue's surface: the shader, the layers of edits, and the texture below them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy

from ..statue_recon.contract import Failure
from .layer_group import CHANNELS, OPACITY, PICTURE, SHOWN
from .ramps import RAMPS

NODE = "Statue Edit "  # and the edit's id: the name of its node
PLAIN_COLOUR = (0.8, 0.8, 0.8, 1.0)  # Blender's own


def material_of(thing: bpy.types.Object) -> bpy.types.Material | None:
    """The material edits go into: the one most of the object has, which is its first."""
    return next((slot.material for slot in thing.material_slots if slot.material), None)


def principled(material: bpy.types.Material):
    """The Principled shader that reaches the output, else any; None where there is none."""
    tree = material.node_tree
    found = [node for node in tree.nodes if node.type == "BSDF_PRINCIPLED"] if tree else []
    shown = [node for node in found if any(link.to_node.type == "OUTPUT_MATERIAL" for link in node.outputs[0].links)]
    return next(iter(shown + found), None)


def nodes_of(material: bpy.types.Material | None) -> list[bpy.types.Node]:
    """The layers in a material, in no order."""
    tree = material.node_tree if material else None
    return [node for node in tree.nodes if node.name.startswith(NODE) and node.type == "GROUP"] if tree else []


def node_of(material: bpy.types.Material | None, edit_id: str):
    """The node of one edit, if it is still there."""
    return next((node for node in nodes_of(material) if node.name == NODE + edit_id), None)


def stack(material: bpy.types.Material) -> list[bpy.types.Node]:
    """The layers that colour the shader, the lowest first, as the links have it."""
    shader = principled(material)
    found, socket = [], _source(head_of(shader, "Base Color")) if shader else None
    while socket and is_layer(socket.node):
        found.append(socket.node)
        socket = _source(socket.node.inputs["Color"])
    return found[::-1]


def pictures(material: bpy.types.Material | None) -> Iterator[tuple[bpy.types.Image, float]]:
    """What lies over the base texture: pictures with the weight they are shown with, the lowest first."""
    for node in stack(material) if material else ():
        weight = node.inputs[OPACITY].default_value * (node.inputs[SHOWN].default_value > 0.5)
        for picture, share in _pictures_in(node.node_tree):
            if weight * share > 0:
                yield picture, weight * share


def base_image(material: bpy.types.Material | None) -> bpy.types.Image | None:
    """The image below all layers: the first that is met on the way from the colour of the shader."""
    node = _first_image(material)
    return node.image if node else None


def uv_map_of(thing: bpy.types.Object, material: bpy.types.Material | None) -> str:
    """The UV map the base texture lies in, else the one that renders use."""
    node = _first_image(material)
    vector = _source(node.inputs["Vector"]) if node else None
    named = vector.node.uv_map if vector and vector.node.type == "UVMAP" else ""
    maps = thing.data.uv_layers
    if named in maps:
        return named
    return next((one.name for one in maps if one.active_render), maps[0].name if maps else "")


def plain_colour(material: bpy.types.Material | None) -> tuple[float, ...]:
    """The linear colour of a statue without a texture: the constant below all layers."""
    colour: Any = PLAIN_COLOUR
    if material:
        colour = material.diffuse_color
        if material.node_tree and principled(material):
            colour = below_all(material)["Base Color"][1]
    return tuple(colour[:3])


def below_all(material: bpy.types.Material) -> dict:
    """What lies below all layers, by channel: the output that is linked there, or None, and the constant."""
    shader = principled(material)
    if shader is None:
        raise no_principled(material)
    found = {}
    for channel, name in CHANNELS.items():
        lowest = source = head_of(shader, channel)
        while (source := _source(lowest)) and is_layer(source.node):
            lowest = source.node.inputs[name]
        found[channel] = (source, _constant(lowest))
    return found


def _constant(socket):
    """The value of an input where nothing is linked; a Normal has none."""
    value: Any = getattr(socket, "default_value", None)
    return tuple(value) if hasattr(value, "__len__") else value


def _pictures_in(group, share: float = 1.0) -> Iterator[tuple[bpy.types.Image, float]]:
    """Of a layer, its picture; of merged layers all pictures, each with its own share of the whole's opacity."""
    if node := group.nodes.get(PICTURE):
        yield node.image, share
        return
    for node in sorted((node for node in group.nodes if node.type == "GROUP"), key=lambda node: node.name):
        yield from _pictures_in(node.node_tree, share * node.get("share", 1.0))


def _first_image(material: bpy.types.Material | None):
    """The image texture nearest to the shader's colour, below all layers and overlays."""
    shader = principled(material) if material and material.node_tree else None
    waiting = [below_all(material)["Base Color"][0]] if shader else []
    met: set = set()
    while waiting:
        socket = waiting.pop(0)
        if socket is None or socket.node in met:
            continue
        met.add(socket.node)
        if socket.node.type == "TEX_IMAGE" and socket.node.image:
            return socket.node
        waiting += [link.from_socket for entry in socket.node.inputs for link in entry.links]
    return None


def head_of(shader, channel: str):
    """The input that the uppermost layer feeds: of the shader, or of the lowest of the overlays over it."""
    socket = shader.inputs[channel]
    overlays = {f"{ramp.weight.title()} Mix" for ramp in RAMPS}
    while (source := _source(socket)) and source.node.type == "MIX" and source.node.name in overlays:
        socket = next(entry for entry in source.node.inputs if entry.identifier == "A_Color")
    return socket


def is_layer(node) -> bool:
    return node.type == "GROUP" and node.name.startswith(NODE)


def _source(socket):
    return socket.links[0].from_socket if socket and socket.links else None


def no_principled(material: bpy.types.Material) -> Failure:
    return Failure(
        f"The material “{material.name}” has no Principled BSDF that a layer could feed.",
        next_step="Give the object a material with one, then press Insert Here.",
    )
