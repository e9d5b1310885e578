"""The jobs of this session, on Blender's main thread: starting them, and putting what they make into the scene.

The queue's own thread follows the worker; here a timer reads its snapshots, asks panels to redraw, shows previews and
inserts results. Only plain data is kept: a scene is looked up anew each time, for undo and file load replace them all.
"""

import atexit
import logging
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.app.handlers import persistent

from ..inference import job_folder
from ..inference.queue import JobQueue, JobState
from ..scene import origin
from ..statue_recon.contract import Failure, Request, Result
from . import moment, preferences, runtime

log = logging.getLogger(__name__)

TICK_SECONDS = 0.2
SETTLED = ("done", "cancelled")  # nothing more to say of these once they are in the scene
SCAN_AFTER_SECONDS = 1.0  # after enabling: Blender's window shall be there first


@dataclass
class Job:
    """A job of this session; its progress lies in the queue, under its folder."""

    folder: Path
    title: str  # the photo's name, or that of the statue it edits
    origin: dict  # the file and scene that asked for it (scene/origin.py); for an edit the object (edit_jobs.py)
    edit: bool = False  # whether it changes a statue that is there
    shown_preview: str | None = None
    inserted: bool = False
    problem: str = ""  # why its result is not in the scene although it is done

    @property
    def id(self) -> str:
        return self.folder.name

    @property
    def state(self) -> JobState:
        return _queue.state(self.folder)


_queue: JobQueue
_jobs: list[Job] = []
_interrupted: dict[str, str] = {}  # name of the folder: title
_space = 0
_last_shown: list[tuple] = []


def start(request: Request, photo, mask, asked_from: dict) -> Job:
    """Writes the job folder and queues it. `photo` is a scene.snapshot.Snapshot, `mask` [H, W] uint8 or None."""
    from ..scene.png import png_bytes

    folder = job_folder.create(
        preferences.jobs_folder(),
        photo.name,
        request,
        photo=png_bytes(photo.rgba),
        mask=None if mask is None else png_bytes(mask),
        origin=asked_from,
    )
    return follow(folder, photo.name, asked_from)


def resume(name: str, scene) -> Job:
    """Queues an interrupted or failed job again; what it had finished is not done twice.

    Its result goes to the scene that asked first if that is open, else to this one.
    """
    folder = folder_named(name)
    asked_from = job_folder.read_origin(folder)
    if origin.find_scene(asked_from) is None:
        asked_from = {**asked_from, **origin.origin(scene)}
    before = find(name)
    if before and before.state.status == "done":
        raise Failure("This job is done.", next_step="Use Insert Again for a fresh copy of its statue.")
    job = follow(folder, job_folder.title(folder), asked_from)
    _interrupted.pop(name, None)
    if before:
        _jobs.remove(before)
    return job


def follow(folder: Path, title: str, asked_from: dict) -> Job:
    """Queues the job of a folder and looks after it from now on."""
    job = Job(folder, title, asked_from, edit=job_folder.is_edit(folder))
    _queue.submit(folder, python=runtime.python())
    _jobs.append(job)
    _keep_ticking()
    return job


def cancel(job: Job) -> None:
    _queue.cancel(job.folder)


def stop_here(job: Job) -> None:
    """Ends the stage under way early; the job goes on with what is there."""
    _queue.stop_here(job.folder)


def discard(name: str) -> None:
    """Deletes the folder of a job that does not run."""
    folder = folder_named(name)
    job_folder.delete(folder)
    _interrupted.pop(name, None)
    if job := find(name):
        _jobs.remove(job)


def scene_of(job: Job):
    """The scene that asked for the job, if its file is open."""
    return origin.find_scene(job.origin)


def find(name: str) -> Job | None:
    return next((job for job in _jobs if job.id == name), None)


def folder_named(name: str) -> Path:
    """Where a job lies: where it was made, if in this session, else in the job folder as it is set now."""
    job = find(name)
    return job.folder if job else preferences.jobs_folder() / Path(name).name


def current(scene, edit: bool = False) -> Job | None:
    """The job to show in this scene's panel, of its edits if `edit`: the one running for it, else the newest."""
    mine = [job for job in _jobs if job.edit == edit and scene_of(job) == scene]
    return next((job for job in mine if job.state.active), mine[-1] if mine else None)


def others(scene) -> list[Job]:
    """Jobs that wait in the queue, run for another scene, failed, or wait to be inserted."""
    shown = (current(scene), current(scene, edit=True))
    return [job for job in _jobs if job not in shown and (job.state.status not in SETTLED or waits(job))]


def waits(job: Job) -> bool:
    """Whether the job has a result that is in no scene yet."""
    return job.state.status == "done" and not job.inserted


def why_waiting(job: Job) -> str:
    """What keeps a finished job's result out of the scene."""
    if job.problem:
        return job.problem
    if scene_of(job) is None:
        return "Its file or scene is not open"
    return moment.obstacle() or "Being inserted"


def interrupted() -> dict[str, str]:
    """Jobs that were interrupted when a Blender closed and run nowhere now: name of the folder, title."""
    return _interrupted


