"""A master notebook of otter-grader is read by its own marks, and refused in words."""

from fractions import Fraction

import pytest

from grader.course.settings import AssignmentError
from grader.exchange.otter_import.otter_notebook import OtterNotebook
from grader.exchange.otter_import.question import OtterTest, Question
from grader.exchange.otter_import.solution_marks import solution_marks, with_regions
from tests.support import masters


def read(tmp_path, text):
    return OtterNotebook(masters.write(tmp_path / "master.ipynb", text))


def region(source):
    return with_regions(solution_marks(source))


def test_cells_questions_and_tests_are_found(tmp_path):
    master = read(tmp_path, masters.SIMPLE)
    assert master.config["name"] == "first steps"
    assert [piece.kind for piece in master.pieces] == [
        "markdown", "code", "markdown", "code", "checks", "code", "checks",
    ]  # fmt: skip
    one, two = master.questions
    assert [(test.hidden, test.output, test.sentence) for test in one.tests] == [
        (False, "", 'Three squared is "nine".'), (False, "16", ""), (True, "True", ""),
    ]  # fmt: skip
    assert one.tests[0].source == "assert square(torch.tensor(3.0)) == 9"
    assert [test.name for test in two.tests] == ["q2 - 1", "q2 - 2"]


def test_marks_may_be_fenced_in_markdown(tmp_path):
    master = read(tmp_path, masters.FUNCTIONS)
    assert master.config["name"] == "layers"
    assert [question.name for question in master.questions] == ["q1", "q2", "q3"]
    texts = [piece.source for piece in master.pieces if piece.kind == "markdown"]
    assert texts == ["# Layers", "Write a layer."]


@pytest.mark.parametrize(
    ("source", "becomes"),
    [
        ("x = 5 # SOLUTION", "# BEGIN SOLUTION\nx = 5\n# END SOLUTION"),
        ("x = 5 #SOLUTION", "# BEGIN SOLUTION\nx = 5\n# END SOLUTION"),
        ("x = 5  # SOLUTION NO PROMPT", "# BEGIN SOLUTION\nx = 5\n# END SOLUTION"),
        (
            "if a:\n    b() # SOLUTION\n    c() # SOLUTION\nd()",
            "if a:\n    # BEGIN SOLUTION\n    b()\n    c()\n    # END SOLUTION\nd()",
        ),
        (
            "# BEGIN SOLUTION NO PROMPT\nx = 5\n# END SOLUTION\n"
            '""" # BEGIN PROMPT\nx = ...\n""" # END PROMPT',
            "# x = ...\n# BEGIN SOLUTION\nx = 5\n# END SOLUTION",
        ),
        ("x = 5  # a SOLUTION of mine", "x = 5  # a SOLUTION of mine"),
    ],
)
def test_every_mark_of_a_solution_becomes_a_region(source, becomes):
    assert region(source) == becomes


def test_what_is_ignored_there_is_left_out(tmp_path):
    text = """
=== code
# IGNORE
secret = 1
=== code
a = 1
b = 2 # IGNORE
# BEGIN IGNORE
c = 3
# END IGNORE
d = 4
"""
    (piece,) = read(tmp_path, text).pieces
    assert piece.source == "a = 1\nd = 4"


BEGIN = "=== raw\n# BEGIN QUESTION\nname: q1\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (BEGIN, "cell 1:1: this QUESTION block is never closed. Add # END QUESTION"),
        ("=== raw\n# END TESTS\n", "cell 1:1: TESTS ends here, and has not begun"),
        ("=== raw\n# BEGIN TESTS\n", "cell 1:1: TESTS begins outside of a question"),
        (BEGIN + BEGIN, "cell 2:1: QUESTION begins inside QUESTION"),
        ("=== raw\n# BEGIN QUESTION\n", "cell 1:1: the question has no name. Add a line"),
        ("=== raw\n# BEGIN QUESTION\n- q1\n", "cell 1:1: its settings are not a table"),
        ("=== raw\n# BEGIN QUESTION\nname: [\n", "cell 1:1: its settings are not valid YAML"),
        (BEGIN + "=== raw\n# BEGIN TESTS\n=== markdown\nText\n", "cell 3:1: text stands among"),
        (BEGIN + "=== raw\n# BEGIN TESTS\n=== code\n1 +\n", "cell 3:1: Python cannot read it"),
        (
            BEGIN + "=== raw\n# BEGIN SOLUTION\n=== code\n# BEGIN SOLUTION\nx = 1\n",
            "cell 3:1: this SOLUTION is never closed. Put # END SOLUTION below it",
        ),
        (
            BEGIN + "=== raw\n# BEGIN SOLUTION\n=== code\n# END SOLUTION\n",
            "cell 3:1: a solution ends but never began. Put # BEGIN SOLUTION above it",
        ),
        (
            "=== raw\n# ASSIGNMENT CONFIG\ntests:\n    ok_format: false\n"
            + BEGIN
            + "=== raw\n# BEGIN TESTS\n=== code\nassert True\n",
            "cell 4:1: the test is not a function, though ok_format is off",
        ),
    ],
)
def test_what_otter_would_not_take_is_refused_with_cell_and_remedy(tmp_path, text, said):
    with pytest.raises(AssignmentError) as caught:
        read(tmp_path, text)
    assert f"master.ipynb, {said}" in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"no notebook"])
def test_a_file_that_is_no_notebook_says_so(tmp_path, data):
    path = tmp_path / "master.ipynb"
    path.write_bytes(data)
    with pytest.raises(AssignmentError, match="this is not a notebook"):
        OtterNotebook(path)


CASES = [
    # points of the question, of its tests, what each is worth
    (None, [None, None], ["1/2", "1/2"]),
    (3, [1, None, None], [1, 1, 1]),
    (None, [2, None], [2, 0]),
    (None, [0, None, None], [0, "1/2", "1/2"]),
    ([1, 2], [None, None], [1, 2]),
    ({"each": 2}, [None, None], [2, 2]),
    (1, [None, None, None], ["1/3", "1/3", "1/3"]),
    (0.5, [None], ["1/2"]),
]


def question(total, given):
    tests = [
        OtterTest("q1", n, "", "", False, False, None if p is None else Fraction(p), "")
        for n, p in enumerate(given, 1)
    ]
    return Question("q1", points=total, tests=tests)


@pytest.mark.parametrize(("total", "given", "shares"), CASES)
def test_points_are_shared_out_as_otter_does(total, given, shares):
    from otter.test_files.abstract_test import TestCase, TestFile

    ours = question(total, given).shares()
    assert ours == [Fraction(share) for share in shares]
    there = total["each"] * len(given) if isinstance(total, dict) else total
    cases = [TestCase("", "", False, points, None, None) for points in given]
    theirs = TestFile.resolve_test_file_points(there, cases)
    assert [float(share) for share in ours] == pytest.approx([case.points for case in theirs])


@pytest.mark.parametrize(("total", "given"), [(1, [2, None]), ([1], [None, None])])
def test_points_that_contradict_each_other_are_refused(total, given):
    with pytest.raises(ValueError, match="points"):
        question(total, given).shares()
