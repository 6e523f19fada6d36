"""Hidden checks of next_char and generate.

What is drawn at random is judged by how often it comes; what is fed back, by networks so sure of
themselves that there is nothing to draw.
"""

import torch

from grader.checks import (
    assuming,
    call,
    equal,
    frequencies,
    needs,
    points,
    pure,
    question,
    seeded,
    uses_generator,
)

MANY = 10_000
"""Draws of which frequencies are judged: a class of chance 0.2 may be off by 0.03."""
NEXT = "the next characters (N)"
TAKES = ("logits (N, V)", "temperature", "generator")
ODDS = torch.tensor([16.0, 8.0, 4.0, 2.0, 1.0], dtype=torch.float64).log()


def seed(draw):
    """Draw a seed."""
    return int(draw.integers(0, 2**31, 1))


def logits(draw, offset=3.0):
    """Return logits of five characters, whose odds are 16:8:4:2:1 in any order, not normed."""
    return ODDS[torch.randperm(5, generator=draw._generator)] + offset * draw(1)


# ── next_char ────────────────────────────────────────────────────────────────────────────────────


def drawn(student, rows, temperature, draw):
    """Draw a character for each row."""
    given = rows, temperature, seed(draw)
    shapes = {NEXT: (len(rows),)}
    return call(seeded(student, "next_char"), *given, takes=TAKES, shapes=shapes)


def require(student, draw, temperature):
    """Require the chances that a temperature makes of the logits."""
    row = logits(draw)

    def next_char():
        return seeded(student, "next_char")(row.expand(MANY, -1), temperature, seed(draw))

    frequencies(next_char, chances=(row / temperature).softmax(-1), name=NEXT)


@question("next_char")
@points(1)
def test_every_row_gets_a_character(student, draw):
    """Every row of logits gets one character."""
    for N in (3, 1):
        drawn(student, draw(N, 5), 1.0, draw)


@question("next_char")
@points(4)
@needs(test_every_row_gets_a_character)
def test_characters_come_as_often_as_they_should(student, draw):
    """At temperature 1, the chances are the softmax of the logits."""
    require(student, draw, 1.0)


@question("next_char")
@points(4)
@needs(test_characters_come_as_often_as_they_should)
def test_temperature_divides_the_logits(student, draw):
    """Cold sharpens the chances, and heat levels them."""
    for temperature in (0.5, 3.0):
        require(student, draw, temperature)


@question("next_char")
@points(1)
@needs(test_characters_come_as_often_as_they_should)
def test_near_zero_the_best_one_is_left(student, draw):
    """At a temperature of 0.001, the largest logit wins, and nothing overflows."""
    few = torch.stack([logits(draw) for _ in range(20)])
    many = torch.stack([torch.randperm(70, generator=draw._generator) for _ in range(60)]).double()
    for rows in (few, many):
        (found,) = drawn(student, rows, 0.001, draw)
        equal(found, rows.argmax(-1).double(), "At a temperature of 0.001", NEXT)


@question("next_char")
@points(1)
@needs(test_characters_come_as_often_as_they_should)
def test_every_row_has_its_own_chances(student, draw):
    """Rows with other logits have other chances."""
    one, other = logits(draw), logits(draw)
    other = one.flip(0) if torch.allclose(one.argsort(), other.argsort()) else other
    rows = torch.stack([one, other]).repeat(MANY, 1)

    def next_char():
        return seeded(student, "next_char")(rows, 1.0, seed(draw))[1::2]

    frequencies(next_char, chances=other.softmax(-1), name=NEXT)


@question("next_char")
@points(2)
@needs(test_every_row_gets_a_character)
def test_all_randomness_comes_from_the_generator(student, draw):
    """Equal seeds draw the same, other seeds something else, and nothing else is drawn from."""
    uses_generator(student, "next_char", draw(2000, 5), 1.0)


@question("next_char")
@points(1)
@needs(test_characters_come_as_often_as_they_should)
def test_logits_stay_as_they_are(student, draw):
    """Drawing does not change the logits."""
    number = seed(draw)
    pure(lambda rows: seeded(student, "next_char")(rows, 0.5, number), draw(9, 5), takes=TAKES)


# ── generate ─────────────────────────────────────────────────────────────────────────────────────

PARTS = {
    "one_hot": """
import torch

def one_hot(ids, V):
    return torch.eye(V)[ids]
""",
    "next_char": """
import torch

def next_char(logits, temperature, generator):
    return torch.multinomial((logits / temperature).softmax(-1), 1, generator=generator)[:, 0]
""",
}
with_right_parts = assuming(**PARTS)
NAMES = ("W_xh", "W_hh", "b_h", "W_hy", "b_y")
WRITTEN = "written (N, length)"
WRITES = ("params", "h (N, H)", "first (N)", "length", "temperature", "generator")
V = 6
SURE = 50.0
"""A logit that leaves nothing to chance: another character comes once in e¹⁰⁰ draws."""


def parameters(draw, scale=0.8, V=V, H=4):
    """Draw the five parameters."""
    shapes = ((H, V), (H, H), (H,), (V, H), (V,))
    return {name: draw(*s, scale=scale) for name, s in zip(NAMES, shapes, strict=True)}


def shuffled(draw):
    """Return a matrix that puts V places in another order, none of them in its old place."""
    order = torch.randperm(V, generator=draw._generator)
    return torch.eye(V)[order.roll(1)][:, order]  # one cycle through all of them


