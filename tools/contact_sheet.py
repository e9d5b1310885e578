"""Lays pictures side by side on grey, all of one height: contact_sheet.py OUT.png PICTURE..."""

import sys

from PIL import Image

HEIGHT = 480
GAP = 8
GREY = (58, 58, 58)


def main(out: str, pictures: list[str]) -> None:
    sheet([[cropped(Image.open(picture).convert("RGBA")) for picture in pictures]], HEIGHT).save(out)


def sheet(lines: list[list[Image.Image]], height: int) -> Image.Image:
    """Lines of RGBA pictures, all of one height, each column as wide as its widest picture."""
    scaled = [[image.resize((round(image.width * height / image.height), height)) for image in line] for line in lines]
    columns = range(max(len(line) for line in scaled))
    widths = [max(line[column].width for line in scaled if column < len(line)) for column in columns]
    size = (sum(width + GAP for width in widths) + GAP, len(scaled) * (height + GAP) + GAP)
    whole = Image.new("RGB", size, GREY)
    for number, line in enumerate(scaled):
        left = GAP
        for image, width in zip(line, widths, strict=False):
            whole.paste(image, (left + (width - image.width) // 2, GAP + number * (height + GAP)), image)
            left += width + GAP
    return whole


def cropped(image: Image.Image) -> Image.Image:
    """Without the empty rim of a render; a photo, which is opaque everywhere, stays whole."""
    return image.crop(image.getchannel("A").getbbox())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
