"""Hidden checks of sequence_loss and train_step.

A model and an optimizer cannot be sent to a submission. So a function of ours goes there: it makes
them from tensors, hands them to the student's function, and returns what has become of them. The
model is a small one of ours: a slip in Seq2Seq costs nothing here.
"""

from functools import partial
from types import SimpleNamespace

import torch
from torch.nn.functional import cross_entropy

from grader.checks import (
    Failure,
    agree,
    agree_on_each,
    assuming,
    call,
    equal,
    needs,
    points,
    pure,
    question,
    ratio,
    spelled,
)
from grader.compare.compare import is_single

# ── sequence_loss ────────────────────────────────────────────────────────────────────────────────

LOGITS = ("logits (B, S, V)", "targets (B, S)", "pad")
costs = partial(agree, takes=LOGITS, returns=("loss",))


def cost(logits, targets, pad):
    """Take torch's own cross-entropy of the symbols that count, in one long row."""
    counts = targets != pad
    return cross_entropy(logits[counts], targets[counts])


def marked(draw, B=4, S=5, V=6, padding=True):
    """Draw logits, targets and the number that stands for padding, which comes once or more."""
    (pad,) = draw.integers(0, V, 1).tolist()
    targets = (pad + draw.integers(1, V, B, S)) % V  # none is padding
    if padding:
        ends = draw.lengths(B, S)
        targets = targets.masked_fill(torch.arange(S) >= ends[:, None], pad)
    return draw(B, S, V), targets, pad


@question("sequence_loss")
@points(3)
def test_symbols_cost_their_cross_entropy(student, draw):
    """Without padding, the loss is one number, the mean cross-entropy of all symbols."""
    for sizes in ((4, 5, 6), (2, 3, 4)):
        with torch.no_grad():
            costs(student.sequence_loss, cost, *marked(draw, *sizes, padding=False))


@question("sequence_loss")
@points(2)
@needs(test_symbols_cost_their_cross_entropy)
def test_padding_is_not_counted(student, draw):
    """What is padding costs nothing; every other symbol of the batch counts alike."""
    for _ in range(2):
        with torch.no_grad():
            costs(student.sequence_loss, cost, *marked(draw))


@question("sequence_loss")
@points(1)
@needs(test_symbols_cost_their_cross_entropy)
def test_gradients_reach_the_symbols_that_count(student, draw):
    """The gradient for the logits is right; with padding, it is 0 there."""
    costs(student.sequence_loss, cost, *marked(draw))


@question("sequence_loss")
@points(1)
@needs(test_symbols_cost_their_cross_entropy)
def test_answers_of_any_sizes_have_a_loss(student, draw):
    """One answer, one symbol, as many answers as symbols; logits of a thousand; one that counts."""
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = ((1, 5, 3), (4, 1, 3), (1, 1, 2), (3, 3, 3), (2, 6, 6), (many, 2, 3))
    each = [marked(draw, *size, padding=False) for size in sizes]
    logits, targets, pad = marked(draw, padding=False)
    each.append((1000 * logits, targets, pad))
    alone = torch.full_like(targets, pad)
    alone[1, 2] = targets[1, 2]
    each.append((logits, alone, pad))
    with torch.no_grad():
        agree_on_each(student.sequence_loss, cost, each, takes=LOGITS, returns=("loss",))


@question("sequence_loss")
@points(1)
@needs(test_symbols_cost_their_cross_entropy)
def test_logits_and_targets_are_only_read(student, draw):
    """Neither logits nor targets are changed, and calling again gives the same."""
    logits, targets, pad = marked(draw)
    pure(partial(student.sequence_loss, pad=pad), logits, targets, takes=LOGITS)


# ── train_step ───────────────────────────────────────────────────────────────────────────────────

with_a_right_loss = assuming(
    sequence_loss="""
import torch

def sequence_loss(logits, targets, pad):
    counts = targets != pad
    chances = logits.log_softmax(-1).gather(-1, targets[..., None])[..., 0]
    return -chances[counts].mean()
"""
)
TAKES = ("src (B, T)", "lengths (B)", "tgt (B, S)")
NAMES = ("by_word", "by_length", "by_symbol")
LR = 0.01


