"""Hidden checks of translate, with a model that follows a script, which is known in full.

Its state tells which sentence it answers, and how far it has come.
"""

import torch

from grader.checks import Failure, answer, needs, points, question, scripted

V = 9
"""Symbols that there are; those that begin and end an answer are none of the first three."""
STEPS = 6
"""For which the script tells what is said; then it goes on with its last line."""


def read(tables, src, lengths):
    """Return no states, and the last state (B, 2): the last word that counts, and step 0."""
    if src.dim() != 2 or lengths.shape != src.shape[:1]:
        given = f"{tuple(src.shape)} and {tuple(lengths.shape)}"
        raise ValueError(f"the encoder is given shapes {given}; it takes (B, T) and (B,)")
    last = src[torch.arange(len(src)), lengths - 1]
    h = torch.stack([last, torch.zeros_like(last)], dim=1).to(tables.script.dtype)
    return torch.zeros(*src.shape, 2), h


def step(tables, token, h):
    """Return logits from the script and from the symbol before, and the state a step later."""
    if token.dim() != 1 or h.shape != (len(token), 2):
        given = f"{tuple(token.shape)} and {tuple(h.shape)}"
        raise ValueError(f"the decoder is given shapes {given}; it takes (B,) and (B, 2)")
    which, place = h.long().unbind(dim=1)
    line = tables.script[which, place.clamp(max=tables.script.shape[1] - 1)]  # (B, V)
    return line + tables.by_symbol[token], torch.stack([h[:, 0], h[:, 1] + 1], dim=1)


class Talk:
    """Sentences, what the script has for each of them, and the step at which each answer ends.

    Logits are those of the script, at a step, plus those that follow from the symbol before.
    """

    def __init__(self, draw, ends, by_step=1.0, by_sentence=0.0, by_symbol=0.0, T=4):
        B = len(ends)
        self.bos, self.eos = draw.sizes(2, 3, V - 1)
        self.script = draw(B + 1, STEPS, V, scale=by_step) + draw(B + 1, 1, V, scale=by_sentence)
        self.by_symbol = draw(V, V, scale=by_symbol)
        self.script[..., self.eos], self.by_symbol[:, self.eos] = -100.0, 0.0
        lines = torch.arange(1, B + 1)[torch.randperm(B, generator=draw._generator)]
        for line, end in zip(lines.tolist(), ends, strict=True):
            if end < STEPS:
                self.script[line, end, self.eos] = 100.0
        self.lengths = draw.lengths(B, T)
        self.src = draw.integers(0, B + 1, B, T)
        self.src[torch.arange(B), self.lengths - 1] = lines

    def model(self, student):
        """Return the student's function with the script for its model."""
        parts = {"encoder": read, "decoder": step}
        return scripted(student, "translate", parts, script=self.script, by_symbol=self.by_symbol)

    def given(self, max_length):
        """Return the arguments behind the model."""
        return self.src, self.lengths, self.bos, self.eos, max_length

    def due(self, max_length=STEPS):
        """Return what should be said: each sentence alone, step by step."""
        answers = []
        for sentence, n in zip(self.src, self.lengths.tolist(), strict=True):
            line, token, said = self.script[sentence[n - 1]], self.bos, []
            for t in range(max_length):
                logits = line[min(t, STEPS - 1)] + self.by_symbol[token]
                token = max(range(V), key=logits.tolist().__getitem__)
                if token == self.eos:
                    break
                said.append(token)
            answers.append(said)
        return answers

    def require(self, student, max_length=STEPS):
        """Require the right answers."""
        due = self.due(max_length)
        answer(self.model(student), *self.given(max_length), due=due, name="answers")

    def calls(self, student, max_length):
        """Return how often the encoder and the decoder are called."""
        translate = self.model(student)
        translate(*self.given(max_length))
        parts = [call.part for call in translate.calls]
        return parts.count("encoder"), parts.count("decoder")


@question("translate")
@points(1)
def test_every_sentence_gets_an_answer(student, draw):
    """A list is returned, with a list of symbols for each sentence."""
    talk = Talk(draw, (3, 3, 3))
    said = talk.model(student)(*talk.given(STEPS))
    if said is None:
        raise Failure("The result is None: is a `return` missing?")
    lists = isinstance(said, list | tuple) and all(isinstance(row, list | tuple) for row in said)
    if not lists or len(said) != 3:
        raise Failure("For three sentences, a list of three lists is due.")


