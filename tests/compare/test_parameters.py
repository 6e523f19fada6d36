"""What checks ask of a module's parameters."""

import pytest
import torch
from torch import nn

from grader.checks import Failure, Remark, make_each, parameters_are, transplant
from grader.model.limits import StudentError
from tests.support.subjects import PLACES, placed


def test_missing_misshapen_and_frozen_parameters_are_named():
    linear = nn.Linear(2, 3)
    linear.bias.requires_grad_(False)
    parameters_are(nn.Linear(2, 3), {"weight": (3, 2), "bias": (3,)})
    with pytest.raises(Failure, match="`scale` is missing"):
        parameters_are(nn.Linear(2, 3), {"weight": (3, 2), "bias": (3,), "scale": (1,)})
    with pytest.raises(Failure, match=r"`weight` has shape \(3, 2\), not \(2, 3\)"):
        parameters_are(linear, {"weight": (2, 3)})
    with pytest.raises(Failure, match="`bias` is not trainable"):
        parameters_are(linear, {"bias": (3,)})


def test_a_parameter_too_many_is_remarked_on():
    with pytest.warns(Remark, match="`bias`"):
        parameters_are(nn.Linear(2, 3), {"weight": (3, 2)})


LAZY = """
from torch import nn
class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.one, self.two = nn.LazyLinear(2), nn.Linear(2, 2)
"""


def test_parameters_without_a_size_are_told_from_missing_ones(zygote):
    with placed("sandbox", zygote, LAZY, ("Lazy",)) as student:
        parameters_are(student.Lazy(), {"two.weight": (2, 2), "two.bias": (2,)})
        with pytest.raises(Failure, match=r"no size before the first call: `one\.weight`\."):
            parameters_are(student.Lazy(), {"one.weight": (2, 3), "two.weight": (2, 2)})


def test_transplant_copies_by_name():
    source, target = nn.Linear(2, 3), nn.Linear(2, 3)
    transplant(source, target)
    assert torch.equal(source.weight, target.weight) and torch.equal(source.bias, target.bias)
    with pytest.raises(Failure, match="`bias` is missing"):
        transplant(source, nn.Linear(2, 3, bias=False))


SOURCE = """
from torch import nn
class Net(nn.Linear):
    def __init__(self, n, *, bias=True):
        super().__init__(n, 2, bias)
"""


@pytest.mark.parametrize("where", PLACES)
def test_several_modules_are_made_in_their_order(where, zygote):
    with placed(where, zygote, SOURCE, ("Net",)) as student:
        nets = make_each(student.Net, [(1,), (2,)], bias=False)
        assert [p.shape for net in nets for p in net.parameters()] == [(2, 1), (2, 2)]
        with pytest.raises(StudentError if where == "sandbox" else TypeError):
            make_each(student.Net, [(1,), ()])
