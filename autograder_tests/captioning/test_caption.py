"""Hidden checks of caption_loss and caption; the model that speaks follows from tables."""

from functools import partial
from types import SimpleNamespace

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
    scripted,
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
@points(3)
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
@needs(test_full_captions_cost_the_mean_of_their_words)
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
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = ((1, 5, 6, [4]), (3, 1, 6, [1, 0, 1]), (4, 4, 4, [2, 4, 1, 3]), (1, 1, 2, [1]),
             (many, 2, 3, draw.lengths(many, 2).tolist()))  # fmt: skip
    each = [captions(draw, *size) for size in sizes]
    logits, words, pad = captions(draw)
    each.append((1000 * logits, words, pad))
    with torch.no_grad():
        agree_on_each(student.caption_loss, cost, each, takes=TAKES, returns=("loss",))
    pure(student.caption_loss, logits, words, pad=pad, takes=TAKES[:2])


# ── caption ──────────────────────────────────────────────────────────────────────────────────────

V, H, L = 8, 5, 4


def begin(tables, features):
    """Return the first state of a model, which is the feature of place 0."""
    return features[:, 0]


def cell(tables, token, h, features):
    """Return logits, the next state and weights, as they follow from tables."""
    due = {"token": (len(features),), "h": (len(features), len(tables.carry))}
    found = {"token": tuple(token.shape), "h": tuple(h.shape)}
    if found != due:
        raise ValueError(f"the cell takes shapes {due}; it is given {found}")
    weights = torch.einsum("bh,blh->bl", h, features).softmax(dim=1)
    logits = tables.by_word[token] + h @ tables.by_state
    return logits, h @ tables.carry + tables.enter[token], weights


class Speech:
    """A model of tables and pictures, and what it should say of them."""

    def __init__(self, draw, B=3, word=0.0, state=0.0, enter=0.0, carry=0.0):
        self.features = draw(B, L, H)
        self.bos, self.eos = int(draw.integers(2, 5, 1)), int(draw.integers(5, V, 1))
        shapes = {"by_word": (V, V), "by_state": (H, V), "enter": (V, H), "carry": (H, H)}
        scales = (word, state, enter, carry)
        self.tables = {
            name: draw(*shape, scale=scale)
            for (name, shape), scale in zip(shapes.items(), scales, strict=True)
        }
        self.tables["by_word"][:, self.eos] -= 1000  # so that it speaks without end

    @classmethod
    def of_tapes(cls, draw, places, tape=(3, 1, 0, "eos", 4)):
        """Make a model whose state is a place on a tape: it says what stands there, and goes on."""
        speech = cls(draw, len(places))
        speech.features[:, 0] = torch.eye(H).double()[places]
        words = [speech.eos if word == "eos" else word for word in tape]
        speech.tables["by_word"] *= 0
        speech.tables["by_state"] = 50 * torch.eye(V).double()[words]
        speech.tables["carry"] = torch.eye(H).double().roll(1, dims=1)
        return speech

    def said(self, student, max_length):
        """Return the words and the weights of all pictures, and the calls of the cell."""
        caption = scripted(student, "caption", {"begin": begin, "cell": cell}, **self.tables)
        returned = caption(self.features, self.bos, self.eos, max_length)
        if not (isinstance(returned, list | tuple) and len(returned) == 2):
            raise Failure("Two results are due, words and weights, and not something else.")
        words, weights = returned
        return words, weights, [call for call in caption.calls if call.part == "cell"]

    def due(self, max_length):
        """Return the words and the weights of all pictures, one picture at a time."""
        words, weights = [], []
        for picture in self.features.unsqueeze(1):
            h, token, said, looked = picture[:, 0], torch.tensor([self.bos]), [], []
            while len(said) < max_length:
                logits, h, rows = cell(SimpleNamespace(**self.tables), token, h, picture)
                token = logits.max(dim=1).indices
                if token.item() == self.eos:
                    break
                said.append(token.item())
                looked.append(rows)
            words.append(said)
            weights.append(torch.cat(looked) if looked else picture.new_zeros(0, L))
        return words, weights

    def require(self, student, max_length):
        """Require the right words of all pictures."""
        due, _ = self.due(max_length)
        answer(lambda: self.said(student, max_length)[0], due=due, name="words")


