"""Hidden checks of fit_markov and sample_markov; the oracle counts pairs one after the other.

What is drawn is judged by how often it comes; the bound fails right code once in a billion runs.
"""

import torch

from grader.checks import (
    call,
    call_on_each,
    equal,
    frequencies,
    needs,
    points,
    pure,
    question,
    seeded,
    uses_generator,
)

TAKES = ("ids (N)", "V", "alpha")
P = "P (V, V)"
SAMPLED = ("P (V, V)", "first (B)", "length", "generator")
IDS = "ids (B, length)"
MANY = 2000


def table(ids, V, alpha):
    """Return the table that is due, from pairs counted one by one."""
    counts = [[alpha] * V for _ in range(V)]
    for a, b in zip(ids.tolist(), ids[1:].tolist(), strict=False):
        counts[a][b] += 1
    sums = [sum(row) for row in counts]
    rows = [
        [n / total if total else 1 / V for n in row]
        for row, total in zip(counts, sums, strict=True)
    ]
    return torch.tensor(rows, dtype=torch.float64)


def symbols(draw, V, N=60):
    """Draw symbols in which each one comes, and is left; and pairs come several times."""
    order = torch.cat([draw(V).argsort(), draw(V).argsort()])
    return torch.cat([order, draw.integers(0, V, N - 2 * V - 1), order[:1]])


def fit(student, ids, V, alpha):
    """Return the student's table, and require its shape."""
    (found,) = call(student.fit_markov, ids, V, alpha, takes=TAKES, shapes={P: (V, V)})
    return found


@question("fit_markov")
@points(1)
def test_the_table_has_a_row_for_each_symbol(student, draw):
    """fit_markov returns a table (V, V)."""
    fit(student, symbols(draw, 4), 4, 0)


@question("fit_markov")
@points(5)
@needs(test_the_table_has_a_row_for_each_symbol)
def test_pairs_are_counted_and_rows_divided(student, draw):
    """P[a, b] is the share of b among the symbols right after a, each pair as often as it comes."""
    # Hint: Take a, a, b, a with V = 2, and count the pairs on paper: a a, a b and b a. Print your
    #   counts.
    # Hint: If the counts are right, print by which sums each row is divided.
    ids = symbols(draw, 4)
    equal(fit(student, ids, 4, 0), table(ids, 4, 0), "Of 60 symbols", P)


@question("fit_markov")
@points(2)
@needs(test_pairs_are_counted_and_rows_divided)
def test_alpha_is_added_to_each_count(student, draw):
    """alpha is added to the count of every pair, of those never seen as well, before dividing."""
    ids, alpha = symbols(draw, 5, N=20), 0.1 + float(draw(1).abs())
    equal(fit(student, ids, 5, alpha), table(ids, 5, alpha), f"With alpha={alpha:.2f}", P)


@question("fit_markov")
@points(2)
@needs(test_pairs_are_counted_and_rows_divided)
def test_a_symbol_that_is_never_left_is_uniform(student, draw):
    """Where nothing follows a symbol and alpha is 0, its row is 1/V, and not 0/0."""
    ids = symbols(draw, 4)
    ids = torch.cat([ids, torch.tensor([4])])  # comes once, at the end
    equal(fit(student, ids, 5, 0), table(ids, 5, 0), "With a symbol at the end only", P)


@question("fit_markov")
@points(1)
@needs(test_a_symbol_that_is_never_left_is_uniform)
def test_symbols_may_be_missing(student, draw):
    """Symbols that do not occur have rows and columns, be they the last; one symbol is enough."""
    (many,) = draw.integers(130, 150, 1).tolist()
    one = torch.zeros(6, dtype=torch.int64)
    each = [
        (symbols(draw, 3), 6, 0), (2 + symbols(draw, 3), 5, 0), (one, 1, 0),
        (draw.integers(0, 3, 1), 3, 0), (draw.integers(0, 2, many), 2, 0.5),
    ]  # fmt: skip
    shapes = [{P: (V, V)} for _, V, _ in each]
    for given, (found,) in zip(
        each, call_on_each(student.fit_markov, each, shapes, takes=TAKES), strict=True
    ):
        equal(found, table(*given), f"With {len(given[0])} symbols and V = {given[1]}", P)


@question("fit_markov")
@points(1)
@needs(test_pairs_are_counted_and_rows_divided)
def test_counting_leaves_the_symbols_alone(student, draw):
    """The symbols are not changed in place, and calling again gives the same."""
    pure(lambda ids: student.fit_markov(ids, 4, 0.5), symbols(draw, 4), takes=("ids",))


