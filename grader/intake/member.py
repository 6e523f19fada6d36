"""The members of an archive, and their intended names.

Names in zips are in UTF-8 if a flag says so, and otherwise in an encoding of the packing system,
which we guess and report. Source: APPNOTE 6.3.10, 4.4.4 and 4.6.9.
"""

import io
import re
import stat
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import IO, Self

from ..model.message import Message

UTF8 = 0x800
"""The flag for a name in UTF-8."""
UNICODE_PATH = b"up"
GUESSES = (
    ("utf-8", r".+"),
    ("euc_kr", "[가-힣ㄱ-ㅣ]{2,}"),
    ("shift_jis", "[ぁ-ヿ一-鿿々ー]{2,}"),
    ("gb2312", "[一-鿿]{2,}"),
    ("cp949", "[가-힣]{2,}"),
    ("big5", "[一-鿿]{2,}"),
    ("gbk", "[一-鿿]{2,}"),
    ("cp437", r"[^\W\d_]+"),
    ("cp850", r"[^\W\d_]+"),
    ("cp1252", r".+"),
)
"""Encodings, the strictest first, with the non-ASCII characters of a text in it.

One letter alone is hardly of a script that has two bytes for it: `Garc\xa1a` is García in cp437.
"""
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]+")


@dataclass(frozen=True)
class Member:
    """What an archive says about one file."""

    name: str
    plain: bool
    """False for links, devices and the like."""
    size: int
    open: Callable[[], IO[bytes]]
    moment: Callable[[], float]
    """Seconds since 1970; raises ValueError or OverflowError for a date that does not exist."""
    remarks: tuple[Message, ...] = ()
    """How the name was decoded, if that was a guess."""


class Whole(tarfile.TarInfo):
    """A member of a tar that ends as it should; tarfile takes damage in its middle for the end."""

    @classmethod
    def fromtarfile(cls, tarfile_: tarfile.TarFile) -> Self:
        """Read the next member. Raises ReadError where the archive is damaged or cut off."""
        try:
            return super().fromtarfile(tarfile_)
        except tarfile.HeaderError as error:
            if type(error).__name__ == "EOFHeaderError":
                raise
            raise tarfile.ReadError(f"it is damaged or cut off ({error})") from None


def of_zip(pack: zipfile.ZipFile) -> Iterator[Member]:
    """Yield the files of a zip with their intended names.

    If most names contain a backslash, it separates folders, as on Windows.
    """
    infos = [info for info in pack.infolist() if not info.is_dir() and info.filename[-1:] != "\\"]
    encoding = _guess(_bytes(info) for info in infos if _encoded(info))
    windows = sum("\\" in info.filename for info in infos) * 2 > len(infos)
    for info in infos:
        told = _unicode(info) or ("" if _encoded(info) else info.filename)
        own = encoding if told or _is_text(_bytes(info), encoding) else _guess([_bytes(info)])
        name = told or _bytes(info).decode(own)
        guess = Message("names are read as {encoding}, which is a guess", encoding=own)
        remarks = [] if told else [guess]
        if windows and "\\" in name:
            name = name.replace("\\", "/")
            remarks.append(Message("a \\ in names is read as a folder"))
        yield Member(
            name,
            stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG),
            info.file_size,
            partial(pack.open, info),
            partial(time.mktime, (*info.date_time, 0, 0, -1)),
            tuple(remarks),
        )


def of_tar(tape: tarfile.TarFile) -> Iterator[Member]:
    """Yield the files of a tar in order."""

    def opened(info: tarfile.TarInfo) -> IO[bytes]:
        return tape.extractfile(info) or io.BytesIO()  # None: not a file, and not opened

    for info in tape:
        if not info.isdir():
            when = partial(float, info.mtime)
            yield Member(info.name, info.isreg(), info.size, partial(opened, info), when)


def _encoded(info: zipfile.ZipInfo) -> bool:
    """Whether a name is in an unstated encoding."""
    return not info.flag_bits & UTF8 and not info.filename.isascii()


def _bytes(info: zipfile.ZipInfo) -> bytes:
    return info.filename.encode("cp437")


def _guess(names: Iterable[bytes]) -> str:
    """Return the encoding in which more than half of the names decode to text.

    Not all: one odd name must not garble the others.
    """
    names = list(names)
    for encoding, _ in GUESSES:
        if 2 * sum(_is_text(name, encoding) for name in names) > len(names):
            return encoding
    return "cp437"


def _is_text(name: bytes, encoding: str) -> bool:
    try:
        runs = BEYOND_ASCII.findall(name.decode(encoding))
    except UnicodeDecodeError:
        return False
    return all(re.fullmatch(dict(GUESSES)[encoding], run) for run in runs)


def _unicode(info: zipfile.ZipInfo) -> str:
    """Return the UTF-8 name that Info-ZIP's packer adds, if it belongs to this name."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = extra[:2], int.from_bytes(extra[2:4], "little")
        if kind == UNICODE_PATH and extra[4:5] == b"\1" and not info.flag_bits & UTF8:
            crc = int.from_bytes(extra[5:9], "little")
            if crc == zlib.crc32(_bytes(info)):
                return extra[9 : 4 + size].decode("utf-8", "replace")
        extra = extra[4 + size :]
    return ""
