"""Hidden checks of many_to_one, one_to_many and many_to_many_loss."""

from functools import partial
from types import SimpleNamespace

import torch
from torch.nn.functional import cross_entropy

from grader.checks import (
    Failure,
    agree,
    agree_on_each,
    call,
    equal,
    needs,
    points,
    pure,
    question,
    scripted,
)

# ── many_to_one ──────────────────────────────────────────────────────────────────────────────────

OUT = ("out (B, T, H)", "lengths (B)")
LAST = "the last outputs (B, H)"
ends = partial(agree, takes=OUT, returns=(LAST,))


def last_ones(out, lengths):
    """Return the last real outputs, one sequence at a time."""
    rows = [sequence[n - 1] for sequence, n in zip(out, lengths.tolist(), strict=True)]
    return torch.stack(rows)


@question("many_to_one")
@points(1)
def test_every_sequence_gets_one_output(student, draw):
    """Every sequence gets one output, with H features."""
    given = draw(2, 5, 3), draw.lengths(2, 5)
    call(student.many_to_one, *given, takes=OUT, shapes={LAST: (2, 3)})


@question("many_to_one")
@points(6)
@needs(test_every_sequence_gets_one_output)
def test_the_last_real_output_is_taken(student, draw):
    """Of each sequence, the output at its length - 1 is taken."""
    with torch.no_grad():
        ends(student.many_to_one, last_ones, draw(6, 5, 3), torch.tensor([4, 2, 1, 4, 2, 3]))


@question("many_to_one")
@points(2)
@needs(test_the_last_real_output_is_taken)
def test_gradient_reaches_the_last_real_output_alone(student, draw):
    """The gradient goes to the output that was taken; what is filled in gets none."""
    ends(student.many_to_one, last_ones, draw(3, 5, 4), draw.lengths(3, 5))


@question("many_to_one")
@points(1)
@needs(test_the_last_real_output_is_taken)
def test_as_many_sequences_as_steps_will_do(student, draw):
    """With B = T, with B = H and with a hundred, lengths are still those of the sequences."""
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = ((4, 4, 3), (3, 5, 3), (many, 3, 2), (2, many, 2))
    each = [(draw(*size), draw.lengths(*size[:2])) for size in sizes]
    with torch.no_grad():
        agree_on_each(student.many_to_one, last_ones, each, takes=OUT, returns=(LAST,))


@question("many_to_one")
@points(1)
@needs(test_the_last_real_output_is_taken)
def test_one_sequence_and_one_step_will_do(student, draw):
    """One sequence, one step and one feature keep their axes."""
    sizes = ((1, 5, 3), (4, 1, 3), (2, 5, 1), (1, 1, 1))
    each = [(draw(*size), draw.lengths(*size[:2])) for size in sizes]
    with torch.no_grad():
        agree_on_each(student.many_to_one, last_ones, each, takes=OUT, returns=(LAST,))


@question("many_to_one")
@points(1)
@needs(test_the_last_real_output_is_taken)
def test_outputs_and_lengths_are_only_read(student, draw):
    """Neither the outputs nor the lengths are changed."""
    pure(student.many_to_one, draw(3, 5, 4), draw.lengths(3, 5), takes=OUT)


# ── one_to_many ──────────────────────────────────────────────────────────────────────────────────

SAID = "said (B, length)"
B, V, H = 3, 7, 4


def step(tables, token, state):
    """Return the logits and the next state of a network, as they follow from its tables."""
    if state.shape != (*token.shape, len(tables.carry)) or token.dim() != 1:
        given = f"{tuple(token.shape)} and {tuple(state.shape)}"
        raise ValueError(f"step is given shapes {given}; it takes (B,) and (B, H)")
    logits = tables.by_symbol[token] + state @ tables.by_state
    return logits, torch.tanh(state @ tables.carry + tables.enter[token])