@question("caption")
@points(1)
def test_every_picture_gets_words_and_weights(student, draw):
    """For each picture there is a list of words, and there are weights."""
    words, weights, _ = Speech(draw, word=1.0).said(student, 2)
    if not len(words) == len(weights) == 3:
        raise Failure("There is not one list of words, and one of weights, for each picture.")


@question("caption")
@points(2)
@needs(test_every_picture_gets_words_and_weights)
def test_the_first_word_is_the_likeliest(student, draw):
    """What is said first is the word with the largest logit, after `begin` and bos."""
    for _ in range(2):
        Speech(draw, word=1.0, state=1.0).require(student, 1)


@question("caption")
@points(2)
@needs(test_the_first_word_is_the_likeliest)
def test_what_was_said_is_read_next(student, draw):
    """At each step the cell reads the word that it has said at the step before."""
    for _ in range(2):
        Speech(draw, word=1.0).require(student, 5)


@question("caption")
@points(2)
@needs(test_the_first_word_is_the_likeliest)
def test_the_state_is_handed_on(student, draw):
    """Each step starts from the state that the step before has returned."""
    for _ in range(2):
        Speech(draw, state=1.0, enter=1.0, carry=1.0).require(student, 5)


@question("caption")
@points(3)
@needs(test_the_first_word_is_the_likeliest)
def test_each_caption_ends_on_its_own(student, draw):
    """A caption ends before its first eos; others go on, up to max_length words."""
    # Hint: Print at each step the words, who still speaks, and what is written down.
    # Hint: When one has ended, what of it does your code still look at in the next step?
    speech = Speech.of_tapes(draw, [2, 0, 3, 4])
    for max_length in (3, 2, 7):
        speech.require(student, max_length)


@question("caption")
@points(1)
@needs(test_each_caption_ends_on_its_own)
def test_nobody_is_asked_after_the_end(student, draw):
    """The cell is not called again after all have ended, or have max_length words."""
    for places, max_length, due in (([1, 2], 9, 3), ([0, 3], 2, 2), ([3], 5, 1)):
        *_, calls = Speech.of_tapes(draw, places).said(student, max_length)
        if len(calls) != due:
            raise Failure(f"Where {due} calls of the cell will do, you make {len(calls)}.")


@question("caption")
@points(2)
@needs(test_each_caption_ends_on_its_own)
def test_every_word_has_the_weights_of_its_step(student, draw):
    """The weights of a picture are those with which it said its words, and none for eos."""
    speech = Speech.of_tapes(draw, [1, 0, 3, 2])
    _, weights, _ = speech.said(student, 5)
    words, due = speech.due(5)
    for b, (have, want) in enumerate(zip(weights, due, strict=True)):
        if not torch.is_tensor(have) or have.shape != want.shape:
            found = f"a tensor {tuple(have.shape)}" if torch.is_tensor(have) else "not a tensor"
            said = f"Picture {b} says {len(words[b])} words about {L} places"
            raise Failure(f"{said}, but weights[{b}] is {found}.")
        if words[b]:
            equal(have, want, "They are not those of its steps", f"weights[{b}]")


@question("caption")
@points(1)
@needs(test_each_caption_ends_on_its_own)
def test_any_number_of_pictures_will_do(student, draw):
    """One picture, as many pictures as words, places or features; no graph is recorded."""
    (many,) = draw.integers(130, 150, 1).tolist()
    for B, max_length in ((1, 4), (V, 3), (L, 1), (H, 2), (many, 2)):
        Speech(draw, B, word=1.0, state=1.0, enter=1.0, carry=1.0).require(student, max_length)
    *_, calls = Speech(draw, word=1.0).said(student, 2)
    if any(call.graph for call in calls):
        raise Failure("The model records a graph, which fills the memory: use torch.no_grad().")
