"""One of several results, whatever holds them."""

import pytest

from grader.checks import Failure, only

RETURNS = ("dx", "dW")


def as_tuple(x):
    return x, 2 * x


def as_list(x):
    return [x, 2 * x]


def as_dict(x):
    return {"dW": 2 * x, "dx": x}


@pytest.mark.parametrize("function", [as_tuple, as_list, as_dict])
def test_a_result_is_found_by_its_name(function):
    assert [only(function, name, RETURNS)(3) for name in RETURNS] == [3, 6]


def test_it_is_spoken_of_by_the_name_of_the_function():
    assert only(as_tuple, "dx", RETURNS).__name__ == "as_tuple"


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ((1, 2, 3), "as_given returns 3 values, not 2: `dx`, `dW`"),
        (5, "as_given returns 1 value, not 2"),
        ({"dx": 1}, "lacks `dW`"),
        ({"dx": 1, "dW": 2, "db": 3}, "has more than is asked for: `db`"),
    ],
)
def test_another_number_of_results_is_said(result, words):
    def as_given(x):
        return result

    with pytest.raises(Failure, match=words):
        only(as_given, "dx", RETURNS)(0)
