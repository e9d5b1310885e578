"""Pictures whose numbers mean other colours than sRGB's, turned into sRGB by the profile they carry."""

from __future__ import annotations

import io
import logging

from PIL import Image, ImageCms

log = logging.getLogger(__name__)

PLAIN = ("L", "RGB", "CMYK")  # modes colours can be transformed in; others are brought into one of them first


def to_srgb(image: Image.Image) -> Image.Image:
    """The picture in sRGB, alpha kept; as it is when it carries no profile, sRGB's own, or a broken one."""
    embedded = image.info.get("icc_profile")
    if not embedded:
        return image
    try:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(embedded))
        if "srgb" in ImageCms.getProfileDescription(profile).lower():
            return image
        alpha = image.getchannel("A") if image.mode in ("RGBA", "LA") else None
        plain = image.convert(image.mode.removesuffix("A")) if alpha else image
        if plain.mode not in PLAIN:
            return image
        target = ImageCms.createProfile("sRGB")
        turned = ImageCms.profileToProfile(plain, profile, target, outputMode="RGB")
    except (OSError, ImageCms.PyCMSError, ValueError, TypeError) as error:
        log.info("the colour profile is not heeded: %s", error)
        return image
    if turned is None:
        return image
    if alpha:
        turned.putalpha(alpha)
    return turned
