"""What the contract's data are made of: their version, their checks, and their way to JSON and back.

Standard library only. `contract` and `contract_edit` say what the data mean; both re-use what is here.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_type_hints

VERSION = 5  # raised whenever a field changes its meaning, comes or goes

QUALITIES = ("draft", "standard", "high")
DEVICES = ("auto", "cpu", "cuda", "mps")

Range = tuple[float, float, str]  # of a number: the least, the most, the unit


@dataclass(frozen=True)
class Stage:
    """A step of a job as people read it, and its usual share of a whole run (for the time left).

    A run leaves out the stages it has no use for: without a prior there is nothing to refine.
    """

    words: str
    share: float
    stoppable: bool = False  # may be ended early: the run goes on with what is there by then


class Failure(Exception):
    """Something a person can mend: a sentence that says what happened and why, and the next step."""

    def __init__(self, message: str, next_step: str):
        super().__init__(message, next_step)  # both, so that it can travel between processes
        self.message = message
        self.next_step = next_step

    def __str__(self) -> str:
        return f"{self.message} {self.next_step}"


def check(request: Any, choices: Mapping[str, tuple], ranges: Mapping[str, Range]) -> None:
    """Refuses a request whose fields are none of the `choices`, or out of their `ranges`; None leaves a number open."""
    for name, allowed in choices.items():
        if getattr(request, name) not in allowed:
            words = [str(choice) for choice in allowed if choice is not None]
            raise Failure(
                f"The request asks for {name.replace('_', ' ')} “{getattr(request, name)}”, which does not exist.",
                next_step=f"Choose one of: {', '.join(words)}.",
            )
    for name, (least, most, unit) in ranges.items():
        value = getattr(request, name)
        if value is not None and not least <= value <= most:
            raise Failure(
                f"The request asks for {name.replace('_', ' ')} = {value:,}, which is out of range.",
                next_step=f"Choose from {least:,} to {most:,} {unit}.",
            )


def to_json(data: Any) -> str:
    """A dataclass of the contract as indented JSON."""
    return json.dumps(dataclasses.asdict(data), ensure_ascii=False, indent=2)


def read_object(text: str, what: str) -> dict[str, Any]:
    """The JSON object in `text`; `what` it should be, for the refusal."""
    try:
        value = json.loads(text)
    except ValueError as error:
        raise foreign(f"something unreadable for {what} ({error})") from error
    if not isinstance(value, dict):
        raise foreign(f"something else than {what}")
    return value


def build(kind: type, fields: dict[str, Any]) -> Any:
    """A dataclass of `kind` from the fields of its JSON; refuses what it does not know, lacks or cannot hold."""
    version = fields.get("version", VERSION)
    if version != VERSION:
        raise Failure(
            f"This job speaks version {version} of the contract; this Statue Recon speaks version {VERSION}.",
            next_step="Start the job anew with the Statue Recon that is installed now.",
        )
    known = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(fields) - set(known))
    required = {name for name, field in known.items() if field.default is dataclasses.MISSING}
    missing = sorted(required - set(fields))
    if unknown or missing:
        raise foreign(f"{kind.__name__} with " + _list("unknown", unknown) + _list("missing", missing))
    hints = get_type_hints(kind)
    for name, value in fields.items():
        accepted = _accepted(hints[name])
        if not isinstance(value, accepted) or (isinstance(value, bool) and bool not in accepted):
            raise foreign(f"{kind.__name__}.{name} = {value!r}")
    return kind(**fields)


def _accepted(hint) -> tuple[type, ...]:
    """The Python types a JSON value of this hint may have: `float` takes whole numbers too."""
    types = get_args(hint) or (hint,)
    return tuple(types) + ((int,) if float in types else ())


def _list(word: str, names: list[str]) -> str:
    return f"{word} {', '.join(names)} " if names else ""


def foreign(what: str) -> Failure:
    return Failure(
        f"The job folder holds {what.strip()}, which this Statue Recon does not understand.",
        next_step="It was edited by hand or made by another version: start the job anew.",
    )
