"""Hidden checks of collapse; the oracle takes the derivative of a linear network for its inputs."""

from functools import partial

import torch
from torch.nn.functional import linear

from grader.checks import agree, agree_on_each, call, needs, points, pure, question

TAKES = ("weight_ih (H, I)", "weight_hh (H, H)", "T")
M = "M (H, T·I)"
agree = partial(agree, takes=TAKES, returns=(M,))


def jacobian(weight_ih, weight_hh, T):
    """Return what a linear network makes of every unit vector as its input: a column each."""
    H, I = weight_ih.shape  # noqa: E741 (the letter that students read)
    x = torch.eye(T * I).reshape(T * I, T, I)
    h = weight_ih.new_zeros(T * I, H)
    for t in range(T):
        h = linear(x[:, t], weight_ih) + linear(h, weight_hh)
    return h.T


def given(draw, H=4, I=3, T=5):  # noqa: E741
    """Draw matrices of a network."""
    return draw(H, I), draw(H, H, scale=0.6), T


@question("collapse")
@points(1)
def test_the_matrix_has_a_block_for_every_step(student, draw):
    """The matrix has H rows and, for every step, I columns."""
    call(student.collapse, *given(draw), takes=TAKES, shapes={M: (4, 15)})


@question("collapse")
@points(6)
@needs(test_the_matrix_has_a_block_for_every_step)
def test_the_matrix_does_what_the_network_does(student, draw):
    """For any inputs, the matrix gives the state that the linear network ends in."""
    # Hint: For T = 2, write the state on paper, from x₁ and x₂, and compare the two blocks of
    #   yours, one after the other.
    # Hint: Which block has met W_hh, and from which side?
    with torch.no_grad():
        agree(student.collapse, jacobian, *given(draw))


@question("collapse")
@points(2)
@needs(test_the_matrix_does_what_the_network_does)
def test_gradients_reach_both_matrices(student, draw):
    """The matrix is differentiable, and its gradients for both weights are right."""
    agree(student.collapse, jacobian, *given(draw))


@question("collapse")
@points(1)
@needs(test_the_matrix_does_what_the_network_does)
def test_one_step_meets_the_matrix_of_the_input_alone(student, draw):
    """With T = 1, the matrix is W_ih."""
    with torch.no_grad():
        agree(student.collapse, jacobian, *given(draw, T=1))


@question("collapse")
@points(1)
@needs(test_the_matrix_does_what_the_network_does)
def test_a_collapsed_network_has_any_sizes(student, draw):
    """More inputs than features, as many, one of each, and many steps: all will do."""
    sizes = (
        (3, 5, 4),
        (3, 3, 3),
        (1, 3, 4),
        (3, 1, 4),
        (1, 1, 2),
        (2, 2, 20),
        (60, 2, 3),
        (2, 60, 3),
    )
    each = [given(draw, *size) for size in sizes]
    each.append((draw(2, 1), draw.matrix(1.0, 1.0), 70))  # what was read first still counts
    with torch.no_grad():
        agree_on_each(student.collapse, jacobian, each, takes=TAKES, returns=(M,))


@question("collapse")
@points(1)
@needs(test_the_matrix_does_what_the_network_does)
def test_the_weights_are_only_read(student, draw):
    """Neither of the two matrices is changed."""
    weight_ih, weight_hh, T = given(draw)

    def collapse(weight_ih, weight_hh):
        return student.collapse(weight_ih, weight_hh, T)

    pure(collapse, weight_ih, weight_hh, takes=TAKES)