def steps(draw, symbol=0.0, state=0.0, enter=0.0, carry=0.0):
    """Draw the tables of a network: what of the four has an influence, and how much."""
    return {
        "by_symbol": draw(V, V, scale=symbol),
        "by_state": draw(H, V, scale=state),
        "enter": draw(V, H, scale=enter),
        "carry": draw(H, H, scale=carry),
    }


def spoken(student, tables, h, first, length):
    """Return what the student's function lets a network say, and how often it asks for a step."""
    speak = scripted(student, "one_to_many", step, **tables)

    def one_to_many(h, first, length):  # the name that the student reads
        said = speak(h, first, length)
        if isinstance(said, list | tuple):  # of rows, one for each sequence
            said = torch.stack([torch.as_tensor(row) for row in said])
        return said

    takes = ("h (B, H)", "first (B)", "length")
    (said,) = call(one_to_many, h, first, length, takes=takes, shapes={SAID: (len(first), length)})
    return said, len(speak.calls)


def due(tables, h, first, length):
    """Return what the network should say."""
    said = first[:, None]
    for _ in range(length):
        logits, h = step(SimpleNamespace(**tables), said[:, -1], h)
        said = torch.cat([said, logits.max(dim=-1).indices[:, None]], dim=1)
    return said[:, 1:].double()


def require(student, tables, h, first, length, otherwise):
    """Require the right symbols."""
    said, _ = spoken(student, tables, h, first, length)
    equal(said, due(tables, h, first, length), otherwise, SAID)


@question("one_to_many")
@points(1)
def test_every_sequence_says_as_many_symbols_as_asked_for(student, draw):
    """For every sequence, as many symbols are returned as were asked for."""
    spoken(student, steps(draw, 1.0), draw(B, H), draw.integers(0, V, B), 5)


@question("one_to_many")
@points(4)
@needs(test_every_sequence_says_as_many_symbols_as_asked_for)
def test_the_likeliest_symbol_is_said(student, draw):
    """What is said first is the symbol with the largest logit, after `first` and h were read."""
    for _ in range(2):
        given = steps(draw, 1.0, 1.0), draw(B, H), draw.integers(0, V, B)
        require(student, *given, 1, "This is not the likeliest symbol")


@question("one_to_many")
@points(4)
@needs(test_the_likeliest_symbol_is_said)
def test_what_was_said_is_read_next(student, draw):
    """At each step the network reads the symbol that it has said at the step before."""
    for _ in range(2):
        given = steps(draw, 1.0), draw(B, H), draw.integers(0, V, B)
        require(student, *given, 6, "Of a network that looks at the last symbol only")


@question("one_to_many")
@points(3)
@needs(test_the_likeliest_symbol_is_said)
def test_the_state_is_handed_on(student, draw):
    """Each step starts from the state that the step before has returned."""
    for _ in range(2):
        given = steps(draw, state=1.0, carry=2.0), draw(B, H), draw.integers(0, V, B)
        require(student, *given, 6, "Of a network that looks at its state only")


@question("one_to_many")
@points(1)
@needs(test_what_was_said_is_read_next, test_the_state_is_handed_on)
def test_no_step_is_taken_in_vain(student, draw):
    """The network is asked for as many steps as there are symbols to say, and for no more."""
    h, first = draw(B, H), draw.integers(0, V, B)
    for length in (1, 4):
        _, calls = spoken(student, steps(draw, 1.0, 1.0, 1.0, 1.0), h, first, length)
        if calls != length:
            raise Failure(f"For {length} symbols, `step` is called {calls} times.")


@question("one_to_many")
@points(1)
@needs(test_what_was_said_is_read_next, test_the_state_is_handed_on)
def test_one_speaker_or_many_will_do(student, draw):
    """One sequence, as many sequences as symbols or as features: each speaks for itself."""
    tables = steps(draw, 1.0, 1.0, 1.0, 1.0)
    many, long = int(draw.integers(130, 150, 1)), int(draw.integers(30, 40, 1))
    for speakers, length in ((1, 5), (5, 5), (V, 3), (H, 2), (1, 1), (many, 2), (2, long)):
        given = tables, draw(speakers, H), draw.integers(0, V, speakers)
        require(student, *given, length, f"With B={speakers} and length={length}")


