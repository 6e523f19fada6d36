"""Hidden checks of train_step and accuracy; the oracle is a trusted step on an equal model.

A model and an optimizer cannot be sent to a submission. So a function of ours goes there: it makes
them from tensors, hands them to the student's function, and returns what has become of them.
"""

from functools import partial
from types import SimpleNamespace

import torch
from torch import nn

from grader.checks import Failure, call, equal, needs, points, question, ratio, spelled
from grader.compare import is_single

TAKES = ("images (B, 28, 28)", "labels (B)")
LOSS, WEIGHT, BIAS = "loss", "weight (C, 784)", "bias (C)"
LR = 0.5


def train(student, images, labels, weight, bias, old, training, steps, optimizer, settings):
    """Train a linear classifier with the student's train_step.

    Returns the last loss, the parameters, and whether the model was always in training mode when
    it was called.
    """
    import torch
    from torch import nn

    model = nn.Sequential(nn.Flatten(), nn.Linear(*weight.shape[::-1])).train(training)
    model[1].weight, model[1].bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())
    model[1].weight.grad = None if old is None else old.clone()
    modes = []
    model.register_forward_pre_hook(lambda *_: modes.append(model.training))
    optimizer = getattr(torch.optim, optimizer)(model.parameters(), **settings)
    with torch.enable_grad():
        for _ in range(steps):
            loss = student.train_step(model, optimizer, images, labels)
            model.zero_grad()  # whether old gradients are forgotten is another check's business
    loss = None if loss is None else torch.as_tensor(loss).detach()
    return loss, model[1].weight.detach(), model[1].bias.detach(), bool(modes) and all(modes)


def measure(student, images, labels, weight, bias, training):
    """Measure a linear classifier with the student's accuracy.

    Returns the accuracy, and whether the model was called in evaluation mode, was called without
    a graph, and is in its old mode again.
    """
    import torch
    from torch import nn

    model = nn.Sequential(nn.Flatten(), nn.Linear(*weight.shape[::-1])).train(training)
    model[1].weight, model[1].bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())
    modes, graphs = [], []
    model.register_forward_pre_hook(lambda *_: modes.append(model.training))
    model.register_forward_pre_hook(lambda *_: graphs.append(torch.is_grad_enabled()))
    with torch.enable_grad():
        share = student.accuracy(model, images, labels)
    share = None if share is None else torch.as_tensor(share).detach()
    evaluated, without_graph = bool(modes) and not any(modes), bool(graphs) and not any(graphs)
    return share, evaluated, without_graph, model.training == training


def right_step(model, optimizer, images, labels):
    """Do what train_step should do."""
    model.train()
    logs = model(images).log_softmax(dim=-1)
    loss = -logs[torch.arange(len(labels)), labels].mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


class Batch:
    """Pictures, labels and the parameters of a linear classifier."""

    def __init__(self, draw, B=5, C=4):
        self.images, self.labels = draw(B, 28, 28), draw.integers(0, C, B)
        self.weight, self.bias = draw(C, 784, scale=0.05), draw(C)

    def trained(self, student, old=None, training=True, steps=1, optimizer="SGD", **settings):
        """Return the loss, the weight, the bias and the mode after training."""

        def train_step(images, labels):  # the name that the student reads
            own = [x if x is None else x.to(images) for x in (self.weight, self.bias, old)]
            settled = {"lr": LR} | settings
            return student.beside(train)(images, labels, *own, training, steps, optimizer, settled)

        shapes = {LOSS: (), WEIGHT: self.weight.shape, BIAS: self.bias.shape, "mode": ()}
        found = call(train_step, self.images, self.labels, takes=TAKES, shapes=shapes)
        if is_single(found[0]):  # then the gradients and the step have that precision, too
            found = [result.float().double() for result in found]
        return found

    def due(self, old=None, **options):
        """Return what a right step makes of it."""
        names = SimpleNamespace(train_step=right_step)
        right = SimpleNamespace(beside=lambda function: partial(function, names))
        return self.trained(right, old, **options)

    def measured(self, student, training=True):
        """Return the accuracy, and whether mode, graph and mode afterwards are right."""

        def accuracy(images, labels):
            own = self.weight.to(images), self.bias.to(images)
            return student.beside(measure)(images, labels, *own, training)

        shapes = {"accuracy": (), "evaluation": (), "no graph": (), "mode": ()}
        return call(accuracy, self.images, self.labels, takes=TAKES, shapes=shapes)

    def label(self, right):
        """Set the labels so that `right` predictions are right; return the share."""
        logits = nn.functional.linear(self.images.flatten(1), self.weight, self.bias)
        order = logits.argsort(dim=-1, descending=True)  # (B, C)
        self.labels = torch.cat([order[:right, 0], order[right:, 1]])
        return torch.tensor(right / len(self.labels), dtype=torch.float64)


@question("train_step")
@points(1)
def test_a_step_returns_one_loss(student, draw):
    """train_step returns the loss: one number."""
    Batch(draw).trained(student)


