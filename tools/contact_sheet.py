"""Lays pictures side by side on grey, all of one height: contact_sheet.py OUT.png PICTURE..."""

import sys

from PIL import Image

HEIGHT = 480
GAP = 8
GREY = (58, 58, 58)


def main(out: str, pictures: list[str]) -> None:
    images = [cropped(Image.open(picture).convert("RGBA")) for picture in pictures]
    images = [image.resize((round(image.width * HEIGHT / image.height), HEIGHT)) for image in images]
    sheet = Image.new("RGB", (sum(image.width + GAP for image in images) + GAP, HEIGHT + 2 * GAP), GREY)
    left = GAP
    for image in images:
        sheet.paste(image, (left, GAP), image)
        left += image.width + GAP
    sheet.save(out)


def cropped(image: Image.Image) -> Image.Image:
    """Without the empty rim of a render; a photo, which is opaque everywhere, stays whole."""
    return image.crop(image.getchannel("A").getbbox())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