# ── many_to_many_loss ────────────────────────────────────────────────────────────────────────────

LOGITS = ("logits (B, T, C)", "targets (B, T)", "lengths (B)")
costs = partial(agree, takes=LOGITS, returns=("loss",))


def cost(logits, targets, lengths):
    """Add up torch's own cross-entropy of each sequence, without what is filled in."""
    total = logits.new_zeros(())
    for row, right, n in zip(logits, targets, lengths.tolist(), strict=True):
        total = total + cross_entropy(row[:n], right[:n], reduction="sum")
    return total / len(lengths)


def answers(draw, sequences=4, T=5, C=3, lengths=None):
    """Draw logits, targets and lengths."""
    lengths = draw.lengths(sequences, T) if lengths is None else lengths
    return draw(sequences, T, C), draw.integers(0, C, sequences, T), lengths


@question("many_to_many_loss")
@points(1)
def test_the_loss_is_one_number(student, draw):
    """The loss is one number, without axes."""
    call(student.many_to_many_loss, *answers(draw), takes=LOGITS, shapes={"loss": ()})


@question("many_to_many_loss")
@points(5)
@needs(test_the_loss_is_one_number)
def test_steps_are_summed_and_sequences_averaged(student, draw):
    """Of full sequences, the loss is the sum over steps and the mean over the batch."""
    for sequences, T, C in ((4, 5, 3), (2, 3, 6)):
        given = answers(draw, sequences, T, C, torch.full((sequences,), T))
        with torch.no_grad():
            costs(student.many_to_many_loss, cost, *given)


@question("many_to_many_loss")
@points(4)
@needs(test_steps_are_summed_and_sequences_averaged)
def test_what_is_filled_in_does_not_count(student, draw):
    """Steps behind the end of a sequence cost nothing, and are counted in no mean."""
    lengths = torch.tensor([1, 5, 3, 4])
    with torch.no_grad():
        costs(student.many_to_many_loss, cost, *answers(draw, lengths=lengths))


@question("many_to_many_loss")
@points(1)
@needs(test_what_is_filled_in_does_not_count)
def test_gradients_reach_the_logits_that_count(student, draw):
    """The gradient for the logits is right, and 0 where something is filled in."""
    costs(student.many_to_many_loss, cost, *answers(draw))


@question("many_to_many_loss")
@points(1)
@needs(test_steps_are_summed_and_sequences_averaged)
def test_large_logits_do_not_overflow(student, draw):
    """With logits of a thousand, the loss is large and finite."""
    logits, targets, lengths = answers(draw, lengths=torch.full((4,), 5))
    with torch.no_grad():
        costs(student.many_to_many_loss, cost, 1000 * logits, targets, lengths)


@question("many_to_many_loss")
@points(1)
@needs(test_what_is_filled_in_does_not_count)
def test_a_loss_of_any_sizes(student, draw):
    """One sequence, one step, two classes, and as many sequences as steps and classes."""
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = ((1, 5, 3), (4, 1, 3), (2, 5, 2), (3, 3, 3), (5, 4, 4), (1, 1, 2), (many, 2, 3),
             (2, many, 3))  # fmt: skip
    each = [answers(draw, *size) for size in sizes]
    with torch.no_grad():
        agree_on_each(student.many_to_many_loss, cost, each, takes=LOGITS, returns=("loss",))


@question("many_to_many_loss")
@points(1)
@needs(test_what_is_filled_in_does_not_count)
def test_logits_and_targets_are_only_read(student, draw):
    """Neither logits nor targets nor lengths are changed."""
    pure(student.many_to_many_loss, *answers(draw), takes=LOGITS)
