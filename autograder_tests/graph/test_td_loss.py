"""Hidden checks of td_loss; the oracle is torch's own loss, with a target that has no history."""

from torch import nn

from grader.checks import agree, agree_on_each, call, equal, needs, points, pure, question

TAKES = ("value (N)", "target (N)")
LOSS = "loss"


def oracle(value, target):
    """Return the loss; the target counts, and gets a gradient of 0."""
    return nn.functional.mse_loss(value, target.detach()) + 0 * target.sum()


@question("td_loss")
@points(1)
def test_the_loss_is_one_number(student, draw):
    """td_loss returns one number, without axes."""
    call(student.td_loss, draw(6), draw(6), takes=TAKES, shapes={LOSS: ()})


@question("td_loss")
@points(3)
@needs(test_the_loss_is_one_number)
def test_the_loss_is_the_mean_squared_error(student, draw):
    """The loss is the mean of the squared differences."""
    value, target = draw(6), draw(6)
    (loss,) = call(student.td_loss, value, target, takes=TAKES, shapes={LOSS: ()})
    equal(loss, oracle(value, target), "Of 6 values and targets", LOSS)


@question("td_loss")
@points(4)
@needs(test_the_loss_is_the_mean_squared_error)
def test_the_gradient_reaches_the_value_alone(student, draw):
    """Values are pulled towards their targets, and no gradient reaches the targets."""
    agree(student.td_loss, oracle, draw(6), draw(6), takes=TAKES, returns=(LOSS,))


@question("td_loss")
@points(1)
@needs(test_the_loss_is_the_mean_squared_error)
def test_values_may_have_any_shape(student, draw):
    """One value, a column, several axes, or a number without axes."""
    (many,) = draw.integers(130, 150, 1).tolist()
    shapes = ((1,), (4, 1), (2, 3, 4), (), (many,))
    each = [(draw(*shape), draw(*shape)) for shape in shapes]
    agree_on_each(student.td_loss, oracle, each, takes=("value", "target"), returns=(LOSS,))


@question("td_loss")
@points(1)
@needs(test_the_loss_is_the_mean_squared_error)
def test_value_and_target_stay_as_they_are(student, draw):
    """Neither the values nor the targets are changed in place."""
    pure(student.td_loss, draw(6), draw(6), takes=TAKES)
