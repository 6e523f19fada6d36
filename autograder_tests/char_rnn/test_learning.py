"""Hidden checks of loss, gradients and adagrad_step; the oracles are torch's own operators."""

from functools import partial

import torch
from torch.nn.functional import cross_entropy, linear

from grader.checks import (
    Failure,
    agree,
    assuming,
    by_hand,
    call,
    equal,
    needs,
    only,
    points,
    pure,
    question,
)

ONE_HOT = """
import torch

def one_hot(ids, V):
    return torch.eye(V)[ids]
"""
LOSS = """
import torch

def loss(params, inputs, targets, h_0):
    h, total = h_0, 0 * h_0.sum()
    for x, y in zip(inputs, targets):
        h = torch.tanh(params["W_xh"][:, x] + params["W_hh"] @ h + params["b_h"])
        total = total - (params["W_hy"] @ h + params["b_y"]).log_softmax(0)[y]
    return total, h
"""
NAMES = ("W_xh", "W_hh", "b_h", "W_hy", "b_y")
TAKES = ("params", "inputs (T)", "targets (T)", "h_0 (H)")
TOTAL, LAST = RETURNS = ("loss", "the last state (H)")
V, H, T = 6, 4, 5


def parameters(draw, V=V, H=H):
    """Draw the five parameters."""
    shapes = ((H, V), (H, H), (H,), (V, H), (V,))
    return {name: draw(*s, scale=0.7) for name, s in zip(NAMES, shapes, strict=True)}


def piece(draw, T=T, V=V, H=H):
    """Draw all that a loss is given; where T ≤ V, no character is read twice."""
    inputs = torch.randperm(V, generator=draw._generator)[:T]
    inputs = inputs if T <= V else draw.integers(0, V, T)
    return parameters(draw, V, H), inputs, draw.integers(0, V, T), draw(H)


def long(draw):
    """Draw a long text, and parameters that soon forget."""
    params, *others = piece(draw, 150)
    return params | {"W_hh": params["W_hh"] / params["W_hh"].norm()}, *others


# ── loss ─────────────────────────────────────────────────────────────────────────────────────────


def read(params, inputs, targets, h_0):
    """Return the loss and the last state, by torch's own cell and its cross-entropy."""
    h, no_bias = h_0[None], torch.zeros_like(params["b_h"])
    states = []
    for x in inputs:
        column = params["W_xh"][:, x][None]
        one = torch.eye(len(h_0), dtype=h_0.dtype)
        h = torch.rnn_tanh_cell(column, h, one, params["W_hh"], params["b_h"], no_bias)
        states.append(h)
    logits = linear(torch.cat(states), params["W_hy"], params["b_y"])
    return cross_entropy(logits, targets, reduction="sum"), h[0]


with_marks = assuming(one_hot=ONE_HOT)
costs = partial(agree, takes=TAKES, returns=RETURNS)


def cost(student, given):
    """Return the student's loss and last state, and require their shapes."""
    shapes = {TOTAL: (), LAST: given[-1].shape}
    return call(student.loss, *given, takes=TAKES, shapes=shapes)


@question("loss")
@points(1)
@with_marks
def test_reading_gives_a_loss_and_a_state(student, draw):
    """There are two results: the loss, one number, and the last state."""
    cost(student, piece(draw))


@question("loss")
@points(6)
@needs(test_reading_gives_a_loss_and_a_state)
@with_marks
def test_each_step_pays_for_what_comes_next(student, draw):
    """Started from zeros, the loss is the sum of -log softmax(logits) of what should come."""
    # Hint: Take one character, V = 2 and H = 1 with all weights 1, and work out state, logits and
    #   loss by hand.
    # Hint: Then take two characters: the second state hears of the first. Does yours?
    params, inputs, targets, h_0 = piece(draw)
    given = params, inputs, targets, torch.zeros_like(h_0)
    total, _ = cost(student, given)
    equal(total, read(*given)[0], "This is not what the steps cost together", TOTAL)


