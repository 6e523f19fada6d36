"""An archive is unpacked whole and inside its folder, or not at all; no member stops others."""

import io
import os
import re
import stat
import tarfile
import time
import zipfile
from pathlib import Path

import pytest

from grader.intake import archive
from grader.intake.archive import packed as is_packed
from grader.intake.archive import unpack
from grader.intake.submission import MAX_MB, Refused, Submission
from tests.support.words import words


def packed(path: Path, *members: str | zipfile.ZipInfo, data: bytes = b"{}") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        for member in members:
            pack.writestr(member, data)
    return path


def zipped(where: Path, *members: str) -> Path:
    return packed(where / "class.zip", *members)


def taped(where: Path, *members: str | tarfile.TarInfo) -> Path:
    """Make a tar; files have two bytes."""
    with tarfile.open(where / "class.tar", "w") as tape:
        for member in members:
            about = tarfile.TarInfo(member) if isinstance(member, str) else member
            about.size = 2 * about.isreg()
            tape.addfile(about, io.BytesIO(b"{}"))
    return where / "class.tar"


def refusal(path: Path) -> str:
    """Unpack what must be refused and leave nothing, and return the sentence."""
    below = path.parent / "out"
    around = {p for p in below.parent.rglob("*") if below not in p.parents}
    with pytest.raises(Refused) as refused:
        unpack(path, below)
    assert not list(below.iterdir()), "nothing of it stays"
    assert {p for p in below.parent.rglob("*") if below not in p.parents} <= {*around, below}
    return str(refused.value)


def test_files_folders_and_times_are_unpacked_once(tmp_path):
    member = zipfile.ZipInfo(
        "Kim Minjun_1_assignsubmission_file_/과제.ipynb", (2026, 5, 4, 3, 2, 0)
    )
    path = packed(tmp_path / "class.zip", member, "a.ipynb")
    folder, remarks, doubts = unpack(path, tmp_path / "out")
    assert remarks == doubts == []
    assert folder.name.startswith("class-")
    file = folder / member.filename
    assert file.read_bytes() == b"{}"
    assert time.localtime(file.stat().st_mtime)[:5] == (2026, 5, 4, 3, 2)
    (folder / "a.ipynb").write_text("still here")
    assert unpack(path, tmp_path / "out") == (folder, [], [])
    assert (folder / "a.ipynb").read_text() == "still here"


@pytest.mark.parametrize(
    ("name", "safe"),
    [("../evil.py", "__/evil.py"), ("a/../../evil.py", "a/__/__/evil.py"), ("..", "__"),
     ("/tmp/evil.py", "tmp/evil.py"), ("a\\..\\evil.py", "a_.._evil.py"),
     ("C:/evil.py", "C:/evil.py"), ("C:evil.py", "C:evil.py")],
)  # fmt: skip
@pytest.mark.parametrize("pack", [zipped, taped], ids=["zip", "tar"])
def test_no_member_leaves_the_folder_and_those_beside_it_are_graded(tmp_path, pack, name, safe):
    (tmp_path / "in").mkdir()
    path = pack(tmp_path / "in", "fine.ipynb", name)
    folder, remarks, doubts = unpack(path, tmp_path / "in" / "out")
    assert {*files(folder)} == {"fine.ipynb", safe}
    assert not [f for f in tmp_path.rglob("evil*") if folder not in f.parents]
    assert words(remarks) == (
        [f"{path.name}: {name!r} is unpacked as {safe!r}"] * (name[:1] == "/" or "\\" in name)
    )
    assert words(doubts) == (
        [f"{path.name}: {name!r} would lead out of its folder, and is unpacked as {safe!r}. Look "
         "who has submitted that."] * (".." in name.split("/"))
    )  # fmt: skip


def lead_nowhere(path: Path) -> None:
    """Assert that one of two members is a link that leads nowhere, and that a person is told."""
    folder, remarks, doubts = unpack(path, path.parent / "out")
    assert unpack(path, path.parent / "out") == (folder, remarks, doubts)
    assert (folder / "fine.ipynb").read_bytes() == b"{}"
    with pytest.raises(Refused, match="is a link"):
        Submission.read(folder / "link.ipynb")
    assert not (folder / "link.ipynb").exists() and not (folder / "link.ipynb" / "x").exists()
    said = "'link.ipynb' is not a file but a link or a device, and leads nowhere now"
    assert words(doubts) == [f"{path.name}: {said}"]


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_lead_nowhere(tmp_path, kind):
    member = zipfile.ZipInfo("link.ipynb")
    member.external_attr = (kind | 0o777) << 16
    lead_nowhere(packed(tmp_path / "class.zip", "fine.ipynb", member, "link.ipynb/x"))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_in_a_tar_lead_nowhere(tmp_path, kind):
    about = tarfile.TarInfo("link.ipynb")
    about.type, about.linkname = kind, "/etc/passwd"
    lead_nowhere(taped(tmp_path, "fine.ipynb", about, "link.ipynb/x"))


