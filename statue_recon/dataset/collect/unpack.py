"""Taking a mesh and its textures out of a ZIP file somebody else made: nothing else, nowhere else, not endlessly."""

from __future__ import annotations

import re
import stat
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from .work import MESHES, LeftOut

WANTED = (*MESHES, ".bin", ".mtl", ".png", ".jpg", ".jpeg", ".webp", ".tga", ".bmp", ".tif", ".tiff", ".ktx2", ".txt")
MOST_FILES = 2000
_PIECE = 2**20
# Names Windows takes for devices, and characters it takes in no name.
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)|[<>:\"|?*\x00-\x1f]|[. ]$", re.IGNORECASE)


def unpack(packed: Path, folder: Path, largest: int) -> None:
    """Unpacks what belongs to a mesh into `folder`. largest: bytes of all files together. Raises LeftOut."""
    try:
        with zipfile.ZipFile(packed) as archive:
            wanted = [(member, _place(member)) for member in archive.infolist() if _is_wanted(member)]
            if len(wanted) > MOST_FILES:
                raise LeftOut(f"comes in an archive of {len(wanted)} files")
            left = largest
            for member, place in wanted:
                left -= _copy(archive, member, folder / place, left)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeDecodeError) as error:
        raise LeftOut(f"comes in an archive that cannot be unpacked ({error})") from error


def main_mesh(folder: Path) -> Path:
    """The mesh of an object's folder: the largest of the best format. Raises LeftOut where there is none."""
    found = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in MESHES and path.is_file()]
    if not found:
        raise LeftOut("has no mesh in a format we read")
    return min(found, key=lambda path: (MESHES.index(path.suffix.lower()), -path.stat().st_size))


def bytes_of(folder: Path) -> int:
    """What an object takes on the disk."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def check_mesh(mesh: Path) -> None:
    """Refuses what is plainly no mesh: an error page, half a file. Raises LeftOut."""
    size = mesh.stat().st_size
    with mesh.open("rb") as file:
        head = file.read(12)
    if not size:
        raise LeftOut("has an empty file")
    if mesh.suffix.lower() == ".glb" and (head[:4] != b"glTF" or int.from_bytes(head[8:], "little") > size):
        raise LeftOut("has a file that is no whole GLB")


def _is_wanted(member: zipfile.ZipInfo) -> bool:
    if member.is_dir() or stat.S_ISLNK(member.external_attr >> 16):
        return False
    return PurePosixPath(member.filename.replace("\\", "/")).suffix.lower() in WANTED


def _place(member: zipfile.ZipInfo) -> PurePosixPath:
    place = PurePosixPath(member.filename.replace("\\", "/"))
    if place.is_absolute() or ".." in place.parts or any(map(_RESERVED.search, place.parts)):
        raise LeftOut(f"comes in an archive with a path that leads astray ({member.filename!r})")
    return place


def _copy(archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path, left: int) -> int:
    """Returns the bytes written; what the archive says of its sizes is not believed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    written = 0
    with archive.open(member) as content, target.open("wb") as file:
        while piece := content.read(_PIECE):
            written += len(piece)
            if written > left:
                raise LeftOut("is too large when unpacked")
            file.write(piece)
    return written
