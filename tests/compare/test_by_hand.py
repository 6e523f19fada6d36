"""Gradients that are written out pass; those of a graph or by trying, however made, do not."""

import pytest
import torch

from grader.checks import Draw, Failure, by_hand
from tests.support.subjects import placed

HEAD = """
import torch

def by_formula(dy, x, W): return dy @ W, dy.T @ x
"""
SOURCE = f"""{HEAD}
def by_sequence(dy, x, W):
    return torch.stack([d @ W for d in dy]), sum(torch.outer(d, v) for d, v in zip(dy, x))

def with_a_parameter(dy, x, W):
    return dy @ torch.nn.Parameter(W), dy.T @ x

def with_gradients_enabled(dy, x, W):
    with torch.enable_grad():
        return dy @ W, dy.T @ x

def by_backward(dy, x, W):
    leaves = [t.clone().requires_grad_() for t in (x, W)]
    with torch.enable_grad():
        (dy * (leaves[0] @ leaves[1].T)).sum().backward()
    return leaves[0].grad, leaves[1].grad

def by_the_engine(dy, x, W):
    leaves = [t.clone().requires_grad_() for t in (x, W)]
    with torch.enable_grad():
        y = leaves[0] @ leaves[1].T
    return torch.autograd.graph._engine_run_backward(
        (y,), (dy,), False, False, tuple(leaves), True, accumulate_grad=False
    )

def by_trying(dy, x, W):
    def cost(x, W): return (dy * (x @ W.T)).sum()
    found = [torch.zeros_like(x), torch.zeros_like(W)]
    for n, t in enumerate((x, W)):
        for i in range(t.numel()):
            more = [x.clone(), W.clone()]
            more[n].view(-1)[i] += 1.0
            found[n].view(-1)[i] = cost(*more) - cost(x, W)
    return found
"""
RIGHT = ("by_formula", "by_sequence", "with_a_parameter", "with_gradients_enabled")


@pytest.fixture(scope="module")
def student(zygote):
    names = [line.split("(")[0][4:] for line in SOURCE.splitlines() if line.startswith("def ")]
    with placed("sandbox", zygote, SOURCE, tuple(names)) as student:
        yield student


def inputs(n: int) -> tuple[torch.Tensor, ...]:
    draw = Draw(b"by hand")
    return draw(4, n), draw(4, n), draw(n, n)


@pytest.mark.parametrize("name", [*RIGHT, "by_backward", "by_the_engine", "by_trying"])
def test_all_of_them_give_the_right_numbers(student, name):
    dy, x, W = inputs(3)
    with torch.no_grad():
        dx, dW = getattr(student, name)(dy, x, W)
    assert torch.allclose(dx, dy @ W) and torch.allclose(dW, dy.T @ x)


@pytest.mark.parametrize("name", RIGHT)
def test_a_formula_passes_in_whatever_style(student, name):
    by_hand(student, name, inputs)


@pytest.mark.parametrize("name", ["by_backward", "by_the_engine"])
def test_a_graph_is_seen_however_it_is_gone_back(student, name):
    with pytest.raises(Failure, match=f"{name} builds a graph"):
        by_hand(student, name, inputs)


def test_finite_differences_are_told_by_their_number(student):
    with pytest.raises(Failure, match="one by one, as finite differences would"):
        by_hand(student, "by_trying", inputs)
