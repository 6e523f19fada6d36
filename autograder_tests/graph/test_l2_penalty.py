"""Hidden checks of l2_penalty; the oracle sums numbers, and its gradients follow from the formula.

A module cannot be sent to a submission. A function of ours makes it there, from tensors, and
returns the penalty and the gradients of its parameters.
"""

from itertools import pairwise

import torch

from grader.checks import Failure, call, equal, needs, points, question

PENALTY, PULL, ELSEWHERE = "penalty", "the pull on weights", "the pull on biases and gains"


def price(student, strength, weights, biases, gains, kernels):
    """Put a price on a network of linear layers, perhaps with biases, norm layers, convolutions.

    Returns the penalty, the gradients of all weights in a row, those of the others, and whether the
    penalty has a graph at all.
    """
    import torch
    from torch import nn

    layers = []
    for n, weight in enumerate(weights):
        linear = nn.Linear(*weight.shape[::-1], bias=bool(biases))
        linear.weight = nn.Parameter(weight.clone())
        layers.append(linear)
        if biases:
            linear.bias = nn.Parameter(biases[n].clone())
        if gains:
            norm = nn.LayerNorm(len(gains[n]))
            norm.weight, norm.bias = nn.Parameter(gains[n].clone()), nn.Parameter(1 - gains[n])
            layers.append(norm)
    for kernel in kernels:
        convolution = nn.Conv2d(1, 1, 1, bias=False)
        convolution.weight = nn.Parameter(kernel.clone())
        layers.append(convolution)
    module = nn.Sequential(*layers)
    with torch.enable_grad():
        penalty = student.l2_penalty(module, strength)
        graph = torch.is_tensor(penalty) and penalty.requires_grad
        if graph:
            penalty.sum().backward()
    pulls = [[], [torch.zeros(0)]]
    for p in module.parameters():
        gradient = torch.zeros_like(p) if p.grad is None else p.grad
        pulls[p.dim() < 2].append(gradient.detach().flatten())
    penalty = None if penalty is None else torch.as_tensor(penalty).detach()
    return penalty, torch.cat(pulls[0]), torch.cat(pulls[1]), graph


class Priced:
    """The weights of a network, and the price that the student's function puts on them."""

    def __init__(self, student, draw, *sizes, bias=True, norm=False, kernel=()):
        self.strength = float(0.2 + draw(1).abs())
        self.weights = [draw(n, m) for m, n in pairwise(sizes)]
        biases, gains = ([draw(n) for n in sizes[1:]] if given else [] for given in (bias, norm))
        self.kernels = [draw(*kernel)] if kernel else []

        def l2_penalty(strength):  # the name that the student reads
            return student.beside(price)(strength, self.weights, biases, gains, self.kernels)

        shapes = {PENALTY: (), PULL: self.numbers.shape}
        shapes[ELSEWHERE] = ((bias + 2 * norm) * sum(sizes[1:]),)
        found = call(l2_penalty, self.strength, takes=("strength",), shapes=shapes | {"graph": ()})
        self.penalty, self.pull, self.elsewhere, self.graph = found

    @property
    def numbers(self):
        """All weights in a row."""
        return torch.cat([w.flatten() for w in (*self.weights, *self.kernels)])

    @property
    def due(self):
        """The penalty that is due."""
        return 0.5 * self.strength * self.numbers @ self.numbers


@question("l2_penalty")
@points(1)
def test_the_penalty_is_one_number(student, draw):
    """l2_penalty returns one number, without axes."""
    Priced(student, draw, 3, 4, 2)


@question("l2_penalty")
@points(4)
@needs(test_the_penalty_is_one_number)
def test_the_penalty_is_half_the_sum_of_squared_weights(student, draw):
    """The penalty is strength / 2 times the sum of all squared weights, of every layer."""
    found = Priced(student, draw, 3, 4, 2, bias=False)
    equal(found.penalty, found.due, "Of two linear layers without biases", PENALTY)


@question("l2_penalty")
@points(4)
@needs(test_the_penalty_is_half_the_sum_of_squared_weights)
def test_the_pull_on_a_weight_is_its_share(student, draw):
    """The gradient of every weight is strength times that weight."""
    found = Priced(student, draw, 3, 4, 2, bias=False)
    if not found.graph:
        raise Failure("The penalty has no graph, so it pulls at nothing: where is it cut off?")
    equal(found.pull, found.strength * found.numbers, "The gradient is wrong", PULL)


@question("l2_penalty")
@points(2)
@needs(test_the_penalty_is_half_the_sum_of_squared_weights)
def test_biases_cost_nothing(student, draw):
    """Biases have no part in the penalty, and no gradient reaches them."""
    found = Priced(student, draw, 3, 4, 2)
    equal(found.penalty, found.due, "Of two linear layers with biases", PENALTY)
    equal(found.elsewhere, torch.zeros_like(found.elsewhere), "It should be 0", ELSEWHERE)


@question("l2_penalty")
@points(1)
@needs(test_biases_cost_nothing)
def test_gains_cost_nothing(student, draw):
    """The gains of norm layers, which are called weight as well, have no part in the penalty."""
    found = Priced(student, draw, 3, 4, 2, norm=True)
    equal(found.penalty, found.due, "Of two linear layers with norm layers", PENALTY)
    equal(found.elsewhere, torch.zeros_like(found.elsewhere), "It should be 0", ELSEWHERE)


@question("l2_penalty")
@points(2)
@needs(test_the_penalty_is_half_the_sum_of_squared_weights)
def test_weights_may_have_more_axes(student, draw):
    """The kernels of a convolution, with four axes, are weights as well."""
    found = Priced(student, draw, 3, 2, bias=False, kernel=(2, 1, 3, 2))
    equal(found.penalty, found.due, "With a convolution", PENALTY)


@question("l2_penalty")
@points(1)
@needs(test_the_penalty_is_half_the_sum_of_squared_weights)
def test_a_network_may_have_any_sizes(student, draw):
    """One weight, a single feature, or many layers."""
    for sizes in ((1, 1), (1, 3, 1), (2, 2, 2, 2, 2, 2), (40, 50), (1,) * 70, (70, 60)):
        found = Priced(student, draw, *sizes, bias=False)
        equal(found.penalty, found.due, f"Of layers with {sizes} features", PENALTY)
