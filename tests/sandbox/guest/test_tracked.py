"""A worker notices what a call has changed of a module's parameters and buffers."""

import pytest
import torch
from torch import nn

from grader.sandbox.guest.tracked import TrackedTensor, differ


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.part = nn.Sequential(nn.Linear(2, 2, bias=False))
        self.register_buffer("mean", torch.zeros(2))


def in_place(net):
    with torch.no_grad():
        net.part[0].weight.mul_(2)


def other_memory(net):
    net.part[0].weight.data = net.part[0].weight.data + 1


def another_parameter(net):
    net.part[0].weight = nn.Parameter(torch.ones(2, 2))


def a_buffer_by_its_data(net):
    net.mean.data.add_(1)  # as batch_norm does, without a new version


def another_buffer(net):
    net.mean = net.mean + 1


CHANGES = (
    (in_place, "part.0.weight"),
    (other_memory, "part.0.weight"),
    (another_parameter, "part.0.weight"),
    (a_buffer_by_its_data, "mean"),
    (another_buffer, "mean"),
)


@pytest.mark.parametrize("change, path", CHANGES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_change_is_noticed_where_it_happens_and_nowhere_else(change, path):
    net = Net()
    own = {name: TrackedTensor(net, name) for name in ("part.0.weight", "mean")}
    for each in own.values():
        each.remember()
    assert not any(each.changed() for each in own.values())
    change(net)
    assert [name for name, each in own.items() if each.changed()] == [path]
    assert torch.equal(own[path].now(), dict((*net.named_parameters(), *net.named_buffers()))[path])


def test_a_buffer_that_is_replaced_by_an_equal_one_has_not_changed():
    net = Net()
    mean = TrackedTensor(net, "mean")
    mean.remember()
    net.mean = net.mean.clone()
    assert not mean.changed()


@pytest.mark.parametrize("path", ["nothing", "part.1.weight", "part.0.weight.x", ""])
def test_where_nothing_lies_there_is_something_empty(path):
    assert TrackedTensor(Net(), path).now().shape == (0,)


def test_other_numbers_or_another_kind_of_them_differ():
    ones = torch.ones(2)
    assert not differ(ones, ones.clone())
    assert differ(ones, 2 * ones) and differ(ones, ones.double())
