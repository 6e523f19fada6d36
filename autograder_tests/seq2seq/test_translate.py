"""Hidden checks of translate, with a model that follows a script, which is known in full.

A model cannot be sent to a submission. So a function of ours goes there, and makes one out of
tables: its state tells which sentence it answers and how far it has come.
"""

import torch

from grader.checks import Failure, answer, needs, points, question

V = 9
"""Symbols that there are; those that begin and end an answer are none of the first three."""
STEPS = 6
"""For which the script tells what is said; then it goes on with its last line."""


def speak(student, script, by_symbol, src, lengths, bos, eos, max_length, training):
    """Have the student let a model answer, whose logits follow from these tables.

    Returns what was said; how often encoder and decoder were asked, as lists of the rows that
    they were asked for; whether that was in evaluation mode and without a graph; and whether the
    model is in its old mode afterwards.
    """
    import torch
    from torch import nn

    asked, modes, graphs = {"encoder": [], "decoder": []}, [], []

    class Encoder(nn.Module):
        def forward(self, sentences, n):
            if sentences.shape[1:] != src.shape[1:] or n.shape != sentences.shape[:1]:
                raise ValueError(
                    f"the encoder is given shapes {tuple(sentences.shape)} and {tuple(n.shape)}; "
                    f"it takes {tuple(src.shape)} and {tuple(lengths.shape)}"
                )
            asked["encoder"].append(len(n))
            modes.append(self.training)
            graphs.append(torch.is_grad_enabled())
            last = sentences[torch.arange(len(n)), n - 1]  # tells which lines of the script follow
            h = torch.stack([last, torch.zeros_like(last)], dim=1).to(script.dtype)
            return torch.zeros(*sentences.shape, 2), h

    class Decoder(nn.Module):
        def forward(self, token, h):
            if token.dim() != 1 or h.shape != (len(token), 2):
                raise ValueError(
                    f"the decoder is given shapes {tuple(token.shape)} and {tuple(h.shape)}; "
                    f"it takes (B,) and (B, 2)"
                )
            asked["decoder"].append(len(token))
            modes.append(self.training)
            graphs.append(torch.is_grad_enabled())
            which, step = h.long().unbind(dim=1)
            logits = script[which, step.clamp(max=script.shape[1] - 1)] + by_symbol[token]
            return logits, torch.stack([h[:, 0], h[:, 1] + 1], dim=1)

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.encoder, self.decoder = Encoder(), Decoder()

    model = Model().train(training)
    with torch.enable_grad():
        said = student.translate(model, src, lengths, bos, eos, max_length)
    quiet = not any(modes), not any(graphs), model.training == training
    return said, asked["encoder"], asked["decoder"], quiet


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

    def said(self, student, max_length=STEPS, training=True):
        """Return what the student's function lets the model say, and what it did meanwhile."""
        given = self.script, self.by_symbol, self.src, self.lengths, self.bos, self.eos
        said, *more = student.beside(speak)(*given, max_length, training)
        B = len(self.src)
        if said is None:
            raise Failure("The result is None: is a `return` missing?")
        if not isinstance(said, list | tuple):
            raise Failure(f"A list of {B} lists is due, one for each sentence.")
        if len(said) != B:
            raise Failure(f"For {B} sentences, {len(said)} answers are returned.")
        return [plain(row) for row in said], *more

    def due(self, max_length=STEPS):
        """Return what should be said: each sentence alone, step by step."""
        answers = []
        for sentence, n in zip(self.src, self.lengths.tolist(), strict=True):
            line, token, said = self.script[sentence[n - 1]], self.bos, []
            for step in range(max_length):
                logits = line[min(step, STEPS - 1)] + self.by_symbol[token]
                token = max(range(V), key=logits.tolist().__getitem__)
                if token == self.eos:
                    break
                said.append(token)
            answers.append(said)
        return answers

    def require(self, student, max_length=STEPS):
        """Require the right answers."""
        said, *_ = self.said(student, max_length)
        for b, (have, due) in enumerate(zip(said, self.due(max_length), strict=True)):
            answer(lambda row=have: row, due=due, name=f"the answer to sentence {b}")


def plain(row):
    """Return an answer with numbers in the place of tensors without axes."""
    if not isinstance(row, list | tuple):
        return row
    return [i.item() if isinstance(i, torch.Tensor) and not i.dim() else i for i in row]


@question("translate")
@points(1)
def test_every_sentence_gets_an_answer(student, draw):
    """A list is returned, with a list of symbols for each sentence."""
    said, *_ = Talk(draw, (3, 3, 3)).said(student)
    if not all(isinstance(row, list | tuple | torch.Tensor) for row in said):
        raise Failure("Each answer should be a list of whole numbers.")


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
        _, read, asked, _ = Talk(draw, ends).said(student, max_length)
        steps = min(max(ends) + 1, max_length)
        if len(read) != 1:
            raise Failure(f"For one batch, the encoder is called {len(read)} times.")
        if len(asked) != steps:
            raise Failure(
                f"Of answers of {max(ends)} symbols at most, with max_length={max_length}, the "
                f"decoder is called {len(asked)} times, and not {steps}."
            )


@question("translate")
@points(1)
@needs(test_the_likeliest_symbol_is_said_first)
def test_the_model_is_evaluated_and_left_as_it_was(student, draw):
    """The model is called in evaluation mode and without a graph, and is in its old mode again."""
    for training in (True, False):
        *_, (evaluated, free, back) = Talk(draw, (3, 2)).said(student, training=training)
        if not evaluated:
            raise Failure("The model is called in training mode: call model.eval() first.")
        if not free:
            raise Failure("The model builds a graph that nobody needs: use torch.no_grad().")
        if not back:
            was = "training" if training else "evaluation"
            raise Failure(f"The model was in {was} mode, and afterwards it is not.")


@question("translate")
@points(1)
@needs(test_each_answer_ends_at_its_own_end)
def test_a_batch_of_any_size_is_answered(student, draw):
    """One sentence, sentences of one word, as many as symbols, and a hundred."""
    (many,) = draw.integers(100, 120, 1).tolist()
    for B, T in ((1, 4), (2, 1), (V, V), (many, 3)):
        ends = draw.integers(0, STEPS, B).tolist()
        Talk(draw, ends, by_symbol=0.5, T=T).require(student)
