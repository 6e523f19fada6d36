"""Hints of an author on a public check."""

from grader.course.hints import hints, without_hints

SOURCE = '''\
def test_first(student):
    """It holds."""
    # Hint: Look at
    #   the axes.
    # a comment stays
    # Hint: Print `x.shape`.
    assert student.f(1)


def helper():
    # Hint: nobody's
    return 1


def test_second(student):
    """So does this."""
    assert student.f(2)  # Hint: no line of its own
'''


def test_each_check_has_its_hints_in_order():
    assert hints(SOURCE) == {"test_first": ["Look at the axes.", "Print `x.shape`."]}


def test_students_read_the_cell_without_them():
    left = without_hints(SOURCE)
    assert "the axes" not in left and "x.shape" not in left
    assert "    # a comment stays\n    assert student.f(1)\n" in left
    assert "# Hint: no line of its own" in left, "it is code's own comment"
    compile(left, "", "exec")
