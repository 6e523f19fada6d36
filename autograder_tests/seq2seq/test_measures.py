"""Hidden checks of exact_match and edit_distance, with answers that are known."""

import torch

from grader.checks import Failure, answer, call, equal, needs, points, question

# ── exact_match ──────────────────────────────────────────────────────────────────────────────────

SHARE = "the share"
WRONG = 99
"""A symbol that is in no right answer."""


def spoilt(said, *places):
    """Return an answer with a wrong symbol at each of these places."""
    return [WRONG if place in places else symbol for place, symbol in enumerate(said)]


class Answers:
    """Right answers of S - 1 symbols at most, as rows of numbers and as lists."""

    def __init__(self, draw, ends, S=6):
        self.eos, pad, *self.symbols = torch.randperm(12, generator=draw._generator).tolist()
        self.draw = draw
        self.right = [self.some(n) for n in ends]
        rows = [said + [self.eos] + [pad] * (S - 1 - len(said)) for said in self.right]
        self.truth = torch.tensor(rows)

    def some(self, n):
        """Draw n symbols that may stand in an answer."""
        return [self.symbols[i] for i in self.draw.integers(0, len(self.symbols), n).tolist()]

    def require(self, student, predicted, otherwise):
        """Require the share of these predictions that is right."""

        def exact_match(truth):  # the name that the student reads
            return student.exact_match(predicted, truth, self.eos)

        (share,) = call(exact_match, self.truth, takes=("truth (B, S)",), shapes={SHARE: ()})
        right = sum(a == b for a, b in zip(predicted, self.right, strict=True))
        due = torch.tensor(right / len(predicted), dtype=torch.float64)
        equal(share, due, otherwise, SHARE)


@question("exact_match")
@points(1)
def test_all_right_is_one_and_all_wrong_is_nought(student, draw):
    """If all answers are right the share is 1, and if none is, it is 0."""
    known = Answers(draw, (5, 5, 5))
    known.require(student, known.right, "Where all answers are right")
    known.require(student, [[WRONG] * 5] * 3, "Where every symbol is wrong")


@question("exact_match")
@points(2)
@needs(test_all_right_is_one_and_all_wrong_is_nought)
def test_an_answer_counts_as_a_whole(student, draw):
    """One wrong symbol, wherever it stands, makes the whole answer wrong."""
    known = Answers(draw, (5, 5, 5, 5, 5))
    a, b, c, d, e = known.right
    predicted = [spoilt(a, 0), b, spoilt(c, 4), d, spoilt(e, 2)]
    known.require(student, predicted, "Where three of five answers have one wrong symbol")
    predicted = [spoilt(a, 0, 1), b, c, d, e]
    known.require(student, predicted, "Where one of five has two wrong symbols")


@question("exact_match")
@points(1)
@needs(test_an_answer_counts_as_a_whole)
def test_too_short_and_too_long_are_wrong(student, draw):
    """An answer that only begins rightly is wrong, and so is one that goes on."""
    known = Answers(draw, (4, 3, 5, 2))
    a, b, c, d = known.right
    known.require(student, [a[:-1], b, c, d], "Where the last symbol of one answer is missing")
    known.require(student, [a, b + b[:1], c, d], "Where one answer goes on for one more symbol")
    known.require(student, [a, b, [], d], "Where one answer is empty")


@question("exact_match")
@points(1)
@needs(test_all_right_is_one_and_all_wrong_is_nought)
def test_the_right_answer_ends_before_eos(student, draw):
    """What stands behind the first eos does not count, whatever it is."""
    known = Answers(draw, (4, 2, 3, 1))
    known.require(student, known.right, "Where right answers have different lengths")
    for row, said in zip(known.truth, known.right, strict=True):
        rest = len(row) - 1 - len(said)
        row[len(said) + 1 :] = torch.tensor([*known.some(rest - 1), known.eos][:rest])
    known.require(student, known.right, "Where anything stands behind eos, another eos included")


@question("exact_match")
@points(1)
@needs(test_all_right_is_one_and_all_wrong_is_nought)
def test_one_answer_or_an_empty_one_will_do(student, draw):
    """There may be one answer, and the right one may be to say nothing."""
    known = Answers(draw, (3,))
    known.require(student, known.right, "For one answer")
    known = Answers(draw, (0, 3, 0, 4))
    a, b, c, d = known.right
    known.require(student, [a, b, c, d], "Where two right answers are empty, and all are given")
    known.require(student, [a, b, known.some(1), d], "Where something is said, and nothing was due")