def chances(draw, V=3):
    """Draw a table far from uniform, in which each row has a symbol of chance 0."""
    rows = torch.tensor([[0.7, 0.3, 0.0], [0.0, 0.15, 0.85], [0.4, 0.0, 0.6]], dtype=torch.float64)
    order = draw(V).argsort()
    return rows[order][:, order]


def sample(student, table, first, length, seed):
    """Return what the student draws, and require its shape."""
    due = {IDS: (len(first), length)}
    drawn = seeded(student, "sample_markov")
    (found,) = call(drawn, table, first, length, seed, takes=SAMPLED, shapes=due)
    return found


@question("sample_markov")
@points(1)
def test_every_sequence_has_its_length(student, draw):
    """sample_markov returns a row of symbols for each sequence, of the length that is asked for."""
    sample(student, chances(draw), draw.integers(0, 3, 5), 4, 1)


@question("sample_markov")
@points(1)
@needs(test_every_sequence_has_its_length)
def test_sequences_begin_with_their_first_symbol(student, draw):
    """Column 0 is `first`."""
    first = draw.integers(0, 3, 20)
    ids = sample(student, chances(draw), first, 4, 1)
    equal(ids[:, 0], first.double(), "In column 0", "ids[:, 0] (B)")


def after(student, table, first, step, name):
    """Return a function that draws symbols at a step, of the sequences that come from `first`."""

    def sample_markov(seed):
        B, length = MANY, step + 1
        given = table, torch.full((B,), first), length, seed
        (ids,) = call(seeded(student, "sample_markov"), *given, shapes={IDS: (B, length)})
        return ids[:, step]

    sample_markov.__name__ = name
    return sample_markov


@question("sample_markov")
@points(4)
@needs(test_every_sequence_has_its_length)
def test_the_next_symbol_is_drawn_from_its_row(student, draw):
    """Right after each symbol, the others come as often as its row says; chance 0 never comes."""
    given = chances(draw)
    seeds = draw.integers(0, 10_000, 3).tolist()
    for a, seed in enumerate(seeds):
        drawn = after(student, given, a, 1, "sample_markov")
        frequencies(drawn, seed, chances=given[a], name=f"what comes after symbol {a}")


@question("sample_markov")
@points(2)
@needs(test_the_next_symbol_is_drawn_from_its_row)
def test_each_step_goes_on_from_the_one_before(student, draw):
    """Three steps on, symbols come as often as the third power of the table says."""
    given = chances(draw)
    seeds = draw.integers(0, 10_000, 3).tolist()
    for a, seed in enumerate(seeds):
        due = torch.linalg.matrix_power(given, 3)[a]
        drawn = after(student, given, a, 3, "sample_markov")
        frequencies(drawn, seed, chances=due, name=f"what comes three steps after symbol {a}")


@question("sample_markov")
@points(1)
@needs(test_the_next_symbol_is_drawn_from_its_row)
def test_steps_are_drawn_independently(student, draw):
    """Where the next symbol does not depend on the last, pairs come as often as by chance."""
    even = torch.full((2, 2), 0.5, dtype=torch.float64)

    def sample_markov(seed):
        given = even, torch.zeros(MANY, dtype=torch.int64), 3, seed
        (ids,) = call(seeded(student, "sample_markov"), *given, shapes={IDS: (MANY, 3)})
        return ids[:, 1] * 2 + ids[:, 2]

    (seed,) = draw.integers(0, 10_000, 1).tolist()
    due = torch.full((4,), 0.25, dtype=torch.float64)
    frequencies(sample_markov, seed, chances=due, name="two steps in a row")


@question("sample_markov")
@points(2)
@needs(test_every_sequence_has_its_length)
def test_all_randomness_comes_from_the_generator(student, draw):
    """Equal seeds draw the same, others something else; no other generator is touched."""
    even = torch.full((4, 4), 0.25, dtype=torch.float64)
    uses_generator(student, "sample_markov", even, draw.integers(0, 4, 50), 8)


@question("sample_markov")
@points(1)
@needs(test_sequences_begin_with_their_first_symbol)
def test_samples_may_have_any_sizes(student, draw):
    """A length of 1 is `first` alone; one sequence, one symbol, as many sequences as symbols."""
    certain = torch.eye(4, dtype=torch.float64).roll(1, dims=1)
    for B, V, length in ((3, 4, 1), (1, 4, 5), (4, 4, 4), (3, 1, 3), (140, 4, 6)):
        given = certain if V == 4 else torch.ones(1, 1, dtype=torch.float64)
        first = draw.integers(0, V, B)
        due = (first.unsqueeze(-1) + torch.arange(length)) % V
        ids = sample(student, given, first, length, 1)
        equal(ids, due.double(), f"Where each step is certain, with B={B} and length={length}", IDS)
