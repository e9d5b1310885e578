"""The settings an artist makes: stored with the scene, so that each file remembers its own."""

# Blender's properties are annotations that only look like types.
# mypy: disable-error-code="valid-type"

from math import degrees, radians

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty
from bpy.types import Image, PropertyGroup, Scene

from ..statue_recon.contract import RANGES, TEXTURES, Request
from . import priors, runtime

MASK_SOURCES = (
    ("automatic", "Automatic", "Use the image's alpha if it has any, else find the statue in the photo"),
    ("alpha", "Alpha", "The image's own alpha channel says what is statue"),
    ("painted", "Painted", "Another image, painted white where the statue is"),
)
QUALITIES = (
    ("draft", "Draft", "About twenty seconds on a laptop: to see whether the photo and the mask are good"),
    ("standard", "Standard", "Twice the faces, about twice as slow"),
    ("high", "High", "Four times the faces and a 4k texture, two to three minutes on a laptop"),
)
ELEVATIONS = (
    ("automatic", "Automatic", "Not known: the prior judges by the photo, and the camera is taken to be level"),
    ("set", "Set", "Known: the camera looked down by this angle"),
)
TEXTURE_SIZES = (
    ("quality", "By Quality", "2048 pixels for Draft and Standard, 4096 for High"),
    *((str(size), str(size), f"{size} × {size} pixels") for size in TEXTURES),
)
LONGEST_LENS = RANGES["lens"][1]
LOWEST, HIGHEST = (radians(angle) for angle in RANGES["elevation"][:2])
MOST_FACES = int(RANGES["faces"][1])
MOST_SAMPLES = int(RANGES["samples"][1])
MOST_STEPS = int(RANGES["refine_steps"][1])


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
    prior_words: StringProperty(default=priors.BUNDLED, options={"HIDDEN"})  # as the request has them; see `priors`
    prior: EnumProperty(
        name="Prior",
        description="What imagines the side the photo does not show",
        items=priors.items,
        get=priors.get,
        set=priors.set,
    )
    samples: IntProperty(
        name="Samples",
        description="How many backs are drawn: the likeliest is built, and how far the others lie apart is the "
        "statue's doubt; 0 for what the quality gives",
        default=0,
        min=0,
        max=MOST_SAMPLES,
    )
    refine_steps: IntProperty(
        name="Refinement",
        description="Steps in which the priors refine shape and colors of what the photo does not show; 0 for none, "
        "-1 for what the quality gives. Large priors speak in these steps only",
        default=-1,
        min=-1,
        max=MOST_STEPS,
        soft_max=200,
    )
    seed: IntProperty(
        name="Seed", description="The same seed gives the same result on the same machine", default=0, min=0
    )
    lens: FloatProperty(
        name="Lens",
        description="Focal length the photo was taken with, in mm on 35 mm film; 0 to take it from the photo's EXIF, "
        "or a normal lens of 50 mm where that says nothing",
        default=0.0,
        min=0.0,
        max=LONGEST_LENS,
        step=100,
        precision=0,
    )
    elevation_source: EnumProperty(
        name="Elevation",
        description="Whether it is known how steeply the camera looked down on the statue",
        items=ELEVATIONS,
        default="automatic",
    )
    elevation: FloatProperty(
        name="Looking Down",
        description="How steeply the camera looked down on the statue; negative where it looked up",
        subtype="ANGLE",
        default=0.0,
        min=LOWEST,
        max=HIGHEST,
    )
    faces: IntProperty(
        name="Faces",
        description="How many faces the mesh may have; 0 for what the quality gives",
        default=0,
        min=0,
        max=MOST_FACES,
    )
    texture: EnumProperty(name="Texture", description="How large the texture is", items=TEXTURE_SIZES)
    quads: BoolProperty(
        name="Quads",
        description="A mesh of quads of even size, which Multiresolution and Sculpt Mode like, instead of triangles",
        default=False,
    )
    mirror: BoolProperty(
        name="Mirror Colors",
        description="The statue's left and right are alike: color what the photo hides like the same place on the "
        "other side",
        default=False,
    )
    delight: BoolProperty(
        name="Take Out Light",
        description="Take light and shadow out of the photo's colors before they are laid on the mesh, so that the "
        "statue can be lit anew; its fine detail stays",
        default=True,
    )

    def wishes(self) -> dict:
        """What these settings ask of a job, by the names of the contract; None where the engine shall choose."""
        return {
            "samples": self.samples or None,
            "refine_steps": self.refine_steps if self.refine_steps >= 0 and self.prior_words != priors.NONE else None,
            "lens": max(self.lens, RANGES["lens"][0]) if self.lens else None,
            "elevation": round(degrees(self.elevation), 3) if self.elevation_source == "set" else None,
            "faces": max(self.faces, int(RANGES["faces"][0])) if self.faces else None,
            "texture": None if self.texture == "quality" else int(self.texture),
            "quads": self.quads,
            "mirror": self.mirror,
            "delight": self.delight,
        }


def as_request(settings) -> Request:
    """What the engine is asked, without the files, which the job folder adds."""
    return Request(
        photo="photo.png",
        mask="mask.png" if settings.mask_source == "painted" else None,
        mask_source=settings.mask_source,
        quality=settings.quality,
        prior=settings.prior_words,
        seed=settings.seed,
        device=runtime.device(),
        **settings.wishes(),
    )


def register():
    bpy.utils.register_class(STATUE_PG_settings)
    Scene.statue = PointerProperty(
        name="Statue Recon", description="Settings of the next reconstruction", type=STATUE_PG_settings
    )


def unregister():
    del Scene.statue
    bpy.utils.unregister_class(STATUE_PG_settings)
