"""Graphs that a loop keeps are counted, however it keeps them; those that it lets go are not."""

import gc

import pytest
import torch

from grader.checks import live_graphs
from tests.support.subjects import PLACES, placed

SOURCE = """
import torch

def numbers(losses): return sum(loss.item() for loss in losses)
def detached(losses): return float(sum(loss.detach() for loss in losses))
def summed(losses): return sum(losses).item()
def listed(losses): return torch.stack(list(losses)).sum().item()

def gone_back(losses):
    total = 0
    for loss in losses:
        loss.backward()
        total += loss
    return total.item()

def in_cycles(losses):
    total = 0.0
    for loss in losses:
        box = [loss]
        box.append(box)
        total += loss.item()
    return total
"""
NAMES = ("numbers", "detached", "summed", "listed", "gone_back", "in_cycles")


@pytest.fixture(scope="module", params=PLACES)
def student(request, zygote):
    gc.freeze()  # each count collects garbage, and pytest's heap is large: 0.3 s
    with placed(request.param, zygote, SOURCE, NAMES) as student:
        yield student
    gc.unfreeze()


def losses(student, mark, name, weight, inputs):
    """Hand a marked loss for each input to a function of the student's."""
    import torch

    with torch.enable_grad():
        weight = weight.clone().requires_grad_()
        each = (mark((weight * x).square().sum()) for x in inputs)
        return getattr(student, name)(each)


def counted(student, name):
    weight, inputs = torch.tensor([1.0, 2.0]), [torch.tensor([float(n), 0.0]) for n in range(5)]
    total, alive = live_graphs(student, losses, name, weight, inputs)
    assert total == 0 + 1 + 4 + 9 + 16
    return list(alive)


@pytest.mark.parametrize("name", ["numbers", "detached", "in_cycles"])
def test_of_a_loop_that_keeps_numbers_one_graph_is_alive_at_most(student, name):
    assert max(counted(student, name)) <= 1


@pytest.mark.parametrize("name", ["summed", "listed", "gone_back"])
def test_a_sum_or_a_list_of_losses_keeps_every_graph_also_after_backward(student, name):
    assert counted(student, name) == [0, 1, 2, 3, 4]
