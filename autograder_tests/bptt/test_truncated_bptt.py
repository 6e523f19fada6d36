"""Hidden checks of truncated_bptt; the oracle is a trusted loop on an equal model.

A model and an optimizer cannot be sent to a submission. So a function of ours goes there: it makes
them from tensors, hands them to the student's function, and returns what has become of them.
"""

from functools import partial
from types import SimpleNamespace

import torch

from grader.checks import Failure, call, equal, needs, points, question, ratio, spelled

TAKES = ("x (B, T, I)", "y (B, T, O)")
NAMES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "the head's weight", "the head's bias")


def train(student, x, y, k, parameters, kind, lr, momentum, times):
    """Train a network with the student's truncated_bptt, several times in a row.

    Returns the losses of the last time, all parameters, and whether a loss has a graph.
    """
    import torch
    from torch import nn

    model = getattr(nn, kind)(x.shape[2], parameters[1].shape[1], batch_first=True)
    head = nn.Linear(parameters[1].shape[1], y.shape[2])
    learning = [*model.parameters(), *head.parameters()]
    for own, given in zip(learning, parameters, strict=True):
        own.data = given.clone()
    optimizer = torch.optim.SGD(learning, lr, momentum)
    with torch.enable_grad():
        for _ in range(times):
            losses = student.truncated_bptt(model, head, optimizer, x, y, k)
    graph = False
    if isinstance(losses, list | tuple):
        graph = any(getattr(loss, "requires_grad", False) for loss in losses)
        losses = [loss.detach() if isinstance(loss, torch.Tensor) else loss for loss in losses]
    return losses, [parameter.detach() for parameter in learning], graph


def right(model, head, optimizer, x, y, k):
    """Do what truncated_bptt should do."""
    losses, state = [], None
    for x_k, y_k in zip(x.split(k, 1), y.split(k, 1), strict=True):
        out, state = model(x_k, state)
        loss = (head(out) - y_k).square().mean()
        parameters = [p for group in optimizer.param_groups for p in group["params"]]
        for p, gradient in zip(parameters, torch.autograd.grad(loss, parameters), strict=True):
            p.grad = gradient
        optimizer.step()
        losses.append(loss.detach())
        state = tuple(s.detach() for s in state) if isinstance(state, tuple) else state.detach()
    return losses


