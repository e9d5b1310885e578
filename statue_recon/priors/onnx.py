"""A network kept as an ONNX file, read and run with what the engine has anyway: PyTorch.

Only what convolutional networks for masks are made of is known (`OPERATORS`); another operator is refused by name. The
file is data: protocol buffers of nodes and weights, read here field by field, and nothing in it is ever executed.

    ModelProto  7 graph                       TensorProto     1 dims, 2 type, 8 name, 9 raw bytes
    GraphProto  1 node, 5 initializer,        AttributeProto  1 name, 2 float, 3 int, 4 text, 5 tensor, 7 floats, 8 ints
                11 input, 12 output           NodeProto       1 input, 2 output, 4 operator, 5 attribute
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ..contract import Failure

TYPES = {1: np.float32, 6: np.int32, 7: np.int64, 9: np.bool_, 10: np.float16, 11: np.float64}


@dataclass(frozen=True)
class Node:
    """One step of a network: an operator from named values to named values."""

    operator: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Any]


@dataclass(frozen=True)
class Network:
    """The steps that lead to the first output, in order."""

    nodes: tuple[Node, ...]
    weights: dict[str, np.ndarray]
    input: str
    output: str


def read_network(path: Path) -> Network:
    """Reads an .onnx file. Raises Failure if it is none, or one with operators that are not known here."""
    try:
        graph = next(value for number, value in _fields(memoryview(path.read_bytes())) if number == 7)
        parts = _grouped(graph)
        weights = dict(_tensor(part) for part in parts.get(5, []))
        inputs = [name for name in map(_name, parts[11]) if name not in weights]
        output = _name(parts[12][0])
        nodes = _leading_to(output, [_node(part) for part in parts[1]])
    except (StopIteration, KeyError, IndexError, ValueError, struct.error, UnicodeDecodeError, TypeError) as error:
        raise Failure(
            f"{path.name} is no ONNX model that can be read here ({type(error).__name__}: {error}).",
            next_step="Remove the model and download it again.",
        ) from error
    unknown = sorted({node.operator for node in nodes} - set(OPERATORS))
    if unknown:
        raise Failure(
            f"{path.name} needs operators that are not known here: {', '.join(unknown)}.",
            next_step="Use the model that the extension's preferences offer.",
        )
    return Network(tuple(nodes), weights, inputs[0], output)


def run(network: Network, values: np.ndarray, device: str = "cpu") -> np.ndarray:
    """What the network makes of its input, both arrays. Computes in float32 whatever the weights are kept in."""
    import torch

    def on_device(array: np.ndarray) -> torch.Tensor:
        tensor = torch.from_numpy(np.array(array))  # a copy: the file's bytes are read-only
        tensor = tensor.to(device, torch.float32 if tensor.is_floating_point() else tensor.dtype)
        if tensor.ndim < 4:
            return tensor
        return tensor.contiguous(memory_format=torch.channels_last)  # a seventh less time on a CPU

    last_use = {name: number for number, node in enumerate(network.nodes) for name in node.inputs}
    known: dict[str, Any] = {"": None, network.input: on_device(values)}  # "" stands for an input that is left out
    with torch.inference_mode():
        for number, node in enumerate(network.nodes):
            for name in node.inputs:
                if name not in known:
                    known[name] = on_device(network.weights[name])
            result = OPERATORS[node.operator](node.attributes, *(known[name] for name in node.inputs))
            known[node.outputs[0]] = on_device(result) if isinstance(result, np.ndarray) else result
            for name in set(node.inputs) - {""}:
                if last_use[name] == number:  # nobody needs it again: a third of the memory
                    del known[name]
    return known[network.output].cpu().numpy()


def _conv(attributes, values, weight, bias=None):
    from torch.nn import functional

    padded, pads = _padded(attributes, values, 0.0)
    strides, dilations = attributes.get("strides", (1, 1)), attributes.get("dilations", (1, 1))
    return functional.conv2d(padded, weight, bias, strides, pads, dilations, attributes.get("group", 1))


def _max_pool(attributes, values):
    from torch.nn import functional

    padded, pads = _padded(attributes, values, float("-inf"))
    kernel, strides = attributes["kernel_shape"], attributes.get("strides", (1, 1))
    return functional.max_pool2d(padded, kernel, strides, pads, ceil_mode=bool(attributes.get("ceil_mode", 0)))


def _padded(attributes, values, fill):
    """The values and the padding that is left for the operator to do: PyTorch's pads alike on opposite sides only."""
    from torch.nn import functional

    if attributes.get("auto_pad", "NOTSET") != "NOTSET":
        raise ValueError("auto_pad is not known")
    top, left, bottom, right = attributes.get("pads", (0, 0, 0, 0))
    if (top, left) == (bottom, right):
        return values, (top, left)
    return functional.pad(values, (left, right, top, bottom), value=fill), (0, 0)


def _resize(attributes, values, _region=None, scales=None, sizes=None):
    from torch.nn import functional

    mode, place = attributes.get("mode", "nearest"), attributes.get("coordinate_transformation_mode", "half_pixel")
    if mode != "linear" or place not in ("half_pixel", "pytorch_half_pixel", "align_corners"):
        raise ValueError(f"Resize with {mode} and {place} is not known")
    if sizes is None:
        sizes = [round(side * float(scale)) for side, scale in zip(values.shape, scales, strict=True)]
    size = tuple(int(side) for side in sizes[-2:])
    return functional.interpolate(values, size, mode="bilinear", align_corners=place == "align_corners")


