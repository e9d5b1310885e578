"""Materials of statues: the texture with the seen/invented overlay wired in, and vertex colours for previews."""

from __future__ import annotations

from pathlib import Path

import bpy

from .names import PREVIEW_COLOUR, PREVIEW_MATERIAL, SEEN, UV_MAP

ROUGHNESS = 0.8  # stone and weathered metal; the photo's own light is in the texture already

# Told apart with any kind of colour vision: orange and teal differ in lightness and on the blue-yellow axis.
INVENTED_COLOUR = (0.86, 0.24, 0.02, 1.0)  # linear
SEEN_COLOUR = (0.02, 0.32, 0.36, 1.0)  # linear
OVERLAY_STRENGTH = 0.75  # of the overlay over the texture: enough of the photo stays to see where one is
OVERLAY_NODE = "Statue Seen Overlay"  # a Value node: 0 off, OVERLAY_STRENGTH on


def result_material(name: str, texture: bpy.types.Image) -> bpy.types.Material:
    """texture ─▶ mix ─▶ Principled, with the ramp of `seen` as the other side of the mix and a Value as its factor."""
    material, tree, principled = _principled(name)
    uv = _node(tree, "ShaderNodeUVMap", "UV Map", -1050, 300)
    uv.uv_map = UV_MAP
    photo = _node(tree, "ShaderNodeTexImage", "Texture", -850, 300)
    photo.image = texture
    seen = _node(tree, "ShaderNodeAttribute", "Seen", -1050, -50)
    seen.attribute_name = SEEN
    ramp = _node(tree, "ShaderNodeValToRGB", "Invented to Seen", -850, -50)
    ramp.color_ramp.elements[0].color = INVENTED_COLOUR
    ramp.color_ramp.elements[1].color = SEEN_COLOUR
    switch = _node(tree, "ShaderNodeValue", OVERLAY_NODE, -550, 420)
    switch.label = "Seen Overlay"
    switch.outputs[0].default_value = 0.0
    mix = _node(tree, "ShaderNodeMix", "Mix", -350, 300)
    mix.data_type = "RGBA"

    tree.links.new(uv.outputs[0], photo.inputs["Vector"])
    tree.links.new(_socket(seen.outputs, "Fac", "Factor"), ramp.inputs[0])
    tree.links.new(switch.outputs[0], _socket(mix.inputs, "Factor_Float"))
    tree.links.new(photo.outputs["Color"], _socket(mix.inputs, "A_Color"))
    tree.links.new(ramp.outputs["Color"], _socket(mix.inputs, "B_Color"))
    tree.links.new(_socket(mix.outputs, "Result_Color"), principled.inputs["Base Color"])
    return material


def preview_material(name: str) -> bpy.types.Material:
    material, tree, principled = _principled(name)
    material[PREVIEW_MATERIAL] = True
    colour = _node(tree, "ShaderNodeAttribute", "Photo Colour", -350, 300)
    colour.attribute_name = PREVIEW_COLOUR
    tree.links.new(colour.outputs["Color"], principled.inputs["Base Color"])
    return material


def packed_image(path: Path, name: str) -> bpy.types.Image:
    """The picture inside the .blend file. Its bytes are packed as they are, so this costs no encoding."""
    image = bpy.data.images.load(str(path), check_existing=False)
    image.name = name
    image.pack()
    # Unpacking shall write beside the .blend file, not into a job folder that may be gone.
    image.filepath_raw = f"//textures/{bpy.path.clean_name(name)}{path.suffix}"
    for packed in image.packed_files:
        packed.filepath = image.filepath_raw
    return image


def overlay_switches(thing: bpy.types.Object) -> list[bpy.types.NodeSocket]:
    """The sockets in this object's materials that say how strongly the overlay shows; a user's own have none."""
    trees = [slot.material.node_tree for slot in thing.material_slots if slot.material and slot.material.node_tree]
    nodes = [tree.nodes.get(OVERLAY_NODE) for tree in trees]
    return [node.outputs[0] for node in nodes if node and node.type == "VALUE"]


def _principled(name: str):
    """A new material, its emptied node tree, and a Principled shader in it, joined to the output."""
    material = bpy.data.materials.new(name)
    if material.node_tree is None:  # before Blender 5
        material.use_nodes = True
    tree = material.node_tree
    tree.nodes.clear()
    principled = _node(tree, "ShaderNodeBsdfPrincipled", "Principled BSDF", -100, 300)
    principled.inputs["Roughness"].default_value = ROUGHNESS
    output = _node(tree, "ShaderNodeOutputMaterial", "Material Output", 200, 300)
    tree.links.new(principled.outputs["BSDF"], output.inputs["Surface"])
    return material, tree, principled


def _node(tree, kind: str, name: str, x: float, y: float):
    node = tree.nodes.new(kind)
    node.name = name
    node.location = (x, y)
    return node


def _socket(sockets, *identifiers: str):
    """A socket by identifier: nodes of several types have sockets of the same name, and Blender 5 renamed some."""
    return next(socket for socket in sockets if socket.identifier in identifiers)
