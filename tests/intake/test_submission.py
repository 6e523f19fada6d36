"""A submission is bytes of a regular file and a name that is safe, whatever was handed in."""

import errno
import hashlib
import os
import re
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.intake import submission
from grader.intake.submission import MAX_MB, Refused, Submission, student_id

# reading


def test_the_bytes_are_read_and_hashed_as_they_are(tmp_path):
    data = b"\xff\x00 no notebook at all \r\n"
    (tmp_path / "a.ipynb").write_bytes(data)
    submission = Submission.read(tmp_path / "a.ipynb")
    assert submission.data == data
    assert submission.sha256 == hashlib.sha256(data).hexdigest()


def test_an_empty_file_can_be_read(tmp_path):
    (tmp_path / "a.ipynb").touch()
    assert Submission.read(tmp_path / "a.ipynb").data == b""


def refusal(path: Path) -> str:
    with pytest.raises(Refused) as caught:
        Submission.read(path)
    return str(caught.value)


def test_a_link_is_not_followed(tmp_path):
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "a.ipynb").symlink_to(tmp_path / "secret")
    (tmp_path / "b.ipynb").symlink_to(tmp_path / "nothing")
    for name in ("a.ipynb", "b.ipynb"):
        assert "is a link; hand in the notebook file itself" in refusal(tmp_path / name)


def test_what_is_no_regular_file_is_refused_without_waiting(tmp_path):
    os.mkfifo(tmp_path / "pipe")  # opening it would wait for a writer
    (tmp_path / "folder").mkdir()
    for path in (tmp_path / "pipe", Path("/dev/null"), Path("/dev/zero")):
        assert "is not a regular file" in refusal(path)
    assert "is not a regular file" in refusal(tmp_path / "folder")


def test_a_file_that_is_too_large_is_refused_unread(tmp_path):
    with (tmp_path / "a.ipynb").open("wb") as file:
        file.truncate((MAX_MB << 20) + (1 << 20))
    said = refusal(tmp_path / "a.ipynb")
    assert f"The file has {MAX_MB + 1} MB, and {MAX_MB} are accepted" in said
    assert "Clear All Outputs" in said


def test_the_largest_file_that_is_accepted_is_read_whole(tmp_path):
    with (tmp_path / "a.ipynb").open("wb") as file:
        file.truncate(MAX_MB << 20)
    assert len(Submission.read(tmp_path / "a.ipynb").data) == MAX_MB << 20


def test_a_file_that_is_gone_is_no_fault_of_the_student(tmp_path):
    with pytest.raises(FileNotFoundError):
        Submission.read(tmp_path / "gone")


@pytest.mark.parametrize("error", [errno.EIO, errno.EACCES, errno.EMFILE, errno.ESTALE])
def test_a_machine_that_cannot_read_is_no_fault_of_the_student(tmp_path, monkeypatch, error):
    def failing(*_):
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(submission, "open_unfollowed", failing)
    with pytest.raises(OSError, match=re.escape(os.strerror(error))):
        Submission.read(tmp_path / "a.ipynb")


# names


@pytest.mark.parametrize(
    ("name", "student"),
    [
        ("kim_12345_attention.ipynb", "kim_12345"),
        ("kim_12345_ATTENTION.ipynb", "kim_12345"),
        ("kim_12345 attention.ipynb", "kim_12345"),
        ("kim-12345-attention.ipynb", "kim-12345"),
        ("kim_12345.ipynb", "kim_12345"),
        ("kim_attention_final.ipynb", "kim_attention_final"),
        ("attention.ipynb", "attention"),
        ("_attention.ipynb", "attention"),
        ("de la cruz_7_attention.ipynb", "de_la_cruz_7"),
        ("o'neill_7_attention.ipynb", "o_neill_7"),
        ("łukasiewicz_7_attention.ipynb", "łukasiewicz_7"),
        ("김_7_attention.ipynb", "김_7"),
        (normalize("NFD", "김_7_attention.ipynb"), "김_7"),
        (normalize("NFD", "müller_7_attention.ipynb"), "müller_7"),
        ("..\\..\\x_attention.ipynb", "x"),
        ("%2e%2e%2fx_attention.ipynb", "2e_2e_2fx"),
        ("=cmd()_attention.ipynb", "cmd"),
        ("a\x1b[31m\n_7_attention.ipynb", "a_31m__7"),
        ("a\u202eb_7_attention.ipynb", "a_b_7"),
        ("<b>x_attention.ipynb", "b_x"),
        ("kim.12345_attention.ipynb.ipynb", "kim_12345"),
        ("kim_7_attention (1).ipynb", "kim_7"),
        ("kim_7_attention-Copy1.ipynb", "kim_7"),
        ("Copy of kim_7_attention.ipynb", "kim_7"),
        ("kim (1).ipynb", "kim_1"),
        ("attention (1).ipynb", "attention_1"),
        ("Copy of attention.ipynb", "Copy_of_attention"),
        ("x" * 200 + ".ipynb", "x" * 64),
        ("kim_7_attention.ipynb.txt", "kim_7"),
        ("kim_7\u3164_attention.ipynb", "kim_7"),
    ],
)
def test_a_file_name_gives_the_students_id(name, student):
    assert student_id(Path("somewhere/attention") / name, "attention") == student


def test_a_path_out_of_the_folder_is_only_a_name():
    assert student_id(Path("in/../../x.ipynb"), "attention") == "x"


@pytest.mark.parametrize("name", ["___.ipynb", "!!!.ipynb", "- -.ipynb", "\udcff.ipynb"])
def test_a_name_without_letters_gives_a_hash_that_stays(name):
    found = student_id(Path(name), "attention")
    assert found == student_id(Path("elsewhere") / name, "attention")
    assert len(found) == 12 and set(found) <= set("0123456789abcdef")
    assert found != student_id(Path("?" + name), "attention")


LETTERS = st.characters(exclude_characters="/\0", exclude_categories=["Cs"])
"""What a name may hold, besides bytes that are not UTF-8, which Python shows as surrogates."""


@settings(deadline=None)
@given(
    st.text(LETTERS | st.sampled_from("\udc80\udcff"), min_size=1).filter(lambda t: t not in "...")
)
def test_an_id_is_always_safe_as_the_name_of_a_folder(name):
    found = student_id(Path(name), "attention")
    assert 0 < len(os.fsencode(found)) <= 255
    assert all(
        c.isalnum() or c in "_-" or c.isidentifier() or ("a" + c).isidentifier() for c in found
    )
    assert not found.startswith("-") and "/" not in found
