"""What never ends in this process is ended."""

import pytest

from grader.checking.limit import limited
from grader.model.limits import TimedOut


def test_an_endless_loop_is_ended_and_so_is_the_next_one():
    ended = 0
    with limited(0.01):
        for _ in range(2):
            try:
                while True:
                    pass
            except TimedOut as error:
                assert f"{error}" == "your code computed for more than 0.01 s"
                ended += 1
    assert ended == 2


def test_nothing_is_ended_afterwards():
    with pytest.raises(TimedOut), limited(0.01):
        while True:
            pass
    for _ in range(300_000):  # longer than the limit, without one
        pass
