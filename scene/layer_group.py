"""The node group of one texture layer: its picture over what comes in, by the picture's alpha."""

from __future__ import annotations

import bpy

# What a layer changes: the shader's inputs, and the names of the group's sockets for them.
CHANNELS = {"Base Color": "Color", "Roughness": "Roughness", "Metallic": "Metallic", "Normal": "Normal"}
KINDS = {"Color": "NodeSocketColor", "Normal": "NodeSocketVector"}  # the others are floats
OPACITY, SHOWN = "Opacity", "Shown"
PICTURE = "Picture"  # the name of the image's node


def layer_group(
    label: str,
    picture: bpy.types.Image,
    uv_map: str,
    files,
    gloss: bpy.types.Image | None,
    relief: bpy.types.Image | None,
):
    """A new group. `files` are the layer's `LayerFiles`: roughness, metallic and relief_range are read.

    With `gloss`, that picture says by texel what the two constants say of the whole.
    """
    constants = {"Roughness": files.roughness, "Metallic": files.metallic}
    given = [name for name, value in constants.items() if value is not None]
    names = ["Color", *given, *(["Normal"] if relief else [])]
    tree, entry, leave = _new_group(f"Edit: {label}", names)
    uv = _node(tree, "ShaderNodeUVMap", "UV Map", -1000, -200)
    uv.uv_map = uv_map
    image = _node(tree, "ShaderNodeTexImage", PICTURE, -800, 0)
    image.image = picture
    tree.links.new(uv.outputs[0], image.inputs["Vector"])
    opacity = _multiply(tree, entry.outputs[OPACITY], entry.outputs[SHOWN], "Opacity if Shown", -500, 200)
    factor = _multiply(tree, image.outputs["Alpha"], opacity, "Mask", -300, 100)
    mix = _node(tree, "ShaderNodeMix", "Color over Below", -50, 200)
    mix.data_type = "RGBA"
    _feed_mix(tree, mix, factor, entry.outputs["Color"], "A_Color", leave.inputs["Color"], "Result_Color")
    tree.links.new(image.outputs["Color"], _socket(mix.inputs, "B_Color"))
    by_texel = _gloss(tree, gloss, uv) if gloss and given else {}
    for row, name in enumerate(given):
        mix = _node(tree, "ShaderNodeMix", f"{name} over Below", -50, -50 - 250 * row)
        mix.data_type = "FLOAT"
        _socket(mix.inputs, "B_Float").default_value = constants[name]
        if name in by_texel:
            tree.links.new(by_texel[name], _socket(mix.inputs, "B_Float"))
        _feed_mix(tree, mix, factor, entry.outputs[name], "A_Float", leave.inputs[name], "Result_Float")
    if relief:
        _bump(tree, entry, leave, relief, uv, factor, files.relief_range)
    return tree


def merged_group(label: str, nodes: list[bpy.types.Node]):
    """A group of layers one over the other, each with the opacity its node has now."""
    names = [name for name in CHANNELS.values() if any(name in node.inputs for node in nodes)]
    tree, entry, leave = _new_group(f"Edit: {label}", names)
    below = {name: entry.outputs[name] for name in names}
    for place, node in enumerate(nodes):
        inner = _node(tree, "ShaderNodeGroup", f"Layer {place + 1:02}", -400 + 300 * place, 0)
        inner.node_tree, inner.label = node.node_tree, node.label
        share = node.inputs[OPACITY].default_value * node.inputs[SHOWN].default_value
        inner["share"] = share  # for whoever flattens the layers outside the renderer
        opacity = _multiply(tree, entry.outputs[OPACITY], None, "Share", -600, -250 * place)
        opacity.node.inputs[1].default_value = share
        tree.links.new(opacity, inner.inputs[OPACITY])
        tree.links.new(entry.outputs[SHOWN], inner.inputs[SHOWN])
        for name in names:
            if name in inner.inputs:
                tree.links.new(below[name], inner.inputs[name])
                below[name] = inner.outputs[name]
    for name in names:
        tree.links.new(below[name], leave.inputs[name])
    return tree


def _new_group(name: str, channels: list[str]):
    """A group with these sockets on both sides, and with Opacity and Shown; its ends."""
    tree = bpy.data.node_groups.new(name, "ShaderNodeTree")
    for channel in channels:
        for side in ("INPUT", "OUTPUT"):
            tree.interface.new_socket(channel, in_out=side, socket_type=KINDS.get(channel, "NodeSocketFloat"))
    for switch in (OPACITY, SHOWN):
        socket = tree.interface.new_socket(switch, in_out="INPUT", socket_type="NodeSocketFloat")
        socket.subtype, socket.default_value, socket.min_value, socket.max_value = "FACTOR", 1.0, 0.0, 1.0
    return tree, _node(tree, "NodeGroupInput", "Below", -1000, 200), _node(tree, "NodeGroupOutput", "Above", 400, 100)


def _gloss(tree, picture: bpy.types.Image, uv) -> dict:
    """Roughness and metallic by texel, as glTF keeps them: in green and blue."""
    image = _node(tree, "ShaderNodeTexImage", "Gloss", -800, 350)
    image.image = picture
    tree.links.new(uv.outputs[0], image.inputs["Vector"])
    parts = _node(tree, "ShaderNodeSeparateColor", "Gloss Channels", -500, 350)
    tree.links.new(image.outputs["Color"], parts.inputs[0])
    return {"Roughness": parts.outputs[1], "Metallic": parts.outputs[2]}


def _bump(tree, entry, leave, relief: bpy.types.Image, uv, factor, reach: float) -> None:
    image = _node(tree, "ShaderNodeTexImage", "Relief", -800, -400)
    image.image = relief
    tree.links.new(uv.outputs[0], image.inputs["Vector"])
    bump = _node(tree, "ShaderNodeBump", "Relief over Below", -50, -550)
    bump.inputs["Distance"].default_value = 2 * reach  # from the deepest to the highest
    tree.links.new(image.outputs["Color"], bump.inputs["Height"])
    tree.links.new(factor, bump.inputs["Strength"])
    tree.links.new(entry.outputs["Normal"], bump.inputs["Normal"])
    tree.links.new(bump.outputs["Normal"], leave.inputs["Normal"])


def _feed_mix(tree, mix, factor, below, side: str, above, result: str) -> None:
    tree.links.new(factor, _socket(mix.inputs, "Factor_Float"))
    tree.links.new(below, _socket(mix.inputs, side))
    tree.links.new(_socket(mix.outputs, result), above)


def _multiply(tree, first, second, name: str, x: float, y: float):
    """The product of two outputs, or of one and a constant to be set, as an output."""
    node = _node(tree, "ShaderNodeMath", name, x, y)
    node.operation = "MULTIPLY"
    tree.links.new(first, node.inputs[0])
    if second is not None:
        tree.links.new(second, node.inputs[1])
    return node.outputs[0]


def _node(tree, kind: str, name: str, x: float, y: float):
    node = tree.nodes.new(kind)
    node.name = node.label = name
    node.location = (x, y)
    return node


def _socket(sockets, identifier: str):
    """A socket by identifier: a Mix node has sockets of the same name for every type."""
    return next(socket for socket in sockets if socket.identifier == identifier)