@question("loss")
@points(3)
@needs(test_each_step_pays_for_what_comes_next)
@with_marks
def test_the_last_state_is_returned(student, draw):
    """The second result is the state after the last character."""
    params, inputs, targets, h_0 = piece(draw)
    given = params, inputs, targets, torch.zeros_like(h_0)
    _, last = cost(student, given)
    equal(last, read(*given)[1], "This is not the last state", LAST)


@question("loss")
@points(2)
@needs(test_each_step_pays_for_what_comes_next)
@with_marks
def test_reading_starts_from_the_state_that_is_given(student, draw):
    """The first character meets h_0."""
    given = piece(draw)
    total, _ = cost(student, given)
    equal(total, read(*given)[0], "Started from a given state", TOTAL)


@question("loss")
@points(2)
@needs(test_each_step_pays_for_what_comes_next)
@with_marks
def test_large_logits_do_not_overflow(student, draw):
    """Being wrong by a thousand costs a thousand, and not infinity."""
    params, inputs, targets, h_0 = piece(draw)
    given = params | {"b_y": 1000 * draw(V)}, inputs, targets, torch.zeros_like(h_0)
    total, _ = cost(student, given)
    equal(total, read(*given)[0], "With logits of a thousand", TOTAL)


@question("loss")
@points(1)
@needs(test_the_last_state_is_returned, test_reading_starts_from_the_state_that_is_given)
@with_marks
def test_a_text_may_have_any_length(student, draw):
    """One character, forty, as many as features; one feature: all can be read."""
    with torch.no_grad():
        for size in ((1, 6, 4), (40, 6, 4), (4, 4, 4), (5, 6, 1), (5, 2, 4), (3, 70, 60)):
            costs(student.loss, read, *piece(draw, *size))
        costs(student.loss, read, *long(draw))


@question("loss")
@points(1)
@needs(test_each_step_pays_for_what_comes_next)
@with_marks
def test_reading_changes_nothing(student, draw):
    """Parameters, texts and the first state stay as they are."""
    params, *others = piece(draw)
    pure(lambda *given: student.loss(*packed(given)), *params.values(), *others, takes=FLAT)


FLAT = (*NAMES, "inputs", "targets", "h_0")


def packed(given):
    """Return the arguments of loss, from a row of tensors."""
    return dict(zip(NAMES, given, strict=False)), *given[len(NAMES) :]


# ── gradients ────────────────────────────────────────────────────────────────────────────────────


def due(params, inputs, targets, h_0):
    """Return torch's own gradients."""
    with torch.enable_grad():
        leaves = {name: p.detach().clone().requires_grad_() for name, p in params.items()}
        total, _ = read(leaves, inputs, targets, h_0.detach())
        return dict(zip(NAMES, torch.autograd.grad(total, list(leaves.values())), strict=True))


with_right_parts = assuming(one_hot=ONE_HOT, loss=LOSS)


def require(student, name, *given):
    """Require one of the gradients."""
    with torch.no_grad():
        agree(
            only(student.gradients, name, NAMES), only(due, name, NAMES), *given,
            takes=TAKES, returns=(f"d{name} ({AXES[name]})",),
        )  # fmt: skip


AXES = {"W_xh": "H, V", "W_hh": "H, H", "b_h": "H", "W_hy": "V, H", "b_y": "V"}


@question("gradients")
@points(1)
@with_right_parts
def test_every_parameter_has_a_gradient_of_its_shape(student, draw):
    """There is a gradient for each of the five parameters, with the shape of that."""
    given = piece(draw)
    shapes = {name: p.shape for name, p in given[0].items()}
    call(student.gradients, *given, takes=TAKES, shapes=shapes)


@question("gradients")
@points(1)
@needs(test_every_parameter_has_a_gradient_of_its_shape)
@with_right_parts
def test_gradients_come_in_a_dict(student, draw):
    """The gradients are in a dict, under the names of the parameters."""
    if not isinstance(student.gradients(*piece(draw)), dict):
        raise Failure("It is no dict, so nobody knows which gradient is whose.")


