"""Hidden checks of caption_loss and caption.

A model that speaks cannot be sent to a submission. So a function of ours goes there, and makes one
out of tables.
"""

from functools import partial

import torch
from torch.nn.functional import cross_entropy

from grader.checks import (
    Failure,
    agree,
    agree_on_each,
    answer,
    call,
    equal,
    needs,
    points,
    pure,
    question,
)

# ── caption_loss ─────────────────────────────────────────────────────────────────────────────────

TAKES = ("logits (B, T, V)", "captions (B, T)", "pad")
costs = partial(agree, takes=TAKES, returns=("loss",))


def cost(logits, captions, pad):
    """Take torch's own cross-entropy of each word that counts."""
    each = cross_entropy(logits[captions != pad], captions[captions != pad], reduction="none")
    return each.sum() / max(len(each), 1)


def captions(draw, B=3, T=5, V=6, lengths=(3, 5, 1)):
    """Draw logits, captions of these lengths, and the word that fills them up."""
    pad = int(draw.integers(1, V, 1))  # another number than in the notebook
    words = (pad + draw.integers(1, V, B, T)) % V
    behind = torch.arange(T) >= torch.tensor(lengths).unsqueeze(1)
    return draw(B, T, V), words.masked_fill(behind, pad), pad


@question("caption_loss")
@points(1)
def test_the_loss_is_one_number(student, draw):
    """The loss is one number, without axes."""
    call(student.caption_loss, *captions(draw), takes=TAKES, shapes={"loss": ()})


@question("caption_loss")
@points(2)
@needs(test_the_loss_is_one_number)
def test_full_captions_cost_the_mean_of_their_words(student, draw):
    """Of captions without padding, the loss is the mean cross-entropy of all words."""
    with torch.no_grad():
        costs(student.caption_loss, cost, *captions(draw, lengths=(5, 5, 5)))


@question("caption_loss")
@points(2)
@needs(test_full_captions_cost_the_mean_of_their_words)
def test_padding_is_neither_summed_nor_counted(student, draw):
    """What is filled in costs nothing and counts in no mean; every word counts alike."""
    with torch.no_grad():
        costs(student.caption_loss, cost, *captions(draw))


@question("caption_loss")
@points(1)
@needs(test_padding_is_neither_summed_nor_counted)
def test_gradients_reach_the_logits_of_words(student, draw):
    """The gradient for the logits is right, and 0 where something is filled in."""
    costs(student.caption_loss, cost, *captions(draw))


@question("caption_loss")
@points(1)
@needs(test_the_loss_is_one_number)
def test_no_word_costs_nothing(student, draw):
    """A batch without a word costs 0, and not NaN."""
    given = captions(draw, B=2, lengths=(0, 0))
    (loss,) = call(student.caption_loss, *given, takes=TAKES, shapes={"loss": ()})
    if loss.isnan():
        raise Failure("Of nothing but padding, the loss is NaN.")
    equal(loss, torch.zeros_like(loss), "Of nothing but padding", "loss")


@question("caption_loss")
@points(1)
@needs(test_padding_is_neither_summed_nor_counted)
def test_a_loss_of_any_sizes(student, draw):
    """One caption, word or all sizes equal, large logits; nothing is changed in place."""
    sizes = ((1, 5, 6, [4]), (3, 1, 6, [1, 0, 1]), (4, 4, 4, [2, 4, 1, 3]), (1, 1, 2, [1]))
    each = [captions(draw, *size) for size in sizes]
    logits, words, pad = captions(draw)
    each.append((1000 * logits, words, pad))
    with torch.no_grad():
        agree_on_each(student.caption_loss, cost, each, takes=TAKES, returns=("loss",))
    pure(student.caption_loss, logits, words, pad=pad, takes=TAKES[:2])


# ── caption ──────────────────────────────────────────────────────────────────────────────────────

V, H, L = 8, 5, 4


def speak(student, tables, features, bos, eos, max_length):
    """Let the student caption pictures with a model whose words and states follow from tables.

    Returns the words, the weights, how often the cell was called, and whether weights have a graph.
    """
    import torch
    from torch import nn

    class Speaker(nn.Module):
        def __init__(self):
            super().__init__()
            names = ("by_word", "by_state", "enter", "carry")
            for name, table in zip(names, tables, strict=True):
                self.register_parameter(name, nn.Parameter(table.clone()))
            self.calls = 0

        def begin(self, features):
            return features[:, 0] + 0 * self.by_state.sum()  # so that it has a graph

        def cell(self, token, h, features):
            due = {"token": (len(features),), "h": (len(features), len(self.by_state))}
            found = {"token": tuple(token.shape), "h": tuple(h.shape)}
            if found != due:
                raise ValueError(f"the cell takes shapes {due}; it is given {found}")
            self.calls += 1
            weights = torch.einsum("bh,blh->bl", h, features).softmax(dim=1)
            logits = self.by_word[token] + h @ self.by_state
            return logits, h @ self.carry + self.enter[token], weights

    model = Speaker()
    with torch.enable_grad():
        words, weights = student.caption(model, features, bos, eos, max_length)
    words = [row.tolist() if torch.is_tensor(row) else [int(w) for w in row] for row in words]
    weights = [row if torch.is_tensor(row) else torch.stack([*row]) for row in weights]
    graph = any(row.requires_grad for row in weights)
    return words, [row.detach() for row in weights], model.calls, graph


