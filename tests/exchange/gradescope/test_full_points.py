"""What is uploaded to Gradescope gives a right submission all points, of each assignment."""

import pytest

from grader.checking.proof import notebook
from grader.course.assignment import Assignment
from grader.course.course import Course
from grader.exchange.gradescope import bundle
from tests.support.gradescope_platform import Platform
from tests.support.own_course import OURS


@pytest.mark.whole
@pytest.mark.parametrize("name", OURS.names())
def test_the_solution_earns_all_points_from_the_zip(name, tmp_path):
    course = Course(tmp_path / "course")
    (course.root / ".grader").mkdir(parents=True)
    (course.root / ".grader" / "key").write_text(OURS.key().hex())
    for folder in ("solutions", "autograder_tests"):
        (course.root / folder).symlink_to(OURS.root / folder)
    bundle.gradescope(course, name, tmp_path / f"{name}.zip")
    platform = Platform(tmp_path / "autograder", tmp_path / f"{name}.zip")
    right = notebook(Assignment.read(course.solution(name)).cells)
    results, said = platform.submit({f"{name}.ipynb": right})
    judged = [test for test in results["tests"] if "score" in test]
    assert [t["name"] for t in judged if t["score"] < t["max_score"]] == [], said
    assert results["score"] == sum(t["max_score"] for t in judged) == 100
    assert "kim@example.edu: 100 of 100" in said