@question("gradients")
@points(3)
@needs(test_every_parameter_has_a_gradient_of_its_shape)
@with_right_parts
def test_gradient_of_the_last_bias(student, draw):
    """b_y gets the sum over steps of what was said minus what is right."""
    # Hint: Print dy at each step. Its entries sum to 0, and only one of them is negative: which
    #   one, and why?
    # Hint: If each dy is right, add up two of them on paper.
    require(student, "b_y", *piece(draw))


@question("gradients")
@points(4)
@needs(test_every_parameter_has_a_gradient_of_its_shape)
@with_right_parts
def test_gradient_of_the_matrix_to_the_output(student, draw):
    """W_hy gets the sum over steps of dy times the state of that step."""
    require(student, "W_hy", *piece(draw))


@question("gradients")
@points(4)
@needs(test_every_parameter_has_a_gradient_of_its_shape)
@with_right_parts
def test_what_comes_back_at_one_step(student, draw):
    """Of a text of one character, b_h gets (1 - h²) ⊙ (W_hyᵀ dy): there is no later step."""
    # Hint: Print dy, then dh, then dz, for T = 1, and compare each with the formulas. Which is the
    #   first to differ?
    # Hint: Is the product for dh one over V, or one over H? Write the shapes below each other.
    require(student, "b_h", *piece(draw, 1))


@question("gradients")
@points(4)
@needs(test_what_comes_back_at_one_step)
@with_right_parts
def test_what_comes_back_through_later_steps(student, draw):
    """Each state also acts through the next one, so b_h hears of all later steps."""
    # Hint: For T = 2, print what step 0 gets from step 1. By what is dz of step 1 multiplied on its
    #   way?
    # Hint: Move one entry of b_h by 0.001 both ways, and see what your `loss` does: that is the
    #   slope to be found.
    require(student, "b_h", *piece(draw))


@question("gradients")
@points(3)
@needs(test_what_comes_back_at_one_step)
@with_right_parts
def test_gradient_of_the_matrix_of_the_input(student, draw):
    """The column of W_xh for the character that is read gets that step's dz."""
    require(student, "W_xh", *piece(draw, 1))


@question("gradients")
@points(2)
@needs(test_gradient_of_the_matrix_of_the_input, test_what_comes_back_through_later_steps)
@with_right_parts
def test_a_character_that_comes_twice_adds_up(student, draw):
    """What a character's column gets is the sum over all steps at which it is read."""
    require(student, "W_xh", *piece(draw, 2 * V + 1))
    require(student, "W_xh", *long(draw))


@question("gradients")
@points(4)
@needs(test_what_comes_back_through_later_steps)
@with_right_parts
def test_gradient_of_the_matrix_between_states(student, draw):
    """W_hh gets the sum of dz times the state *before* each step: h_0 for the first one."""
    # Hint: For T = 1, the gradient of W_hh is dz times h_0. Is yours?
    # Hint: For T = 2, print which state you multiply each dz by.
    require(student, "W_hh", *piece(draw))
    require(student, "W_hh", *piece(draw, 3, 70, 60))


@question("gradients")
@points(1)
@needs(test_gradient_of_the_last_bias)
@with_right_parts
def test_gradients_are_written_out(student, draw):
    """The gradients come from the formulas, and not from torch or from trying."""
    by_hand(student, "gradients", lambda n: piece(draw, T, V, n))


@question("gradients")
@points(1)
@needs(test_gradient_of_the_last_bias)
@with_right_parts
def test_parameters_are_not_changed_by_their_gradients(student, draw):
    """Parameters, texts and the first state stay as they are."""
    params, *others = piece(draw)
    pure(lambda *given: student.gradients(*packed(given)), *params.values(), *others, takes=FLAT)


# ── adagrad_step ─────────────────────────────────────────────────────────────────────────────────

