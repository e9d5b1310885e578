"""How a job stands, wherever a panel shows one: while it runs how far it is, afterwards what became of it."""

from bpy.app.translations import pgettext_iface as iface_

from ..session import jobs
from .words import duration, paragraph


def draw_job(column, job, width: int) -> None:
    """One job: while it runs how far it is, afterwards what became of it."""
    state = job.state
    column.label(text=job.origin.get("name_of_edit") or job.title, icon="GREASEPENCIL" if job.edit else "IMAGE_DATA")
    if state.active:
        draw_running(column, job, state, width)
    else:
        draw_outcome(column, job, state, width)


def draw_running(column, job, state, width: int) -> None:
    if state.status == "queued":
        column.label(text="Waiting for the job before it", icon="SORTTIME")
    else:
        column.progress(factor=state.fraction, text=iface_(state.stage))
        column.label(text=times(state), icon="TIME")
        if state.message:
            paragraph(column, state.message, width, icon="INFO")
    row = column.row(align=True)
    row.enabled = state.status != "cancelling"
    if state.stoppable:
        row.operator("statue.stop_here", text="Stop Here", icon="CHECKMARK").job = job.id
    row.operator("statue.cancel", text="Cancel", icon="X").job = job.id


def times(state) -> str:
    """“12 s, about 15 s left”."""
    elapsed = duration(state.seconds)
    if state.seconds_left is None:
        return elapsed
    return iface_("{elapsed}, about {left} left").format(elapsed=elapsed, left=duration(state.seconds_left))


def draw_outcome(column, job, state, width: int) -> None:
    if state.status == "done":
        paragraph(column, state.result.summary, width, icon="CHECKMARK")
        column.label(text=iface_("Took {time}").format(time=duration(state.result.seconds)), icon="TIME")
        if not job.inserted:
            paragraph(column, iface_(jobs.why_waiting(job)), width, icon="ERROR" if job.problem else "PAUSE")
            draw_insert(column, job)
    elif state.status == "cancelled":
        paragraph(column, iface_(what_is_kept(job, state)), width, icon="CANCEL")
    else:
        paragraph(column, state.failure, width, icon="ERROR")
        paragraph(column, state.next_step, width, icon="FORWARD")
        row = column.row(align=True)
        row.operator("statue.resume", text="Try Again", icon="FILE_REFRESH").job = job.id
        row.operator("statue.discard", text="Discard", icon="TRASH").job = job.id
    column.operator("statue.show_log", icon="TEXT").job = job.id


def draw_insert(column, job) -> None:
    """The ways to bring in a result that waits."""
    if not job.edit:
        column.operator("statue.insert_result", text="Insert Here", icon="IMPORT").job = job.id
        return
    row = column.row(align=True)
    row.operator("statue.insert_edit", text="Insert Here", icon="IMPORT").job = job.id
    anew = row.operator("statue.insert_edit", text="As New Object", icon="DUPLICATE")
    anew.job, anew.as_new = job.id, True


def what_is_kept(job, state) -> str:
    """What a cancelled job has left."""
    if job.edit:
        return "Cancelled. The statue is as it was."
    return "Cancelled. The mesh so far stays in the scene." if state.preview else "Cancelled before there was a mesh."


def draw_interrupted(column, name: str, title: str) -> None:
    column.label(text=title, icon="IMAGE_DATA")
    column.label(text="Interrupted when Blender closed", icon="PAUSE")
    row = column.row(align=True)
    row.operator("statue.resume", text="Resume", icon="PLAY").job = name
    row.operator("statue.discard", text="Discard", icon="TRASH").job = name
