"""Hidden checks of output_size and toeplitz; the oracles count places and write single rows."""

import torch

from grader.checks import agree_on_each, answer, call, needs, points, pure, question

TAKES, RETURNS = ("k (K)", "n"), ("M (N', N)",)
LENGTHS = ((3, 7), (2, 6))
"""K and n."""


def places(size, kernel, padding=0, stride=1):
    """Count the starts from which a kernel does not hang out."""
    end = size + padding
    return sum(start + kernel <= end for start in range(-padding, end, stride))


def matrix(k, n):
    """Write a kernel into each row, one place further each time."""
    after = [n - len(k) - row for row in range(n - len(k) + 1)]
    rows = [torch.cat([k.new_zeros(n - len(k) - m), k, k.new_zeros(m)]) for m in after]
    return torch.stack(rows)


def require_counts(student, cases):
    """Require the right count for each of these (size, kernel, padding, stride)."""
    for given in cases:
        answer(student.output_size, *given, due=places(*given), name="the output's size")


@question("output_size")
@points(1)
def test_a_kernel_fits_once_more_than_there_are_steps(student, draw):
    """Without padding, in steps of 1, there are n - k + 1 places: a kernel of n fits once."""
    kernel, more = draw.integers(6, 20, 2).tolist()
    require_counts(student, ((kernel + more, kernel), (kernel, kernel), (kernel + more, 1)))


@question("output_size")
@points(2)
@needs(test_a_kernel_fits_once_more_than_there_are_steps)
def test_padding_counts_at_both_ends(student, draw):
    """With padding, the input is longer by it at both of its ends."""
    kernel, more, padding = draw.integers(2, 9, 3).tolist()
    require_counts(student, ((kernel + more, kernel, padding), (1, 2 * padding + 1, padding)))


@question("output_size")
@points(1)
@needs(test_a_kernel_fits_once_more_than_there_are_steps)
def test_a_longer_step_makes_fewer_places(student, draw):
    """With a stride that divides, the places are counted that lie so far apart."""
    kernel, steps, stride = draw.integers(2, 9, 3).tolist()
    require_counts(student, [(kernel + steps * stride, kernel, 0, stride)])


@question("output_size")
@points(2)
@needs(test_a_longer_step_makes_fewer_places)
def test_a_step_that_does_not_fit_is_left_out(student, draw):
    """Where the stride does not divide, it is rounded down; it may be longer than the kernel."""
    kernel, steps = draw.integers(2, 6, 2).tolist()
    stride = int(draw.integers(3, 7, 1))
    cases = [(kernel + steps * stride + rest, kernel, 0, stride) for rest in (1, stride - 1)]
    require_counts(student, (*cases, (5, 2, 1, 4), (3, 2, 2, 9)))


@question("toeplitz")
@points(1)
def test_the_matrix_has_a_row_for_each_place(student, draw):
    """M is (n - K + 1, n): a row for each place of the kernel, a column for each entry."""
    for K, n in LENGTHS:
        due = (n - K + 1, n)
        call(student.toeplitz, draw(K), n, takes=TAKES, shapes={RETURNS[0]: due})


@question("toeplitz")
@points(5)
@needs(test_the_matrix_has_a_row_for_each_place)
def test_each_row_holds_the_kernel_one_place_further(student, draw):
    """Row r holds the kernel from column r on, and zeros elsewhere."""
    each = [(draw(K), n) for K, n in LENGTHS]
    with torch.no_grad():
        agree_on_each(student.toeplitz, matrix, each, takes=TAKES, returns=RETURNS)


@question("toeplitz")
@points(2)
@needs(test_each_row_holds_the_kernel_one_place_further)
def test_gradients_of_all_rows_reach_the_kernel(student, draw):
    """All rows share the kernel, and gradients of all of them reach it."""
    each = [(draw(K), n) for K, n in LENGTHS]
    agree_on_each(student.toeplitz, matrix, each, takes=TAKES, returns=RETURNS)


@question("toeplitz")
@points(1)
@needs(test_each_row_holds_the_kernel_one_place_further)
def test_a_kernel_may_have_any_length(student, draw):
    """A kernel of one entry fills the diagonal, one of n entries a single row."""
    each = [(draw(K), n) for K, n in ((1, 4), (5, 5), (1, 1), (2, 3), (2, 9), (3, 90), (60, 70))]
    with torch.no_grad():
        agree_on_each(student.toeplitz, matrix, each, takes=TAKES, returns=RETURNS)


@question("toeplitz")
@points(1)
@needs(test_each_row_holds_the_kernel_one_place_further)
def test_making_a_matrix_leaves_the_kernel_as_it_was(student, draw):
    """The kernel is not changed in place, and calling again gives the same."""
    pure(lambda k: student.toeplitz(k, 6), draw(3), takes=TAKES[:1])
