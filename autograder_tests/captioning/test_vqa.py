"""Hidden checks of VQA and answer_accuracy; the oracle reads each question alone, cut to length.

A slip in soft_attention costs nothing here: a right one takes its place.
"""

from functools import partial

import torch
from torch import nn

from grader.checks import (
    Failure,
    agree,
    agree_on_each,
    assuming,
    call,
    equal,
    needs,
    no_others,
    parameters_are,
    parameters_made,
    points,
    pure,
    question,
    transplant,
)

# ── VQA ──────────────────────────────────────────────────────────────────────────────────────────

TAKES = ("features (B, L, F)", "questions (B, T)", "lengths (B)")
LOGITS, WEIGHTS = RETURNS = ("logits (B, C)", "weights (B, L)")
V, E, F, H, A, J, C = SIZES = (9, 2, 3, 4, 6, 5, 7)

with_right_attention = assuming(
    soft_attention="""
import torch

def soft_attention(h, features, W_h, W_f, v, mask=None):
    scores = torch.tanh((h @ W_h.T)[:, None] + features @ W_f.T) @ v
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = scores.softmax(dim=1)
    return torch.einsum("bl,blf->bf", weights, features), weights
"""
)


class OneByOne(nn.Module):
    """Reads each question alone, and looks at its picture."""

    def __init__(self, V, E, F, H, A, J, C):
        super().__init__()
        self.embedding, self.gru = nn.Embedding(V, E), nn.GRU(E, H)
        shapes = {"W_h": (A, H), "W_f": (A, F), "v": (A,)}
        for name, shape in shapes.items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))
        self.image, self.question, self.head = nn.Linear(F, J), nn.Linear(H, J), nn.Linear(J, C)

    def read(self, questions, lengths):
        """Return the state after each question, (B, H)."""
        words = [
            self.embedding(row[:n]) for row, n in zip(questions, lengths.tolist(), strict=True)
        ]
        return torch.stack([self.gru(sequence)[1][0] for sequence in words])

    def looks(self, q, features):
        """Return where each question looks, (B, L)."""
        asked = torch.einsum("ah,bh->ba", self.W_h, q).unsqueeze(1)
        hidden = torch.tanh(asked + torch.einsum("af,blf->bla", self.W_f, features))
        return torch.einsum("a,bla->bl", self.v, hidden).softmax(dim=1)

    def answers(self, q, features, weights):
        """Return the logits for what was asked, and seen with these weights."""
        context = (weights.unsqueeze(1) @ features).squeeze(1)
        return self.head(self.image(context).tanh().mul(self.question(q).tanh()))

    def forward(self, features, questions, lengths):
        q = self.read(questions, lengths)
        weights = self.looks(q, features)
        return self.answers(q, features, weights), weights.detach()


def twins(student, draw, sizes=SIZES):
    """Return the student's model and the oracle, with equal parameters of size 1."""
    right = draw.fill(OneByOne(*sizes), scale=1.0)
    model = student.VQA(*sizes)
    transplant(right, model)
    return model, right


def asked(draw, lengths=(4, 2, 3), T=4, L=5, sizes=SIZES):
    """Draw features, questions filled up with other words, and take these lengths."""
    B = len(lengths)
    return draw(B, L, sizes[2]), draw.integers(1, sizes[0], B, T), torch.tensor(lengths)


def answered(model, given):
    """Return the logits and weights, and require their shapes."""
    B, L, _ = given[0].shape
    return call(model, *given, takes=TAKES, shapes={LOGITS: (B, C), WEIGHTS: (B, L)})


@question("VQA")
@points(1)
@with_right_attention
def test_every_question_has_logits_and_weights(student, draw):
    """The parts have their names and sizes; there are logits of answers, and weights of places."""
    model = student.VQA(*SIZES)
    due = {name: p.shape for name, p in OneByOne(*SIZES).named_parameters()}
    parameters_are(model, due)
    answered(model, asked(draw))


@question("VQA")
@points(3)
@needs(test_every_question_has_logits_and_weights)
@with_right_attention
def test_the_question_decides_where_to_look(student, draw):
    """The weights are those of the attention from the state after the whole question."""
    model, right = twins(student, draw)
    given = asked(draw, lengths=(4, 4, 4))
    _, weights = answered(model, given)
    due = right.looks(right.read(*given[1:]), given[0]).detach()
    equal(weights, due, "Of questions of full length", WEIGHTS)


@question("VQA")
@points(5)
@needs(test_every_question_has_logits_and_weights)
@with_right_attention
def test_what_is_seen_is_multiplied_with_what_was_asked(student, draw):
    """The logits are `head` of tanh(image(context)) times tanh(question(state))."""
    model, right = twins(student, draw)
    given = asked(draw, lengths=(4, 4, 4))
    logits, weights = answered(model, given)
    if ((logits.sum(dim=1) - 1).abs() < 1e-4).all():
        raise Failure("These are probabilities: return the logits as they come from `head`.")
    due = right.answers(right.read(*given[1:]), given[0], weights).detach()
    equal(logits, due, "Of questions of full length, with your weights", LOGITS)


@question("VQA")
@points(3)
@needs(test_the_question_decides_where_to_look, test_what_is_seen_is_multiplied_with_what_was_asked)
@with_right_attention
def test_words_behind_the_end_are_not_read(student, draw):
    """A question gets the answer and the weights that it gets alone, cut to its length."""
    model, right = twins(student, draw)
    given = asked(draw, lengths=(3, 1, 4, 2))
    logits, weights = answered(model, given)
    due_logits, due_weights = (due.detach() for due in right(*given))
    equal(weights, due_weights, "Of questions that are filled up", WEIGHTS)
    equal(logits, due_logits, "Of questions that are filled up", LOGITS)