@question("train_step")
@points(3)
@needs(test_a_step_returns_one_loss)
def test_the_loss_is_the_mean_cross_entropy(student, draw):
    """The loss is the mean cross-entropy of the logits and the labels, before the step."""
    for B, C in ((5, 4), (1, 3), (6, 6)):
        batch = Batch(draw, B, C)
        loss, *_ = batch.trained(student)
        due, *_ = batch.due()
        equal(loss, due, f"With B={B} and C={C}", LOSS)


@question("train_step")
@points(3)
@needs(test_a_step_returns_one_loss)
def test_the_parameters_make_one_step_downhill(student, draw):
    """The optimizer makes one step, along the gradient of the mean cross-entropy."""
    batch = Batch(draw)
    _, weight, bias, _ = batch.trained(student)
    _, due_weight, due_bias, _ = batch.due()
    step, due = batch.weight - weight, batch.weight - due_weight
    if not step.any():
        raise Failure(
            "No parameter has moved: is optimizer.step() called, after backward() and before the "
            "gradients are cleared again?"
        )
    factor = ratio(step, due, tolerance=1e-4)
    if factor and abs(factor - 1) > 1e-3:
        raise Failure(f"The step is {spelled(factor)} × what it should be.")
    equal(weight, due_weight, "After one step of SGD", WEIGHT)
    equal(bias, due_bias, "After one step of SGD", BIAS)


@question("train_step")
@points(2)
@needs(test_the_parameters_make_one_step_downhill)
def test_gradients_of_earlier_batches_are_forgotten(student, draw):
    """What stands in .grad from an earlier batch has no influence on the step."""
    batch = Batch(draw)
    old = draw(*batch.weight.shape)
    _, weight, _, _ = batch.trained(student, old)
    _, due, _, _ = batch.due(old)
    if ratio(due - weight, LR * old, tolerance=1e-3):
        raise Failure("The old gradients are followed, too: clear them before backward().")
    equal(weight, due, "After a step with old gradients", WEIGHT)


@question("train_step")
@points(2)
@needs(test_the_parameters_make_one_step_downhill)
def test_any_optimizer_will_do(student, draw):
    """The step is the optimizer's own, be it SGD with momentum or Adam, and so is the next one."""
    for name, options in (
        ("SGD with momentum", {"optimizer": "SGD", "lr": 0.1, "momentum": 0.9}),
        ("Adam", {"optimizer": "Adam", "lr": 0.01}),
    ):
        batch = Batch(draw)
        _, weight, bias, _ = batch.trained(student, steps=2, **options)
        _, due_weight, due_bias, _ = batch.due(steps=2, **options)
        equal(weight, due_weight, f"After two steps of {name}", WEIGHT)
        equal(bias, due_bias, f"After two steps of {name}", BIAS)


@question("train_step")
@points(1)
@needs(test_the_parameters_make_one_step_downhill)
def test_training_happens_in_training_mode(student, draw):
    """A model that comes in evaluation mode is put into training mode before it is called."""
    for training in (True, False):
        *_, mode = Batch(draw).trained(student, training=training)
        if not mode:
            raise Failure("The model is in evaluation mode while it trains: dropout has no effect.")


@question("accuracy")
@points(4)
def test_accuracy_is_the_share_of_right_predictions(student, draw):
    """The accuracy is the number of right predictions divided by the number of pictures."""
    for B, right in ((7, 3), (8, 5), (5, 5), (6, 0)):
        batch = Batch(draw, B)
        due = batch.label(right)
        share, *_ = batch.measured(student)
        equal(share, due, f"If {right} of {B} are right", "accuracy")


@question("accuracy")
@points(1)
@needs(test_accuracy_is_the_share_of_right_predictions)
def test_any_number_of_pictures_can_be_measured(student, draw):
    """One picture can be measured, and as many pictures as there are classes."""
    for B, C, right in ((1, 4, 1), (1, 4, 0), (4, 4, 3), (30, 3, 20)):
        batch = Batch(draw, B, C)
        due = batch.label(right)
        share, *_ = batch.measured(student)
        equal(share, due, f"With B={B} and C={C}", "accuracy")


@question("accuracy")
@points(1)
@needs(test_accuracy_is_the_share_of_right_predictions)
def test_accuracy_is_measured_in_evaluation_mode(student, draw):
    """The model is in evaluation mode while it is measured."""
    _, evaluated, _, _ = Batch(draw).measured(student)
    if not evaluated:
        raise Failure("The model is in training mode while it is measured: dropout acts on it.")


@question("accuracy")
@points(1)
@needs(test_accuracy_is_the_share_of_right_predictions)
def test_accuracy_is_measured_without_a_graph(student, draw):
    """No graph is built while the model is measured."""
    _, _, without_graph, _ = Batch(draw).measured(student)
    if not without_graph:
        raise Failure("The model is called with gradients enabled, so it builds a graph for them.")


@question("accuracy")
@points(1)
@needs(test_accuracy_is_the_share_of_right_predictions)
def test_the_model_is_left_in_its_mode(student, draw):
    """After measuring, the model is in the mode in which it came: training or evaluation."""
    for training, name in ((True, "training"), (False, "evaluation")):
        *_, same = Batch(draw).measured(student, training)
        if not same:
            raise Failure(f"A model that came in {name} mode is left in the other one.")
