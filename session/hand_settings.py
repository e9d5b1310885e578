"""The settings of what is done by hand: stored with the scene, so that each file remembers its own."""

# Blender's properties are annotations that only look like types.
# mypy: disable-error-code="valid-type"

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty
from bpy.types import PropertyGroup, Scene

from ..statue_recon.contract_edit import STEPS, MirrorRequest, ProjectRequest, RefineRequest
from ..statue_recon.contract_hand import MEASURES, RestoreRequest, RetopologiseRequest
from . import priors, runtime
from .edit_settings import WHATS
from .settings import QUALITIES

BREAKS = (
    ("faces", "Selected Faces", "The faces that are selected in Edit Mode"),
    ("group", "Vertex Group", "The vertices of a group, by their weight"),
)
STATUE = "statue"  # the folder of a job that has the statue; the job writes it there


class STATUE_PG_hand_settings(PropertyGroup):
    protect: StringProperty(name="Protect", description="A vertex group of the object that refinement must not move")
    quality: EnumProperty(
        name="Quality", description="How fine the refinement is and how long it takes", items=QUALITIES, default="draft"
    )
    steps: IntProperty(
        name="Steps",
        description="How often the priors correct the shape: more steps go further; 0 for what the quality gives",
        default=0,
        min=0,
        max=int(STEPS["refine_steps"][1]),
        soft_max=200,
    )
    prior_words: StringProperty(default=priors.BUNDLED, options={"HIDDEN"})  # as the request has them; see `priors`
    prior: EnumProperty(
        name="Prior",
        description="What knows how the side the photo does not show may look",
        items=priors.items,
        get=priors.get,
        set=priors.set,
    )
    fill: EnumProperty(name="Fill", description="What is taken over from the other side", items=WHATS, default="both")
    fill_border: FloatProperty(
        name="Soft Border",
        description="How wide the way from filled to seen is, as a share of the statue's longest side",
        default=0.03,
        min=MEASURES["mirror"]["border"][0],
        max=MEASURES["mirror"]["border"][1],
        soft_max=0.2,
        precision=3,
    )
    mark: EnumProperty(name="Break", description="Where something is missing", items=BREAKS, default="faces")
    mark_group: StringProperty(name="Group", description="The vertex group that marks the break")
    reach: FloatProperty(
        name="Reach",
        description="How far from the break something may grow, as a share of the statue's longest side",
        default=0.25,
        min=MEASURES["restore"]["reach"][0],
        max=MEASURES["restore"]["reach"][1],
        subtype="FACTOR",
    )
    seed: IntProperty(
        name="Seed", description="The same seed gives the same part on the same machine", default=0, min=0
    )
    faces: IntProperty(
        name="Faces",
        description="How many quads the new mesh may have",
        default=10_000,
        min=int(MEASURES["retopologise"]["faces"][0]),
        max=int(MEASURES["retopologise"]["faces"][1]),
    )
    displacement: BoolProperty(
        name="Displacement",
        description="Keep the detail that the quads are too large for, as a height map in a Displace modifier",
        default=False,
    )

    def refining(self, protect: str) -> RefineRequest:
        """What the engine is asked. `protect` as the contract spells a region, or empty."""
        return RefineRequest(
            statue=STATUE,
            protect=protect,
            quality=self.quality,
            prior=self.prior_words,
            refine_steps=self.steps or None,
            device=runtime.device(),
        )

    def projecting(self) -> ProjectRequest:
        return ProjectRequest(statue=STATUE, device=runtime.device())

    def mirroring(self, plane: list[float] | None) -> MirrorRequest:
        """`plane`: a point and the normal in the engine's frame; None to have it found."""
        return MirrorRequest(
            statue=STATUE, what=self.fill, plane=plane, border=self.fill_border, device=runtime.device()
        )

    def restoring(self, region: str, room: list[float] | None) -> RestoreRequest:
        """`room`: the centre and the half axes of an ellipsoid in the engine's frame; None to go by Reach."""
        return RestoreRequest(
            statue=STATUE, region=region, reach=self.reach, room=room, seed=self.seed, device=runtime.device()
        )

    def retopologising(self) -> RetopologiseRequest:
        return RetopologiseRequest(
            statue=STATUE, faces=self.faces, displacement=self.displacement, device=runtime.device()
        )


def register():
    bpy.utils.register_class(STATUE_PG_hand_settings)
    Scene.statue_hand = PointerProperty(
        name="By Hand", description="Settings of what is done by hand", type=STATUE_PG_hand_settings
    )


def unregister():
    del Scene.statue_hand
    bpy.utils.unregister_class(STATUE_PG_hand_settings)
