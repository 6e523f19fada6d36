"""A course is found from anywhere inside it, and keeps its key."""

import subprocess

import pytest

from grader.course.course import KEY_BYTES, Course, CourseError
from tests.support.small_course import write


@pytest.fixture
def course(tmp_path):
    return write(tmp_path)[0]


@pytest.mark.parametrize("place", [".", "solutions", "autograder_tests/doubling"])
def test_a_course_is_found_from_anywhere_inside_it(course, place):
    assert Course.find(course.root / place) == course


def test_a_course_is_found_from_a_relative_path(course, monkeypatch):
    monkeypatch.chdir(course.root / "solutions")
    from pathlib import Path

    assert Course.find(Path()).root == course.root.resolve()


def test_a_folder_with_half_of_what_a_course_has_is_none(tmp_path):
    (tmp_path / "solutions").mkdir()
    with pytest.raises(CourseError, match="name it with --course"):
        Course.find(tmp_path)


def test_an_assignment_has_its_three_places(course):
    assert course.names() == ["doubling"]
    assert course.solution("doubling") == course.root / "solutions" / "doubling.py"
    assert course.notebook("doubling") == course.root / "assignments" / "doubling.ipynb"
    assert course.checks("doubling") == course.root / "autograder_tests" / "doubling"


@pytest.mark.parametrize("name", ["halving", "../solutions/doubling/x", ""])
def test_an_unknown_assignment_names_the_known_ones(course, name):
    with pytest.raises(CourseError, match=r"the course has doubling\.$"):
        course.solution(name)


def test_a_course_without_assignments_says_so(course):
    (course.root / "solutions" / "doubling.py").unlink()
    with pytest.raises(CourseError, match=r"the course has none\.$"):
        course.solution("doubling")


def test_the_key_is_random_and_kept(course, tmp_path):
    key = course.key()
    assert len(key) == KEY_BYTES
    assert Course(course.root).key() == key
    other, _ = write(tmp_path / "other")
    assert other.key() != key


def test_the_key_is_for_its_owner_alone(course):
    course.key()
    folder = course.root / ".grader"
    assert (folder / "key").stat().st_mode & 0o777 == 0o600
    assert {path.name for path in folder.iterdir()} == {"key", ".gitignore"}


def test_git_does_not_see_the_key(course):
    course.key()
    subprocess.run(["git", "init", "--quiet", course.root], check=True)
    git = ["git", "-C", str(course.root), "status", "--porcelain", "--untracked-files=all"]
    seen = subprocess.run(git, check=True, capture_output=True, text=True).stdout
    assert "solutions/doubling.py" in seen
    assert ".grader" not in seen


def test_a_place_where_no_key_can_be_written_is_named(course):
    (course.root / ".grader").write_text("a file, where a folder should be")
    with pytest.raises(CourseError, match=r"The key of the draws, .*/\.grader/key, cannot be made"):
        course.key()