@question("translate")
@points(4)
@needs(test_every_sentence_gets_an_answer)
def test_the_likeliest_symbol_is_said_first(student, draw):
    """What is said first is the symbol with the largest logit, after the sentence and bos."""
    for _ in range(2):
        Talk(draw, (STEPS,) * 4, by_symbol=1.0).require(student, max_length=1)


@question("translate")
@points(3)
@needs(test_the_likeliest_symbol_is_said_first)
def test_what_was_said_is_given_next(student, draw):
    """At each step, the decoder is given the symbols that were said at the step before."""
    for _ in range(2):
        talk = Talk(draw, (STEPS,) * 4, by_step=0.0, by_sentence=0.5, by_symbol=1.0)
        talk.require(student, max_length=5)


@question("translate")
@points(3)
@needs(test_the_likeliest_symbol_is_said_first)
def test_the_state_is_handed_on(student, draw):
    """Each step starts from the state that the step before has returned."""
    Talk(draw, (STEPS,) * 4).require(student, max_length=5)


@question("translate")
@points(3)
@needs(test_the_likeliest_symbol_is_said_first)
def test_each_answer_ends_at_its_own_end(student, draw):
    """An answer is what was said before eos; that one has ended does not stop the others."""
    # Hint: Print at each step what was said, who has ended, and what has been written down.
    # Hint: At which step is something written that should not be, or left out that should be?
    for ends in ((3, 1, 4, 2), (2, 5, 0, 2)):
        Talk(draw, ends, by_symbol=0.5).require(student)


@question("translate")
@points(1)
@needs(test_what_was_said_is_given_next, test_the_state_is_handed_on)
def test_an_answer_without_an_end_has_max_length_symbols(student, draw):
    """Where eos does not come, max_length symbols are said; it may come one symbol later."""
    for max_length, ends in ((3, (STEPS, STEPS)), (4, (4, STEPS, 3)), (8, (STEPS, STEPS))):
        Talk(draw, ends, by_symbol=0.5).require(student, max_length)


@question("translate")
@points(1)
@needs(test_each_answer_ends_at_its_own_end)
def test_nobody_is_asked_in_vain(student, draw):
    """The encoder is called once, and the decoder until all have ended, for all at once."""
    for ends, max_length in (((3, 1, 2), STEPS), ((0, 0), STEPS), ((STEPS, 1, 3), 4)):
        read, asked = Talk(draw, ends).calls(student, max_length)
        steps = min(max(ends) + 1, max_length)
        if read != 1:
            raise Failure(f"For one batch, the encoder is called {read} times.")
        if asked != steps:
            raise Failure(
                f"Of answers of {max(ends)} symbols at most, with max_length={max_length}, the "
                f"decoder is called {asked} times, and not {steps}."
            )


@question("translate")
@points(1)
@needs(test_the_likeliest_symbol_is_said_first)
def test_the_model_is_evaluated_and_left_as_it_was(student, draw):
    """The model is called in evaluation mode and without a graph, and is in its old mode again."""
    talk = Talk(draw, (3, 2))
    translate = talk.model(student)  # a model in training mode
    translate(*talk.given(STEPS))
    if any(call.training for call in translate.calls):
        raise Failure("The model is called in training mode: call model.eval() first.")
    if any(call.graph for call in translate.calls):
        raise Failure("The model builds a graph that nobody needs: use torch.no_grad().")
    if not translate.training:
        raise Failure("The model was in training mode, and afterwards it is not.")


@question("translate")
@points(1)
@needs(test_each_answer_ends_at_its_own_end)
def test_a_batch_of_any_size_is_answered(student, draw):
    """One sentence, sentences of one word, as many as symbols, and a hundred."""
    (many,) = draw.integers(100, 120, 1).tolist()
    for B, T in ((1, 4), (2, 1), (V, V), (many, 3)):
        ends = draw.integers(0, STEPS, B).tolist()
        Talk(draw, ends, by_symbol=0.5, T=T).require(student)
