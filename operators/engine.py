"""Setting up the engine and looking whether it is well."""

import bpy
from bpy.types import Operator

from ..session import runtime
from .explain import explain

OFFLINE = "Setting up needs the network: turn on Allow Online Access in Preferences > System, or use an existing Python"


class STATUE_OT_set_up_engine(Operator):
    """Install what the engine needs into the extension's own folder; can be cancelled and repeated"""

    bl_idname = "statue.set_up_engine"
    bl_label = "Set Up Engine"

    @classmethod
    def poll(cls, context):
        if runtime.set_up_running():
            return explain(cls, "The engine is being set up already")
        return explain(cls, None if bpy.app.online_access else OFFLINE)

    def execute(self, context):
        runtime.set_up()
        return {"FINISHED"}


class STATUE_OT_cancel_set_up(Operator):
    """Stop setting up; what was downloaded is kept for the next try"""

    bl_idname = "statue.cancel_set_up"
    bl_label = "Cancel Set-Up"

    @classmethod
    def poll(cls, context):
        return explain(cls, None if runtime.set_up_running() else "The engine is not being set up")

    def execute(self, context):
        runtime.cancel_set_up()
        return {"FINISHED"}


class STATUE_OT_check_set_up(Operator):
    """Ask the engine for its versions, device, free memory and disk, as text to copy"""

    bl_idname = "statue.check_set_up"
    bl_label = "Check Set-Up"

    @classmethod
    def poll(cls, context):
        return explain(cls, "The check is running" if runtime.check_running() else None)

    def execute(self, context):
        runtime.check()
        return {"FINISHED"}


CLASSES = (STATUE_OT_set_up_engine, STATUE_OT_cancel_set_up, STATUE_OT_check_set_up)