def train(student, by_word, by_length, by_symbol, src, lengths, tgt, pad, max_norm, old, optimizer):
    """Train a model that looks its logits up, with the student's train_step.

    Returns the last loss, the tables after it, and whether the model was in training mode when it
    was called, was called once for each step, and the loss has no graph.
    """
    import torch
    from torch import nn

    modes = []

    class Tables(nn.Module):
        def __init__(self):
            super().__init__()
            tables = by_word, by_length, by_symbol
            self.tables = nn.ParameterList(nn.Parameter(table.clone()) for table in tables)

        def forward(self, src, lengths, tgt):
            modes.append(self.training)
            by_word, by_length, by_symbol = self.tables
            sentence = by_word[src[:, 0]] + by_length[lengths]  # (B, V)
            before = torch.cat([torch.zeros_like(tgt[:, :1]), tgt[:, :-1]], dim=1)
            return 300 * (sentence[:, None] + by_symbol[before])

    name, steps, settings = optimizer
    model = Tables().eval()
    optimizer = getattr(torch.optim, name)(model.parameters(), **settings)
    if old is not None:
        for parameter, gradient in zip(model.parameters(), old, strict=True):
            parameter.grad = gradient.clone().to(parameter)
    with torch.enable_grad():
        for _ in range(steps):
            loss = student.train_step(model, optimizer, src, lengths, tgt, pad, max_norm)
            model.zero_grad()  # whether old gradients are forgotten is another check's business
    free = not (torch.is_tensor(loss) and loss.requires_grad)
    loss = None if loss is None else torch.as_tensor(loss).detach()
    tables = [table.detach() for table in model.parameters()]
    return loss, tables, bool(modes) and all(modes), len(modes) == steps, free


def right(model, optimizer, src, lengths, tgt, pad, max_norm):
    """Do what train_step should do."""
    model.train()
    loss = cost(model(src, lengths, tgt), tgt, pad)
    tables = list(model.parameters())
    gradients = torch.autograd.grad(loss, tables)
    norm = torch.cat([gradient.flatten() for gradient in gradients]).norm()
    for table, gradient in zip(tables, gradients, strict=True):
        table.grad = gradient * min(1.0, max_norm / float(norm))
    optimizer.step()
    return loss


class Batch:
    """A batch, and the tables of a model whose gradient is about 150 long.

    Clipping may divide by the norm + 1e-6, as torch does: that is as good as exact then.
    """

    def __init__(self, draw, B=4, T=5, S=4, V=6, words=7):
        self.src, self.lengths = draw.integers(0, words, B, T), draw.lengths(B, T)
        _, self.tgt, self.pad = marked(draw, B, S, V)
        self.tables = [draw(n, V, scale=0.004) for n in (words, T + 1, V)]

    def trained(self, student, max_norm=1e6, old=None, optimizer="SGD", steps=1, **settings):
        """Return the loss, the tables, and three times 1 or 0: mode, number of calls, no graph."""
        more = self.pad, max_norm, old, (optimizer, steps, {"lr": LR} | settings)

        def train_step(*tables):  # the name that the student reads
            return student.beside(train)(*tables, self.src, self.lengths, self.tgt, *more)

        shapes = {"loss": ()} | {n: t.shape for n, t in zip(NAMES, self.tables, strict=True)}
        shapes |= {"mode": (), "calls": (), "no graph": ()}
        found = call(train_step, *self.tables, takes=NAMES, shapes=shapes)
        if is_single(found[1]):  # then gradients and steps have that precision as well
            found = [result.float().double() for result in found]
        return found[0], found[1:4], *found[4:]

    def due(self, **how):
        """Return what a right step makes of it."""
        names = SimpleNamespace(train_step=right)
        oracle = SimpleNamespace(beside=lambda function: partial(function, names))
        return self.trained(oracle, **how)

    def require(self, student, otherwise, **how):
        """Require the right tables after training; return 1 if each step was one call, or 0."""
        _, found, _, calls, _ = self.trained(student, **how)
        _, due, *_ = self.due(**how)
        for name, have, want in zip(NAMES, found, due, strict=True):
            equal(have, want, otherwise, f"the model's parameter {name}")
        return calls


