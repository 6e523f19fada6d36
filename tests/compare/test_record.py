"""A record keeps the numbers that a check gets, and knows which of them it has looked at."""

import pytest
import torch

from grader.compare.calls import call
from grader.compare.record import note, recorded, same, watched

SIZES = {"a (n)": (2,), "b (n)": (2,), "c ()": ()}


def three(x):
    return x, 2 * x, x.sum()


def test_nan_is_the_same_as_nan():
    nan = torch.tensor([1.0, float("nan")])
    assert same([nan], [nan.clone()]) and not same([nan], [torch.ones(2)])


def test_records_do_not_mix():
    with recorded() as outer:
        with recorded() as inner:
            call(torch.sin, torch.ones(2), shapes={"y": (2,)})
        call(torch.cos, torch.ones(2), shapes={"y": (2,)})
    assert len(inner) == len(outer) == 1 and not same(inner, outer)


def test_what_is_noted_is_judged_and_what_is_watched_is_not():
    with recorded() as record:
        note([torch.ones(1)])
        watched([torch.ones(2)])
    assert (len(record), record.judged) == (2, {0})


@pytest.mark.parametrize(
    "look",
    [
        lambda b: (b > 1).all(), lambda b: b.real, lambda b: b[0], lambda b: torch.stack([b, b]),
        lambda b: b @ b, lambda b: b.tolist(), list, lambda b: torch.equal(b, b),
        lambda b: torch.nn.Linear(2, 1, dtype=b.dtype)(b),
    ],
)  # fmt: skip
def test_whoever_looks_at_a_number_judges_that_result_and_no_other(look):
    with recorded() as record:
        _, b, _ = call(three, torch.ones(2, dtype=torch.float64), shapes=SIZES)
        assert record.judged == set()
        look(b)
    assert record.judged == {1}


def test_shapes_alone_are_no_numbers():
    with recorded() as record:
        _, b, _ = call(three, torch.ones(2), shapes=SIZES)
        assert (b.shape, b.dim(), len(b), b.dtype) == ((2,), 1, 2, torch.float64)
    assert record.judged == set()


def test_what_is_made_of_a_result_is_a_plain_tensor():
    with recorded():
        _, b, c = call(three, torch.ones(2), shapes=SIZES)
    assert {type(x) for x in (b + 1, b.clone(), b[:1], torch.stack([c, c]))} == {torch.Tensor}


def test_without_a_record_results_are_plain_tensors():
    assert {type(x) for x in call(three, torch.ones(2), shapes=SIZES)} == {torch.Tensor}
