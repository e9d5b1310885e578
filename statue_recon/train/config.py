"""The configurations of training: TOML files, by name in configs/ or by path anywhere.

    task = "shape"                  which command takes it
    [budget]                        fields of loop.Budget
    [architecture]                  fields of the network's architecture
    [data]                          fields of the task's data, but for folders and devices: those are the command line's

Fields that are left out have their defaults. What nobody knows is refused: a run of hours should not ignore a typing
mistake.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

from ..contract import Failure

FOLDER = Path(__file__).with_name("configs")
PRECISIONS = ("no", "fp16", "bf16")
GIVEN = ("device", "folder", "guesser", "guesser_widths", "lights")  # of the command line: they belong to the machine

Kind = TypeVar("Kind")


@dataclass(frozen=True)
class Config:
    """What a configuration says, as it stands there."""

    name: str
    task: str
    sections: Mapping[str, Mapping[str, Any]]

    def section(self, name: str, kind: type[Kind], **given: Any) -> Kind:
        """A section as the dataclass it describes; `given` goes before what it says."""
        hints = get_type_hints(kind)
        known = {field.name: field for field in fields(kind) if field.name not in GIVEN}  # type: ignore[arg-type]
        said = dict(self.sections.get(name, {}))
        for key, value in said.items():
            if key not in known:
                raise self.mistake(f"[{name}] has no “{key}”", f"Choose from: {', '.join(known)}.")
            if not _fits(value, hints[key]):
                raise self.mistake(f"{key} = {value!r} in [{name}] is not {_words(hints[key])}", "Correct it.")
        values = {key: _as(value, hints[key]) for key, value in said.items()} | given
        missing = [key for key, field in known.items() if key not in values and _is_needed(field)]
        if missing:
            raise self.mistake(f"[{name}] lacks {', '.join(missing)}", "Add it.")
        return kind(**values)

    def mistake(self, what: str, next_step: str) -> Failure:
        return Failure(f"The configuration {self.name} cannot be used: {what}.", next_step=next_step)


def read(where: str, task: str, sections: tuple[str, ...]) -> Config:
    """A configuration for a task; `where`: the name of one in configs/, or a path."""
    path = _path(where)
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Failure(
            f"The configuration {path} cannot be read ({error}).", next_step="Correct it, or name another one."
        ) from error
    made_for = said.pop("task", None)
    config = Config(path.name, task, {name: part for name, part in said.items() if isinstance(part, dict)})
    if made_for != task:
        raise config.mistake(
            f"it is made for “{made_for}”, not for “{task}”", f"Choose from: {', '.join(names(task))}."
        )
    strangers = sorted(set(said) - set(sections) | {name for name in said if name not in config.sections})
    if strangers:
        allowed = ", ".join(f"[{name}]" for name in sections)
        raise config.mistake(f"nobody knows its {', '.join(strangers)}", f"It may have the sections {allowed}.")
    return config


def names(task: str) -> list[str]:
    """The configurations that come with the engine."""
    return sorted(path.stem for path in FOLDER.glob(f"{task}-*.toml"))


def _path(where: str) -> Path:
    bundled = FOLDER / f"{where}.toml"
    if bundled.is_file() and Path(where).name == where:
        return bundled
    if Path(where).is_file():
        return Path(where)
    known = sorted(path.stem for path in FOLDER.glob("*.toml"))
    raise Failure(
        f"There is no configuration “{where}”.", next_step=f"Name a .toml file, or one of: {', '.join(known)}."
    )


def _is_needed(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _fits(value: Any, hint: Any) -> bool:
    """Whether what TOML says can be what a field wants."""
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind in (Union, UnionType):
        return any(_fits(value, one) for one in inner)
    if kind is tuple:
        within = inner[:1] * len(value) if isinstance(value, list) and inner[-1] is Ellipsis else inner
        return isinstance(value, list) and len(value) == len(within) and all(map(_fits, value, within))
    if kind is frozenset:
        return isinstance(value, list) and all(_fits(one, inner[0]) for one in value)
    if isinstance(kind, type) and issubclass(kind, Mapping):
        return isinstance(value, dict) and all(_fits(one, inner[1]) for one in value.values())
    accepted = {float: (int, float), int: (int,), bool: (bool,), str: (str,)}.get(kind, ())
    return isinstance(value, accepted) and (kind is bool or not isinstance(value, bool))


def _as(value: Any, hint: Any) -> Any:
    """The value as the field has it: tuples or sets for lists, floats for whole numbers."""
    if get_origin(hint) is frozenset:
        return frozenset(value)
    if isinstance(value, list):
        inner = [one for one in get_args(hint) if one is not Ellipsis]
        return tuple(_as(one, inner[min(place, len(inner) - 1)]) for place, one in enumerate(value))
    return float(value) if hint is float else value


def _words(hint: Any) -> str:
    """What a field wants, for people."""
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind in (tuple, frozenset):
        return f"a list ({_words(inner[0])} each)"
    if isinstance(kind, type) and issubclass(kind, Mapping):
        return "a table of numbers"
    return {float: "a number", int: "a whole number", bool: "true or false", str: "a text"}.get(kind, "what it takes")
