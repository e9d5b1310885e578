"""What all work by hand that asks the engine has in common: the statue goes out as it is, and a job begins."""

from collections.abc import Callable

from ..scene import edit_history, marks, origin, statue
from ..session import edit_jobs, jobs, runtime
from ..statue_recon.contract import Failure
from .explain import explain

BY_HAND = "by_hand"  # in a job's origin: its panel is By Hand
NO_PHOTO = "Only a statue made by Statue Recon knows its photo: select one"


class ByHand:
    """An operator that asks the engine for something about the selected statue, or about the one whose mark it is."""

    wants_photo = False  # whether it can only be done where the photo is known

    @classmethod
    def poll(cls, context):
        return explain(cls, runtime.problem() or cls.input_problem(context))

    @classmethod
    def input_problem(cls, context) -> str | None:
        """Why it cannot be done with the selected object, by a look that costs nothing."""
        thing = marks.owner(context.object)
        if reason := statue.not_editable(thing):
            return reason
        if edit_history.is_variant(thing):
            return "Keep one of the variants first"
        if cls.wants_photo and thing.get(statue.KIND) != statue.RESULT:
            return NO_PHOTO
        if busy(context, thing):
            return "An edit of this statue is under way"
        return cls.own_problem(thing, context.scene.statue_hand)

    @classmethod
    def own_problem(cls, thing, settings) -> str | None:
        """What this intention asks for beside a statue."""
        return None

    def execute(self, context):
        try:
            notes = self.ask(context, marks.owner(context.object), context.scene.statue_hand)
        except Failure as failure:
            self.report({"ERROR"}, str(failure))  # type: ignore[attr-defined]  # an operator's, which this is part of
            return {"CANCELLED"}
        for note in notes:
            self.report({"INFO"}, note)  # type: ignore[attr-defined]
        return {"FINISHED"}

    def ask(self, context, thing, settings) -> tuple[str, ...]:
        """Starts the job, by `hand_over`; returns what a person should know about that."""
        raise NotImplementedError


def busy(context, thing) -> bool:
    """Whether a job of this object is under way."""
    job = jobs.current(context.scene, edit=True)
    asked = job.origin.get("object", {}).get("id") if job and job.state.active else None
    return asked is not None and asked == thing.get(edit_history.ID)


def hand_over(
    context, thing, name: str, own_vertices: bool, request: Callable, region=None, groups: bool = False
) -> tuple[str, ...]:
    """Takes the statue out of Blender and starts a job on it; returns what a person should know about that.

    `request` makes the request of what was taken (a statue_out.Taken). `own_vertices`: whether the result speaks of the
    mesh's own vertices, or of those its modifiers show; `groups`: whether all vertex groups go along.
    """
    from ..scene import statue_out

    taken = statue_out.take(thing, region or statue_out.Region(), shape=own_vertices, groups=groups)
    asked_from = {
        **origin.origin(context.scene),
        "object": {
            **edit_history.address(thing),
            **taken.noted(),
            "matrix_world": [list(row) for row in thing.matrix_world],
        },
        "name_of_edit": name,
        BY_HAND: True,
    }
    asked = request(taken)
    asked.check()
    edit_jobs.start(asked, taken, thing.name, asked_from)
    return taken.notes
