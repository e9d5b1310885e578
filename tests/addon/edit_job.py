"""Edit jobs as the engine leaves them, written by a fake worker: what is known of every vertex and texel."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

# Runs in the worker's place, after fake_engine.PRELUDE: raises the upper half of the statue by HIGHER, and paints the
# right half of the texture in COLOUR with METALLIC and ROUGHNESS. Variant k does it (k + 1) times as high.
HIGHER, COLOUR, ROUGHNESS, METALLIC = 0.25, (40, 160, 90), 0.25, 1.0
EDIT = f"""
import numpy as np
from io import BytesIO
from struct import pack
from zlib import compress, crc32
asked = json.loads((folder / "edit.json").read_text(encoding="utf-8"))
mesh = dict(np.load(folder / asked["statue"] / "mesh.npz"))

def png(pixels):
    height, width, channels = pixels.shape
    rows = b"".join(b"\\0" + row.tobytes() for row in pixels)
    def chunk(kind, data):
        return pack(">I", len(data)) + kind + data + pack(">I", crc32(data, crc32(kind)))
    header = pack(">IIBBBBB", width, height, 8, {{3: 2, 4: 6}}[channels], 0, 0, 0)
    return (b"\\x89PNG\\r\\n\\x1a\\n" + chunk(b"IHDR", header) + chunk(b"sRGB", b"\\0")
            + chunk(b"IDAT", compress(rows)) + chunk(b"IEND", b""))

def write_variant(place, times, notes):
    place.mkdir(parents=True, exist_ok=True)
    offset = np.zeros_like(mesh["vertices"])
    offset[mesh["vertices"][:, 2] > 0, 2] = {HIGHER} * times
    np.savez(place / "edit.npz", offset=offset)
    np.savez(place / "mesh.npz", **(mesh | {{"vertices": mesh["vertices"] + offset}}))
    layer = np.zeros((64, 64, 4), np.uint8)
    layer[..., :3] = {COLOUR}
    layer[:, 32:, 3] = 255
    (place / "layer.png").write_bytes(png(layer))
    (place / "texture.png").write_bytes(png(layer[..., :3]))
    (place / "mesh.glb").write_bytes(b"glTF")
    told = {{"roughness": {ROUGHNESS}, "metallic": {METALLIC}, "understood": [], "unknown": [], "notes": notes}}
    (place / "material.json").write_text(json.dumps(told))
    (place / "provenance.json").write_text("{{}}")

def edit(notes=()):
    for number in range(asked["variants"]):
        write_variant(folder / ("result" if number == 0 else f"result/variant-{{number}}"), number + 1, list(notes))
    what = asked["what"]
    say("editresult", mesh="result/mesh.npz", model="result/mesh.glb", texture="result/texture.png",
        material="result/material.json", provenance="result/provenance.json", seconds=1.0, summary="Taller.",
        offset=None if what == "surface" else "result/edit.npz", layer=None if what == "shape" else "result/layer.png",
        variants=asked["variants"])
"""