def any_active() -> bool:
    return any(job.state.active for job in _jobs)


def tick() -> float | None:
    """Timer: shows what the jobs did since the last look. Ends itself when nothing is left to do."""
    for job in _jobs:
        try:
            _bring_into_scene(job)
        except Failure as failure:
            log.warning("%s: %s", job.folder, failure)
            _give_up(job, str(failure))
        except Exception:  # a bug must neither end the timer nor be retried five times a second
            log.exception("Inserting %s", job.folder)
            _give_up(job, "The result could not be inserted: an error of ours, see the system console.")
    _redraw_if_changed()
    return TICK_SECONDS if any(_concerns_us(job) for job in _jobs) else None


def _news(job: Job) -> str | None:
    """A mesh to look at that is newer than the one shown; also of a job that was cancelled or failed since."""
    state = job.state
    return state.preview if state.status != "done" and state.preview != job.shown_preview else None


def _concerns_us(job: Job) -> bool:
    """Whether the timer has yet to do something for this job."""
    return job.state.active or bool(_news(job)) or (waits(job) and not job.problem)


def _redraw_if_changed() -> None:
    """Panels are drawn again only when they would say something else: a redraw costs the editor below them too."""
    global _last_shown
    states = [(job.id, job.state, job.state.message, job.inserted, job.problem) for job in _jobs]
    shown = [
        (name, state.status, state.stage, state.stoppable, round(state.fraction, 2), int(state.seconds), *rest)
        for name, state, *rest in states
    ]
    if shown != _last_shown:
        _last_shown = shown
        runtime.redraw({"IMAGE_EDITOR", "VIEW_3D"}, region="UI")


def _bring_into_scene(job: Job) -> None:
    from ..scene import insert

    if moment.obstacle():
        return
    if preview := _news(job):
        if not job.edit and (scene := scene_of(job)):
            insert.insert_preview(scene, job.folder, preview, job.id, job.title)
        job.shown_preview = preview
    if waits(job) and not job.problem and scene_of(job):
        with moment.window():
            insert_it = bpy.ops.statue.insert_edit if job.edit else bpy.ops.statue.insert_result
            insert_it("EXEC_DEFAULT", True, job=job.id)  # True: as one undo step


def _give_up(job: Job, problem: str) -> None:
    """Does not try again. A coarse mesh is no loss: the result will come all the same."""
    if waits(job):
        job.problem = job.problem or problem  # the operator may have said it better already
    job.shown_preview = job.state.preview


def insert_now(job: Job, scene) -> bpy.types.Object:
    """Puts the result of a finished job into this scene."""
    from ..scene import insert

    result = job.state.result
    if not isinstance(result, Result):
        raise Failure("This job has no result to insert.", next_step="Wait until it is done, or try it again.")
    statue = insert.insert_result(scene, job.folder, result, job.id, job.title)
    mark_inserted(job)
    return statue


def mark_inserted(job: Job) -> None:
    """Its result is in a scene."""
    job.inserted, job.problem = True, ""
    job_folder.mark_inserted(job.folder)
    measure_space()


def space_in_words() -> str:
    """How much the job folders take of what they may, as of the last look (after a job, a clean-up, at the start)."""
    return f"{_space / 2**30:.2f} GB of {preferences.size_limit() / 2**30:g} GB"


def clean_up() -> int:
    """Removes the oldest finished jobs until all fit the limit; returns the bytes freed."""
    freed = job_folder.clean_up(preferences.jobs_folder(), preferences.size_limit())
    measure_space()
    return freed


def measure_space() -> None:
    global _space
    _space = job_folder.total_size(preferences.jobs_folder())


def scan() -> None:
    """Timer, once: finds what an earlier Blender left unfinished, or finished but inserted nowhere."""
    known = {job.folder for job in _jobs}
    _interrupted.clear()
    for folder in job_folder.unfinished(preferences.jobs_folder()):
        if folder not in known:
            _interrupted[folder.name] = job_folder.title(folder)
    measure_space()


@persistent
def _follow_saved_file(*_) -> None:
    """A file that was saved, perhaps for the first time, can be found again by its new path."""
    for job in _jobs:
        if scene := scene_of(job):
            job.origin = {**job.origin, **origin.origin(scene)}


def _keep_ticking() -> None:
    if not bpy.app.timers.is_registered(tick):
        bpy.app.timers.register(tick, first_interval=TICK_SECONDS, persistent=True)


def register():
    global _queue
    _queue = JobQueue(preferences.ROOT)
    atexit.register(_queue.shutdown)  # closing Blender ends the worker; its folder stays
    bpy.app.handlers.save_post.append(_follow_saved_file)
    bpy.app.timers.register(scan, first_interval=SCAN_AFTER_SECONDS, persistent=True)


def unregister():
    for timer in (tick, scan):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)
    bpy.app.handlers.save_post.remove(_follow_saved_file)
    atexit.unregister(_queue.shutdown)
    _queue.shutdown()
    _jobs.clear()
    _interrupted.clear()
