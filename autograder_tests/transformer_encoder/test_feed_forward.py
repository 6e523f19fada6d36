"""Hidden checks of FeedForward; the oracle is made of torch's own modules."""

from functools import partial

import torch
from torch import nn

from grader.checks import (
    Failure,
    agree,
    agree_on_each,
    call,
    dependencies,
    make_each,
    needs,
    no_others,
    parameters_are,
    parameters_made,
    points,
    pure,
    question,
    transplant,
    where,
)

TAKES, Y = ("x (…, d_model)",), "y (…, d_model)"
agree = partial(agree, takes=TAKES, returns=(Y,))


class TorchFeedForward(nn.Sequential):
    """Torch's own modules, under the names of the assignment."""

    def __init__(self, d_model, d_ff):
        super().__init__()
        self.add_module("linear1", nn.Linear(d_model, d_ff))
        self.add_module("relu", nn.ReLU())
        self.add_module("linear2", nn.Linear(d_ff, d_model))

    def forward(self, x):
        return super().forward(x)


def twins(student, draw, d_model=4, d_ff=9):
    """Return the student's network and the oracle, with equal parameters."""
    oracle = draw.fill(TorchFeedForward(d_model, d_ff))
    network = student.FeedForward(d_model, d_ff)
    transplant(oracle, network)
    return network, oracle


@question("FeedForward")
@points(1)
def test_linear1_widens_and_linear2_narrows(student, draw):
    """linear1 maps d_model features to d_ff, linear2 maps them back, and the shape stays."""
    network, shapes = (
        student.FeedForward(4, 9),
        {n: p.shape for n, p in TorchFeedForward(4, 9).named_parameters()},
    )
    parameters_are(network, shapes)
    call(network, draw(2, 5, 4), takes=TAKES, shapes={Y: (2, 5, 4)})


@question("FeedForward")
@points(5)
@needs(test_linear1_widens_and_linear2_narrows)
def test_a_relu_stands_between_two_linear_maps(student, draw):
    """linear1 comes first, then relu, then linear2."""
    with torch.no_grad():
        agree(*twins(student, draw), draw(2, 5, 4))


@question("FeedForward")
@points(1)
@needs(test_linear1_widens_and_linear2_narrows)
def test_each_position_is_treated_alone(student, draw):
    """The result of a position depends on itself alone, also if there are d_model of them."""
    network, _ = twins(student, draw, 5, 5)
    D = dependencies(network, draw(5, 5))  # (T, T)
    others = ((D - D.diag().diag()) > 1e-9 * D.max()).nonzero().tolist()
    if others:
        said = "The result of position {} depends on position {}.".format(*others[0])
        raise Failure(said, where(D, D.diag().diag(), "dependence (position, source)"))


@question("FeedForward")
@points(1)
@needs(test_a_relu_stands_between_two_linear_maps)
def test_gradients_of_the_network_are_right(student, draw):
    """The gradients for the input and for all parameters are right."""
    agree(*twins(student, draw), draw(2, 5, 4))


@question("FeedForward")
@points(1)
@needs(test_a_relu_stands_between_two_linear_maps)
def test_a_network_takes_any_sizes(student, draw):
    """One feature, a middle that is narrower, all sizes equal; one axis, or four."""
    sizes = ((4, 9), (4, 9), (4, 9), (1, 3), (6, 2), (3, 3))
    shapes = ((4,), (7, 4), (2, 3, 5, 4), (2, 5, 1), (1, 5, 6), (3, 3, 3))
    oracles = [draw.fill(TorchFeedForward(*each)) for each in sizes]
    networks = make_each(student.FeedForward, sizes)
    for pair in zip(oracles, networks, strict=True):
        transplant(*pair)
    networks = [network.train(number % 2 == 0) for number, network in enumerate(networks)]
    with torch.no_grad():
        each = [[draw(*shape)] for shape in shapes]
        agree_on_each(networks, oracles, each, takes=TAKES, returns=(Y,))


@question("FeedForward")
@points(1)
@needs(test_a_relu_stands_between_two_linear_maps)
def test_a_network_keeps_nothing_and_changes_nothing(student, draw):
    """Nothing is random, kept or changed in place, and there are no other parameters."""
    network, oracle = twins(student, draw)
    pure(network.train(), draw(2, 5, 4), takes=TAKES)
    no_others(student.FeedForward(4, 9), [name for name, _ in oracle.named_parameters()])
    if parameters_made(student, "FeedForward", draw(2, 5, 4), make=(4, 9)):
        raise Failure("Each call makes parameters: make them once, in __init__.")
