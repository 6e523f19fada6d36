"""Hidden checks of sgd_step and adamw_step; the oracles are torch's own optimizers.

Both steps change what they are given in place, and of that nothing reaches a check. So a function
of ours calls them beside the student's code, and returns the parameters afterwards.
"""

import torch

from grader.checks import Failure, call, equal, needs, points, question

PARAMS, M, V = "params (P)", "m (P)", "v (P)"
SHAPES = ((3, 2), (4,), (), (2, 1, 2))
MANY = (*SHAPES, *[(2,)] * 47, (70, 60))


def step(student, name, params, each, learning, options):
    """Make as many steps as there are lists of gradients in `each`, with sgd_step or adamw_step.

    Returns the parameters, m and v, all in a row; and whether the gradients were left alone, and
    whether the parameters are without a graph and learn as before.
    """
    import types

    import torch
    from torch import nn

    own = [nn.Parameter(p.clone()) if learning else p.clone() for p in params]
    moments = [types.SimpleNamespace(m=torch.zeros_like(p), v=torch.zeros_like(p)) for p in params]
    alone, function = True, getattr(student, name)
    with torch.enable_grad():
        for t, grads in enumerate(each, 1):
            given = [g.clone() for g in grads]
            state = [moments, t] if name == "adamw_step" else []
            function(own, given, *state, **options)
            alone = alone and all(map(torch.equal, given, grads))
    left = all(p.grad_fn is None and p.requires_grad == learning for p in own)
    m, v = ([getattr(moment, k) for moment in moments] for k in "mv")
    rows = [torch.cat([t.detach().flatten() for t in tensors]) for tensors in (own, m, v)]
    return *rows, alone, left


class Steps:
    """Parameters, gradients for some steps, and what the student's function makes of them."""

    def __init__(self, student, name, draw, steps=1, shapes=SHAPES, learning=False, **options):
        self.name, self.options = name, options
        self.params = [draw(*shape) for shape in shapes]
        self.each = [[2 * draw(*shape) for shape in shapes] for _ in range(steps)]

        def made():
            return student.beside(step)(name, self.params, self.each, learning, options)

        made.__name__ = name  # the name that the student reads
        P = sum(p.numel() for p in self.params)
        due = {PARAMS: (P,), M: (P,), V: (P,), "gradients alone": (), "left as they were": ()}
        self.found, self.m, self.v, self.alone, self.left = call(made, shapes=due)

    @property
    def due(self):
        """The parameters that are due."""
        own, options = [p.clone().requires_grad_() for p in self.params], dict(self.options)
        kind = torch.optim.SGD
        if self.name == "adamw_step":
            betas = options.pop("beta1", 0.9), options.pop("beta2", 0.999)
            kind, options = torch.optim.AdamW, options | {"betas": betas}
        optimizer = kind(own, weight_decay=options.pop("decay"), **options)
        for grads in self.each:
            for p, g in zip(own, grads, strict=True):
                p.grad = g.clone()
            optimizer.step()
        return flat([p.detach() for p in own])


def flat(tensors):
    return torch.cat([tensor.flatten() for tensor in tensors])


@question("sgd_step")
@points(4)
def test_sgd_goes_against_the_gradient(student, draw):
    """Without decay, each parameter becomes p - lr · g."""
    made = Steps(student, "sgd_step", draw, lr=0.3, decay=0.0)
    if torch.equal(made.found, flat(made.params)):
        raise Failure(
            "No parameter has changed: is a new tensor bound to a local name, and not written into "
            "the old one?"
        )
    equal(made.found, made.due, "With decay=0", PARAMS)


@question("sgd_step")
@points(3)
@needs(test_sgd_goes_against_the_gradient)
def test_sgd_decays_what_was_there(student, draw):
    """With decay, each parameter becomes p - lr · (g + decay · p), with p as it was before."""
    for shapes in (SHAPES, MANY):
        made = Steps(student, "sgd_step", draw, steps=2, shapes=shapes, lr=0.3, decay=0.4)
        equal(made.found, made.due, "After two steps with decay=0.4", PARAMS)


@question("sgd_step")
@points(2)
@needs(test_sgd_goes_against_the_gradient)
def test_sgd_builds_no_graph(student, draw):
    """Parameters that learn are changed in place, without a graph, and go on learning."""
    made = Steps(student, "sgd_step", draw, steps=2, learning=True, lr=0.3, decay=0.4)
    if not made.left:
        raise Failure("A parameter has a graph, or no longer learns.")


@question("sgd_step")
@points(1)
@needs(test_sgd_goes_against_the_gradient)
def test_sgd_leaves_the_gradients_alone(student, draw):
    """The gradients that are given stay as they are."""
    if not Steps(student, "sgd_step", draw, lr=0.3, decay=0.4).alone:
        raise Failure("A gradient is changed in place.")


@question("adamw_step")
@points(4)
def test_adamw_goes_by_averages_without_decay(student, draw):
    """Without decay, three steps lead where the quotients of both averages lead, with hats."""
    # Hint: Take three steps with gradients of 1, 2 and 3 on paper, for m alone. Then print your m
    #   after each.
    # Hint: If m and v are right, print both hats: which t do they use?
    for steps in (1, 3):
        made = Steps(student, "adamw_step", draw, steps, lr=0.1, decay=0.0)
        if torch.equal(made.found, flat(made.params)):
            raise Failure(
                "No parameter has changed: is a new tensor bound to a local name, and not written "
                "into the old one?"
            )
        said = f"After {steps} step{'s' * (steps > 1)} with decay=0"
        equal(made.found, made.due, said, PARAMS)


@question("adamw_step")
@points(3)
@needs(test_adamw_goes_by_averages_without_decay)
def test_the_decay_stands_beside_the_quotient(student, draw):
    """The decay takes lr · decay · p away, and does not go through the averages."""
    made = Steps(student, "adamw_step", draw, steps=3, lr=0.1, decay=2.0)
    equal(made.found, made.due, "After 3 steps with decay=2", PARAMS)


@question("adamw_step")
@points(1)
@needs(test_adamw_goes_by_averages_without_decay)
def test_betas_and_eps_may_be_others(student, draw):
    """β₁, β₂ and ε are those that are given; ε is added to the root, not under it."""
    options = {"lr": 0.1, "decay": 0.0, "beta1": 0.6, "beta2": 0.8, "eps": 0.7}
    for shapes in (SHAPES, MANY):
        made = Steps(student, "adamw_step", draw, 3, shapes, **options)
        equal(made.found, made.due, "With beta1=0.6, beta2=0.8 and eps=0.7", PARAMS)


@question("adamw_step")
@points(1)
@needs(test_adamw_goes_by_averages_without_decay)
def test_adamw_builds_no_graph(student, draw):
    """Parameters that learn are changed in place, without a graph, and go on learning."""
    made = Steps(student, "adamw_step", draw, steps=2, learning=True, lr=0.1, decay=0.4)
    if not made.left:
        raise Failure("A parameter has a graph, or no longer learns.")


@question("adamw_step")
@points(1)
@needs(test_adamw_goes_by_averages_without_decay)
def test_adamw_leaves_the_gradients_alone(student, draw):
    """The gradients that are given stay as they are."""
    if not Steps(student, "adamw_step", draw, lr=0.1, decay=0.4).alone:
        raise Failure("A gradient is changed in place.")