@question("VQA")
@points(2)
@needs(test_words_behind_the_end_are_not_read)
@with_right_attention
def test_gradients_reach_picture_question_and_parts(student, draw):
    """The gradients for the features and all parameters are right."""
    agree(*twins(student, draw), *asked(draw), takes=TAKES, returns=RETURNS)


@question("VQA")
@points(1)
@needs(test_words_behind_the_end_are_not_read)
@with_right_attention
def test_questions_of_any_sizes(student, draw):
    """One question, word or place, all sizes equal, and no question as long as T."""
    (many,) = draw.integers(130, 150, 1).tolist()
    same = (4,) * 7
    each = (
        ((2,) * many, 2, 2, SIZES),
        ((3,), 4, 5, SIZES), ((1, 1, 1), 1, 5, SIZES), ((2, 1), 3, 1, SIZES),
        ((4, 1, 3, 2), 4, 4, same), ((2, 3), 5, 5, SIZES),
    )  # fmt: skip
    with torch.no_grad():
        for lengths, T, L, sizes in each:
            given = asked(draw, lengths, T, L, sizes)
            model, right = twins(student, draw, sizes)
            agree(model.train(T < 4), right, *given, takes=TAKES, returns=RETURNS)


@question("VQA")
@points(1)
@needs(test_what_is_seen_is_multiplied_with_what_was_asked)
@with_right_attention
def test_an_answer_leaves_everything_as_it_was(student, draw):
    """Nothing is changed in place, remembered or left to chance, and nothing else learns."""
    model, right = twins(student, draw)
    no_others(model, [name for name, _ in right.named_parameters()])
    given = asked(draw)
    if parameters_made(student, "VQA", *given, make=SIZES):
        raise Failure("Each call makes parameters: make them once, in __init__.")
    pure(model.train(), *given, takes=TAKES)


# ── answer_accuracy ──────────────────────────────────────────────────────────────────────────────

GUESSES = ("logits (B, C)", "answers (B)", "kinds (B)", "num_kinds")
SHARES = "shares (num_kinds)"
measures = partial(agree_on_each, takes=GUESSES, returns=(SHARES,))


def shares(logits, answers, kinds, num_kinds):
    """Count what is right, question by question."""
    right, count = logits.new_zeros(num_kinds), logits.new_zeros(num_kinds)
    for row, answer, kind in zip(logits, answers, kinds, strict=True):
        right[kind] += float(row.max() == row[answer])
        count[kind] += 1
    return right / count.where(count > 0, 1)


def guesses(draw, kinds=(0, 0, 0, 1, 1, 2, 2, 2, 2), C=4, num_kinds=3):
    """Draw logits whose best answer is right for about half of the questions of each kind."""
    B = len(kinds)
    logits, half = draw(B, C), draw.integers(0, 2, B).bool()
    logits[:, 0] += 0.1
    best, other = logits.argmax(dim=1), draw.integers(0, C, B)
    order = torch.randperm(B, generator=torch.Generator().manual_seed(int(draw.integers(0, 99, 1))))
    return logits, best.where(half, other), torch.tensor(kinds)[order], num_kinds


@question("answer_accuracy")
@points(5)
def test_the_share_is_that_of_the_kind(student, draw):
    """The share of a kind is right answers divided by questions, both of that kind alone."""
    with torch.no_grad():
        measures(student.answer_accuracy, shares, [guesses(draw) for _ in range(4)])


@question("answer_accuracy")
@points(1)
@needs(test_the_share_is_that_of_the_kind)
def test_a_kind_that_nobody_asked_has_a_share_of_0(student, draw):
    """Of a kind that does not occur the share is 0, and not NaN."""
    for kinds in ((0, 2, 2, 0, 2), (1, 1), (0,)):
        given = guesses(draw, kinds, num_kinds=4)
        (found,) = call(student.answer_accuracy, *given, takes=GUESSES, shapes={SHARES: (4,)})
        if found.isnan().any():
            raise Failure("Of a kind that nobody has asked, the share is NaN.")
        equal(found, shares(*given), "Where some kinds do not occur", SHARES)


@question("answer_accuracy")
@points(1)
@needs(test_the_share_is_that_of_the_kind)
def test_shares_of_any_sizes(student, draw):
    """One kind, one question, two answers, and as many questions as answers and kinds."""
    (many,) = draw.integers(130, 150, 1).tolist()
    each = [
        guesses(draw, draw.integers(0, 3, many).tolist(), 3, 3),
        guesses(draw, (0,) * 6, 3, 1),
        guesses(draw, (0,), 2, 1),
        guesses(draw, (1, 0, 1, 0, 1), 2, 2),
        guesses(draw, (0, 1, 2), 3, 3),
    ]
    with torch.no_grad():
        measures(student.answer_accuracy, shares, each)


@question("answer_accuracy")
@points(1)
@needs(test_the_share_is_that_of_the_kind)
def test_measuring_changes_nothing(student, draw):
    """Neither logits nor answers nor kinds are changed in place."""
    *given, num_kinds = guesses(draw)
    pure(student.answer_accuracy, *given, num_kinds=num_kinds, takes=GUESSES[:3])
