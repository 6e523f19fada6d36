"""Unpack a zip or tar of a whole class, as an LMS packs it. Students have named the files in it.

Nothing is trusted: a bomb, or damage to the whole, rejects the archive, and nothing of it stays.
What is odd about one member stops nobody: a name that leads out of the folder is replaced by a safe
one (place.py), a link, a device, or what is damaged or has a password by a link to nowhere, and of
a file too large to grade only the size is kept, for the message to its student. A person is told.
"""

import contextlib
import hashlib
import json
import lzma
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import NamedTuple

from ..model.message import Message, Text, read
from .excess import Excess
from .member import Member, Whole, of_tar, of_zip
from .place import Place
from .submission import MAX_MB, UNREADABLE, Refused

MOST_FILES = 50_000
MOST_GB = 10
CHUNK = 1 << 20
BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, RuntimeError,
    ValueError, OSError,
)  # fmt: skip
"""Errors of zipfile and tarfile for archives that are damaged, encrypted or oddly packed."""
OF_ONE = (
    zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, NotImplementedError, RuntimeError,
)  # fmt: skip
"""Those that are about one member of a zip, which has each by itself."""
ENDINGS = (".zip", ".tar", ".tgz", ".tbz", ".tbz2", ".txz", ".tar.gz", ".tar.bz2", ".tar.xz")
OTHERS = (".7z", ".rar", ".gz", ".bz2", ".xz", ".zst", ".tzst", ".tar.lz")
WAY = b"4"
"""Changes when the naming of members does, so that older archives are unpacked again."""
NOWHERE = "nowhere"
"""Where the links lead that stand for members which are not files."""
BOMB = Message(
    "{file} holds more than {n} GB: is it a zip bomb? If not, unpack it yourself, and give its "
    "folder."
)
CUT_OFF = Message("{file} is not a whole archive: download it again.")


def packed(path: Path) -> bool:
    """Whether a path is an archive to unpack. Raises Refused for one of another kind."""
    if not path.is_file() or path.name.lower().endswith(ENDINGS):
        return path.is_file()
    if path.name.lower().endswith(OTHERS):
        raise Refused(
            Message(
                "{file} is an archive of a kind that is not read here: unpack it, and give its "
                "folder.",
                file=path,
            )
        )
    return False


class Unpacked(NamedTuple):
    """An archive that has been unpacked."""

    folder: Path
    remarks: list[Text]
    doubts: list[Text]
    """What a person must look at."""


def unpack(archive: Path, below: Path) -> Unpacked:
    """Unpack an archive into its own folder; return the folder and what is to be said of names.

    An archive that is already unpacked is left alone. Raises Refused.
    """
    with open(archive, "rb") as file:
        whole = hashlib.file_digest(file, lambda: hashlib.sha256(WAY)).hexdigest()
    stem = archive.name.partition(".")[0] or "archive"
    folder = below / f"{stem}-{whole[:8]}"
    beside = below / f".{folder.name}.remarks"
    if not folder.exists():
        part = folder.with_name(f".{folder.name}.part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        try:
            place = _unpack(archive, part)
            said = {"remarks": place.remarks, "doubts": place.doubts}
            beside.write_text(json.dumps(said, default=asdict))
            part.rename(folder)  # so that a folder with that name is complete
        except BROKEN as error:
            raise Refused(
                Message(
                    "{file} cannot be unpacked: {error}. Download it again, or unpack it yourself "
                    "and give its folder.",
                    file=archive,
                    error=error,
                )
            ) from None
        finally:
            shutil.rmtree(part, ignore_errors=True)
    known = json.loads(beside.read_text()) if beside.exists() else {}
    remarks, doubts = (list(map(read, known.get(kind, ()))) for kind in ("remarks", "doubts"))
    return Unpacked(folder, remarks, doubts)


def _unpack(archive: Path, folder: Path) -> Place:
    """Write all members and return where they are."""
    place = Place(archive)
    if not archive.name.lower().endswith(".zip"):
        with tarfile.open(archive, "r|*", tarinfo=Whole) as tape:
            _write(of_tar(tape), place, folder, ())
        return place
    with zipfile.ZipFile(archive) as pack:
        _refuse_cut_off(archive, pack)
        excess = Excess.of([*of_zip(pack)], MOST_FILES)
        place.doubts += excess.doubts(archive.name)
        _write(excess.kept, place, folder, OF_ONE)
    return place


def _write(
    members: Iterable[Member], place: Place, folder: Path, of_one: tuple[type[Exception], ...]
) -> None:
    """Write members; errors `of_one` are noted, unless they are those of all members."""
    room, lost, count = MOST_GB << 30, 0, 0
    for count, member in enumerate(members, 1):
        if count > MOST_FILES:
            raise Refused(
                Message("{file} holds more than {n} files.", file=place.archive, n=MOST_FILES)
            )
        target = folder.joinpath(*place.parts(member))
        target.parent.mkdir(parents=True, exist_ok=True)
        if not member.plain:
            target.symlink_to(NOWHERE)
            continue
        try:
            room -= copy(member, target)
        except of_one as error:
            last, lost = error, lost + 1
            target.unlink(missing_ok=True)
            target.symlink_to(UNREADABLE)
            place.unreadable(target.relative_to(folder), error)
        if room < 0:
            raise Refused(BOMB.format(file=place.archive, n=MOST_GB))
    if lost and lost == count:
        raise last


def _refuse_cut_off(archive: Path, pack: zipfile.ZipFile) -> None:
    """Raise Refused where the list that was read is a member's own, since the archive's is lost.

    A program that unpacks itself begins otherwise, and its list is the archive's.
    """
    with open(archive, "rb") as file:
        begins = file.read(2)
    if begins == b"PK" and min((info.header_offset for info in pack.infolist()), default=0) > 0:
        raise Refused(CUT_OFF.format(file=archive))


def copy(member: Member, target: Path) -> int:
    """Write a member, with its time, and return its true size; the stated one may be a lie.

    Of one that is too large to grade only the size is kept.
    """
    limit, size = MAX_MB << 20, 0
    with member.open() as source, open(target, "xb") as file:
        while size <= limit and (data := source.read(CHUNK)):
            file.write(data)
            size += len(data)
        if size > limit:
            file.truncate(0)
            file.truncate(min(max(member.size, size), 1 << 40))  # a hole
            size = 0 if member.size > limit else size
    with contextlib.suppress(ValueError, OverflowError):  # a date that does not exist
        moment = member.moment()
        os.utime(target, (moment, moment))
    return size