class Training:
    """Sequences, targets and the parameters of a network that reads them."""

    def __init__(self, draw, k, T=8, kind="RNN", B=3, I=2, H=4, O=2):  # noqa: E741
        self.x, self.y, self.k, self.kind = draw(B, T, I), draw(B, T, O), k, kind
        gates = {"RNN": 1, "LSTM": 4}[kind] * H
        shapes = ((gates, I), (gates, H), (gates,), (gates,), (O, H), (O,))
        self.parameters = [draw(*shape, scale=0.6) for shape in shapes]

    def trained(self, student, lr=0.5, momentum=0.0, times=1):
        """Return the losses, the parameters and whether there is a graph after training."""

        def truncated_bptt(x, y):  # the name that the student reads
            own = [parameter.to(x) for parameter in self.parameters]
            return student.beside(train)(x, y, self.k, own, self.kind, lr, momentum, times)

        chunks = -(-self.x.shape[1] // self.k)
        shapes = {f"losses[{n}]": () for n in range(chunks)}
        shapes |= {n: p.shape for n, p in zip(NAMES, self.parameters, strict=True)} | {"graph": ()}
        found = call(truncated_bptt, self.x, self.y, takes=TAKES, shapes=shapes)
        return found[:chunks], found[chunks:-1], bool(found[-1])

    def due(self, **options):
        """Return what right training makes of it."""
        names = SimpleNamespace(truncated_bptt=right)
        oracle = SimpleNamespace(beside=lambda function: partial(function, names))
        return self.trained(oracle, **options)


def equal_losses(found, due, otherwise):
    """Require equal losses of these chunks; the places are those of `found`."""
    for n, (loss, want) in enumerate(zip(found, due, strict=True)):
        equal(loss, want, otherwise, f"losses[{n}]")


def equal_parameters(found, due, otherwise):
    """Require equal parameters."""
    for name, have, want in zip(NAMES, found, due, strict=True):
        equal(have, want, otherwise, name)


@question("truncated_bptt")
@points(1)
def test_a_chunk_has_a_loss(student, draw):
    """A list with a loss for each chunk is returned: where k is T, that is one."""
    Training(draw, 4, T=4).trained(student)


@question("truncated_bptt")
@points(2)
@needs(test_a_chunk_has_a_loss)
def test_the_loss_is_the_mean_square_over_the_chunk(student, draw):
    """The loss is the mean of (head(out) - y)² over sequences, steps and features."""
    training = Training(draw, 4, T=4)
    (loss,), *_ = training.trained(student)
    (due,), *_ = training.due()
    equal(loss, due, "Where one chunk is the whole sequence", "losses[0]")


@question("truncated_bptt")
@points(3)
@needs(test_a_chunk_has_a_loss)
def test_a_chunk_is_gone_back_to_its_start(student, draw):
    """After a chunk, the optimizer follows the gradient of its loss, which is gone back through."""
    training = Training(draw, 6, T=6)
    _, found, _ = training.trained(student)
    _, due, _ = training.due()
    moved = [start - after for start, after in zip(training.parameters, found, strict=True)]
    asked = [start - after for start, after in zip(training.parameters, due, strict=True)]
    if not any(bool(step.any()) for step in moved):
        raise Failure(
            "No parameter has moved: is optimizer.step() called, after backward() and before the "
            "gradients are cleared again?"
        )
    steps, whole = (torch.cat([step.flatten() for step in each]) for each in (moved, asked))
    if (factor := ratio(steps, whole, tolerance=1e-4)) and abs(factor - 1) > 1e-3:
        raise Failure(f"The step is {spelled(factor)} × what it should be.")
    equal_parameters(found, due, "After one chunk, which is the whole sequence")


@question("truncated_bptt")
@points(4)
@needs(test_a_chunk_has_a_loss)
def test_the_state_is_carried_into_the_next_chunk(student, draw):
    """Each chunk starts from the state in which the one before has ended, the first from None."""
    training = Training(draw, 2)
    found, *_ = training.trained(student, lr=0.0)
    due, *_ = training.due(lr=0.0)
    equal_losses(found, due, "With parameters that do not move, in four chunks of two steps")


@question("truncated_bptt")
@points(4)
@needs(test_the_state_is_carried_into_the_next_chunk, test_a_chunk_is_gone_back_to_its_start)
def test_each_chunk_makes_a_step_of_its_own(student, draw):
    """After every chunk there is one step, along the gradient of that chunk alone."""
    # Hint: Print a parameter after each chunk: it should move each time.
    # Hint: Print its gradient just before each step, and compare it with that of the same chunk
    #   alone.
    for times, said in ((1, "one sequence"), (2, "two sequences")):
        training = Training(draw, 2)
        losses, found, _ = training.trained(student, momentum=0.5, times=times)
        due_losses, due, _ = training.due(momentum=0.5, times=times)
        equal_losses(losses, due_losses, f"While the parameters move, after {said}")
        equal_parameters(found, due, f"In four chunks of two steps, after {said}")


@question("truncated_bptt")
@points(2)
@needs(test_a_chunk_is_gone_back_to_its_start)
def test_what_is_left_is_a_chunk_as_well(student, draw):
    """Where k does not divide T the last chunk is shorter; k may be 1, or more than T."""
    for k, T, B in ((3, 7, 3), (1, 3, 2), (9, 4, 1), (5, 6, 5), (50, 60, 50)):
        training, lr = Training(draw, k, T, B=B), 0.5 if T < 50 else 0.01
        losses, found, _ = training.trained(student, lr)
        due_losses, due, _ = training.due(lr=lr)
        equal_losses(losses, due_losses, f"With k={k} and T={T}")
        equal_parameters(found, due, f"With k={k} and T={T}")


@question("truncated_bptt")
@points(1)
@needs(test_each_chunk_makes_a_step_of_its_own)
def test_the_two_states_of_an_lstm_are_carried_and_cut(student, draw):
    """The state may be a tuple, as the (h, c) of an LSTM is: both parts are carried and cut."""
    training = Training(draw, 2, T=6, kind="LSTM")
    losses, found, _ = training.trained(student)
    due_losses, due, _ = training.due()
    equal_losses(losses, due_losses, "With an LSTM")
    equal_parameters(found, due, "With an LSTM")


@question("truncated_bptt")
@points(1)
@needs(test_the_loss_is_the_mean_square_over_the_chunk)
def test_losses_are_numbers_without_a_graph(student, draw):
    """The losses are numbers: nobody keeps the graphs of old chunks in memory."""
    *_, graph = Training(draw, 4, T=4).trained(student)
    if graph:
        raise Failure("A loss is returned with its graph, which stays in memory: use loss.item().")
