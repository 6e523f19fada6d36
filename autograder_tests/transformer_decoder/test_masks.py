"""Hidden checks of causal_mask, combine and shift_right; the oracles go from entry to entry."""

import torch

from grader.checks import Failure, call, call_on_each, equal, needs, points, pure, question

# ── causal_mask ──────────────────────────────────────────────────────────────────────────────────

CAUSAL = "mask (t, s)"


def before(T):
    """Return what may be seen: in row t, the positions up to t."""
    rows = [[1.0 if s <= t else 0.0 for s in range(T)] for t in range(T)]
    return torch.tensor(rows, dtype=torch.float64)


def require_bool(mask):
    """Require truth values, and not numbers."""
    if mask.dtype != torch.bool:
        kind = str(mask.dtype).removeprefix("torch.")
        raise Failure(f"The mask holds numbers of type {kind}; it should hold True and False.")


@question("causal_mask")
@points(6)
def test_a_position_may_look_at_itself_and_at_what_was_before(student, draw):
    """Row t is True up to column t, the diagonal included, and False from there on."""
    T = int(draw.integers(4, 8, 1))
    (mask,) = call(student.causal_mask, T, takes=("T",), shapes={CAUSAL: (T, T)})
    equal(mask.double(), before(T), "Who may look at whom", CAUSAL)


@question("causal_mask")
@points(1)
@needs(test_a_position_may_look_at_itself_and_at_what_was_before)
def test_a_causal_mask_is_bool(student, draw):
    """The mask is a bool tensor."""
    require_bool(student.causal_mask(4))


@question("causal_mask")
@points(1)
@needs(test_a_position_may_look_at_itself_and_at_what_was_before)
def test_there_may_be_one_position_or_many(student, draw):
    """A mask may be as small as one position, or have a hundred."""
    sizes = (1, 2, int(draw.integers(60, 100, 1)))
    masks = call_on_each(
        student.causal_mask, [(T,) for T in sizes], [{CAUSAL: (T, T)} for T in sizes], takes=("T",)
    )
    for T, (mask,) in zip(sizes, masks, strict=True):
        equal(mask.double(), before(T), f"With T={T}", CAUSAL)


# ── combine ──────────────────────────────────────────────────────────────────────────────────────

BOTH = ("causal (t, s)", "lengths (B)")
COMBINED = "mask (B, heads, t, s)"


def combined(student, causal, lengths):
    """Return the student's mask, and require its shape."""
    shapes = {COMBINED: (len(lengths), 1, *causal.shape)}
    (mask,) = call(student.combine, causal, lengths, takes=BOTH, shapes=shapes)
    return mask.double()


def both(causal, lengths):
    """Return what the mask and the lengths allow, sentence by sentence."""
    due = torch.zeros(len(lengths), 1, *causal.shape, dtype=torch.float64)
    for b, length in enumerate(lengths.tolist()):
        for t, s in causal.nonzero().tolist():
            due[b, 0, t, s] = float(s < length)
    return due


@question("combine")
@points(4)
def test_the_columns_of_padding_are_hidden(student, draw):
    """Where causal hides nothing, the columns from a sentence's length on are False, in any row."""
    free, causal, lengths = torch.ones(5, 5).bool(), before(5).bool(), torch.tensor([3, 4, 2])
    shapes = {COMBINED: (3, 1, 5, 5)}
    (found,), _ = call_on_each(
        student.combine, [(free, lengths), (causal, lengths)], [shapes] * 2, takes=BOTH
    )
    equal(found.double(), both(free, lengths), "By lengths alone", COMBINED)


@question("combine")
@points(2)
def test_what_the_given_mask_hides_stays_hidden(student, draw):
    """Where there is no padding, each sentence has the given mask, be it causal or another."""
    lengths = torch.full((3,), 5)
    for causal, said in ((before(5).bool(), "causal"), (draw.mask(5, 5), "given")):
        found = combined(student, causal, lengths)
        equal(found, both(causal, lengths), f"By the {said} mask alone", COMBINED)


