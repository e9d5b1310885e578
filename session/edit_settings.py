"""The settings of the next edit by text: stored with the scene, so that each file remembers its own."""

# Blender's properties are annotations that only look like types.
# mypy: disable-error-code="valid-type"

from typing import Any

import bpy
from bpy.props import BoolProperty, EnumProperty, FloatProperty, IntProperty, PointerProperty, StringProperty
from bpy.types import Image, PropertyGroup, Scene

from ..statue_recon.contract_edit import MOST_VARIANTS, RANGES, EditRequest
from ..statue_recon.edit.presets import preset, presets
from ..statue_recon.priors import names
from . import edit_words, models, runtime

FREE = "free"  # no preset: a prompt of the user's own
WHATS = (
    ("shape", "Shape", "Moves the vertices: comes as a shape key over Basis"),
    ("surface", "Surface", "Colors, gloss and metal: comes as a layer over the texture"),
    ("both", "Both", "Shape and surface"),
)
REGIONS = (
    ("all", "Whole", "All of the statue may change"),
    ("faces", "Selected Faces", "The faces that are selected in Edit Mode"),
    ("group", "Vertex Group", "The vertices of a group, by their weight"),
    ("mask", "Painted Mask", "Where an image in the layout of the UV map is painted white"),
    ("words", "Words", "A part of the statue by its name, such as: the head, left arm"),
)

_thumbnails: Any = None  # bpy.utils.previews; loaded when the extension is enabled, never while drawing
_presets: list[tuple] = []  # Blender keeps no copy of an enum's items: they have to live as long as it does
_priors: list[tuple] = []
_unknown: dict[tuple[str, str, str, str], tuple[str, ...]] = {}


def _preset_items(_self, _context):
    return _presets


def _prior_items(_self, _context):
    """The bundled prior, and the installed ones that heed words."""
    items = [("bundled", "Bundled", "Ships with Statue Recon, works offline, and knows a small vocabulary")]
    for model in models.listed():
        if model.task == names.HEEDS_WORDS and models.installed(model.identifier):
            items.append((model.identifier, model.name, f"Takes any words. {model.purpose}"))
    if items != _priors:
        _priors[:] = items
    return _priors


def _take_preset(self, _context) -> None:
    if self.preset == FREE:
        return
    chosen = preset(self.preset)
    self.prompt, self.avoid, self.what = chosen.prompt, chosen.avoid, chosen.what
    self.strength, self.keep_seen = chosen.strength, chosen.keep_seen


class STATUE_PG_edit_settings(PropertyGroup):
    preset: EnumProperty(
        name="Preset", description="Edits whose words the bundled prior knows", items=_preset_items, update=_take_preset
    )
    prompt: StringProperty(name="Prompt", description="What the statue shall become: weathered bronze, bearded, older")
    avoid: StringProperty(name="Avoid", description="What it shall not become")
    what: EnumProperty(name="Change", description="What may change", items=WHATS, default="surface")
    strength: FloatProperty(
        name="Strength",
        description="How far the edit goes; it can be changed afterwards with a slider",
        default=1.0,
        min=RANGES["strength"][0],
        max=RANGES["strength"][1],
        subtype="FACTOR",
    )
    region: EnumProperty(name="Region", description="Where it may change", items=REGIONS, default="all")
    group: StringProperty(name="Group", description="A vertex group of the object")
    mask: PointerProperty(name="Mask", description="Painted white where the statue may change", type=Image)
    words: StringProperty(name="Part", description="What the part is called: the head, left arm")
    border: FloatProperty(
        name="Soft Border",
        description="How wide the way from changed to unchanged is, as a share of the statue's longest side",
        default=0.03,
        min=RANGES["border"][0],
        max=RANGES["border"][1],
        soft_max=0.2,
        precision=3,
    )
    keep_seen: BoolProperty(
        name="Keep What the Photo Shows",
        description="What is seen in the photo stays as it is, to the last bit; only what was invented changes",
        default=True,
    )
    prior: EnumProperty(name="Prior", description="The model that knows what the words look like", items=_prior_items)
    seed: IntProperty(
        name="Seed", description="The same seed gives the same result on the same machine", default=0, min=0
    )
    variants: IntProperty(
        name="Variants",
        description="How many different results are made, side by side, to choose from",
        default=1,
        min=1,
        max=MOST_VARIANTS,
    )

    @property
    def name_of_edit(self) -> str:
        """What the edit is called in lists: by its preset, as long as nobody changed the words; else by the words."""
        if self.preset not in ("", FREE) and preset(self.preset).prompt == self.prompt:
            return preset(self.preset).label
        return self.prompt.strip()

    def as_request(self, region: str, keep_seen: bool, preview: bool) -> EditRequest:
        """What the engine is asked. `region` as the contract spells it."""
        return EditRequest(
            statue="statue",
            prompt=self.prompt.strip(),
            avoid=self.avoid.strip(),
            what=self.what,
            region=region,
            border=self.border,
            keep_seen=keep_seen,
            strength=self.strength,
            prior=self.prior or "bundled",
            seed=self.seed,
            variants=1 if preview else self.variants,
            preview=preview,
            device=runtime.device(),
        )


def unknown_words(settings: STATUE_PG_edit_settings) -> tuple[str, ...]:
    """The words of the prompt and of what to avoid that the prior does not know; asked by every redraw."""
    asked = (settings.prompt, settings.avoid, settings.what, settings.prior or "bundled")
    if asked not in _unknown:
        _unknown.clear()
        _unknown[asked] = edit_words.unknown(*asked)
    return _unknown[asked]


def has_thumbnail(identifier: str) -> bool:
    """Whether there is a picture of what a preset makes."""
    return identifier in _thumbnails


def free_text_installed() -> bool:
    """Whether a prior is there that takes any words."""
    return len(_prior_items(None, None)) > 1


def register():
    global _thumbnails
    from bpy.utils import previews

    _thumbnails = previews.new()
    _presets[:] = [(FREE, "Own Words", "A prompt of your own", "GREASEPENCIL", 0)]
    for number, each in enumerate(presets(), start=1):
        icon = _thumbnails.load(each.identifier, str(each.picture), "IMAGE").icon_id if each.picture else "NONE"
        _presets.append((each.identifier, each.label, f"{each.prompt} ({each.what})", icon, number))
    bpy.utils.register_class(STATUE_PG_edit_settings)
    Scene.statue_edit = PointerProperty(
        name="Edit by Text", description="Settings of the next edit", type=STATUE_PG_edit_settings
    )


def unregister():
    from bpy.utils import previews

    del Scene.statue_edit
    bpy.utils.unregister_class(STATUE_PG_edit_settings)
    previews.remove(_thumbnails)
    _presets.clear()
