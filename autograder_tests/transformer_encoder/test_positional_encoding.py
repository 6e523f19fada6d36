"""Hidden checks of positional_encoding; the oracle is its formula, entry by entry."""

import math

import torch

from grader.checks import Failure, call, call_on_each, equal, needs, points, question, where

TAKES = ("length", "d_model")
ENCODING = "encoding (length, d_model)"


def right(length, d_model):
    """Return what is due, in float64."""
    due = torch.empty(length, d_model, dtype=torch.float64)
    for p in range(length):
        for j in range(d_model):
            angle = p * 10000.0 ** -((j - j % 2) / d_model)
            due[p, j] = math.cos(angle) if j % 2 else math.sin(angle)
    return due


def encode(student, length, d_model):
    """Return the student's encoding, and require its shape."""
    shapes = {ENCODING: (length, d_model)}
    (found,) = call(student.positional_encoding, length, d_model, takes=TAKES, shapes=shapes)
    return found


def drawn(draw):
    """Draw how many positions there are, and how many features: an even number."""
    return int(draw.integers(9, 14, 1)), 2 * int(draw.integers(3, 8, 1)) + 8


@question("positional_encoding")
@points(1)
def test_every_position_gets_d_model_features(student, draw):
    """The result is (length, d_model)."""
    encode(student, *drawn(draw))


@question("positional_encoding")
@points(1)
@needs(test_every_position_gets_d_model_features)
def test_at_position_0_nothing_has_turned(student, draw):
    """Position 0 is 0, 1, 0, 1, …: sines of 0 stand at even features, cosines of 0 at odd ones."""
    length, d_model = drawn(draw)
    found = encode(student, length, d_model)
    equal(found[0], right(1, d_model)[0], "At position 0", "encoding[0] (d_model)")


@question("positional_encoding")
@points(2)
@needs(test_every_position_gets_d_model_features)
def test_the_first_pair_turns_by_one_radian(student, draw):
    """Features 0 and 1 of position p are sin(p) and cos(p)."""
    length, d_model = drawn(draw)
    found = encode(student, length, d_model)
    due = right(length, d_model)[:, :2]
    equal(found[:, :2], due, "The first pair", "encoding[:, :2] (length, 2)")


@question("positional_encoding")
@points(3)
@needs(test_every_position_gets_d_model_features)
def test_a_shift_is_a_rotation(student, draw):
    """k positions further on, each pair of features has turned by an angle that only k decides."""
    length, d_model = drawn(draw)
    found = encode(student, length, d_model)
    pairs = torch.complex(found[:, 1::2].contiguous(), found[:, 0::2].contiguous())
    shown = where(found, right(length, d_model), ENCODING)
    if not ((pairs.abs() - 1).abs() < 1e-3).all():
        said = "Features 2i and 2i + 1 are not a sine and a cosine of one angle: sin² + cos² = 1."
        raise Failure(said, shown)
    turned = pairs[1:] / pairs[:-1]  # (length - 1, pairs)
    if not ((turned - turned[0]).abs() < 1e-3).all():
        raise Failure("From one position to the next, a pair does not always turn as far.", shown)
    if not ((turned[0] - 1).abs() > 1e-9).all():
        raise Failure("Some pair does not turn at all.", shown)


@question("positional_encoding")
@points(4)
@needs(test_every_position_gets_d_model_features)
def test_each_pair_turns_at_its_own_rate(student, draw):
    """Pair i turns by 10000^(-2i/d_model) per position, in its sine and in its cosine."""
    length, d_model = drawn(draw)
    found = encode(student, length, d_model)
    equal(found, right(length, d_model), f"With d_model={d_model}", ENCODING)


@question("positional_encoding")
@points(1)
@needs(test_each_pair_turns_at_its_own_rate)
def test_the_number_of_features_may_be_odd(student, draw):
    """If d_model is odd, the last sine has no cosine."""
    length, d_model = drawn(draw)
    for d in (d_model - 1, 3, 1):
        equal(encode(student, length, d), right(length, d), f"With d_model={d}", ENCODING)


@question("positional_encoding")
@points(1)
@needs(test_each_pair_turns_at_its_own_rate)
def test_there_may_be_any_number_of_positions(student, draw):
    """No position, one, as many as features, or hundreds."""
    sizes = [(0, 6), (1, 6), (6, 6), (2, 2), (int(draw.integers(200, 260, 1)), 4)]
    shapes = [{ENCODING: each} for each in sizes]
    found = call_on_each(student.positional_encoding, sizes, shapes, takes=TAKES)
    for (length, d_model), (encoding,) in zip(sizes, found, strict=True):
        equal(encoding, right(length, d_model), f"With length={length}", ENCODING)


def kinds(student, length, d_model):
    """Return encodings of both dtypes, each asked for by place and by name."""
    import torch

    asked = (torch.float32, torch.float64)
    encode = student.positional_encoding
    by_place = [encode(length, d_model, kind) for kind in asked]
    return by_place + [encode(length, d_model, dtype=kind) for kind in asked]


@question("positional_encoding")
@points(1)
@needs(test_each_pair_turns_at_its_own_rate)
def test_the_dtype_is_the_one_that_is_asked_for(student, draw):
    """With dtype=torch.float64 the result is float64, with torch.float32 it is float32."""
    asked = (torch.float32, torch.float64) * 2
    for kind, encoding in zip(asked, student.beside(kinds)(*drawn(draw)), strict=True):
        if encoding.dtype != kind:
            raise Failure(f"Asked for {kind}, the result is {encoding.dtype}.")
