"""Two endings are alike in the numbers that were judged, and in the error."""

import pytest
import torch

from grader.checking.ending import Ending
from grader.compare.record import Record, Unlike, note, recorded, watched
from grader.compare.trial import Failure
from grader.model.limits import StudentError, TimedOut

ONE, TWO, NAN = torch.ones(2), 2 * torch.ones(2), torch.full((2,), float("nan"))
WRONG = Failure("it is wrong")


def ended(*judged, error=WRONG, more=()) -> Ending:
    """Return an ending with numbers that were judged, and with more that were not."""
    with recorded() as record:
        note(judged)
        watched(more)
    return Ending(record, error)


def due(*numbers) -> Record:
    return ended(*numbers, error=None).numbers


def test_an_ending_is_what_a_check_got_and_raised():
    def run(code):
        note([code])
        return WRONG

    found = Ending.of(run, ONE)
    assert found.error is WRONG and found.is_like(ended(ONE))


@pytest.mark.parametrize(
    ("numbers", "right", "speaks"),
    [
        ([TWO], [ONE], True),
        ([ONE], [ONE], False),
        ([], [ONE], False),
        ([NAN], [ONE], False),
        ([torch.tensor([2.0, float("nan")])], [ONE], True),
        ([torch.tensor([1.0, float("nan")])], [ONE], False),
        ([torch.tensor([1.0, float("inf")])], [ONE], False),
        ([TWO[:1]], [ONE], True),
        ([NAN[:1]], [ONE], False),
        ([ONE, TWO], [ONE], True),
    ],
)
def test_wrong_numbers_speak_where_one_of_them_is_finite(numbers, right, speaks):
    assert ended(*numbers).speaks(due(*right)) is speaks


def test_numbers_that_nobody_looked_at_do_not_speak():
    assert not ended(ONE, more=[TWO]).speaks(due(ONE, ONE))
    assert not ended(TWO, error=StudentError("x", "KeyError")).speaks(due(ONE)), "an error hides it"


def test_numbers_that_nobody_looked_at_are_no_difference_but_make_the_whole_another():
    one, other = ended(TWO, more=[ONE]), ended(TWO, more=[TWO])
    assert one.equals(other) and one.is_like(other) and not one.equals_wholly(other)
    assert not one.equals(ended(ONE, more=[ONE]))
    assert not ended().equals(ended(ONE)) and ended().equals(ended())


def test_errors_are_alike_by_kind_and_message_wherever_they_were_raised():
    crashed = ended(error=StudentError("no x", "KeyError"))
    assert crashed.is_like(ended(error=RuntimeError("no x"))) is False
    assert crashed.is_like(ended(error=StudentError("no y", "KeyError"))) is False
    assert ended(error=StudentError("no x", "ValueError")).is_like(ended(error=ValueError("no x")))


def test_a_limit_is_known_from_an_error():
    assert ended(error=TimedOut("late")).is_at_a_limit
    assert not ended(error=StudentError("no x", "KeyError")).is_at_a_limit
    assert not ended().is_at_a_limit


CUT = Unlike()
CRASH = StudentError("no x", "KeyError")


@pytest.mark.parametrize(
    ("theirs", "known", "may_be"),
    [
        (ended(TWO, error=CUT), ended(TWO, error=CUT), True),
        (ended(TWO, error=CUT), ended(ONE + TWO, error=CUT), False),
        (ended(ONE, TWO, error=CUT), ended(ONE, error=None), False),
        (ended(ONE), ended(ONE, TWO, error=CUT), False),
        (ended(ONE, error=CRASH), ended(ONE, error=CRASH), True),
        (ended(ONE, error=CRASH), ended(ONE, error=None), False),
        (ended(error=CRASH), ended(TWO, error=CUT), False),
        (ended(error=TimedOut("late")), ended(TWO, error=CUT), True),
    ],
)
def test_what_differs_on_common_inputs_is_of_other_code(theirs, known, may_be):
    assert theirs.may_be_of(known, {0, 1}, by_numbers=False) is may_be


def test_where_nobody_has_looked_other_numbers_may_be_of_the_same_mistake():
    assert ended(ONE, TWO, error=CUT).may_be_of(ended(TWO, TWO, error=CUT), {1}, by_numbers=True)
