"""Hidden checks of greedy_decode.

A model that speaks is a function, which cannot be sent to a submission. So a function of ours goes
there, and makes one out of tables. Each row of `memory` holds what its sentence is about and when
it ends, so the model may be asked about all sentences or about those that have not ended.
"""

import torch

from grader.checks import Failure, answer, needs, points, question

B, V, H = 3, 9, 6  # sentences, symbols, features
BOS, EOS = 1, 2
NEVER = 99.0


def speak(student, tables, memory, bos, eos, max_length):
    """Have the student let a model speak, which follows from these tables.

    Returns what was said; and how often the model was asked, and with gradients; and whether memory
    was changed.
    """
    import torch

    enter, place, leave, listen = tables
    width, calls, given = memory.shape[-1], [], memory.clone()

    def step(ids, memory):
        if ids.dim() != 2 or memory.dim() != 2 or memory.shape != (len(ids), width):
            shapes = f"{tuple(ids.shape)} and {tuple(memory.shape)}"
            raise ValueError(f"step is given shapes {shapes}; it takes (B, t) and (B, …)")
        calls.append(torch.is_grad_enabled())
        about, end = memory[:, :-1], memory[:, -1:]
        t = torch.arange(ids.shape[1])
        state = (enter[ids] * place[t, None]).cumsum(dim=1)  # of all that was said so far
        logits = torch.tanh(state) @ leave + (about @ listen)[:, None]
        logits[..., eos] = torch.where(t == end, 50.0, -50.0).to(logits)  # (b, t)
        return logits

    said = student.greedy_decode(step, memory, bos, eos, max_length)
    return said, len(calls), sum(calls), not torch.equal(memory, given)


class Speaker:
    """A model, what its sentences are about, and when they end."""

    def __init__(self, draw, ends, says=1.0, about=1.0):
        self.tables = (
            draw(V, H, scale=says), 1 + draw(40).abs(), draw(H, V, scale=4.0),
            draw(H, V, scale=about),
        )  # fmt: skip
        self.memory = draw(len(ends), H + 1)
        self.memory[:, -1] = torch.tensor(ends)

    def says(self, student, max_length, bos=BOS, eos=EOS):
        """Return what the student has the model say, and what it was seen to do meanwhile."""
        asked = student.beside(speak)
        found = asked(list(self.tables), self.memory, bos, eos, max_length)
        said, *seen = found
        rows = len(self.memory)
        if not isinstance(said, list | tuple | torch.Tensor) or len(said) != rows:
            raise Failure(f"A list of {rows} lists is due, one for each sentence.")
        return said, seen

    def due(self, max_length, bos=BOS, eos=EOS):
        """Return what is due: each sentence by itself, symbol by symbol."""
        enter, place, leave, listen = self.tables
        sentences = []
        for *about, end in self.memory.tolist():
            said, state = [bos], torch.zeros(H, dtype=torch.float64)
            for t in range(min(max_length, int(end))):
                state = state + enter[said[-1]] * place[t]
                logits = torch.tanh(state) @ leave + torch.tensor(about).double() @ listen
                logits[eos] = -50
                said.append(int(logits.argmax()))
            sentences.append(said[1:])
        return sentences

    def require(self, student, max_length, **symbols):
        """Require what is due of every sentence."""
        said, _ = self.says(student, max_length, **symbols)
        due = self.due(max_length, **symbols)
        for b, sentence in enumerate(due):
            answer(lambda b=b: said[b], due=sentence, name=f"said[{b}]")


@question("greedy_decode")
@points(1)
def test_every_sentence_gets_a_list(student, draw):
    """A list is returned that holds a list for every row of memory."""
    Speaker(draw, [NEVER] * B).says(student, 2)


@question("greedy_decode")
@points(3)
@needs(test_every_sentence_gets_a_list)
def test_the_likeliest_symbol_after_bos_is_said(student, draw):
    """The first symbol is the one with the largest logit after bos, whatever number bos is."""
    for bos in (BOS, 5, 0):
        Speaker(draw, [NEVER] * B).require(student, 1, bos=bos)


@question("greedy_decode")
@points(4)
@needs(test_the_likeliest_symbol_after_bos_is_said)
def test_the_model_is_given_all_that_was_said(student, draw):
    """At each step the model is given bos and all that was said, and its last logits count."""
    for _ in range(2):
        Speaker(draw, [NEVER] * B, about=0.3).require(student, 6)


@question("greedy_decode")
@points(2)
@needs(test_the_likeliest_symbol_after_bos_is_said)
def test_a_sentence_ends_before_eos(student, draw):
    """A sentence ends where eos is the likeliest, which is not returned; it may be empty."""
    for end, eos in ((3.0, EOS), (1.0, 7), (0.0, EOS)):
        Speaker(draw, [end]).require(student, 6, eos=eos)


@question("greedy_decode")
@points(3)
@needs(test_a_sentence_ends_before_eos)
def test_all_sentences_end_by_themselves(student, draw):
    """One that has ended says no more, and the others go on to their own ends."""
    for ends in ([1.0, 4.0, 2.0], [3.0, 0.0, NEVER, 5.0]):
        Speaker(draw, ends).require(student, 7)


@question("greedy_decode")
@points(2)
@needs(test_the_likeliest_symbol_after_bos_is_said)
def test_nobody_says_more_than_max_length(student, draw):
    """A sentence that does not end by itself has max_length symbols, bos not counted."""
    for max_length in (1, 4):
        Speaker(draw, [NEVER] * B).require(student, max_length)


def asked(student, speaker, max_length, due):
    """Require that the model is asked as often as is due."""
    _, (calls, *_) = speaker.says(student, max_length)
    if calls != due:
        raise Failure(f"Where {due} steps are due, `step` is called {calls} times.")


@question("greedy_decode")
@points(2)
@needs(test_every_sentence_gets_a_list)
def test_no_step_is_asked_for_in_vain(student, draw):
    """`step` is not called once more after all have ended, or have said max_length symbols."""
    asked(student, Speaker(draw, [1.0, 3.0, 2.0]), 9, 4)
    asked(student, Speaker(draw, [0.0, 0.0]), 9, 1)
    asked(student, Speaker(draw, [NEVER] * B), 4, 4)


@question("greedy_decode")
@points(1)
@needs(test_every_sentence_gets_a_list)
def test_speaking_keeps_no_graph_and_changes_nothing(student, draw):
    """`step` is called without gradients, and memory stays as it is."""
    _, (_, with_gradients, changed) = Speaker(draw, [2.0, 1.0]).says(student, 4)
    if with_gradients:
        raise Failure("`step` is called with gradients: each call adds to a graph.")
    if changed:
        raise Failure("The memory is changed in place.")