@question("train_step")
@points(1)
@with_a_right_loss
def test_a_step_returns_one_loss(student, draw):
    """train_step returns the loss: one number."""
    Batch(draw).trained(student)


@question("train_step")
@points(2)
@needs(test_a_step_returns_one_loss)
@with_a_right_loss
def test_the_loss_is_that_of_the_batch_before_the_step(student, draw):
    """The loss is sequence_loss of the model's logits, before the step."""
    batch = Batch(draw)
    loss, *_ = batch.trained(student)
    equal(loss, batch.due()[0], "For a batch with padding", "loss")


@question("train_step")
@points(3)
@needs(test_a_step_returns_one_loss)
@with_a_right_loss
def test_the_parameters_make_one_step_downhill(student, draw):
    """The optimizer makes one step, along the gradient; a short gradient is not changed."""
    batch = Batch(draw)
    _, found, *_ = batch.trained(student)
    _, due, *_ = batch.due()
    step, asked = (
        torch.cat([(start - end).flatten() for start, end in zip(batch.tables, each, strict=True)])
        for each in (found, due)
    )
    if not step.any():
        raise Failure(
            "No parameter has moved: is optimizer.step() called, after backward() and before the "
            "gradients are cleared again?"
        )
    if (factor := ratio(step, asked, tolerance=1e-4)) and abs(factor - 1) > 1e-3:
        raise Failure(f"The step is {spelled(factor)} × what it should be.")
    equal(step, asked, "After one step of SGD", "the change of all parameters")


@question("train_step")
@points(2)
@needs(test_the_parameters_make_one_step_downhill)
@with_a_right_loss
def test_a_long_gradient_is_shortened(student, draw):
    """A gradient longer than max_norm is shortened to it, all parameters together."""
    for max_norm, sizes in ((0.5, ()), (2.0, ()), (1.0, (70, 60, 4)), (1.0, (4, 5, 60))):
        batch = Batch(draw, *sizes)
        batch.require(student, f"With max_norm={max_norm}", max_norm=max_norm)


@question("train_step")
@points(2)
@needs(test_the_parameters_make_one_step_downhill)
@with_a_right_loss
def test_earlier_gradients_are_forgotten(student, draw):
    """What stands in .grad from an earlier batch has no influence on the step."""
    batch = Batch(draw)
    old = [draw(*table.shape, scale=10.0) for table in batch.tables]
    batch.require(student, "Where gradients of an earlier batch are left", old=old)


@question("train_step")
@points(1)
@needs(test_the_parameters_make_one_step_downhill)
@with_a_right_loss
def test_any_optimizer_makes_one_step_for_each_batch(student, draw):
    """With momentum and with Adam, three batches are three steps, and three calls of the model."""
    for name, settings in (("SGD", {"momentum": 0.9, "lr": 1e-5}), ("Adam", {"lr": 1e-3})):
        batch, how = Batch(draw), {"optimizer": name, "steps": 3} | settings
        if not batch.require(student, f"After three steps of {name}", **how):
            raise Failure("The model is not called once for each step.")


@question("train_step")
@points(1)
@needs(test_the_parameters_make_one_step_downhill)
@with_a_right_loss
def test_training_is_done_in_training_mode(student, draw):
    """The model is in training mode when it is called; the loss is returned without its graph."""
    *_, mode, _, free = Batch(draw).trained(student)
    if not mode:
        raise Failure("The model is called in evaluation mode: call model.train() first.")
    if not free:
        raise Failure("The loss is returned with its graph, which stays in memory: loss.item().")
