"""The life of a module: it waits, is constructed, and is forgotten."""

import pytest
import torch

from grader.model.limits import StudentError
from grader.sandbox.host.construction import Constructions, Stage


def arrived(*shape: int, learns: bool = True, buffers: bool = False) -> dict:
    """Return what a worker says of a module with one parameter."""
    ones = {"weight": torch.ones(*shape)}
    return {
        "shapes": {"weight": list(shape)}, "parameters": ones, "learns": {"weight": learns},
        "buffers": {"mean": torch.ones(1)} if buffers else {},
    }  # fmt: skip


def test_a_module_waits_is_constructed_and_is_forgotten_when_a_check_begins():
    constructions = Constructions()
    one = constructions.add("Net", (3,), {})
    assert one.stage is Stage.WAITING and constructions.waiting == [one]
    one.require()
    constructions.arrive([arrived(3)])
    assert one.stage is Stage.CONSTRUCTED and constructions.waiting == []
    constructions.forget()
    assert one.stage is Stage.FORGOTTEN
    with pytest.raises(StudentError, match="of an earlier check"):
        one.require()


def test_numbers_are_not_used_twice_so_that_no_module_is_taken_for_another():
    constructions = Constructions()
    first = constructions.add("Net", (), {})
    constructions.forget()
    assert constructions.add("Net", (), {}).number != first.number


@pytest.mark.parametrize(
    ("answer", "known"),
    [
        (arrived(3), {"weight": [3]}),
        (arrived(3, learns=False), None),
        (arrived(3, buffers=True), None),
    ],
)
def test_one_like_another_is_known_if_all_that_that_has_are_parameters_that_learn(answer, known):
    constructions = Constructions()
    assert constructions.add("Net", (3,), {}).shapes is None
    constructions.arrive([answer])
    assert constructions.add("Net", (3,), {}).shapes == known
    assert constructions.add("Net", (4,), {}).shapes is None
    assert constructions.add("Net", (torch.ones(1),), {}).shapes is None


def test_other_parameters_than_before_are_the_students_error():
    constructions = Constructions()
    constructions.add("Net", (3,), {})
    constructions.arrive([arrived(3)])
    constructions.add("Net", (3,), {})
    with pytest.raises(StudentError, match="other parameters each time it is made"):
        constructions.arrive([arrived(4)])
    assert constructions.waiting == []
