"""The settings an artist makes: stored with the scene, so that each file remembers its own."""

# Blender's properties are annotations that only look like types.
# mypy: disable-error-code="valid-type"

import bpy
from bpy.props import EnumProperty, IntProperty, PointerProperty
from bpy.types import Image, PropertyGroup, Scene

MASK_SOURCES = (
    ("automatic", "Automatic", "Use the image's alpha if it has any, else find the statue in the photo"),
    ("alpha", "Alpha", "The image's own alpha channel says what is statue"),
    ("painted", "Painted", "Another image, painted white where the statue is"),
)
QUALITIES = (
    ("draft", "Draft", "About ten seconds on a laptop: to see whether the photo and the mask are good"),
    ("standard", "Standard", "Twice the faces, about twice as slow"),
    ("high", "High", "Four times the faces and a 4k texture, about a minute on a laptop"),
)
PRIORS = (
    (
        "none",
        "None",
        "No learned prior: the hidden side is continued from the outline and the colours of the photo",
    ),
)


class STATUE_PG_settings(PropertyGroup):
    mask_source: EnumProperty(
        name="Mask", description="What tells the statue from its background", items=MASK_SOURCES, default="automatic"
    )
    mask_image: PointerProperty(
        name="Mask Image", description="Painted white where the statue is, black elsewhere", type=Image
    )
    quality: EnumProperty(
        name="Quality", description="How fine the result is and how long it takes", items=QUALITIES, default="draft"
    )
    prior: EnumProperty(name="Prior", description="What imagines the side the photo does not show", items=PRIORS)
    seed: IntProperty(
        name="Seed", description="The same seed gives the same result on the same machine", default=0, min=0
    )


def register():
    bpy.utils.register_class(STATUE_PG_settings)
    Scene.statue = PointerProperty(
        name="Statue Recon", description="Settings of the next reconstruction", type=STATUE_PG_settings
    )


def unregister():
    del Scene.statue
    bpy.utils.unregister_class(STATUE_PG_settings)
