"""Work by hand as the engine leaves it, written by a fake worker after edit_job.EDIT: known in every vertex."""

# What the engine says is seen after the photo was laid anew: all below the middle, half of it.
SEEN_BELOW, HEIGHT = 0.5, 0.05
HAND = f"""
def save(path, **arrays):
    np.savez(folder / "result" / path, **arrays)

def ending(**more):
    say("editresult", mesh="result/mesh.npz", model="result/mesh.glb", texture="result/texture.png",
        material="result/material.json", provenance="result/provenance.json", seconds=1.0, summary="Done.", **more)

def tell(**more):
    (folder / "result/material.json").write_text(json.dumps({{"notes": ["As asked."], **more}}))
    (folder / "result/provenance.json").write_text("{{}}")

def coloured(*colour):
    pixels = np.empty((64, 64, 3), np.uint8)
    pixels[:] = colour
    (folder / "result/texture.png").write_bytes(png(pixels))

def project():
    (folder / "result").mkdir(exist_ok=True)
    coloured(10, 20, 200)
    seen = np.where(mesh["vertices"][:, 2] < 0, {SEEN_BELOW}, 0.0).astype(np.float32)
    if "overrule" in mesh:
        seen = np.where(mesh["overrule"] == 0, seen, mesh["overrule"] > 0).astype(np.float32)
    uv = mesh["uv"] * 0.5 if (folder / "new uv").exists() else mesh["uv"]
    save("mesh.npz", vertices=mesh["vertices"], faces=mesh["faces"], uv=uv, seen=seen)
    tell()
    ending()

def quad(**more):
    # One upright quad as wide as the statue, as two triangles in pairs.
    (folder / "result").mkdir(exist_ok=True)
    coloured(200, 20, 10)
    low, high = mesh["vertices"].min(0), mesh["vertices"].max(0)
    corners = np.array([[low[0], 0, low[2]], [high[0], 0, low[2]], [high[0], 0, high[2]], [low[0], 0, high[2]]], "f4")
    uv = np.array([[0, 0], [1, 0], [1, 1], [0, 1]], "f4")
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    save("mesh.npz", vertices=corners, faces=faces, uv=uv[faces], seen=np.array([0, 0, 1, 1], "f4"),
         quads=np.array(True), **more)

def restore():
    quad()
    tell()
    ending()

def retopologise():
    quad(**{{name: np.array([1, 1, 0, 0], "f4") for name in mesh if name.startswith("group:")}})
    relief = None
    if asked["displacement"]:
        relief = "result/relief.png"
        level = np.full((64, 64, 4), 255, np.uint8)
        (folder / relief).write_bytes(png(level))
    tell(relief_range={HEIGHT})
    ending(relief=relief)

def by_hand():
    hand = {{"project": project, "restore": restore, "retopologise": retopologise}}
    if asked["job"] in hand:
        return hand[asked["job"]]()
    asked.setdefault("variants", 1)
    asked.setdefault("what", "shape")
    edit()
"""