def remembers(draw):
    """Make a network that looks at the last character only; which comes next is sure."""
    return parameters(draw, 0.0, H=V) | {
        "W_xh": SURE * (2 * torch.eye(V) - 1),
        "W_hy": SURE * shuffled(draw),
    }


def wanders(draw):
    """Make a network that looks at its state only, which moves on from place to place."""
    return parameters(draw, 0.0, H=V) | {
        "W_hh": SURE * shuffled(draw),
        "W_hy": SURE * torch.eye(V),
    }


def counts_both(draw):
    """Make a network that is sure of what comes next, by its state and by what it reads."""
    return remembers(draw) | {"W_hh": draw(V, V), "b_h": draw(V), "b_y": draw(V)}


def places(N, draw):
    """Draw states of 1 in one place and -1 in all others."""
    return 2 * torch.eye(V)[draw.integers(0, V, N)] - 1


def texts(student, params, h, first, length, draw, temperature=1.0):
    """Have texts written."""
    given = params, h, first, length, temperature, seed(draw)
    shapes = {WRITTEN: (len(first), length)}
    return call(seeded(student, "generate"), *given, takes=WRITES, shapes=shapes)


def due(params, h, first, length):
    """Return what a network writes that is sure of itself."""
    written = [first]
    for _ in range(length):
        h = torch.tanh(params["W_xh"][:, written[-1]].T + h @ params["W_hh"].T + params["b_h"])
        written.append((h @ params["W_hy"].T + params["b_y"]).argmax(-1))
    return torch.stack(written[1:], dim=1).double()


def compare(student, params, h, first, length, draw, otherwise):
    """Require what a network writes that is sure of itself."""
    (found,) = texts(student, params, h, first, length, draw)
    equal(found, due(params, h, first, length), otherwise, WRITTEN)


@question("generate")
@points(1)
@with_right_parts
def test_every_text_has_the_length_that_was_asked_for(student, draw):
    """As many characters are written as were asked for, in every text."""
    texts(student, parameters(draw), draw(3, 4), draw.integers(0, V, 3), 5, draw)


@question("generate")
@points(4)
@needs(test_every_text_has_the_length_that_was_asked_for)
@with_right_parts
def test_what_was_written_is_read_next(student, draw):
    """At each step the network reads the character that it has just written."""
    given = remembers(draw), places(4, draw), draw.integers(0, V, 4)
    compare(student, *given, 5, draw, "Of a network that looks at the last character only")


@question("generate")
@points(3)
@needs(test_every_text_has_the_length_that_was_asked_for)
@with_right_parts
def test_the_state_is_handed_on(student, draw):
    """Each step starts from the state that the step before has left, the first from h."""
    given = wanders(draw), places(4, draw), draw.integers(0, V, 4)
    compare(student, *given, 5, draw, "Of a network that looks at its state only")


@question("generate")
@points(2)
@needs(test_what_was_written_is_read_next, test_the_state_is_handed_on)
@with_right_parts
def test_pairs_of_characters_come_as_often_as_they_should(student, draw):
    """The first two characters are drawn, each with the chances that the network gives it."""
    for _ in range(3):  # what is wrong may not show in a network that is sure of itself
        params, h, first = parameters(draw, 1.2), draw(1, 4), draw.integers(0, V, 1)

        def generate(params=params, h=h, first=first):
            many = h.expand(MANY, -1), first.expand(MANY)
            found = seeded(student, "generate")(params, *many, 2, 0.6, seed(draw))
            return V * found[:, 0] + found[:, 1]

        frequencies(generate, chances=pairs(params, h, first, 0.6), name="pairs of characters")


def pairs(params, h, first, temperature):
    """Return the chances of all pairs of characters, (V·V)."""

    def step(h, read):
        h = torch.tanh(params["W_xh"][:, read].T + h @ params["W_hh"].T + params["b_h"])
        return h, ((h @ params["W_hy"].T + params["b_y"]) / temperature).softmax(-1)

    h, one = step(h, first)
    _, two = step(h.expand(V, -1), torch.arange(V))
    return (one.T * two).flatten()


@question("generate")
@points(1)
@needs(test_what_was_written_is_read_next, test_the_state_is_handed_on)
@with_right_parts
def test_one_text_of_one_character_will_do(student, draw):
    """One text, one character, as many texts as characters, many of either: all will do."""
    for N, length in ((1, 5), (4, 1), (1, 1), (V, V), (2, 70), (70, 2)):
        given = counts_both(draw), places(N, draw), draw.integers(0, V, N)
        compare(student, *given, length, draw, f"With N={N} and length={length}")


@question("generate")
@points(2)
@needs(test_every_text_has_the_length_that_was_asked_for)
@with_right_parts
def test_writing_draws_from_the_generator_alone(student, draw):
    """Equal seeds write the same, other seeds something else, and nothing else is drawn from."""
    given = parameters(draw), draw(50, 4), draw.integers(0, V, 50), 9, 1.0
    uses_generator(student, "generate", *given)


@question("generate")
@points(1)
@needs(test_what_was_written_is_read_next)
@with_right_parts
def test_another_text_may_start_from_the_same_state(student, draw):
    """Parameters, states and first characters stay as they are."""
    number, params = seed(draw), parameters(draw)

    def generate(*given):
        own = dict(zip(NAMES, given, strict=False))
        return seeded(student, "generate")(own, *given[len(NAMES) :], 3, 1.0, number)

    others = draw(4, 4), draw.integers(0, V, 4)
    pure(generate, *params.values(), *others, takes=(*NAMES, "h", "first"))
