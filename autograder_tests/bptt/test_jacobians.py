"""Hidden checks of the questions on Jacobians; the oracle is torch's own differentiation."""

import torch

from grader.checks import (
    assuming,
    by_hand,
    call,
    call_on_each,
    equal,
    needs,
    points,
    pure,
    question,
)

STEP = ("h_next (B, H)", "weight_hh (H, H)")
J = "J (B, H, H)"
ROAD = ("out (T, H)", "weight_hh (H, H)")
NORMS = "norms (T)"
MATRIX = "the matrix (m, n)"

with_a_right_jacobian = assuming(
    step_jacobian="""
import torch

def step_jacobian(h_next, weight_hh):
    return torch.diag_embed(1 - h_next * h_next) @ weight_hh
"""
)


def step(draw, B, H):
    """Draw a step: the state after it, the matrix, and the Jacobian that is due."""
    h, rest, weight_hh = draw(B, H, scale=0.5), draw(B, H, scale=0.5), draw(H, H, scale=0.7)
    h.requires_grad_()
    h_next = torch.tanh(h @ weight_hh.T + rest)
    rows = [torch.autograd.grad(h_next[:, j].sum(), h, retain_graph=True)[0] for j in range(H)]
    return h_next.detach(), weight_hh, torch.stack(rows, dim=1)


def road(draw, T, H):
    """Draw the states of T steps: those, the matrix, and the norms that are due.

    The matrix neither commutes with the tanh' of the steps nor is symmetric.
    """
    weight_hh = draw.matrix(*torch.linspace(1.4, 0.6, H).tolist())
    states = [draw(H, scale=0.5).requires_grad_()]
    for _ in range(T - 1):
        states.append(torch.tanh(weight_hh @ states[-1] + draw(H, scale=0.5)))
    rows = [torch.autograd.grad(states[-1][j], states, retain_graph=True) for j in range(H)]
    jacobians = [torch.stack(of_state) for of_state in zip(*rows, strict=True)]  # T of (H, H)
    norms = torch.stack([torch.linalg.svdvals(jacobian)[0] for jacobian in jacobians])
    return torch.stack(states).detach(), weight_hh, norms


@question("step_jacobian")
@points(1)
def test_every_sequence_has_a_matrix(student, draw):
    """step_jacobian returns a matrix (H, H) for every sequence."""
    B, H = draw.sizes(2, 2, 4)
    h_next, weight_hh, _ = step(draw, B, H)
    call(student.step_jacobian, h_next, weight_hh, takes=STEP, shapes={J: (B, H, H)})


@question("step_jacobian")
@points(6)
@needs(test_every_sequence_has_a_matrix)
def test_entry_j_k_is_the_derivative_of_j_for_k(student, draw):
    """J[b, j, k] is the derivative of feature j after the step with respect to k before it."""
    B, H = draw.sizes(2, 2, 4)
    h_next, weight_hh, due = step(draw, B, H)
    (found,) = call(student.step_jacobian, h_next, weight_hh, takes=STEP, shapes={J: due.shape})
    equal(found, due, "The derivatives of a step", J)


@question("step_jacobian")
@points(1)
@needs(test_entry_j_k_is_the_derivative_of_j_for_k)
def test_a_jacobian_may_have_any_size(student, draw):
    """One sequence, one feature, as many sequences as features: each has its Jacobian."""
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = ((1, 3), (3, 1), (3, 3), (1, 1), (many, 2))
    steps = [step(draw, *each) for each in sizes]
    given = [(h_next, weight_hh) for h_next, weight_hh, _ in steps]
    shapes = [{J: due.shape} for *_, due in steps]
    each = call_on_each(student.step_jacobian, given, shapes, takes=STEP)
    for (B, H), (*_, due), (found,) in zip(sizes, steps, each, strict=True):
        equal(found, due, f"With B={B} and H={H}", J)


@question("step_jacobian")
@points(1)
@needs(test_entry_j_k_is_the_derivative_of_j_for_k)
def test_a_jacobian_follows_from_the_formula(student, draw):
    """The Jacobian is computed from the formula, not by torch's autograd or by trying."""
    by_hand(student, "step_jacobian", lambda n: step(draw, 2, n)[:2])


@question("step_jacobian")
@points(1)
@needs(test_entry_j_k_is_the_derivative_of_j_for_k)
def test_a_jacobian_leaves_everything_as_it_was(student, draw):
    """No argument is changed in place, and calling again gives the same."""
    pure(student.step_jacobian, *step(draw, 2, 3)[:2], takes=STEP)