@pytest.mark.parametrize("cut", [1, 30, 600])
def test_a_zip_that_is_cut_off_is_not_taken_for_one_that_a_student_has_handed_in(tmp_path, cut):
    inner = packed(tmp_path / "hw.zip", "attention.ipynb").read_bytes()
    whole = packed(tmp_path / "class.zip", "kim_1_2_hw.zip", data=inner).read_bytes()
    (tmp_path / "class.zip").write_bytes(whole[:-cut])
    assert re.search("not a whole archive|cannot be unpacked", refusal(tmp_path / "class.zip"))


@pytest.mark.parametrize("damage", [slice(1024, 1536), slice(1030, None), slice(1024, None)])
def test_a_tar_that_is_damaged_or_cut_off_is_not_taken_for_a_shorter_one(tmp_path, damage):
    data = bytearray(taped(tmp_path, "kim.ipynb", "lee.ipynb", "cho.ipynb").read_bytes())
    data[damage] = b"x" * 512 if damage.stop else b""
    (tmp_path / "class.tar").write_bytes(data)
    assert "damaged or cut off" in refusal(tmp_path / "class.tar")


def files(folder: Path) -> list[str]:
    """Return the paths of all files below a folder, and of links."""
    return [str(f.relative_to(folder)) for f in folder.rglob("*") if f.is_symlink() or f.is_file()]


def unpacked(path: Path) -> tuple[list[str], list[str]]:
    """Return the files of an archive as they were named here, and the remarks."""
    found = unpack(path, path.parent / "out")
    assert unpack(path, path.parent / "out") == found, "a second time says the same"
    assert found.doubts == []
    return sorted(files(found.folder)), words(found.remarks)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_no_member_takes_the_place_of_another(tmp_path):
    path = packed(tmp_path / "class.zip", "a.ipynb", "a.ipynb", "b", "b/c.ipynb", "b~2/c.ipynb")
    assert unpacked(path) == (
        ["a.ipynb", "a~2.ipynb", "b", "b~2/c.ipynb", "b~2/c~2.ipynb"],
        [
            "class.zip: 'a.ipynb' is unpacked as 'a~2.ipynb'",
            "class.zip: 'b/c.ipynb' is unpacked as 'b~2/c.ipynb'",
            "class.zip: 'b~2/c.ipynb' is unpacked as 'b~2/c~2.ipynb'",
        ],
    )


ODD = {
    "kim_1_2_HW1: final.ipynb": "kim_1_2_HW1: final.ipynb",
    "kim_1_2_\x1b[31m\n.ipynb": "kim_1_2__[31m_.ipynb",
    "kim_1_2_a\\b.ipynb": "kim_1_2_a_b.ipynb",
    "./kim//x.ipynb": "kim/x.ipynb",
    "과제.ipynb": "과제.ipynb",
}


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_costs_nobody_anything(tmp_path, name):
    path = packed(tmp_path / "class.zip", "fine.ipynb", name, "also.ipynb")
    files, remarks = unpacked(path)
    assert files == sorted(["fine.ipynb", "also.ipynb", ODD[name]])
    assert len(remarks) == (ODD[name] not in (name, "kim/x.ipynb"))


@pytest.mark.parametrize("letters", ["가" * 84, "x" * 300, "👩‍👩‍👧" * 20, "ü" * 128])
def test_a_name_too_long_for_the_disk_is_shortened_at_its_end(tmp_path, letters):
    name = f"kim_4711_88_{letters}"
    files, remarks = unpacked(packed(tmp_path / "class.zip", f"{name}1.ipynb", f"{name}2.ipynb"))
    assert len(set(files)) == len(remarks) == 2
    assert all(f.startswith("kim_4711_88_" + letters[0]) and f.endswith(".ipynb") for f in files)
    assert all(len(f.encode()) <= 255 for f in files)


