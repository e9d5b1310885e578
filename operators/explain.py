"""Why a button cannot be pressed, told where the hand rests on it."""

from bpy.types import Operator


def explain(operator: type[Operator], problem: str | None) -> bool:
    """For `poll`: whether there is no problem; if there is one, the tooltip of the greyed-out button says it."""
    if problem:
        operator.poll_message_set(problem)
    return problem is None