GIVEN = ("params", "grads", "memory", "lr")
HELD = ("params['W']", "params['b']", "memory['W']", "memory['b']")


def held(draw, rows=3, columns=4):
    """Draw a dict of tensors, as parameters have them, all of their numbers beyond 1.

    So it does not matter whether 10⁻⁸ stands inside of the root or outside.
    """
    drawn = {"W": draw(rows, columns), "b": draw(columns)}
    return {name: value + value.sign() for name, value in drawn.items()}


def squares(draw, *sizes):
    """Draw a memory: what some steps have left."""
    return {name: value**2 for name, value in held(draw, *sizes).items()}


def nothing(params):
    """Return an empty memory."""
    return {name: torch.zeros_like(p) for name, p in params.items()}


def adagrad(params, grads, memory, lr):
    """Make a step with torch's own optimizer."""
    leaves = {name: p.clone().requires_grad_() for name, p in params.items()}
    optimizer = torch.optim.Adagrad(leaves.values(), lr=lr, eps=1e-8)
    for name, leaf in leaves.items():
        leaf.grad, optimizer.state[leaf]["sum"] = grads[name].clone(), memory[name].clone()
    optimizer.step()
    moved = {name: leaf.detach() for name, leaf in leaves.items()}
    return moved, {name: optimizer.state[leaf]["sum"] for name, leaf in leaves.items()}


def step(student, *given):
    """Return the student's W and b after a step, and the memories of both."""
    shapes = [given[0][name].shape for name in ("W", "b")] * 2
    shapes = dict(zip(HELD, shapes, strict=True))
    return call(student.adagrad_step, *given, takes=GIVEN, shapes=shapes)


def compare(student, given, places, otherwise):
    """Require some of the results of a step."""
    found, due = step(student, *given), adagrad(*given)
    due = [kept[name] for kept in due for name in ("W", "b")]
    for place in places:
        equal(found[place], due[place], otherwise, HELD[place])


@question("adagrad_step")
@points(4)
def test_a_step_divides_by_the_root_of_the_squares(student, draw):
    """Each number moves by lr · g / √m, where m already holds this gradient's square."""
    for memory, said in ((nothing, "an empty memory"), (lambda _: squares(draw), "a memory")):
        params = held(draw)
        given = params, held(draw), memory(params), 0.3
        compare(student, given, (0, 1), f"With {said}")


@question("adagrad_step")
@points(2)
@needs(test_a_step_divides_by_the_root_of_the_squares)
def test_the_memory_adds_up_squares_of_gradients(student, draw):
    """The next memory is the old one and the squares of the gradients."""
    for sizes in ((), (70, 60)):
        given = held(draw, *sizes), held(draw, *sizes), squares(draw, *sizes), 0.3
        compare(student, given, range(4) if sizes else (2, 3), "After a step")


@question("adagrad_step")
@points(1)
@needs(test_a_step_divides_by_the_root_of_the_squares)
def test_what_has_no_gradient_stands_still(student, draw):
    """With a gradient of 0 and an empty memory, a number stays what it is."""
    params, grads = held(draw), held(draw)
    grads["b"] = torch.zeros(4)
    compare(student, (params, grads, nothing(params), 0.3), (0, 1), "Where nothing pulls")


@question("adagrad_step")
@points(1)
@needs(test_a_step_divides_by_the_root_of_the_squares)
def test_what_was_given_is_only_read(student, draw):
    """Parameters, gradients and memory stay as they are."""
    rows = [value for kept in (held(draw), held(draw), squares(draw)) for value in kept.values()]

    def adagrad_step(*rows):
        own = [dict(zip(("W", "b"), rows[i : i + 2], strict=True)) for i in (0, 2, 4)]
        return student.adagrad_step(*own, 0.3)

    takes = [f"{kept}[{name!r}]" for kept in GIVEN[:3] for name in ("W", "b")]
    pure(adagrad_step, *rows, takes=takes)