@question("jacobian_norms")
@points(1)
@with_a_right_jacobian
def test_every_step_has_a_norm(student, draw):
    """jacobian_norms returns one number for every step."""
    out, weight_hh, norms = road(draw, 5, 3)
    call(student.jacobian_norms, out, weight_hh, takes=ROAD, shapes={NORMS: norms.shape})


@question("jacobian_norms")
@points(6)
@needs(test_every_step_has_a_norm)
@with_a_right_jacobian
def test_the_product_of_later_steps_is_measured(student, draw):
    """norms[t] is the largest singular value of J(T) ⋯ J(t + 1), later steps on the left."""
    out, weight_hh, due = road(draw, 5, 3)
    shapes = {NORMS: due.shape}
    (norms,) = call(student.jacobian_norms, out, weight_hh, takes=ROAD, shapes=shapes)
    equal(norms, due, "The product of the later steps", NORMS)


@question("jacobian_norms")
@points(1)
@needs(test_every_step_has_a_norm)
@with_a_right_jacobian
def test_the_last_state_depends_on_itself(student, draw):
    """The norm of the last step is 1: between it and itself lies no step."""
    out, weight_hh, due = road(draw, 4, 3)
    shapes = {NORMS: due.shape}
    (norms,) = call(student.jacobian_norms, out, weight_hh, takes=ROAD, shapes=shapes)
    equal(norms[-1], due[-1], "For the last step", "norms[-1]")


@question("jacobian_norms")
@points(1)
@needs(test_the_product_of_later_steps_is_measured)
@with_a_right_jacobian
def test_a_road_may_be_of_any_length(student, draw):
    """One step, two, or thirty; one feature; as many steps as features."""
    sizes = ((1, 3), (2, 3), (30, 2), (4, 1), (3, 3), (1, 1))
    roads = [road(draw, *each) for each in sizes]
    given = [(out, weight_hh) for out, weight_hh, _ in roads]
    shapes = [{NORMS: due.shape} for *_, due in roads]
    each = call_on_each(student.jacobian_norms, given, shapes, takes=ROAD)
    for (T, H), (*_, due), (norms,) in zip(sizes, roads, each, strict=True):
        equal(norms, due, f"With T={T} and H={H}", NORMS)


@question("jacobian_norms")
@points(1)
@needs(test_the_product_of_later_steps_is_measured)
@with_a_right_jacobian
def test_measuring_leaves_everything_as_it_was(student, draw):
    """No argument is changed in place, and calling again gives the same."""
    pure(student.jacobian_norms, *road(draw, 4, 3)[:2], takes=ROAD)


def scaled(student, W, s):
    """Return the student's matrix, and require its shape."""
    takes, shapes = ("W (m, n)", "s"), {MATRIX: W.shape}
    (found,) = call(student.with_largest_singular_value, W, s, takes=takes, shapes=shapes)
    return found


@question("with_largest_singular_value")
@points(4)
def test_all_singular_values_are_scaled_alike(student, draw):
    """The largest singular value becomes s, and W is multiplied by one number."""
    largest, s = (1 + draw(2).abs()).tolist()
    W = draw.matrix(3 * largest, largest, largest / 2)
    equal(scaled(student, W, s), W * s / (3 * largest), "Scaled to s", MATRIX)


@question("with_largest_singular_value")
@points(1)
@needs(test_all_singular_values_are_scaled_alike)
def test_any_matrix_can_be_scaled(student, draw):
    """A number, a matrix that is not square, one whose largest singular value is s already."""
    (many,) = draw.integers(130, 150, 1).tolist()
    for W, largest in (
        (draw.matrix(3.0), 3.0),
        (draw.matrix(2.0, 0.5, rows=many), 2.0),
        (draw.matrix(2.0, 0.5, rows=4), 2.0),
        (draw.matrix(2.0, 0.5, rows=4).mT, 2.0),
        (draw.matrix(0.7, 0.1, 0.0), 0.7),
        (draw.matrix(1.5, 1.0, 0.2), 1.5),
    ):
        m, n = W.shape
        equal(scaled(student, W, 1.5), W * 1.5 / largest, f"With m={m} and n={n}", MATRIX)


@question("with_largest_singular_value")
@points(1)
@needs(test_all_singular_values_are_scaled_alike)
def test_scaling_makes_a_new_matrix(student, draw):
    """W is not changed in place, and calling again gives the same."""

    def with_largest_singular_value(W):
        return student.with_largest_singular_value(W, 0.5)

    pure(with_largest_singular_value, draw(3, 3), takes=("W",))
