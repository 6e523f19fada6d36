"""An archive is unpacked whole and inside its folder, or not at all."""

import os
import stat
import time
import zipfile
from pathlib import Path

import pytest

from grader.intake import archive
from grader.intake.archive import unpack
from grader.intake.submission import MAX_MB, Refused, Submission


def packed(path: Path, *members: str | zipfile.ZipInfo, data: bytes = b"{}") -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as pack:
        for member in members:
            pack.writestr(member, data)
    return path


def refusal(path: Path, below: Path) -> str:
    """Unpack what must be refused and leave nothing, and return the sentence."""
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
    folder = unpack(path, tmp_path / "out")
    assert folder.name.startswith("class-")
    file = folder / member.filename
    assert file.read_bytes() == b"{}"
    assert time.localtime(file.stat().st_mtime)[:5] == (2026, 5, 4, 3, 2)
    (folder / "a.ipynb").write_text("still here")
    assert unpack(path, tmp_path / "out") == folder
    assert (folder / "a.ipynb").read_text() == "still here"


@pytest.mark.parametrize(
    "name", ["../evil.py", "/tmp/evil.py", "a/../../evil.py", "..\\evil.py", "C:/evil.py", "C:evil"]
)
def test_no_member_leaves_the_folder(tmp_path, name):
    path = packed(tmp_path / "class.zip", "fine.ipynb", name)
    assert "leads out of its folder" in refusal(path, tmp_path / "out")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(tmp_path, kind):
    member = zipfile.ZipInfo("link.ipynb")
    member.external_attr = (kind | 0o777) << 16
    path = packed(tmp_path / "class.zip", member, data=b"/etc/passwd")
    assert "is no file" in refusal(path, tmp_path / "out")


def test_a_member_that_is_there_twice_is_refused(tmp_path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = packed(tmp_path / "class.zip", "a.ipynb", "a.ipynb")
    assert "'a.ipynb' twice" in refusal(path, tmp_path / "out")
    path = packed(tmp_path / "other.zip", "a", "a/b.ipynb")
    assert "twice" in refusal(path, tmp_path / "out")


def test_too_many_files_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_FILES", 2)
    path = packed(tmp_path / "class.zip", "a", "b", "c")
    assert "holds 3 files; at most 2" in refusal(path, tmp_path / "out")


def test_a_bomb_is_refused_before_it_has_filled_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(archive, "MOST_GB", 0)
    path = packed(tmp_path / "class.zip", "a", "b", data=bytes(10 << 20))
    assert path.stat().st_size < 1 << 20, "packed small"
    assert "zip bomb" in refusal(path, tmp_path / "out")


def test_a_file_too_large_takes_no_room_and_is_refused_with_its_size(tmp_path):
    path = packed(tmp_path / "class.zip", "big.ipynb", data=bytes((MAX_MB + 10) << 20))
    file = unpack(path, tmp_path / "out") / "big.ipynb"
    assert file.stat().st_blocks * 512 < 1 << 20
    with pytest.raises(Refused, match=f"has {MAX_MB + 10} MB"):
        Submission.read(file, "kim")


def test_a_size_that_is_a_lie_is_found_out(tmp_path):
    path = packed(tmp_path / "class.zip", "a.ipynb", data=bytes(1 << 20))
    data = path.read_bytes()
    size = (1 << 20).to_bytes(4, "little")
    path.write_bytes(data.replace(size, (10).to_bytes(4, "little")))
    assert "cannot be unpacked" in refusal(path, tmp_path / "out")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 but no zip", os.urandom(1000)])
def test_what_is_no_zip_is_refused(tmp_path, data):
    (tmp_path / "class.zip").write_bytes(data)
    assert "cannot be unpacked" in refusal(tmp_path / "class.zip", tmp_path / "out")


def test_a_password_is_refused(tmp_path):
    path = packed(tmp_path / "class.zip", "a.ipynb")
    data = bytearray(path.read_bytes())
    for head, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(head) + flags] |= 1
    path.write_bytes(data)
    assert "encrypted" in refusal(path, tmp_path / "out")
