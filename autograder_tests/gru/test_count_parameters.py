"""Hidden checks of count_parameters; the oracle counts what torch's own layers hold."""

from torch import nn

from grader.checks import Failure, call, needs, points, question, spelled

TAKES = ("input_size", "hidden_size", "num_layers", "bidirectional")


def counted(input_size, hidden_size, num_layers, bidirectional):
    """Return how many numbers torch's layers hold; on the device "meta" they take no memory."""
    gru = nn.GRU(input_size, hidden_size, num_layers, bidirectional=bidirectional, device="meta")
    return sum(p.numel() for p in gru.parameters())


def require(student, *sizes):
    """Require the right count for these sizes."""
    (count,) = call(student.count_parameters, *sizes, takes=TAKES, shapes={"count": ()})
    if (due := counted(*sizes)) != count:
        named = ", ".join(f"{size} = {n}" for size, n in zip(TAKES, sizes, strict=True))
        raise Failure(f"With {named}, the count is {spelled(float(count) / due)} × the right one.")


@question("count_parameters")
@points(4)
def test_one_layer_is_counted(student, draw):
    """One layer in one direction has 3 · H · (I + H + 2) parameters."""
    for _ in range(3):
        require(student, *draw.integers(2, 100, 2).tolist(), 1, False)


@question("count_parameters")
@points(2)
@needs(test_one_layer_is_counted)
def test_further_layers_read_h_features(student, draw):
    """Every layer above the first reads H features, whatever I is."""
    for L in (2, 3, 4):
        I, H = draw.sizes(2, 2, 100)  # noqa: E741 (the letter that students read)
        require(student, I, H, L, False)


@question("count_parameters")
@points(3)
@needs(test_further_layers_read_h_features)
def test_both_directions_are_counted(student, draw):
    """In both directions a layer has twice the parameters, and upper layers read 2H features."""
    for L in (1, 2, 3):
        I, H = draw.sizes(2, 2, 100)  # noqa: E741
        require(student, I, H, L, True)


@question("count_parameters")
@points(1)
@needs(test_one_layer_is_counted)
def test_the_formula_needs_no_model(student, draw):
    """A million hidden units are counted as fast as one: nothing is built for it."""
    (H,) = draw.integers(1_000_000, 2_000_000, 1).tolist()
    require(student, 28, H, 1, False)
