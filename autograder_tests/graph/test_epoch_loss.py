"""Hidden checks of epoch_loss; the oracle trains a linear model, with its gradient written out.

A model and an optimizer cannot be sent to a submission. So a function of ours goes there: it makes
them from tensors, hands them to the student's function, and returns what has become of them.
"""

import torch

from grader.checks import Failure, call, equal, live_graphs, needs, points, question, ratio, spelled
from grader.compare.compare import is_single

TAKES = ("x (N, I)", "y (N, O)")
LOSS, WEIGHT, BIAS = "loss", "weight (O, I)", "bias (O)"


def train(student, mark, x, y, weight, bias, sizes, optimizer, settings, epochs, once):
    """Train a linear model with the student's epoch_loss, on batches of these sizes.

    Returns the last loss, the parameters, and whether the loss is without a graph.
    """
    import torch
    from torch import nn

    model = nn.Linear(*weight.shape[::-1])
    model.weight, model.bias = nn.Parameter(weight.clone()), nn.Parameter(bias.clone())
    model.register_forward_hook(lambda module, args, out: mark(out))
    optimizer = getattr(torch.optim, optimizer)(model.parameters(), **settings)
    with torch.enable_grad():
        for _ in range(epochs):
            batches = list(zip(x.split(sizes), y.split(sizes), strict=True))
            loss = student.epoch_loss(model, optimizer, iter(batches) if once else batches)
            model.zero_grad()  # whether old gradients are forgotten shows within an epoch
    free = not (torch.is_tensor(loss) and loss.requires_grad)
    loss = None if loss is None else torch.as_tensor(loss).detach()
    return loss, model.weight.detach(), model.bias.detach(), free


class Epoch:
    """Examples, the parameters of a linear model, and the sizes of batches."""

    def __init__(self, draw, *sizes, I=3, O=2):  # noqa: E741 (the letters that students read)
        N, self.sizes = sum(sizes), list(sizes)
        self.x, self.y = draw(N, I), draw(N, O)
        self.weight, self.bias = draw(O, I), draw(O)

    def trained(self, student, optimizer="SGD", epochs=1, once=False, **settings):
        """Return loss, weight, bias, whether it has no graph, and the most graphs alive."""
        settled = {"lr": 0.1} | settings

        def epoch_loss(x, y):  # the name that the student reads
            own = self.weight.to(x), self.bias.to(x), self.sizes, optimizer, settled, epochs, once
            found, alive = live_graphs(student, train, x, y, *own)
            return *found, float(max(alive, default=0))

        shapes = {LOSS: (), WEIGHT: self.weight.shape, BIAS: self.bias.shape}
        more = {"no graph": (), "graphs alive": ()}
        found = call(epoch_loss, self.x, self.y, takes=TAKES, shapes=shapes | more)
        if is_single(found[1]):  # then losses have that precision; their sum may be a float
            found = [result.float().double() for result in found]
        return found

    def due(self, optimizer="SGD", epochs=1, **settings):
        """Return loss, weight and bias after training by the formula for the gradient."""
        weight, bias = (p.clone().requires_grad_() for p in (self.weight, self.bias))
        made = getattr(torch.optim, optimizer)([weight, bias], **{"lr": 0.1} | settings)
        for _ in range(epochs):
            total = 0.0
            for x, y in zip(self.x.split(self.sizes), self.y.split(self.sizes), strict=True):
                with torch.no_grad():
                    off = torch.einsum("bi,oi->bo", x, weight) + bias - y  # (B, O)
                    total = total + off.square().mean(dim=1).sum()
                    weight.grad = 2 / off.numel() * torch.einsum("bo,bi->oi", off, x)
                    bias.grad = 2 / off.numel() * off.sum(dim=0)
                made.step()
        return total / len(self.x), weight.detach(), bias.detach()


@question("epoch_loss")
@points(1)
def test_an_epoch_returns_one_number(student, draw):
    """epoch_loss returns one number."""
    Epoch(draw, 4, 4).trained(student)


@question("epoch_loss")
@points(6)
@needs(test_an_epoch_returns_one_number)
def test_each_batch_makes_one_step_downhill(student, draw):
    """The optimizer makes one step for each batch, along the gradient of its mean squared error."""
    # Hint: Take y = w · x with w = 1, one batch, and lr = 0.25, and print the gradient and w: −4,
    #   and then 2.
    # Hint: If the gradient is right and w is not, when and how often does the optimizer step?
    epoch = Epoch(draw, 4)
    _, weight, bias, *_ = epoch.trained(student)
    _, due_weight, due_bias = epoch.due()
    step, due = weight - epoch.weight, due_weight - epoch.weight
    if not step.any():
        raise Failure(
            "No parameter has moved: is optimizer.step() called, after backward() and before the "
            "gradients are cleared again?"
        )
    factor = ratio(step, due, tolerance=1e-4)
    if factor and abs(factor - 1) > 1e-3:
        raise Failure(f"After one batch, the step is {spelled(factor)} × what it should be.")
    equal(weight, due_weight, "After one batch", WEIGHT)
    equal(bias, due_bias, "After one batch", BIAS)