def test_a_path_too_long_for_the_disk_is_shortened_in_its_middle(tmp_path):
    name = "Kim_1_assignsubmission_file_/" + "/".join(["가" * 50] * 30) + "/a.ipynb"
    (file,), remarks = unpacked(packed(tmp_path / "class.zip", name))
    assert file.startswith("Kim_1_assignsubmission_file_/") and file.endswith("/a.ipynb")
    assert len(file) < 300 and len(remarks) == 1


def test_backslashes_that_a_program_of_windows_has_written_are_folders(tmp_path):
    path = packed(tmp_path / "class.zip", "hw1\\kim_1_2_a.ipynb", "hw1\\lee_3_4_a.ipynb")
    assert unpacked(path) == (
        ["hw1/kim_1_2_a.ipynb", "hw1/lee_3_4_a.ipynb"],
        ["class.zip: a \\ in names is read as a folder"],
    )


def in_bytes(path: Path, *names: bytes) -> Path:
    """Make a zip whose names are these bytes, with no word on their encoding."""
    stand_ins = [bytes([65 + n]) * len(name) for n, name in enumerate(names)]
    packed(path, *(one.decode() for one in stand_ins))
    data = path.read_bytes()
    for stand_in, name in zip(stand_ins, names, strict=True):
        data = data.replace(stand_in, name)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("encoding", "names", "read"),
    [
        ("cp949", ["김민준_doubling.ipynb", "이서연_doubling.ipynb"], "euc_kr"),
        ("cp949", ["똠방각하.ipynb"], "cp949"),
        ("shift_jis", ["鈴木さん.ipynb", "タナカ.ipynb"], "shift_jis"),
        ("gb2312", ["张伟.ipynb"], "gb2312"),
        ("cp437", ["García.ipynb", "Müller.ipynb"], "cp437"),
        ("utf-8", ["김민준.ipynb", "García.ipynb"], "utf-8"),
    ],
)
def test_names_in_an_encoding_that_nobody_tells_are_guessed_and_that_is_said(
    tmp_path, encoding, names, read
):
    path = in_bytes(tmp_path / "class.zip", *(name.encode(encoding) for name in names))
    assert unpacked(path) == (
        sorted(names), [f"class.zip: names are read as {read}, which is a guess"],
    )  # fmt: skip


def test_one_odd_name_does_not_garble_those_of_a_class(tmp_path):
    korean = ["김민준.ipynb", "이서연.ipynb", "박지훈.ipynb"]
    odd = "García.ipynb".encode("cp437")
    names, remarks = unpacked(
        in_bytes(tmp_path / "class.zip", *(name.encode("cp949") for name in korean), odd)
    )
    assert names == sorted([*korean, "García.ipynb"])
    assert [remark.split()[5] for remark in remarks] == ["euc_kr,", "cp437,"]


@pytest.mark.parametrize("ending", [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".txz"])
def test_a_tar_is_unpacked_like_a_zip(tmp_path, ending):
    path = tmp_path / f"class{ending}"
    way = {".tar": "w", ".tgz": "w:gz", ".tbz2": "w:bz2", ".txz": "w:xz"}.get(ending)
    way = way or f"w:{ending[5:]}"
    with tarfile.open(path, way) as tape:  # type: ignore[call-overload]
        for name in ("kim_1_2_a.ipynb", "hw/lee_3_4_b.ipynb"):
            about = tarfile.TarInfo(name)
            about.size, about.mtime = 2, 1_795_000_000
            tape.addfile(about, io.BytesIO(b"{}"))
    folder = unpack(path, tmp_path / "out").folder
    assert folder.name.startswith("class-")
    assert (folder / "hw/lee_3_4_b.ipynb").stat().st_mtime == 1_795_000_000
    assert unpacked(path)[0] == ["hw/lee_3_4_b.ipynb", "kim_1_2_a.ipynb"]


def test_an_archive_of_another_kind_is_no_student(tmp_path):
    (tmp_path / "class.7z").write_bytes(b"7z")
    with pytest.raises(Refused, match="unpack it, and give its folder"):
        is_packed(tmp_path / "class.7z")


