"""Hidden checks of gru_step; the oracle is torch's own operator.

Gates in another order, an update gate that means the reverse, or a reset before the product: each
costs a check of its own and nothing else. The other checks find out which convention the code
follows, and hold the rest against a step with that convention.
"""

from functools import partial
from itertools import permutations, product

import torch

from grader.checks import (
    Failure,
    agree,
    agree_on_each,
    call,
    convention,
    equal,
    needs,
    points,
    pure,
    question,
)

TAKES = (
    "x (B, I)", "h (B, H)", "weight_ih (3H, I)", "weight_hh (3H, H)", "bias_ih (3H)",
    "bias_hh (3H)",
)  # fmt: skip
H_NEXT = "h' (B, H)"
ORDERS = tuple(map("".join, permutations("rzn")))
KEEPS = (True, False)
RESETS = ("after", "before", "between")


def step(x, h, weight_ih, weight_hh, bias_ih, bias_hh, order="rzn", keeps=True, reset="after"):
    """Do a step by any convention: the order of the gates, what z = 1 means, and where r acts.

    It acts on the product and its bias ("after" the product), on the state ("before" it), or
    "between" the product and its bias.
    """
    if (order, keeps, reset) == ("rzn", True, "after"):
        return torch.gru_cell(x, h, weight_ih, weight_hh, bias_ih, bias_hh)
    given = (p.chunk(3) for p in (weight_ih, weight_hh, bias_ih, bias_hh))
    parts = {gate: pieces for gate, *pieces in zip(order, *given, strict=True)}
    W, U, b, d = parts["r"]
    r = torch.sigmoid(x @ W.T + h @ U.T + b + d)
    W, U, b, d = parts["z"]
    z = torch.sigmoid(x @ W.T + h @ U.T + b + d)
    W, U, b, d = parts["n"]
    recurrent = {
        "after": lambda: r * (h @ U.T + d),
        "before": lambda: (r * h) @ U.T + d,
        "between": lambda: r * (h @ U.T) + d,
    }[reset]()
    n = torch.tanh(x @ W.T + b + recurrent)
    return z * h + (1 - z) * n if keeps else z * n + (1 - z) * h


KNOWN = {
    found: partial(step, order=found[0], keeps=found[1], reset=found[2])
    for found in product(ORDERS, KEEPS, RESETS)
}


def arguments(draw, B=2, I=3, H=4, scale=1.0):  # noqa: E741 (the letter that students read)
    """Draw what gru_step is given; biases are not 0, or two of the conventions were one."""
    state = draw(B, I, scale=scale), draw(B, H, scale=scale)
    return *state, draw(3 * H, I), draw(3 * H, H), draw(3 * H), draw(3 * H)


def followed(student, draw):
    """Return the convention that the student's code follows."""
    given = arguments(draw)
    call(student.gru_step, *given, takes=TAKES, shapes={H_NEXT: (2, 4)})
    return convention(student.gru_step, KNOWN, *given)


@question("gru_step")
@points(1)
def test_a_step_returns_a_state(student, draw):
    """A step returns the next state, with H features for every sequence."""
    call(student.gru_step, *arguments(draw), takes=TAKES, shapes={H_NEXT: (2, 4)})


@question("gru_step")
@points(8)
@needs(test_a_step_returns_a_state)
def test_a_step_follows_the_equations(student, draw):
    """r and z are gates, n is the candidate, and the new state is a mixture of n and h."""
    # Hint: Take B = I = H = 1 and small numbers, work out r, z, n and the new state by hand, and
    #   print all four. Which is the first that differs?
    # Hint: If it is a gate, print its sum before the sigmoid, and count: two products, two biases.
    # Hint: If all three are right, only the mixture is left.
    right = KNOWN[followed(student, draw)]
    given = arguments(draw)
    (found,) = call(student.gru_step, *given, takes=TAKES, shapes={H_NEXT: (2, 4)})
    equal(found, right(*given), "The next state does not follow from the equations", H_NEXT)


@question("gru_step")
@points(4)
@needs(test_a_step_follows_the_equations)
def test_the_gates_stand_in_the_order_r_z_n(student, draw):
    """Weights and biases hold the reset gate, the update gate and the candidate, in this order."""
    order, *_ = followed(student, draw)
    if order != "rzn":
        yours = ", ".join(order)
        raise Failure(f"Your gates stand in the order {yours}; it should be r, z, n as in torch.")


@question("gru_step")
@points(3)
@needs(test_a_step_follows_the_equations)
def test_the_update_gate_keeps_the_old_state(student, draw):
    """Where z is 1 the old state is kept: h' = (1 - z) ⊙ n + z ⊙ h."""
    _, keeps, _ = followed(student, draw)
    if not keeps:
        raise Failure("Where z is 1, yours takes the candidate; it should keep the old state.")


@question("gru_step")
@points(3)
@needs(test_a_step_follows_the_equations)
def test_the_reset_gate_acts_after_the_product(student, draw):
    """r acts on the product and on its bias: r ⊙ (W_hn h + b_hn)."""
    *_, reset = followed(student, draw)
    if reset == "before":
        raise Failure("Yours resets the state before its product with W_hn; it should do so after.")
    if reset == "between":
        raise Failure("Yours resets the product W_hn h alone; r should act on b_hn as well.")


@question("gru_step")
@points(1)
@needs(test_a_step_follows_the_equations)
def test_gradients_reach_all_that_a_step_is_given(student, draw):
    """The gradients with respect to x, h, weights and biases are right."""
    right = KNOWN[followed(student, draw)]
    agree(student.gru_step, right, *arguments(draw), takes=TAKES, returns=(H_NEXT,))


@question("gru_step")
@points(1)
@needs(test_a_step_follows_the_equations)
def test_a_step_takes_any_sizes(student, draw):
    """One sequence or a hundred, one feature, all sizes equal, large inputs: all follow them."""
    right = KNOWN[followed(student, draw)]
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = ((1, 3, 4), (2, 1, 3), (2, 3, 1), (3, 3, 3), (1, 1, 1), (12, 4, 4), (many, 3, 4))
    each = [arguments(draw, *size) for size in sizes]
    each.append(arguments(draw, scale=1000.0))  # e^x overflows above 709
    with torch.no_grad():
        agree_on_each(student.gru_step, right, each, takes=TAKES, returns=(H_NEXT,))


@question("gru_step")
@points(1)
@needs(test_a_step_follows_the_equations)
def test_a_step_leaves_everything_as_it_was(student, draw):
    """No argument is changed in place, and calling again gives the same."""
    pure(student.gru_step, *arguments(draw), takes=TAKES)
