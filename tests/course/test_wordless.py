"""A public check without words is refused by `grader build`, with its line and what to do."""

import pytest

from grader.course.assignment import Assignment
from grader.course.build import build
from grader.course.settings import AssignmentError
from tests.support.own_course import OURS
from tests.support.small_course import SOLUTION, write

SAID = 'assert student.double(torch.ones(1)).item() == 2, "the public text"'


@pytest.mark.parametrize(
    "bare",
    [
        "assert student.double(torch.ones(1)).item() == 2",
        'assert student.double(torch.ones(1)).item() == 2, ""',
        "assert student.double(torch.ones(1)).item() == 2, None",
    ],
)
def test_an_assert_that_says_nothing_is_refused_at_its_line(tmp_path, bare):
    text = SOLUTION.replace(SAID, bare)
    course, name = write(tmp_path, solution=text)
    line = text.split("\n").index(f"    {bare}") + 1
    with pytest.raises(AssignmentError, match=rf"doubling\.py:{line}: .* has no words") as refused:
        build(course.solution(name), course.notebook(name))
    assert "Say what is wrong: assert" in str(refused.value.remedy)
    assert not course.notebook(name).exists()
    assert Assignment.read(course.solution(name)), "it can be graded by"


def test_so_is_one_in_a_helper_of_the_checks(tmp_path):
    helper = f"def whole(x):\n    assert x == 2\n\n{' ' * 4}{SAID}"
    text = SOLUTION.replace(f"    {SAID}", helper.replace("\n", "\n    ").replace("def", "    def"))
    course, name = write(tmp_path, solution=text)
    with pytest.raises(AssignmentError, match="`assert x == 2` has no words"):
        build(course.solution(name), course.notebook(name))


@pytest.mark.parametrize("more", ["", ' + f" and {student}"', " % 3"])
def test_words_may_be_put_together(tmp_path, more):
    course, name = write(tmp_path, solution=SOLUTION.replace(SAID, SAID + more))
    course.notebook(name).parent.mkdir()
    assert not build(course.solution(name), course.notebook(name))


def test_all_of_ours_have_words():
    assert all(build(OURS.solution(name), OURS.notebook(name), check=True) for name in OURS.names())