def _slice(_attributes, values, starts, ends, axes=None, steps=None):
    """Of vectors of sizes, mostly."""
    import torch

    axes = range(len(starts)) if axes is None else axes
    steps = torch.ones_like(starts) if steps is None else steps
    index = [slice(None)] * values.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        index[int(axis)] = slice(int(start), int(end), int(step))
    return values[tuple(index)]


def _shape(_attributes, values):
    return np.array(values.shape, dtype=np.int64)


def _concat(attributes, *values):
    import torch

    return torch.cat(values, dim=attributes["axis"])


def _cast(attributes, values):
    """Floats stay float32: half precision was for the file's sake."""
    whole = np.issubdtype(TYPES[attributes["to"]], np.integer)
    return values.long() if whole else values.float()


OPERATORS: dict[str, Callable[..., Any]] = {
    "Add": lambda _, first, second: first + second,
    "Cast": _cast,
    "Concat": _concat,
    "Constant": lambda attributes: attributes["value"],
    "Conv": _conv,
    "Identity": lambda _, values: values,
    "MaxPool": _max_pool,
    "Mul": lambda _, first, second: first * second,
    "Relu": lambda _, values: values.relu(),
    "Resize": _resize,
    "Shape": _shape,
    "Sigmoid": lambda _, values: values.sigmoid(),
    "Slice": _slice,
}


def _leading_to(output: str, nodes: list[Node]) -> list[Node]:
    """The nodes that the output depends on, each after those it takes its inputs from: not every file is so ordered."""
    maker = {name: number for number, node in enumerate(nodes) for name in node.outputs}
    needs = {number: [maker[name] for name in node.inputs if name in maker] for number, node in enumerate(nodes)}
    ordered: list[int] = []
    opened: set[int] = set()
    waiting = [maker[output]]
    while waiting:
        number = waiting[-1]
        missing = [needed for needed in needs[number] if needed not in ordered]
        if missing and number in opened:
            raise ValueError("its nodes wait for each other")
        if missing:
            opened.add(number)
            waiting += missing
            continue
        waiting.pop()
        if number not in ordered:
            ordered.append(number)
    return [nodes[number] for number in ordered]


def _node(data: memoryview) -> Node:
    parts = _grouped(data)
    inputs, outputs = ([_text(name) for name in parts.get(number, [])] for number in (1, 2))
    return Node(_text(parts[4][0]), tuple(inputs), tuple(outputs), dict(_attribute(part) for part in parts.get(5, [])))


def _attribute(data: memoryview) -> tuple[str, Any]:
    parts = _grouped(data)
    name = _text(parts[1][0])
    if 5 in parts:
        return name, _tensor(parts[5][0])[1]
    if 8 in parts:
        return name, tuple(number for part in parts[8] for number in _whole_numbers(part))
    if 4 in parts:
        return name, _text(parts[4][0])
    if 3 in parts:
        return name, parts[3][0]
    if 2 in parts:
        return name, struct.unpack("<f", parts[2][0])[0]
    return name, None


def _tensor(data: memoryview) -> tuple[str, np.ndarray]:
    """Name and values; only tensors kept as raw bytes, as all exporters write weights."""
    parts = _grouped(data)
    shape = [side for part in parts.get(1, []) for side in _whole_numbers(part)]
    raw = parts[9][0] if 9 in parts else b""
    name = _text(parts[8][0]) if 8 in parts else ""
    return name, np.frombuffer(raw, dtype=TYPES[parts[2][0]]).reshape(shape)


def _name(data: memoryview) -> str:
    return _text(_grouped(data)[1][0])


def _text(data: memoryview) -> str:
    return bytes(data).decode("utf-8")


def _whole_numbers(part: int | memoryview) -> Iterator[int]:
    """A repeated field of whole numbers comes one by one, or packed into one string of bytes."""
    if isinstance(part, int):
        yield part
        return
    place = 0
    while place < len(part):
        number, place = _varint(part, place)
        yield number


def _grouped(data: memoryview) -> dict[int, list[Any]]:
    """A message's fields by their number."""
    groups: dict[int, list[Any]] = {}
    for number, value in _fields(data):
        groups.setdefault(number, []).append(value)
    return groups


def _fields(data: memoryview) -> Iterator[tuple[int, Any]]:
    """Number and value of each field of a protocol buffer: whole numbers as such, the rest as bytes."""
    place = 0
    while place < len(data):
        key, place = _varint(data, place)
        kind = key & 7
        if kind == 0:
            value, place = _varint(data, place)
            yield key >> 3, value
            continue
        if kind == 2:
            size, place = _varint(data, place)
        else:
            size = {1: 8, 5: 4}[kind]
        if place + size > len(data):
            raise ValueError("the file ends in the middle")
        yield key >> 3, data[place : place + size]
        place += size


def _varint(data: memoryview, place: int) -> tuple[int, int]:
    """A whole number of 64 bits, seven to a byte, and the place after it."""
    number = shift = 0
    while True:
        byte = data[place]
        place += 1
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number - 2**64 if number >= 2**63 else number, place