@question("combine")
@points(1)
@needs(test_the_columns_of_padding_are_hidden, test_what_the_given_mask_hides_stays_hidden)
def test_one_sentence_and_as_many_as_positions_will_do(student, draw):
    """One sentence, as many sentences as positions, one position: lengths count positions."""
    (many,) = draw.integers(130, 150, 1).tolist()
    for B, T in ((1, 4), (4, 4), (5, 2), (3, 1), (1, 1), (many, 3)):
        causal, lengths = before(T).bool(), draw.lengths(B, T)
        found = combined(student, causal, lengths)
        equal(found, both(causal, lengths), f"With B={B} and T={T}", COMBINED)


@question("combine")
@points(1)
@needs(test_the_columns_of_padding_are_hidden)
def test_combining_makes_a_new_mask_of_bools(student, draw):
    """A new bool tensor is returned; neither the mask nor the lengths are changed."""
    given = before(4).bool(), draw.lengths(3, 4)
    require_bool(student.combine(*given))
    pure(student.combine, *given, takes=BOTH)


# ── shift_right ──────────────────────────────────────────────────────────────────────────────────

TARGETS = ("targets (B, T)", "bos")
SHIFTED = "tgt_in (B, T)"


def shifted(student, targets, bos):
    """Return what the student's decoder is given, and require its shape."""
    shapes = {SHIFTED: targets.shape}
    (found,) = call(student.shift_right, targets, bos, takes=TARGETS, shapes=shapes)
    return found.double()


def sentences(draw, B, T):
    """Draw sentences of different symbols from 3 on."""
    return torch.stack([3 + draw(T + 20).argsort()[:T] for _ in range(B)])


@question("shift_right")
@points(4)
def test_each_position_is_given_what_was_before(student, draw):
    """From position 1 on, a position is given the symbol that the one before should say."""
    targets = sentences(draw, 3, 5)
    found = shifted(student, targets, 1)
    equal(found[:, 1:], targets[:, :-1].double(), "After the first one", "tgt_in[:, 1:] (B, T)")


@question("shift_right")
@points(2)
def test_bos_stands_in_front(student, draw):
    """Position 0 is given bos, whatever number that is."""
    for bos in (1, int(draw.integers(30, 99, 1)), 0):
        found = shifted(student, sentences(draw, 3, 5), bos)
        due = torch.full((3,), float(bos), dtype=torch.float64)
        equal(found[:, 0], due, "At the first position", "tgt_in[:, 0] (B)")


@question("shift_right")
@points(1)
@needs(test_each_position_is_given_what_was_before, test_bos_stands_in_front)
def test_one_sentence_and_one_symbol_will_do(student, draw):
    """One sentence, one symbol, as many sentences as symbols, sentences with padding."""
    (many,) = draw.integers(130, 150, 1).tolist()
    for B, T in ((1, 4), (3, 1), (4, 4), (1, 1), (many, 2)):
        targets = sentences(draw, B, T)
        targets[torch.arange(T) >= draw.lengths(B, T)[:, None]] = 0
        due = torch.zeros(B, T, dtype=torch.float64)
        due[:, 0], due[:, 1:] = 1, targets[:, :-1]
        equal(shifted(student, targets, 1), due, f"With B={B} and T={T}", SHIFTED)


@question("shift_right")
@points(1)
@needs(test_each_position_is_given_what_was_before)
def test_shifting_makes_new_whole_numbers(student, draw):
    """The targets stay as they are, and what is returned can be looked up in an embedding."""

    def shift_right(targets):
        return student.shift_right(targets, 1)

    targets = sentences(draw, 3, 5)
    pure(shift_right, targets, takes=TARGETS[:1])
    if shift_right(targets).dtype not in (torch.int64, torch.int32):
        raise Failure("These are not whole numbers any more: an embedding cannot look them up.")
