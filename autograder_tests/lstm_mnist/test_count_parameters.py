"""Hidden checks of count_parameters; the oracle counts what torch's own layers hold."""

from torch import nn

from grader.checks import Failure, needs, points, question, spelled


def counted(input_size, hidden_size, num_layers, num_classes):
    """Return how many numbers torch's layers hold; on the device "meta" they take no memory."""
    rnn = nn.LSTM(input_size, hidden_size, num_layers, device="meta")
    head = nn.Linear(hidden_size, num_classes, device="meta")
    return sum(p.numel() for layer in (rnn, head) for p in layer.parameters())


def require(student, *sizes):
    """Require the right count for these sizes."""
    count, due = student.count_parameters(*sizes), counted(*sizes)
    if count != due:
        named = "I = {}, H = {}, L = {}, C = {}".format(*sizes)
        off = f" It is {spelled(count / due)} × what it should be." if _is_number(count) else ""
        raise Failure(f"The count is wrong for {named}.{off}")


def _is_number(count):
    return isinstance(count, int | float) and count


@question("count_parameters")
@points(3)
def test_one_layer_and_a_head_are_counted(student, draw):
    """One layer has 4 · H · (I + H + 2) parameters, and the head has (H + 1) · C."""
    for sizes in ((28, 64, 1, 10), (3, 5, 1, 7), (7, 2, 1, 3)):
        require(student, *sizes)


@question("count_parameters")
@points(2)
@needs(test_one_layer_and_a_head_are_counted)
def test_further_layers_read_h_features(student, draw):
    """Every layer above the first reads H features, whatever I is."""
    for sizes in ((28, 64, 2, 10), (3, 5, 3, 7), (7, 2, 4, 3)):
        require(student, *sizes)


@question("count_parameters")
@points(1)
@needs(test_one_layer_and_a_head_are_counted)
def test_the_formula_needs_no_model(student, draw):
    """A million hidden units are counted as fast as one: nothing is built for it."""
    require(student, 28, 1_000_000, 2, 10)
