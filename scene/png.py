"""Writing PNG files with nothing but NumPy and zlib: Blender's own writer needs an image datablock and is slower."""

from __future__ import annotations

import struct
import zlib

import numpy as np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_TYPES = {1: 0, 3: 2, 4: 6}  # channels to PNG's: grey, RGB, RGBA
_UP = 2  # the row filter “difference to the row above”: one NumPy subtraction
# Run lengths only: a filtered 2-megapixel photo becomes as small as with zlib's default, in two thirds of the time.
_LEVEL, _STRATEGY = 1, zlib.Z_RLE


def png_bytes(pixels: np.ndarray) -> bytes:
    """A PNG file of 8 bits a channel, sRGB.

    pixels [H, W], [H, W, 3] or [H, W, 4] uint8, row 0 = top; alpha straight, as PNG has it.
    """
    if pixels.dtype != np.uint8:
        raise TypeError("a PNG is written from uint8")
    height, width = pixels.shape[:2]
    channels = pixels.shape[2] if pixels.ndim == 3 else 1
    header = struct.pack(">IIBBBBB", width, height, 8, _COLOUR_TYPES[channels], 0, 0, 0)
    packer = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, 9, _STRATEGY)
    data = packer.compress(_filtered(pixels.reshape(height, width * channels)).data) + packer.flush()
    return b"".join(
        (_SIGNATURE, _chunk(b"IHDR", header), _chunk(b"sRGB", b"\0"), _chunk(b"IDAT", data), _chunk(b"IEND", b""))
    )


def _filtered(rows: np.ndarray) -> np.ndarray:
    """[H, 1 + N] uint8: each row as its difference to the one above, led by the filter's number."""
    filtered = np.empty((rows.shape[0], rows.shape[1] + 1), np.uint8)
    filtered[:, 0] = _UP
    filtered[0, 1:] = rows[0]
    np.subtract(rows[1:], rows[:-1], out=filtered[1:, 1:])  # modulo 256, as PNG wants it
    return filtered


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(data, zlib.crc32(kind)))
