"""The jobs that edit a statue: starting one, and bringing what it made to the object it was asked for."""

import bpy

from ..inference import job_folder
from ..statue_recon.contract import Failure, Request
from ..statue_recon.contract_edit import EditJob, EditResult
from ..statue_recon.contract_hand import ProjectRequest, RestoreRequest, RetopologiseRequest
from . import jobs, preferences


def start(request: EditJob, taken, name: str, asked_from: dict) -> jobs.Job:
    """Writes the folder of an edit and queues it.

    `taken` is a scene.statue_out.Taken, `name` the statue's; `asked_from` the scene's origin, with the object's address
    under "object" and what the edit is called under "name_of_edit".
    """
    folder = job_folder.create_edit(preferences.jobs_folder(), name, request, taken.write, asked_from)
    return jobs.follow(folder, name, asked_from)


def insert(job: jobs.Job, scene, as_new: bool = False) -> bpy.types.Object:
    """Makes a finished edit part of its object: several variants beside it, or, `as_new`, an object of its own."""
    from ..scene import edits, hand_results

    result, asked = job.state.result, job.origin.get("object") or {}
    if not isinstance(result, EditResult):
        raise Failure("This edit has no result to insert.", next_step="Wait until it is done, or try it again.")
    request = job_folder.read_request(job.folder)
    if isinstance(request, Request):
        raise Failure("This job is no edit.", next_step="Insert its statue in the Image Editor's tab Statue.")
    told = (job.folder, result, asked, request, job.origin.get("name_of_edit", ""))
    if isinstance(request, (RestoreRequest, RetopologiseRequest)) or (as_new and isinstance(request, ProjectRequest)):
        changed = hand_results.insert_new(scene, *told)
    elif isinstance(request, ProjectRequest):
        changed = hand_results.insert_projected(*told)
    elif as_new:
        changed = edits.insert_as_new(scene, *told)
    elif result.variants > 1:
        changed = edits.insert_variants(*told)[0]
    else:
        changed = edits.insert(*told)
    jobs.mark_inserted(job)
    return changed
