"""Hidden checks of greedy_decode, which lets a network of tables speak.

Each row of `memory` holds what its sentence is about and, as its last number, when it ends. So the
network may be asked about all sentences, or about those that have not ended.
"""

import torch

from grader.checks import Failure, answer, call, changes, needs, points, question, scripted

B, V, H = 4, 9, 6  # sentences, symbols, features
BOS, EOS = 1, 2
NEVER = 99.0


def step(tables, ids, memory):
    """Answer from all that was said, in its order; at the end of a sentence with eos alone."""
    if ids.dim() != 2 or memory.dim() != 2 or len(ids) != len(memory):
        shapes = f"{tuple(ids.shape)} and {tuple(memory.shape)}"
        raise ValueError(f"step is given shapes {shapes}; it takes (B, t) and (B, …)")
    t = torch.arange(ids.shape[1])
    state = (tables.enter[ids] * tables.place[t, None]).cumsum(dim=1)  # (B, t, H)
    logits = torch.tanh(state) @ tables.leave + (memory[:, :-1] @ tables.listen)[:, None]
    logits[..., int(tables.eos)] = torch.where(t == memory[:, -1:], 50.0, -50.0).to(logits)
    return logits


class Speaker:
    """A network, what its sentences are about, and when they end."""

    def __init__(self, draw, ends, about=1.0, bos=BOS, eos=EOS):
        self.bos, self.eos, self.memory = bos, eos, draw(len(ends), H + 1)
        self.memory[:, -1] = torch.tensor(ends)
        self.tables = {
            "enter": draw(V, H),
            "place": 1 + draw(250).abs(),
            "leave": draw(H, V, scale=4.0),
            "listen": draw(H, V, scale=about),
            "eos": torch.tensor(eos),
        }

    def says(self, student, max_length):
        """Return the student's function, as it was asked, and a list for each sentence."""
        greedy_decode = scripted(student, "greedy_decode", step, **self.tables)
        said = greedy_decode(self.memory, self.bos, self.eos, max_length)
        rows = len(self.memory)
        if not isinstance(said, list | tuple | torch.Tensor) or len(said) != rows:
            raise Failure(f"A list of {rows} lists is due, one for each sentence.")
        counts = [len(greedy_decode.calls), *(len(sentence) for sentence in said)]
        note = torch.tensor(counts, dtype=torch.float64)  # so that mistakes are told apart
        call(lambda: note, shapes={"counts (n)": (1 + rows,)})
        return greedy_decode, said

    def due(self, max_length):
        """Return what is due: each sentence by itself, symbol by symbol."""
        enter, place, leave, listen, _ = self.tables.values()
        sentences = []
        for row in self.memory.double():
            said, state = [self.bos], torch.zeros(H, dtype=torch.float64)
            for t in range(min(max_length, int(row[-1]))):
                state = state + enter[said[-1]] * place[t]
                logits = torch.tanh(state) @ leave + row[:-1] @ listen
                logits[self.eos] = -50
                said.append(int(logits.argmax()))
            sentences.append(said[1:])
        return sentences

    def require(self, student, max_length, first=None):
        """Require what is due of every sentence, or of its first symbols."""
        _, said = self.says(student, max_length)
        due = [sentence[:first] for sentence in self.due(max_length)]
        answer(lambda: [sentence[:first] for sentence in said], due=due, name="said")


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
        Speaker(draw, [NEVER] * B, bos=bos).require(student, 3, first=1)


@question("greedy_decode")
@points(4)
@needs(test_the_likeliest_symbol_after_bos_is_said)
def test_the_model_is_given_all_that_was_said(student, draw):
    """At each step the model is given bos and all that was said, and its last logits count."""
    for _ in range(2):
        Speaker(draw, [NEVER] * B, about=0.3).require(student, 7, first=6)


@question("greedy_decode")
@points(2)
@needs(test_the_likeliest_symbol_after_bos_is_said)
def test_a_sentence_ends_before_eos(student, draw):
    """A sentence ends where eos is the likeliest, which is not returned; it may be empty."""
    for end, eos in ((3.0, EOS), (1.0, 7), (0.0, EOS)):
        Speaker(draw, [end], eos=eos).require(student, 6)


@question("greedy_decode")
@points(3)
@needs(test_a_sentence_ends_before_eos)
def test_all_sentences_end_by_themselves(student, draw):
    """One that has ended says no more, and the others go on to their own ends."""
    (many,) = draw.integers(130, 150, 1).tolist()
    for ends in ([1.0, 4.0, 2.0], [3.0, 0.0, 6.0, 5.0], [2.0, 1.0, 3.0] * (many // 3)):
        Speaker(draw, ends).require(student, 9)


@question("greedy_decode")
@points(2)
@needs(test_the_likeliest_symbol_after_bos_is_said)
def test_nobody_says_more_than_max_length(student, draw):
    """A sentence that does not end by itself has max_length symbols, bos not counted."""
    for max_length in (1, 4):
        Speaker(draw, [NEVER] * B).require(student, max_length)


@question("greedy_decode")
@points(2)
@needs(test_the_likeliest_symbol_after_bos_is_said)
def test_no_step_is_asked_for_in_vain(student, draw):
    """`step` is not called once more after all have ended, or have said max_length symbols."""
    for ends, max_length, due in (([1.0, 3.0, 2.0], 9, 4), ([0.0, 0.0], 9, 1), ([NEVER] * B, 4, 4)):
        greedy_decode, _ = Speaker(draw, ends).says(student, max_length)
        if (calls := len(greedy_decode.calls)) > due:
            raise Failure(f"`step` is called {calls} times where {due} are enough.")


@question("greedy_decode")
@points(1)
@needs(test_the_likeliest_symbol_after_bos_is_said)
def test_speaking_keeps_no_graph_and_changes_nothing(student, draw):
    """`step` is called without gradients, and memory stays as it is."""
    speaker = Speaker(draw, [2.0, 1.0])
    with changes() as changed:
        greedy_decode, _ = speaker.says(student, 4)
    if any(call.graph for call in greedy_decode.calls):
        raise Failure("`step` is called with gradients: each call adds to a graph.")
    if changed:
        raise Failure("The memory is changed in place.")
