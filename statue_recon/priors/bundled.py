"""The priors that ship with Statue Recon: their weights, in eight bits, and what is known of them.

    bundled/bundled.json        for each part: version, architecture, parameters, files with size and SHA-256, and how
                                it was trained; the credits of what it was trained on
    bundled/NAME.safetensors    the weights; in several files NAME-1, NAME-2, … where one would be too large
    bundled/CARD.md             the same for people

A matrix or a convolution is kept as int8, NAME, with one float16 scale for each of its outputs, NAME.scale; whatever
is small as float16. Nothing but the standard library is imported until weights are wanted: Blender's side may look.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract import Failure
from ..whole import write_whole

if TYPE_CHECKING:
    from torch import Tensor

FOLDER = Path(__file__).with_name("bundled")
LIST = "bundled.json"
CARD = "CARD.md"
FORMAT = 1
FILE_LIMIT = 16 * 2**20  # bytes that one file stays below
LIMIT = 32 * 2**20  # bytes of all
SCALE = ".scale"
ENOUGH = 1024  # elements from which on a tensor is worth a scale
LEVELS = 127
LEAST_SCALE = 2.0**-24  # the smallest float16 above nothing
AGAIN = "Install the extension again: what it ships was changed or damaged."


@dataclass(frozen=True)
class File:
    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True)
class Part:
    """One of the bundled priors."""

    version: int  # raised each time other weights take its place
    architecture: dict[str, Any]
    parameters: int
    files: tuple[File, ...]
    trained: str  # when and how, in a line
    run: dict[str, Any] = field(default_factory=dict)  # where it comes from in full: train.record.Record and figures


@dataclass(frozen=True)
class Bundle:
    """What bundled.json says."""

    parts: dict[str, Part]
    credits: tuple[dict[str, str], ...] = ()  # file, licence, author, source of what was trained on
    measured: str = ""  # Markdown: what the parts reach together


def bundle(folder: Path | None = None) -> Bundle:
    """What is bundled; nothing if the list is not there."""
    path = (folder or FOLDER) / LIST
    if not path.is_file():
        return Bundle({})
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        if said["format"] != FORMAT:
            raise ValueError(f"format {said['format']}")
        parts = {
            name: Part(**{**fields, "files": tuple(File(**file) for file in fields["files"])})
            for name, fields in said["parts"].items()
        }
        return Bundle(parts, tuple(said["credits"]), said["measured"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise Failure(f"The list of bundled priors, {path}, cannot be read ({error}).", next_step=AGAIN) from error


def weights(name: str, folder: Path | None = None) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """What is known of a part, its architecture among it, and its weights, float32, found to be what was shipped."""
    from safetensors.torch import load

    place = folder or FOLDER
    part = bundle(place).parts.get(name)
    if part is None:
        raise Failure(f"There is no bundled prior “{name}” in {place}.", next_step=AGAIN)
    packed: dict[str, Tensor] = {}
    for file in part.files:
        try:
            content = (place / file.name).read_bytes()
        except OSError as error:
            raise Failure(f"The bundled weights {file.name} cannot be read ({error}).", next_step=AGAIN) from error
        if hashlib.sha256(content).hexdigest() != file.sha256:
            raise Failure(f"The bundled weights {file.name} are not those that were shipped.", next_step=AGAIN)
        packed |= load(content)
    return asdict(part), unpacked(packed)


def pack(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights in as few bytes as they need: see the head of this file."""
    packed: dict[str, Tensor] = {}
    for name, value in state.items():
        if not value.is_floating_point():
            packed[name] = value.detach().cpu().contiguous()
        elif value.ndim < 2 or value.numel() < ENOUGH:
            packed[name] = value.detach().cpu().half().contiguous()
        else:
            packed[name], packed[name + SCALE] = _in_eight_bits(value.detach().cpu().float())
    return packed


def unpacked(packed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Weights as a network takes them, float32."""
    state: dict[str, Tensor] = {}
    for name, value in packed.items():
        if name.endswith(SCALE) and name.removesuffix(SCALE) in packed:
            continue
        scale = packed.get(name + SCALE)
        if scale is not None:
            state[name] = value.float() * scale.float().reshape(-1, *[1] * (value.ndim - 1))
        else:
            state[name] = value.float() if value.is_floating_point() else value
    return state


def put(name: str, part: Mapping[str, Any], state: Mapping[str, Tensor], folder: Path | None = None) -> Part:
    """Writes a part's weights in place of those that were there; `part`: fields of Part that are not known of them."""
    from safetensors.torch import save

    place = folder or FOLDER
    place.mkdir(parents=True, exist_ok=True)
    before = bundle(place)
    shards = list(_shards(pack(state)))
    names = [
        f"{name}.safetensors" if len(shards) == 1 else f"{name}-{n}.safetensors" for n in range(1, len(shards) + 1)
    ]
    contents = [save(shard) for shard in shards]
    old = before.parts.get(name)
    files = tuple(
        File(file, len(content), hashlib.sha256(content).hexdigest())
        for file, content in zip(names, contents, strict=True)
    )
    count = sum(value.numel() for value in state.values())
    new = Part(version=old.version + 1 if old else 1, parameters=count, files=files, **part)
    parts = {**before.parts, name: new}
    _check_size(parts)
    for file, content in zip(names, contents, strict=True):
        write_whole(place / file, content)
    write_list(Bundle(parts, before.credits, before.measured), place)
    for file in {file.name for file in old.files} - set(names) if old else ():
        (place / file).unlink(missing_ok=True)
    return new


def write_list(bundled: Bundle, folder: Path | None = None) -> None:
    said = {"format": FORMAT, **asdict(bundled)}
    write_whole((folder or FOLDER) / LIST, (json.dumps(said, indent=1, ensure_ascii=False) + "\n").encode("utf-8"))


def _in_eight_bits(value: Tensor) -> tuple[Tensor, Tensor]:
    """int8 of the same shape, and the float16 scale of each output."""
    rows = value.flatten(1)
    scale = (rows.abs().amax(dim=1) / LEVELS).clamp(min=LEAST_SCALE).half()
    steps = (rows / scale.float()[:, None]).round().clamp(-LEVELS, LEVELS)
    return steps.char().reshape(value.shape).contiguous(), scale


def _shards(packed: Mapping[str, Tensor]):
    """The weights in parts that stay below FILE_LIMIT, header and all."""
    shard: dict[str, Tensor] = {}
    size = 0
    for name, value in packed.items():
        needed = value.numel() * value.element_size() + 256  # what the header says of it
        if shard and size + needed >= FILE_LIMIT:
            yield shard
            shard, size = {}, 0
        shard[name] = value
        size += needed
    yield shard


def _check_size(parts: Mapping[str, Part]) -> None:
    total = sum(file.bytes for part in parts.values() for file in part.files)
    largest = max(file.bytes for part in parts.values() for file in part.files)
    if total > LIMIT or largest >= FILE_LIMIT:
        raise Failure(
            f"The weights are too large to ship: {total / 2**20:.1f} MiB in all, {largest / 2**20:.1f} MiB in a file.",
            next_step=f"Ship a smaller network: {LIMIT >> 20} MiB in all, {FILE_LIMIT >> 20} MiB in a file at most.",
        )
