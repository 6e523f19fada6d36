"""Unpack what an LMS packs: a zip with the files of a whole class, which students have named.

Nothing is trusted: a member that would land outside the folder, a link, a device or a bomb refuses
the archive, before or while it is unpacked, and nothing of it stays. A file too large to be graded
takes no room: only its size is kept, for the sentence that its student reads.
"""

import contextlib
import hashlib
import os
import shutil
import stat
import time
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from .submission import MAX_MB, Refused

MOST_FILES = 50_000
MOST_GB = 10
CHUNK = 1 << 20
BROKEN = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError,
    OSError,
)  # fmt: skip
"""What zipfile raises for archives that are damaged, encrypted or packed in some odd way."""


def unpack(archive: Path, below: Path) -> Path:
    """Unpack a zip into a folder of its own and return it; what is unpacked is left as it is.

    Raises Refused.
    """
    with open(archive, "rb") as file:
        folder = below / f"{archive.stem}-{hashlib.file_digest(file, 'sha256').hexdigest()[:8]}"
    if folder.exists():
        return folder
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    try:
        _unpack(archive, part)
        part.rename(folder)  # so that a folder with the name is whole
    except BROKEN as error:
        raise Refused(f"{archive} cannot be unpacked: {error}.") from None
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return folder


def _unpack(archive: Path, folder: Path) -> None:
    with zipfile.ZipFile(archive) as pack:
        members = [member for member in pack.infolist() if not member.is_dir()]
        if len(members) > MOST_FILES:
            raise Refused(f"{archive} holds {len(members)} files; at most {MOST_FILES} are taken.")
        room = MOST_GB << 30
        for member in members:
            target = folder.joinpath(*_parts(archive, member))
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                room -= _copy(pack, member, target)
            except (FileExistsError, NotADirectoryError):
                raise Refused(f"{archive} holds {member.filename!r} twice.") from None
            if room < 0:
                raise Refused(f"{archive} holds more than {MOST_GB} GB: is it a zip bomb?")


def _parts(archive: Path, member: zipfile.ZipInfo) -> tuple[str, ...]:
    """Return the folders and the name of a member. Raises Refused where they lead elsewhere."""
    path = PurePosixPath(member.filename)
    kind = stat.S_IFMT(member.external_attr >> 16)
    odd = path.is_absolute() or ".." in path.parts or "\\" in member.filename or not path.parts
    if odd or ":" in path.parts[0] or kind not in (0, stat.S_IFREG):
        raise Refused(
            f"{archive} holds {member.filename!r}, which leads out of its folder or is no file. "
            "Look who has handed that in; nothing was unpacked."
        )
    return path.parts


def _copy(pack: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> int:
    """Write a member, with its time, and return how many bytes that took; sizes may be lies."""
    limit, size = MAX_MB << 20, 0
    with pack.open(member) as source, open(target, "xb") as file:
        while size <= limit and (data := source.read(CHUNK)):
            file.write(data)
            size += len(data)
        if size > limit:
            file.truncate(0)
            file.truncate(min(max(member.file_size, size), 1 << 40))  # a hole
            size = 0 if member.file_size > limit else size
    with contextlib.suppress(ValueError, OverflowError):  # a date that does not exist
        moment = time.mktime((*member.date_time, 0, 0, -1))
        os.utime(target, (moment, moment))
    return size
