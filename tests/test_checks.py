"""The requirements that hidden tests are made of."""

from contextlib import contextmanager

import pytest
import torch
from torch import nn

from grader.checking.solution import Randomness
from grader.checks import (
    Draw,
    Failure,
    Remark,
    agree,
    assuming,
    dependencies,
    equal,
    needs,
    parameters_are,
    points,
    pure,
    question,
    recorded,
    transplant,
)


@pytest.fixture(autouse=True)
def float64():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def draw():
    return Draw(b"test")


class Code:
    """Python source in the place of a student."""

    def __init__(self, source):
        self._names = {}
        exec(source, self._names)

    def __getattr__(self, name):
        return self._names[name]

    @contextmanager
    def using(self, **sources):
        kept = {name: self._names[name] for name in sources}
        for name, source in sources.items():
            exec(source, self._names)
            assert self._names[name] is not kept[name]
        try:
            yield
        finally:
            self._names.update(kept)


def test_marks_say_question_points_and_needs():
    def first(student): ...

    @question("Q")
    @points(3)
    @needs(first)
    def second(student): ...

    marks = {mark.name: mark.args for mark in second.pytestmark}
    assert marks == {"question": ("Q",), "points": (3,), "needs": (first,)}


def test_equal_says_what_the_author_says_and_where(draw):
    x = draw(2, 3)
    equal(x, x.clone(), "It differs")
    with pytest.raises(Failure, match=r"It differs: `y` is 2 × what it should be, everywhere\."):
        equal(2 * x, x, "It differs", "y (B, d)")
    with pytest.raises(Failure, match="B and d are swapped"):
        equal(x.mT, x, "It differs", "y (B, d)")


def test_pure_catches_a_change_in_place(draw):
    pure(lambda x: x * 2, draw(3), takes=("x",))
    with pytest.raises(Failure, match="`y` is changed in place"):
        pure(lambda x, y: y.add_(x), draw(3), draw(3), takes=("x (d)", "y (d)"))


def test_pure_catches_a_change_of_copies_and_of_parameters_as_of_a_submission(draw):
    class Moves(nn.Linear):
        def forward(self, x, shift=None):
            if shift is not None:
                shift.zero_()
            else:
                self.weight.data += 1
            return super().forward(x)

    stream = Randomness(0)
    apart = stream.around(lambda x, y: y.add_(x))
    with pytest.raises(Failure, match="The input `y` is changed in place"):
        pure(apart, draw(3), draw(3), takes=("x (d)", "y (d)"))
    layer = stream.around(Moves)(3, 2)
    before = layer.weight.detach().clone()
    with pytest.raises(Failure, match="The parameter `weight` is changed in place"):
        pure(layer, draw(4, 3), takes=("x",))
    assert torch.equal(layer.weight, before)
    with pytest.raises(Failure, match="The input `shift` is changed in place"):
        pure(layer, draw(4, 3), takes=("x",), shift=draw(2))


def test_pure_catches_chance_and_memory(draw):
    with pytest.raises(Failure, match="Two equal calls"):
        pure(nn.functional.dropout, draw(30), takes=("x",))
    calls = []
    with pytest.raises(Failure, match="Two equal calls"):
        pure(lambda x: calls.append(1) or x + len(calls), draw(3), takes=("x",))


def test_missing_misshapen_and_frozen_parameters_are_named():
    linear = nn.Linear(2, 3)
    linear.bias.requires_grad_(False)
    parameters_are(nn.Linear(2, 3), {"weight": (3, 2), "bias": (3,)})
    with pytest.raises(Failure, match="`scale` is missing"):
        parameters_are(nn.Linear(2, 3), {"weight": (3, 2), "bias": (3,), "scale": (1,)})
    with pytest.raises(Failure, match=r"`weight` has shape \(3, 2\), not \(2, 3\)"):
        parameters_are(linear, {"weight": (2, 3)})
    with pytest.raises(Failure, match="`bias` cannot learn"):
        parameters_are(linear, {"bias": (3,)})


def test_a_parameter_too_many_is_remarked_on():
    with pytest.warns(Remark, match="`bias`"):
        parameters_are(nn.Linear(2, 3), {"weight": (3, 2)})


def test_transplant_copies_by_name():
    source, target = nn.Linear(2, 3), nn.Linear(2, 3)
    transplant(source, target)
    assert torch.equal(source.weight, target.weight) and torch.equal(source.bias, target.bias)
    with pytest.raises(Failure, match="`bias` is missing"):
        transplant(source, nn.Linear(2, 3, bias=False))


def test_dependencies_tell_which_position_sees_which(draw):
    x = draw(4, 3)
    assert torch.equal(dependencies(lambda x: x.cumsum(1), x) > 0, torch.ones(4, 4).tril() > 0)
    assert torch.equal(dependencies(lambda x: x.roll(1, 1), x) > 0, torch.eye(4).roll(1, 0) > 0)
    with pytest.raises(Failure, match="no gradient"):
        dependencies(lambda x: x.detach(), x)


PARTS = {"half": "def half(x): return x / 2"}


def check_quarter(student, draw):
    """A quarter is half of a half."""
    agree(student.quarter, lambda x: x / 4, draw(3))


@pytest.mark.parametrize(
    ("source", "passes"),
    [
        ("def half(x): return x / 3\ndef quarter(x): return half(half(x))", True),
        ("def half(x, n=2): return x / n\ndef quarter(x): return half(x, n=4)", True),
        ("def half(x): return x / 2\ndef quarter(x): return half(x)", False),
        ("def half(x): return x / 2\ndef quarter(x): raise NotImplementedError", False),
    ],
)
def test_a_slip_in_an_earlier_part_costs_nothing_later(draw, source, passes):
    judge = assuming(**PARTS)(check_quarter)
    if passes:
        judge(Code(source), draw)
    else:
        with pytest.raises((Failure, NotImplementedError)):
            judge(Code(source), draw)


def test_the_record_is_that_of_the_trusted_parts(draw):
    source = "def half(x): return x / 3\ndef quarter(x): return half(x)"
    with recorded() as numbers, pytest.raises(Failure, match="2 × what"):
        assuming(**PARTS)(check_quarter)(Code(source), draw)
    assert len(numbers) == 2  # one result and one gradient


def test_a_check_keeps_its_sentence_and_marks_when_parts_are_assumed():
    judge = assuming(**PARTS)(points(2)(check_quarter))
    assert judge.__doc__ == "A quarter is half of a half."
    assert [mark.name for mark in judge.pytestmark] == ["points"]
