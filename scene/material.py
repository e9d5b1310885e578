"""Materials of statues: the texture with the overlays wired in, vertex colours for previews, plain for voxels."""

from __future__ import annotations

from pathlib import Path

import bpy

from .names import PREVIEW_COLOUR, PREVIEW_MATERIAL, UV_MAP
from .ramps import RAMPS, Ramp

ROUGHNESS = 0.8  # stone and weathered metal; the photo's own light is in the texture already
OVERLAY_STRENGTH = 0.75  # of the overlay over the texture: enough of the photo stays to see where one is
VOXEL_GREYS = (0.62, 0.44)  # linear; cells that face the same way would run into each other in one grey
OVERLAY_ROW = 450  # how far apart the nodes of two overlays lie


def result_material(name: str, texture: bpy.types.Image) -> bpy.types.Material:
    """texture ─▶ mix ─▶ mix ─▶ Principled: each overlay is the other side of a mix, with a Value as its factor."""
    material, tree, principled = _principled(name)
    uv = _node(tree, "ShaderNodeUVMap", "UV Map", -1650, 300)
    uv.uv_map = UV_MAP
    photo = _node(tree, "ShaderNodeTexImage", "Texture", -1450, 300)
    photo.image = texture
    tree.links.new(uv.outputs[0], photo.inputs["Vector"])
    colour = photo.outputs["Color"]
    for row, ramp in enumerate(RAMPS):
        colour = _laid_over(tree, colour, ramp, row)
    tree.links.new(colour, principled.inputs["Base Color"])
    return material


def _laid_over(tree, below: bpy.types.NodeSocket, ramp: Ramp, row: int) -> bpy.types.NodeSocket:
    """attribute ─▶ share of the full weight ─▶ colours ─▶ mix, its factor a Value that is 0 while it is off."""
    y = -50 - OVERLAY_ROW * row
    weight = _node(tree, "ShaderNodeAttribute", ramp.weight.title(), -1650, y)
    weight.attribute_name = ramp.weight
    share = _node(tree, "ShaderNodeMath", f"{ramp.weight.title()} Share", -1450, y)
    share.operation = "DIVIDE"
    share.inputs[1].default_value = ramp.full
    colours = _node(tree, "ShaderNodeValToRGB", f"{ramp.weight.title()} Colors", -1250, y)
    elements = colours.color_ramp.elements
    for weight_there, _ in ramp.stops[1:-1]:
        elements.new(weight_there / ramp.full)
    for element, (_, colour) in zip(elements, ramp.stops, strict=True):
        element.color = colour
    switch = _node(tree, "ShaderNodeValue", ramp.switch, -950, y)
    switch.label = ramp.switch
    switch.outputs[0].default_value = 0.0
    mix = _node(tree, "ShaderNodeMix", f"{ramp.weight.title()} Mix", -700 + 250 * row, 300)
    mix.data_type = "RGBA"
    tree.links.new(_socket(weight.outputs, "Fac", "Factor"), share.inputs[0])
    tree.links.new(share.outputs[0], colours.inputs[0])
    tree.links.new(switch.outputs[0], _socket(mix.inputs, "Factor_Float"))
    tree.links.new(below, _socket(mix.inputs, "A_Color"))
    tree.links.new(colours.outputs["Color"], _socket(mix.inputs, "B_Color"))
    return _socket(mix.outputs, "Result_Color")


def preview_material(name: str) -> bpy.types.Material:
    material, tree, principled = _principled(name)
    material[PREVIEW_MATERIAL] = True
    colour = _node(tree, "ShaderNodeAttribute", "Photo Colour", -350, 300)
    colour.attribute_name = PREVIEW_COLOUR
    tree.links.new(colour.outputs["Color"], principled.inputs["Base Color"])
    return material


def voxel_materials(name: str) -> list[bpy.types.Material]:
    """Two greys, the same in every kind of shading, for the cells of a grid as on a chessboard."""
    materials = []
    for grey in VOXEL_GREYS:
        material, _, principled = _principled(name)
        principled.inputs["Base Color"].default_value = material.diffuse_color = (grey, grey, grey, 1.0)
        materials.append(material)
    return materials


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


def overlay_switches(thing: bpy.types.Object, ramp: Ramp) -> list[bpy.types.NodeSocket]:
    """The sockets in this object's materials that say how strongly an overlay shows; a user's own have none."""
    trees = [slot.material.node_tree for slot in thing.material_slots if slot.material and slot.material.node_tree]
    nodes = [tree.nodes.get(ramp.switch) for tree in trees]
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
