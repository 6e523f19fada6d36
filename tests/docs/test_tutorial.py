"""The tutorial does what it says: every block of it is followed, in an empty folder."""

from pathlib import Path

import pytest

from tests.support.followed import follow, followed, use

TUTORIAL = (Path(__file__).parents[2] / "docs" / "tutorial.md").read_text("utf-8")


@pytest.mark.whole
def test_the_tutorial_does_what_it_says(tmp_path):
    followed(TUTORIAL, tmp_path)
    assert (tmp_path / "norms.zip").exists()


def test_a_block_that_nothing_explains_fails(tmp_path):
    with pytest.raises(pytest.fail.Exception):
        use("Some words.", "x = 1\n", tmp_path)


@pytest.mark.parametrize(
    "session",
    ["$ echo one\ntwo\n", "$ false\n", "$ echo two one\none\ntwo\n", "$ echo ✗ bad\n✗ bad\n"],
)
def test_what_is_not_printed_or_not_so_fails(tmp_path, session):
    with pytest.raises(AssertionError):
        follow(session, tmp_path)


def test_what_the_tutorial_shows_may_leave_parts_out(tmp_path):
    follow("$ printf 'x 3 of 4 in 12.5 s\\nlast\\n'\n3 of 4 in …\nlast\n$ true\n", tmp_path)