# ── edit_distance ────────────────────────────────────────────────────────────────────────────────


def distance(a, b):
    """Return the edit distance by its definition: the fewest changes that lead from a to b."""
    if not a or not b:
        return len(a) + len(b)
    if a[-1] == b[-1]:
        return distance(a[:-1], b[:-1])
    return 1 + min(distance(a[:-1], b), distance(a, b[:-1]), distance(a[:-1], b[:-1]))


def symbols(draw, n, kinds=3):
    """Draw a list of symbols, of few kinds, so that many are equal."""
    return draw.integers(3, 3 + kinds, n).tolist()


def require(student, a, b, due=None):
    """Require the right distance."""
    due = distance(a, b) if due is None else due
    answer(student.edit_distance, a, b, due=due, name="the distance")


@question("edit_distance")
@points(1)
def test_equal_sequences_have_no_distance(student, draw):
    """Equal sequences have the distance 0; one changed symbol makes it 1."""
    a = symbols(draw, 5)
    require(student, a, list(a), 0)
    for place in (0, 2, 4):
        require(student, a, spoilt(a, place), 1)


@question("edit_distance")
@points(1)
@needs(test_equal_sequences_have_no_distance)
def test_a_symbol_is_put_in_or_taken_out(student, draw):
    """A symbol too many or too few is a distance of 1, though all behind it have moved."""
    a = list(range(3, 9))
    for place in draw.sizes(2, 0, 5):
        require(student, a, a[:place] + a[place + 1 :], 1)
        require(student, a, [*a[:place], WRONG, *a[place:]], 1)


@question("edit_distance")
@points(2)
@needs(test_equal_sequences_have_no_distance)
def test_the_fewest_changes_count(student, draw):
    """Of all ways to turn one sequence into the other, the one with the fewest changes counts."""
    # Hint: Print your table for 1 2 and 2 3, and fill it in on paper: the last cell is 2.
    # Hint: Take the first cell that differs. Which of its three neighbours has given you the
    #   number, and at what price?
    for m, n in ((6, 6), (5, 7), (7, 4), (6, 5)):
        require(student, symbols(draw, m), symbols(draw, n))
    rest = symbols(draw, 4)
    require(student, [1, *rest], [*rest, 2])  # taken out in front, put in behind
    require(student, [1, 2, *rest], [2, 1, *rest])  # neighbours that are exchanged: two changes


@question("edit_distance")
@points(1)
@needs(test_equal_sequences_have_no_distance)
def test_sequences_may_be_empty(student, draw):
    """From nothing to n symbols there are n changes, and back as many."""
    a = symbols(draw, int(draw.integers(2, 6, 1)))
    for one, other in (([], a), (a, []), ([], []), (a[:1], a[1:2])):
        require(student, one, other)


def compared(student, a, b):
    """Return how often the student's function compares two symbols, and whether a and b stay."""

    class Symbol(int):
        """A whole number that counts how often it is compared."""

        times = 0
        __hash__ = int.__hash__

        def __eq__(self, other):
            Symbol.times += 1
            return int(self) == int(other)

        def __ne__(self, other):
            Symbol.times += 1
            return int(self) != int(other)

    mine = [Symbol(symbol) for symbol in a], [Symbol(symbol) for symbol in b]
    student.edit_distance(*mine)
    times = Symbol.times
    return times, [[int(symbol) for symbol in part] for part in mine]


@question("edit_distance")
@points(1)
@needs(test_the_fewest_changes_count)
def test_no_distance_is_computed_twice(student, draw):
    """The time grows with the product of the lengths, and both lists stay as they are."""
    a, b = symbols(draw, 6, 9), symbols(draw, 6, 9)
    times, left = student.beside(compared)(a, b)
    if left != [a, b]:
        raise Failure("The lists that were given are changed.")
    if times > 20 * len(a) * len(b):
        raise Failure(
            f"For two sequences of 6 symbols, symbols are compared {int(times)} times: remember "
            "what you have computed, in a table."
        )