def test_too_many_files_are_refused_where_their_names_come_one_by_one(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_FILES", 2)
    assert "holds more than 2 files" in refusal(taped(tmp_path, "a", "b", "c"))


def test_of_too_many_files_those_are_left_out_that_are_hardly_work(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_FILES", 6)
    data = [f"kim_1/data/train/{n}.png" for n in range(9)]
    books = [f"kim_1/{n}.ipynb" for n in range(9)]
    work = ("cho_4/attention.py", "lee_2/x.pdf", "park_3/attention.ipynb", "lee_2/attention.ipynb")
    folder, remarks, doubts = unpack(packed(tmp_path / "class.zip", *data, *work), tmp_path / "out")
    assert {*files(folder)} == {*data[:2], *work} and remarks == []
    assert words(doubts) == [
        "class.zip holds too many files: 7 are left out, in 'kim_1/data/train'. If work is among "
        "them, unpack the archive yourself, and give its folder."
    ]
    folder, _, _ = unpack(packed(tmp_path / "more.zip", *books, *work), tmp_path / "out")
    assert {*files(folder)} >= {work[2], work[3]}, (
        "nor do notebooks of one student push out others'"
    )


def test_a_bomb_is_refused_before_it_has_filled_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_GB", 0)
    path = packed(tmp_path / "class.zip", "a", "b", data=bytes(10 << 20))
    assert path.stat().st_size < 1 << 20, "packed small"
    assert "zip bomb" in refusal(path)


def test_a_file_too_large_takes_no_room_and_is_refused_with_its_size(tmp_path):
    path = packed(tmp_path / "class.zip", "big.ipynb", data=bytes((MAX_MB + 10) << 20))
    file = unpack(path, tmp_path / "out")[0] / "big.ipynb"
    assert file.stat().st_blocks * 512 < 1 << 20
    with pytest.raises(Refused, match=f"has {MAX_MB + 10} MB"):
        Submission.read(file)


def test_a_size_that_is_a_lie_is_found_out(tmp_path):
    path = packed(tmp_path / "class.zip", "a.ipynb", data=bytes(1 << 20))
    data = path.read_bytes()
    size = (1 << 20).to_bytes(4, "little")
    path.write_bytes(data.replace(size, (10).to_bytes(4, "little")))
    assert "cannot be unpacked" in refusal(path)


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 but no zip", os.urandom(1000)])
def test_what_is_no_zip_is_refused(tmp_path, data):
    (tmp_path / "class.zip").write_bytes(data)
    assert "cannot be unpacked" in refusal(tmp_path / "class.zip")


def locked(data: bytearray) -> None:
    """Say of the first member that it has a password."""
    for head, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(head) + flags] |= 1


def falsified(data: bytearray) -> None:
    """Give the first member another checksum."""
    for head, crc in ((b"PK\x03\x04", 14), (b"PK\x01\x02", 16)):
        data[data.index(head) + crc] ^= 1


def scrambled(data: bytearray) -> None:
    """Overwrite the first member's data."""
    data[40:60] = b"\xff" * 20


def misplaced(data: bytearray) -> None:
    """Overwrite the first member's own head."""
    data[:4] = b"none"


def odd(data: bytearray) -> None:
    """Say that the first member is packed in a way that nobody knows."""
    for head, way in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.index(head) + way] = 99


@pytest.mark.parametrize("harm", [locked, falsified, scrambled, misplaced, odd])
def test_a_member_that_cannot_be_read_costs_nobody_else_anything(tmp_path, harm):
    text = b"x = 1  # " + bytes(range(65, 91)) * 3
    path = packed(tmp_path / "class.zip", "kim.ipynb", "lee.ipynb", "cho.ipynb", data=text)
    data = bytearray(path.read_bytes())
    harm(data)
    path.write_bytes(data)
    folder, _, doubts = unpack(path, tmp_path / "out")
    assert {*files(folder)} == {"kim.ipynb", "lee.ipynb", "cho.ipynb"}
    assert (folder / "lee.ipynb").read_bytes() == (folder / "cho.ipynb").read_bytes() == text
    with pytest.raises(Refused, match="arrived damaged or with a password"):
        Submission.read(folder / "kim.ipynb")
    (doubt,) = words(doubts)
    assert doubt.startswith("class.zip: 'kim.ipynb' cannot be read (")
    assert doubt.endswith("Download the archive again, or ask for the file.")


def test_an_archive_of_which_nothing_can_be_read_is_refused(tmp_path):
    path = packed(tmp_path / "class.zip", "a.ipynb")
    data = bytearray(path.read_bytes())
    locked(data)
    path.write_bytes(data)
    assert "encrypted" in refusal(path)


def test_an_archive_that_unpacks_itself_is_unpacked(tmp_path):
    path = packed(tmp_path / "class.zip", "kim.ipynb", "lee.ipynb")
    path.write_bytes(b"MZ" + bytes(500) + path.read_bytes())
    assert unpacked(path)[0] == ["kim.ipynb", "lee.ipynb"]
