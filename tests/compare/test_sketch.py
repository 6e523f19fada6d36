"""Drawings show where something is wrong and how far a gradient reaches, and no value."""

import pytest
import torch

from grader.compare.agreement import agree
from grader.compare.compare import EXACT, Named
from grader.compare.disagreement import Disagreement
from grader.compare.sketch import grid, where
from grader.model.picture import Grid, Reach, Shapes


def random(*shape, seed=1):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def drawn(actual, expected, *inputs, **named):
    """Return the drawing of a failed comparison."""
    with pytest.raises(Disagreement) as caught:
        agree(actual, expected, *inputs, **named)
    assert caught.value.sketch is not None
    return caught.value.sketch()


def test_what_is_wrong_is_drawn_by_its_share_of_the_largest_entry():
    due = torch.ones(2, 4)
    off = torch.tensor([[0.0, 0.005, 0.05, 0.3], [0.9, torch.nan, -0.6, 1e-12]])
    assert where(due + off, due, "x (B, T)")() == Grid("x", ("B", "T"), (2, 4), ("0123", "4440"))


def test_the_two_last_axes_are_drawn_where_most_is_wrong():
    due = random(2, 3, 4, 5)
    wrong = due.clone()
    wrong[1, 2, 1:, 3] += 100
    wrong[0, 0, 0, 0] += 100
    found = where(wrong, due, "weights (B, H, n_Q, n_K)")()
    assert found == Grid(
        "weights", ("n_Q", "n_K"), (4, 5), ("00000", "00040", "00040", "00040"),
        at=("B = 1", "H = 2"),
    )  # fmt: skip


def test_other_axes_are_drawn_where_they_alone_tell_right_from_wrong():
    due = random(3, 2, 4)
    wrong = due.clone()
    wrong[1:] += 100
    found = where(wrong, due, "out (B, T, H)")()
    assert found == Grid("out", ("B", "H"), (3, 4), ("0000", "4444", "4444"), over=("T",))


def test_what_is_long_is_pooled_and_the_worst_counts():
    due = torch.ones(40, 33)
    wrong = due.clone()
    wrong[39, 32] = 1.3
    found = where(wrong, due, "x (T, d)")()
    assert [len(row) for row in found.rows] == [16] * 16
    assert found.rows[-1] == "0" * 15 + "3" and set("".join(found.rows[:-1])) == {"0"}
    assert found.wrong() == [("37–39", "30–32")]


def test_a_vector_is_one_row():
    found = where(torch.tensor([1.0, 2.0, 9.0]), torch.tensor([1.0, 2.0, 3.0]), "loss (B)")()
    assert found == Grid("loss", ("", "B"), (1, 3), ("004",))


@pytest.mark.parametrize(
    "wrong",
    [
        lambda due: 2 * due,
        torch.zeros_like,
        lambda due: torch.full_like(due, torch.nan),
        lambda due: due[:1],
        lambda due: due + 100,
    ],
)
def test_what_looks_alike_everywhere_is_not_drawn(wrong):
    due = random(3, 4)
    assert where(wrong(due), due, "x (B, T)")() is None
    assert grid(random(1, 1), random(1, 1, seed=2), Named("x"), 1e-9) is None


def test_a_wrong_result_is_drawn():
    def shifted(x):
        return x.roll(1, dims=1)

    found = drawn(shifted, lambda x: x, torch.arange(1.0, 13).view(3, 4), returns=("y (B, T)",))
    assert found == Grid("y", ("B", "T"), (3, 4), ("3222", "3222", "3222"))


def test_a_wrong_shape_is_drawn_beside_the_one_that_is_due():
    found = drawn(lambda x: x.mT, lambda x: x, random(2, 3), returns=("y (B, T)",))
    assert found == Shapes("y", ("B", "T"), (2, 3), (3, 2))
    assert found.pairs() == [(0, 1), (1, 0)]


def test_a_gradient_that_is_cut_is_drawn_as_bars_along_time():
    def cut(x):
        return torch.cat(
            [x[:, :2].detach(), x[:, 2:3] * 0.5 + x[:, 2:3].detach() * 0.5, x[:, 3:]], 1
        )

    found = drawn(cut, lambda x: x.clone(), random(2, 5, 3), takes=("x (B, T, d)",))
    assert found == Reach("x", "T", ("0", "1", "2", "3", "4"), "00244")
    assert found.missed == "0, 1"


def test_bars_of_a_long_time_are_pooled_and_the_least_counts():
    def cut(x):
        return torch.cat([x[:50].detach(), x[50:]])

    found = drawn(cut, lambda x: x.clone(), random(100), takes=("x (T)",))
    assert len(found.labels) == 32 and found.labels[0] == "0–3" and found.labels[-1] == "97–99"
    assert found.levels == "0" * 16 + "4" * 16


def test_where_no_gradient_is_due_there_is_no_bar():
    def cut(x):
        return torch.stack([x[1].detach(), x[2]])

    found = drawn(cut, lambda x: x[1:], random(3), takes=("x (T)",))
    assert found == Reach("x", "T", ("0", "1", "2"), "-04")


def test_names_that_no_gradient_reaches_are_drawn_beside_those_that_are():
    found = drawn(lambda a, b: a * b.detach(), lambda a, b: a * b, random(3), random(3, seed=2))
    assert found == Reach("", "", ("a", "b"), "40")


def test_a_wrong_gradient_is_drawn_where_it_is_wrong():
    def slower(x):
        return torch.cat([x[:, :2], x[:, 2:] / 2 + x[:, 2:].detach() / 2], dim=1)

    found = drawn(slower, lambda x: x.clone(), torch.ones(2, 3), takes=("x (B, T)",))
    assert found.gradient and found.name == "x"
    assert {row[:2] for row in found.rows} == {"00"} and "0" not in {row[2] for row in found.rows}


def test_a_drawing_is_the_same_each_time_and_holds_no_value():
    due = random(4, 6)
    found = where(random(4, 6, seed=3), due, "x (B, T)")
    assert repr(found()) == repr(found())
    values = {f"{value:.3g}" for value in due.flatten().tolist()}
    assert not [value for value in values if len(value) > 3 and value in repr(found())]


def test_a_check_that_passes_draws_nothing(monkeypatch):
    def never(*_):
        raise AssertionError("drawn")

    monkeypatch.setattr("grader.compare.sketch._levels", never)
    agree(lambda x: x.exp(), lambda x: x.exp(), random(3, 4))
    with pytest.raises(Disagreement) as caught:  # nor one whose drawing nobody sees
        agree(lambda x: x.sin(), lambda x: x.exp(), random(3, 4))
    with pytest.raises(AssertionError, match="drawn"):
        caught.value.sketch()


def test_a_bound_is_the_one_that_the_words_have():
    due = torch.ones(2, 2)
    near = due + torch.tensor([[0, 0.9], [1.1, 9]]) * EXACT.bound(due, [due])
    assert where(near, due, "x (B, T)")().rows == ("00", "11")


def test_complex_numbers_are_not_drawn_and_nothing_is_said_of_it(recwarn):
    due = random(2, 3)
    assert where(torch.complex(due, due), due, "x (B, T)")() is None
    assert not recwarn.list


def test_truth_values_and_whole_numbers_are_drawn_as_numbers():
    due = torch.ones(2, 3).tril()
    assert where(due.bool().logical_not(), due.bool(), "y")() is None  # the same everywhere
    for kind in (torch.bool, torch.int64, torch.uint8):
        wrong = due.clone()
        wrong[1] = 0
        assert where(wrong.to(kind), due.to(kind), "y (n, d)")().rows == ("000", "440")
