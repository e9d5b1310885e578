"""The mesh stage beside scikit-image and pymeshlab: python bench/mesh.py [GRID] [STATUE.ply] [FACES]

Needs requirements/dev.txt and, as judges, pymeshlab and manifold3d. Takes a statue as a field of GRID (512) nodes along
its longest side (without a file: a knobbly ball), and runs each step in a process of its own, so that its peak memory
is its own. Prints JSON. The baselines are what issue 3 asks for, and what the others need in the same run.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import trimesh
from scipy import ndimage

from statue_recon.field.sdf import SDF
from statue_recon.mesh.atlas import unwrap
from statue_recon.mesh.clean import clean
from statue_recon.mesh.extract import extract, flaw, simplify, whole
from statue_recon.mesh.extract import marching_cubes as our_cubes
from statue_recon.mesh.mesh import Mesh
from statue_recon.mesh.quads import quad_mesh
from statue_recon.mesh.solid import solid
from statue_recon.render.rays import Rays

ROOT = Path(__file__).resolve().parent.parent
BASELINE = {"stage_seconds_100k": 40.0, "extract_peak_gigabytes": 8.0, "atlas_seconds_200k": 60.0}
RELIEF = 0.004  # world units: depth of the chisel marks put on a scan, which has no detail of this grid's fineness
DAMAGE = 0.02  # of the faces that are torn out before cleaning


def main(grid: int, statue: Path | None, faces: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        field = field_of(statue, grid)
        np.savez(folder / "field.npz", values=field.values, lower=field.lower, spacing=field.spacing)
        del field
        rows = {task: in_a_process(task, folder, faces) for task in TASKS}
    ours = [rows[task] for task in ("extract", "clean_sound", "simplify", "unwrap") if "failed" not in rows[task]]
    stage = {name: round(sum(row[name] for row in ours), 2) for name in ("seconds", "cpu_seconds")}
    stage |= {"of": "extract, clean, simplify, unwrap; without carving"}
    table = {"statue": statue.stem if statue else "knobbly ball", "grid": grid, "faces": faces}
    sys.stdout.write(json.dumps({**table, "stage": stage, "steps": rows, "baseline": BASELINE}, indent=2) + "\n")


def field_of(statue: Path | None, grid: int) -> SDF:
    """The statue at half the grid, doubled, with chisel marks."""
    if statue is None:
        return knobbly_ball(grid)
    loaded = trimesh.load(statue, process=False)
    mesh = clean(Mesh(np.asarray(loaded.vertices, np.float32), np.asarray(loaded.faces, np.int32)))
    half = solid(mesh, grid // 2 - 4)
    values = ndimage.zoom(half.values, (2 * np.array(half.values.shape) - 1) / half.values.shape, order=1)
    field = SDF(values, half.lower, half.spacing / 2)
    x, y, z = (np.sin(60 * axis).astype(np.float32) for axis in field.axes())
    for i in range(len(x)):
        field.values[i] += RELIEF * x[i] * y[:, None] * z
    return field


def knobbly_ball(grid: int) -> SDF:
    axis = np.linspace(-1, 1, grid, dtype=np.float32)
    wave = np.sin(30 * axis)
    values = np.empty((grid, grid, grid), np.float32)
    for i in range(grid):  # slice by slice: the bench shall not need more memory than what it measures
        values[i] = np.sqrt(axis[i] ** 2 + axis[:, None] ** 2 + axis**2) - 0.8
        values[i] += 0.05 * wave[i] * wave[:, None] * wave
    return SDF(values, -np.ones(3), 2 / (grid - 1))


def in_a_process(task: str, folder: Path, faces: int) -> dict:
    command = [sys.executable, __file__, "--task", task, str(folder), str(faces)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else done.returncode}
    return json.loads(done.stdout.splitlines()[-1])


def read_field(folder: Path) -> SDF:
    arrays = np.load(folder / "field.npz")
    return SDF(arrays["values"], arrays["lower"], float(arrays["spacing"]))


def read(folder: Path, name: str) -> Mesh:
    arrays = np.load(folder / f"{name}.npz")
    return Mesh(arrays["vertices"], arrays["faces"])


def keep(folder: Path, name: str, mesh: Mesh) -> dict:
    np.savez(folder / f"{name}.npz", vertices=mesh.vertices, faces=mesh.faces)
    return verdict(mesh)


def verdict(mesh: Mesh) -> dict:
    """What three judges say; the second and third are not ours."""
    import manifold3d

    theirs = trimesh.Trimesh(mesh.vertices, mesh.faces, process=False)
    status = manifold3d.Manifold(manifold3d.Mesh(mesh.vertices, mesh.faces.astype(np.uint32))).status()
    return {
        "faces": len(mesh.faces),
        "flaw": flaw(mesh),
        "watertight": bool(theirs.is_watertight),
        "manifold": status.name,
        "volume": round(float(theirs.volume), 5),
    }


def distances(mesh: Mesh, full: Mesh) -> dict:
    """Both ways from vertices to the other surface, as shares of the diagonal."""
    diagonal = float(np.linalg.norm(np.ptp(full.vertices, axis=0)))
    ways = [(mesh, full), (full, mesh)]
    found = [Rays(b).closest(a.vertices).distances / diagonal for a, b in ways]
    return {
        "mean_distance": float(f"{np.mean([way.mean() for way in found]):.3g}"),
        "hausdorff": float(f"{max(way.max() for way in found):.3g}"),
    }


def extract_step(folder: Path, faces: int) -> tuple[dict, dict]:
    field = read_field(folder)
    seconds, mesh = timed(extract, field)
    return seconds, keep(folder, "full", mesh)


def skimage_step(folder: Path, faces: int) -> tuple[dict, dict]:
    from skimage.measure import marching_cubes

    closed = whole(read_field(folder))
    seconds, (vertices, triangles, _, _) = timed(marching_cubes, closed.values, 0.0, spacing=(closed.spacing,) * 3)
    ours, _ = timed(our_cubes, closed)
    beside = {f"our_marching_cubes_{name}": value for name, value in ours.items()}
    return seconds, verdict(Mesh(vertices.astype(np.float32), triangles.astype(np.int32))) | beside


def pymeshlab_simplify_step(folder: Path, faces: int) -> tuple[dict, dict]:
    full = read(folder, "full")
    theirs = meshlab(full)
    seconds, _ = timed(theirs.meshing_decimation_quadric_edge_collapse, targetfacenum=faces, preservetopology=True)
    mesh = of_meshlab(theirs)
    return seconds, keep(folder, "pymeshlab", mesh) | distances(mesh, full)


def simplify_step(folder: Path, faces: int) -> tuple[dict, dict]:
    full = read(folder, "full")
    seconds, mesh = timed(simplify, full, faces)
    return seconds, keep(folder, "simple", mesh) | distances(mesh, full)


def clean_sound_step(folder: Path, faces: int) -> tuple[dict, dict]:
    """What the stage pays when there is nothing to mend."""
    seconds, mesh = timed(clean, read(folder, "simple"))
    return seconds, verdict(mesh)


def damaged(folder: Path) -> Mesh:
    mesh = read(folder, "simple")
    random = np.random.default_rng(0)
    faces = mesh.faces[random.random(len(mesh.faces)) > DAMAGE]
    faces = faces[mesh.vertices[faces[:, 0], 2] > mesh.vertices[:, 2].min() * 0.9 + mesh.vertices[:, 2].max() * 0.1]
    faces = np.where(random.random((len(faces), 1)) < DAMAGE, faces[:, ::-1], faces)
    wild = random.integers(0, len(mesh.vertices), (20, 3))
    return Mesh(mesh.vertices, np.concatenate([faces, wild, faces[:100]]).astype(np.int32))


def clean_damaged_step(folder: Path, faces: int) -> tuple[dict, dict]:
    seconds, mesh = timed(clean, damaged(folder))
    return seconds, verdict(mesh) | {"flaw_before": flaw(damaged(folder))}


def pymeshlab_clean_step(folder: Path, faces: int) -> tuple[dict, dict]:
    def mend(theirs) -> None:
        theirs.meshing_remove_duplicate_faces()
        theirs.meshing_repair_non_manifold_edges()
        theirs.meshing_repair_non_manifold_vertices()
        theirs.meshing_re_orient_faces_coherently()
        theirs.meshing_close_holes(maxholesize=5000)
        theirs.meshing_remove_unreferenced_vertices()

    theirs = meshlab(damaged(folder))
    seconds, _ = timed(mend, theirs)
    return seconds, verdict(of_meshlab(theirs))


def unwrap_step(folder: Path, faces: int) -> tuple[dict, dict]:
    mesh = read(folder, "simple")
    seconds, uv = timed(unwrap, mesh)
    return seconds, {"faces": len(mesh.faces)} | laid(mesh, uv)


def unwrap_200k_step(folder: Path, faces: int) -> tuple[dict, dict]:
    mesh = simplify(read(folder, "full"), 200_000)
    seconds, uv = timed(unwrap, mesh)
    return seconds, {"faces": len(mesh.faces)} | laid(mesh, uv)


def laid(mesh: Mesh, uv: np.ndarray) -> dict:
    """How much of the square the faces use, and how unevenly: the largest over the smallest stretch of a face."""
    first, second = (uv[:, k].astype(np.float64) - uv[:, 0] for k in (1, 2))
    a, b = (mesh.vertices[mesh.faces[:, k]].astype(np.float64) - mesh.vertices[mesh.faces[:, 0]] for k in (1, 2))
    # The first fundamental form of the map from the face to the square has the squared stretches as eigenvalues.
    flat = np.stack([first, second], axis=2)
    gram = np.stack([np.stack([(p * q).sum(axis=1) for q in (a, b)], axis=1) for p in (a, b)], axis=1)
    area = 0.5 * np.sqrt(np.maximum(np.linalg.det(gram), 0.0))
    sound = area > 1e-9 * area.sum() / len(area)
    form = np.linalg.inv(gram[sound]) @ (flat.transpose(0, 2, 1) @ flat)[sound]
    large, small = np.sort(np.abs(np.linalg.eigvals(form).real), axis=1).T[::-1]
    uneven = np.sqrt(large / np.maximum(small, 1e-30))
    order = np.argsort(uneven)
    share = np.cumsum(area[sound][order]) / area[sound].sum()
    return {
        "used_of_the_square": round(
            float(0.5 * np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum()), 3
        ),
        "stretch_median": round(float(uneven[order][np.searchsorted(share, 0.5)]), 2),
        "stretch_95_percent": round(float(uneven[order][np.searchsorted(share, 0.95)]), 2),
    }


def quads_step(folder: Path, faces: int) -> tuple[dict, dict]:
    field, full = read_field(folder), read(folder, "full")
    seconds, mesh = timed(quad_mesh, field, faces, full)
    corners = np.concatenate([mesh.faces[::2], mesh.faces[1::2, 2:]], axis=1)
    places = mesh.vertices[corners].astype(np.float64)
    sides = np.linalg.norm(places - np.roll(places, -1, axis=1), axis=2)
    bend = np.einsum("ij,ij->i", *mesh.face_normals.reshape(-1, 2, 3).transpose(1, 0, 2))
    even = {
        "quads": len(corners),
        "side_deviation_over_mean": round(float(sides.std() / sides.mean()), 3),
        "folded": int((bend < 0).sum()),
    }
    return seconds, even | verdict(mesh) | distances(mesh, full)


def meshlab(mesh: Mesh):
    import pymeshlab

    theirs = pymeshlab.MeshSet()
    theirs.add_mesh(pymeshlab.Mesh(mesh.vertices.astype(np.float64), mesh.faces))
    return theirs


def of_meshlab(theirs) -> Mesh:
    mesh = theirs.current_mesh()
    return Mesh(mesh.vertex_matrix().astype(np.float32), mesh.face_matrix().astype(np.int32))


def timed(work, *inputs, **named):
    """Wall and processor seconds (the second says more on a machine that has other things to do), and what was made."""
    began, busy = time.perf_counter(), time.process_time()
    made = work(*inputs, **named)
    wall, busy = time.perf_counter() - began, time.process_time() - busy
    return {"seconds": round(wall, 2), "cpu_seconds": round(busy, 2)}, made


TASKS = {
    "extract": extract_step,
    "scikit-image marching_cubes": skimage_step,
    "simplify": simplify_step,
    "pymeshlab quadric_edge_collapse": pymeshlab_simplify_step,
    "clean_sound": clean_sound_step,
    "clean_damaged": clean_damaged_step,
    "pymeshlab repair of the same damage": pymeshlab_clean_step,
    "unwrap": unwrap_step,
    "unwrap_200k": unwrap_200k_step,
    "quads": quads_step,
}


def run_task(task: str, folder: Path, faces: int) -> None:
    seconds, found = TASKS[task](folder, faces)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**30 if sys.platform == "darwin" else 2**20)
    sys.stdout.write(json.dumps({**seconds, "peak_gigabytes": round(peak, 2), **found}) + "\n")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--task"]:
        run_task(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        given = [value for value in sys.argv[1:] if value.endswith(".ply")]
        numbers = [int(value) for value in sys.argv[1:] if value.isdigit()] + [0, 0]
        main(numbers[0] or 512, Path(given[0]).resolve() if given else None, numbers[1] or 100_000)