class Speech:
    """A model made of tables, pictures, and what is due of them."""

    def __init__(self, draw, B=3, word=0.0, state=0.0, enter=0.0, carry=0.0, ends=True):
        self.features = draw(B, L, H)
        self.bos, self.eos = int(draw.integers(2, 5, 1)), int(draw.integers(5, V, 1))
        self.tables = [
            draw(V, V, scale=word),
            draw(H, V, scale=state),
            draw(V, H, scale=enter),
            draw(H, H, scale=carry),
        ]
        if not ends:
            self.tables[0][:, self.eos] -= 1000

    @classmethod
    def of_tapes(cls, draw, places, tape):
        """Make a model whose state is a place on a tape: it says what stands there, and goes on."""
        speech = cls(draw, B=len(places))
        speech.features[:, 0] = torch.eye(len(tape)).double()[places]
        words = torch.tensor([speech.eos if word == "eos" else word for word in tape])
        speech.tables[1] = 50 * torch.eye(V).double()[words]
        speech.tables[3] = torch.eye(len(tape)).double().roll(1, dims=1)
        return speech

    def said(self, student, max_length):
        """Return the words and weights of each picture, the calls, and whether there is a graph."""
        floats = [table.to(self.features) for table in self.tables]
        given = floats, self.features, self.bos, self.eos, max_length
        words, weights, calls, graph = student.beside(speak)(*given)
        if not len(words) == len(weights) == len(self.features):
            raise Failure("There is not one list of words, and one of weights, for each picture.")
        return words, weights, calls, graph

    def due(self, max_length):
        """Return the words and weights of each picture, one picture at a time."""
        by_word, by_state, enter, carry = self.tables
        words, weights = [], []
        for places in self.features:
            h, token, said, looked = places[0], self.bos, [], []
            while len(said) < max_length:
                rows = (places @ h).softmax(dim=0)
                best = int((by_word[token] + h @ by_state).argmax())
                h = h @ carry + enter[token]
                if best == self.eos:
                    break
                said.append(best)
                looked.append(rows)
                token = best
            words.append(said)
            weights.append(torch.stack(looked) if looked else places.new_zeros(0, L))
        return words, weights


def require(student, speech, max_length):
    """Require the right words of each picture."""
    words, *_ = speech.said(student, max_length)
    due, _ = speech.due(max_length)
    for b, (have, want) in enumerate(zip(words, due, strict=True)):
        answer(lambda have=have: have, due=want, name=f"words[{b}]")


@question("caption")
@points(1)
def test_every_picture_gets_words_and_weights(student, draw):
    """For each picture there is a list of words, and there are weights."""
    Speech(draw, word=1.0, ends=False).said(student, 2)


@question("caption")
@points(2)
@needs(test_every_picture_gets_words_and_weights)
def test_the_first_word_is_the_likeliest(student, draw):
    """What is said first is the word with the largest logit, after `begin` and bos."""
    for _ in range(2):
        require(student, Speech(draw, word=1.0, state=1.0, ends=False), 1)


@question("caption")
@points(2)
@needs(test_the_first_word_is_the_likeliest)
def test_what_was_said_is_read_next(student, draw):
    """At each step the cell reads the word that it has said at the step before."""
    for _ in range(2):
        require(student, Speech(draw, word=1.0, ends=False), 5)


@question("caption")
@points(2)
@needs(test_the_first_word_is_the_likeliest)
def test_the_state_is_handed_on(student, draw):
    """Each step starts from the state that the step before has returned."""
    for _ in range(2):
        require(student, Speech(draw, state=1.0, enter=1.0, carry=1.0, ends=False), 5)


@question("caption")
@points(3)
@needs(test_the_first_word_is_the_likeliest)
def test_each_caption_ends_on_its_own(student, draw):
    """A caption ends before its first eos; others go on, up to max_length words."""
    speech = Speech.of_tapes(draw, [2, 0, 3, 4], [3, 1, 0, "eos", 4])
    for max_length in (3, 2, 7):
        require(student, speech, max_length)


@question("caption")
@points(1)
@needs(test_each_caption_ends_on_its_own)
def test_nobody_is_asked_after_the_end(student, draw):
    """The cell is not called again after all have ended, or have max_length words."""
    for places, max_length, due in (([1, 2], 9, 3), ([0, 3], 2, 2), ([3], 5, 1)):
        speech = Speech.of_tapes(draw, places, [3, 1, 0, "eos", 4])
        _, _, calls, _ = speech.said(student, max_length)
        if calls != due:
            raise Failure(f"Where {due} calls of the cell will do, you make {calls}.")


@question("caption")
@points(2)
@needs(test_each_caption_ends_on_its_own)
def test_every_word_has_the_weights_of_its_step(student, draw):
    """The weights of a picture are those with which it said its words, and none for eos."""
    speech = Speech.of_tapes(draw, [1, 0, 3, 2], [3, 1, 0, "eos", 4])
    words, weights, *_ = speech.said(student, 5)
    _, due = speech.due(5)
    for b, (have, want) in enumerate(zip(weights, due, strict=True)):
        if have.shape != want.shape:
            found = f"its weights are {tuple(have.shape)}"
            raise Failure(f"Picture {b} says {len(words[b])} words about {L} places, but {found}.")
        if have.numel():
            equal(have, want, "They are not those of its steps", f"weights[{b}]")


@question("caption")
@points(1)
@needs(test_each_caption_ends_on_its_own)
def test_any_number_of_pictures_will_do(student, draw):
    """One picture, as many pictures as words, places or features; weights without a graph."""
    for B, max_length in ((1, 4), (V, 3), (L, 1), (H, 2)):
        speech = Speech(draw, B, word=1.0, state=1.0, enter=1.0, carry=1.0, ends=False)
        require(student, speech, max_length)
    *_, graph = speech.said(student, 2)
    if graph:
        raise Failure("The weights have a graph, which stays in memory: use torch.no_grad().")