@question("epoch_loss")
@points(3)
@needs(test_each_batch_makes_one_step_downhill)
def test_gradients_of_earlier_batches_are_forgotten(student, draw):
    """The second and the third batch are followed alone, from where the one before has led."""
    epoch = Epoch(draw, 4, 4, 4)
    _, weight, bias, *_ = epoch.trained(student)
    _, due_weight, due_bias = epoch.due()
    equal(weight, due_weight, "After three batches", WEIGHT)
    equal(bias, due_bias, "After three batches", BIAS)


@question("epoch_loss")
@points(4)
@needs(test_an_epoch_returns_one_number)
def test_the_loss_is_the_mean_over_all_batches(student, draw):
    """The loss is the mean over all examples, each before the step that its batch makes."""
    # Hint: Print the loss of each batch at the moment when you add it up: is it the one from before
    #   the step?
    # Hint: Then print what you divide, and by what.
    epoch = Epoch(draw, 4, 4, 4)
    loss, *_ = epoch.trained(student)
    equal(loss, epoch.due()[0], "With three batches of 4", LOSS)


@question("epoch_loss")
@points(3)
@needs(test_the_loss_is_the_mean_over_all_batches)
def test_unequal_batches_are_weighted(student, draw):
    """Where batches differ in size, every example counts alike, and not every batch."""
    for sizes in ((5, 5, 1), (2, 6), (3, 70)):
        epoch = Epoch(draw, *sizes)
        loss, *_ = epoch.trained(student)
        equal(loss, epoch.due()[0], f"With batches of {' and '.join(map(str, sizes))}", LOSS)


@question("epoch_loss")
@points(4)
@needs(test_each_batch_makes_one_step_downhill, test_the_loss_is_the_mean_over_all_batches)
def test_no_graph_outlives_the_next_batch(student, draw):
    """When a batch begins, no graph is alive any more but perhaps that of the batch before."""
    # Hint: Which of your names is still there when the next batch begins, and does any of them have
    #   a `grad_fn`?
    *_, alive = Epoch(draw, *[2] * 6).trained(student)
    if alive > 1:
        raise Failure(
            f"When the last of 6 batches begins, the graphs of {int(alive)} earlier ones are still "
            "alive: something that is kept, such as a sum or a list of losses, leads to them."
        )


@question("epoch_loss")
@points(1)
@needs(test_the_loss_is_the_mean_over_all_batches)
def test_the_result_has_no_graph(student, draw):
    """What is returned is a float, or a tensor without a graph."""
    *_, free, _ = Epoch(draw, 4, 4).trained(student)
    if not free:
        raise Failure("The result has a graph, and with it the graph of every batch.")


@question("epoch_loss")
@points(2)
@needs(test_gradients_of_earlier_batches_are_forgotten, test_unequal_batches_are_weighted)
def test_batches_may_come_from_a_generator(student, draw):
    """Batches that have no length and can be gone through only once will do."""
    epoch = Epoch(draw, 4, 3)
    loss, weight, *_ = epoch.trained(student, once=True)
    due_loss, due_weight, _ = epoch.due()
    equal(loss, due_loss, "With batches from a generator", LOSS)
    equal(weight, due_weight, "With batches from a generator", WEIGHT)


@question("epoch_loss")
@points(1)
@needs(test_gradients_of_earlier_batches_are_forgotten)
def test_any_optimizer_and_any_sizes_will_do(student, draw):
    """Momentum and Adam go on from batch to batch and epoch to epoch; one example is a batch."""
    for optimizer, sizes, more in (
        ("SGD", (3, 3), {"momentum": 0.9}),
        ("Adam", (2, 3), {"lr": 0.05}),
        ("SGD", (1,), {}),
        ("SGD", (1, 1, 140), {}),
        ("SGD", (1,) * 50, {"lr": 0.01}),
    ):
        epoch = Epoch(draw, *sizes)
        _, weight, bias, *_ = epoch.trained(student, optimizer, epochs=2, **more)
        _, due_weight, due_bias = epoch.due(optimizer, epochs=2, **more)
        said = f"After 2 epochs of {optimizer} with {more or 'lr=0.1'}"
        equal(weight, due_weight, said, WEIGHT)
        equal(bias, due_bias, said, BIAS)
