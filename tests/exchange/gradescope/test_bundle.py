"""What is packed for another tool is all that it needs, and nothing else."""

import os
import zipfile

import pytest

from grader.course.settings import AssignmentError
from grader.exchange.gradescope import bundle
from tests.support.small_course import NAME, SOLUTION, write


@pytest.fixture
def course(tmp_path):
    return write(tmp_path / "course")[0]


def packed(course, target) -> dict[str, zipfile.ZipInfo]:
    bundle.gradescope(course, NAME, target)
    with zipfile.ZipFile(target) as archive:
        return {about.filename: about for about in archive.infolist()}


def test_the_zip_has_its_scripts_at_the_root_and_executable(course, tmp_path):
    files = packed(course, tmp_path / "a.zip")
    for name in ("setup.sh", "run_autograder"):
        assert files[name].external_attr >> 16 & 0o777 == 0o755


def test_the_zip_holds_this_assignment_alone(course, tmp_path):
    (course.root / "solutions" / "other.py").write_text(SOLUTION)
    variants = course.checks(NAME) / "variants"
    variants.mkdir()
    (variants / "another_way.py").touch()
    own = {name for name in packed(course, tmp_path / "a.zip") if name.startswith("course/")}
    (hidden,) = (path.name for path in course.checks(NAME).glob("test_*.py"))
    assert own == {
        "course/.grader/key",
        f"course/solutions/{NAME}.py",
        f"course/autograder_tests/{NAME}/{hidden}",
    }


def test_the_zip_brings_the_grader_and_its_locked_requirements(course, tmp_path):
    files = packed(course, tmp_path / "a.zip")
    for name in (
        "exchange/gradescope/autograde.py",
        "sandbox/guest/worker.py",
        "requirements.lock",
        "templates/feedback.html",
    ):
        assert f"grader/{name}" in files
    assert not [name for name in files if name.endswith(".pyc")]


def test_the_key_of_the_draws_comes_along(course, tmp_path):
    packed(course, tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert bytes.fromhex(archive.read("course/.grader/key").decode()) == course.key()


def test_the_same_course_gives_the_same_bytes(course, tmp_path):
    packed(course, tmp_path / "a.zip")
    os.utime(course.solution(NAME), (0, 1_000_000_000))
    packed(course, tmp_path / "b.zip")
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


def test_a_level_for_a_check_that_is_not_there_is_the_authors_error(tmp_path):
    solution = SOLUTION.replace(
        "# limits", '# visibility = { "test_dubble*" = "hidden" }\n# limits'
    )
    course, _ = write(tmp_path / "course", solution=solution)
    with pytest.raises(
        AssignmentError, match=r"visibility names test_dubble\*.*not a hidden check"
    ):
        bundle.gradescope(course, NAME, tmp_path / "a.zip")


def test_a_level_for_a_group_of_checks_is_fine(tmp_path):
    solution = SOLUTION.replace(
        "# limits", '# visibility = { "test_double*" = "hidden" }\n# limits'
    )
    course, _ = write(tmp_path / "course", solution=solution)
    assert bundle.gradescope(course, NAME, tmp_path / "a.zip") > 10
