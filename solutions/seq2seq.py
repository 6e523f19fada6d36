# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "matplotlib"]
#
# [tool.grader]
# title = "Capstone: from Korean numerals to digits"
# learns = "An encoder and a decoder: teacher forcing, greedy decoding, and how to judge answers."
# hours = 5
# level = 3
# builds_on = ["gru"]
#
# [tool.grader.limits]
# seconds = 3.0
# memory_mb = 1024
# ///

# %% [markdown]
# *Sam cheon o* is Korean for 3005: three, thousand, five. In this notebook you build a network
# that learns this from examples alone, of two parts. An **encoder** reads a sentence, word by word,
# until all of it is in one vector. A **decoder** starts from that vector, and writes the answer,
# symbol by symbol, until it says that it has ended. With the same two parts, only larger,
# [Sutskever, Vinyals & Le 2014](https://arxiv.org/abs/1409.3215) translated English into French.
#
# How Korean numbers are made:
#
# | | |
# |---|---|
# | digits | yeong 0, il 1, i 2, sam 3, sa 4, o 5, yuk 6, chil 7, pal 8, gu 9 |
# | places | sip 10, baek 100, cheon 1000 |
# | a digit stands before its place | *i sip* is 2 · 10 |
# | *il* is dropped before a place | *sip* is 10, *baek sip il* is 111 |
# | zeros are not spoken | *sam cheon o* is 3005; *yeong* is 0, and stands alone |
#
# So a small machine has to find out much. **Order counts**: *i sip* is 20, *sip i* is 12. Digits
# must be **put in** where nothing was said, and the answer can be longer than the sentence or
# shorter. No word of the sentence stands for one symbol of the answer. A person would write a rule
# of six lines; the network is shown pairs. And you know every answer, so that you can judge
# each one.
#
# `nn.Embedding`, `nn.GRU`, `nn.GRUCell` and `nn.Linear` are allowed in all of this notebook. It is
# about what goes between them.
#
# Letters for shapes, used throughout:
#
# | letter | meaning |
# |---|---|
# | $B$ | batch: how many sentences at once |
# | $T$ | words of the longest sentence in the batch |
# | $S$ | symbols of the longest answer in the batch, its end included |
# | $E$, $H$ | features of an embedding, and of a state |
# | $V$ | symbols that there are to choose from |

# %%
from zlib import crc32

import torch
from torch import nn

DIGITS = ["yeong", "il", "i", "sam", "sa", "o", "yuk", "chil", "pal", "gu"]
PLACES = ["", "sip", "baek", "cheon"]
WORDS = ["(pad)", *DIGITS, *PLACES[1:]]  # what sentences consist of
SYMBOLS = ["(pad)", "(begin)", "(end)", *"0123456789"]  # what answers consist of
PAD, BOS, EOS = 0, 1, 2


def in_words(number):
    """Return a number below 10,000 in Korean: 3005 is ["sam", "cheon", "o"]."""
    words = []
    for place, digit in zip(reversed(PLACES), f"{number:04d}", strict=True):
        if digit != "0":
            spoken = [] if digit == "1" and place else [DIGITS[int(digit)]]
            words += [*spoken, place] if place else spoken
    return words or [DIGITS[0]]


def sentences(numbers):
    """Return numbers as sentences (B, T) with padding behind them, and their lengths (B)."""
    rows = [torch.tensor([WORDS.index(word) for word in in_words(n)]) for n in numbers]
    lengths = torch.tensor([len(row) for row in rows])
    return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD), lengths


def answers(numbers):
    """Return numbers as answers (B, S): their digits, then the end, then padding."""
    rows = [torch.tensor([SYMBOLS.index(d) for d in str(n)] + [EOS]) for n in numbers]
    return nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=PAD)


for number in (3005, 12, 20, 1111, 0):
    print(number, "is", *in_words(number))
src, lengths = sentences([3005, 12])
print("sentences", src.tolist(), "of lengths", lengths.tolist())
print("answers", answers([3005, 12]).tolist())

# %% [markdown]
# ## 1. The encoder
#
# Each word becomes a vector of $E$ numbers, and a GRU reads one vector after the other:
#
# $$h_t = \operatorname{GRU}(\operatorname{embedding}(w_t),\, h_{t-1}), \qquad h_0 = 0$$
#
# You need all states, `out`, and the state in which the sentence has ended, `h`. The decoder will
# know nothing of the sentence but `h`.
#
# **The trap.** In a batch, short sentences are filled up with padding. `nn.GRU` does not know what
# padding is; it reads it, and the state goes on changing. So neither `out[:, -1]` nor the second
# result of `nn.GRU` is the state after *your* last word: for *sip i* in the batch above, it is
# the state after *sip i pad*. The state that you want is `out[b, lengths[b] - 1]`. You can pick it
# from `out`, or use `nn.utils.rnn.pack_padded_sequence`, which has a trap of its own: it wants
# sentences sorted by length, or else `enforce_sorted=False`.
#
# Why does it matter, as the network could learn to read padding as well? Because then a sentence
# means something else in other company: its answer depends on how long its neighbours in the batch
# are.


# %% question="Encoder"
class Encoder(nn.Module):
    """Reads sentences.

    vocab_size: how many words there are. embedding_size: E. hidden_size: H.

    Its parts are
        embedding: nn.Embedding(vocab_size, E)
        gru: nn.GRU(E, H, batch_first=True)
    """

    def __init__(self, vocab_size, embedding_size, hidden_size):
        # BEGIN SOLUTION
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)
        # END SOLUTION

    def forward(self, src, lengths):
        """Read a batch of sentences, from states of zeros.

        src: (B, T) int64, words. From step lengths[b] on, row b holds words that do not count.
        lengths: (B) int64, from 1 to T, in any order; one of them is T.

        Returns out (B, T, H), the state after each word, and h (B, H), the state after the last
        word that counts. Behind a sentence's end, out may hold anything.
        """
        # BEGIN SOLUTION
        out, _ = self.gru(self.embedding(src))  # (B, T, H)
        rows = torch.arange(len(src), device=src.device)
        return out, out[rows, lengths - 1]
        # END SOLUTION


# %% tags=["check"]
def test_a_sentence_of_full_length_ends_in_the_last_column(student):
    """Without padding, h is out[:, -1], and out has a state for each word."""
    encoder = student.Encoder(14, 3, 5)
    out, h = encoder(torch.tensor([[4, 13, 6], [3, 11, 2]]), torch.tensor([3, 3]))
    assert out.shape == (2, 3, 5), f"out should be (2, 3, 5), yours is {tuple(out.shape)}"
    assert h.shape == (2, 5), f"h should be (2, 5), yours is {tuple(h.shape)}"
    assert (out[:, -1] - h).abs().max() < 1e-5, "h is not out[:, -1]"


def test_padding_is_not_read(student):
    """Sip i ends in one state, whether it stands alone or beside a longer sentence."""
    # Hint: Print `out[0]` for *sip i* beside the longer sentence, and mark the row after its second
    #   word. Is that your `h[0]`?
    # Hint: The text gives two ways. Which one have you taken, and which trap does it have?
    encoder = student.Encoder(14, 3, 5)
    _, alone = encoder(torch.tensor([[11, 3]]), torch.tensor([2]))
    _, beside = encoder(torch.tensor([[11, 3, 0], [4, 13, 6]]), torch.tensor([2, 3]))
    off = (alone[0] - beside[0]).abs().max()
    assert off < 1e-5, f"the states differ by {off:.4f}: was the padding read?"


def test_order_counts(student):
    """I sip, which is 20, and sip i, which is 12, end in two different states."""
    encoder = student.Encoder(14, 3, 5)
    _, h = encoder(torch.tensor([[3, 11], [11, 3]]), torch.tensor([2, 2]))
    assert (h[0] - h[1]).abs().max() > 1e-6, "both end in the same state"


# %% [markdown]
# ## 2. The decoder, one step
#
# A decoder writes one symbol at a time. At each step it is given the symbol before and its own
# state; it moves to a new state, and says from there how likely each symbol is to come next:
#
# $$h' = \operatorname{GRUCell}(\operatorname{embedding}(w),\, h), \qquad
#   \text{logits} = W h' + b$$
#
# It is one *step*, and not a loop, because its two users loop differently. In training somebody
# knows the right answer and hands it over; in use, nobody does.
#
# Return logits, not probabilities: `cross_entropy` takes the softmax itself, and the largest logit
# is the likeliest symbol anyway.


# %% question="Decoder"
class Decoder(nn.Module):
    """Does one step of writing.

    vocab_size: how many symbols there are, V. embedding_size: E. hidden_size: H.

    Its parts are
        embedding: nn.Embedding(V, E)
        cell: nn.GRUCell(E, H)
        head: nn.Linear(H, V)
    """

    def __init__(self, vocab_size, embedding_size, hidden_size):
        # BEGIN SOLUTION
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)
        # END SOLUTION

    def forward(self, token, h):
        """Do one step.

        token: (B) int64, the symbol before. h: (B, H), the state; it stays as it is.

        Returns logits (B, V) for the next symbol, and the next state (B, H).
        """
        # BEGIN SOLUTION
        h = self.cell(self.embedding(token), h)
        return self.head(h), h
        # END SOLUTION


# %% tags=["check"]
def test_with_zeros_a_gru_halves_its_state(student):
    """With all parameters 0 the state is halved; a head of ones adds up the halves."""
    # Hint: Print the state before and after the step: 2 and −6 become 1 and −3.
    # Hint: If the state is right and the logits are not: are they made from the state before the
    #   step, or from the one after it?
    decoder = student.Decoder(7, 3, 2)
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.zero_()
        decoder.head.weight.fill_(1.0)
        logits, h = decoder(torch.tensor([1]), torch.tensor([[2.0, -6.0]]))
    # z = sigmoid(0) = ½ and n = tanh(0) = 0, so h' = (1 - z) · n + z · h = h/2.
    assert h.tolist() == [[1.0, -3.0]], f"the state should be [[1, -3]], yours is {h.tolist()}"
    assert logits.tolist() == [[-2.0] * 7], f"each logit should be -2, yours are {logits.tolist()}"


# %% [markdown]
# ## 3. Both together, with a teacher
#
# For training, both are put in a row. The decoder's first state is the encoder's last one. Its
# first symbol is `bos` (*begin of sequence*), as there is none before the first. And after that?
# It is given the **true** symbols, whatever it would have said itself. This is *teacher forcing*:
# a wrong first digit does not spoil the lesson on the second one.
#
# | step | is given | has to say |
# |---|---|---|
# | 0 | bos | `tgt[:, 0]` |
# | 1 | `tgt[:, 0]` | `tgt[:, 1]` |
# | $t$ | `tgt[:, t - 1]` | `tgt[:, t]` |
#
# **The trap** is in that table: what is given is **shifted by one** against what is to be said.
# Without the shift the network is told at each step what to say. Its loss goes to 0 in
# no time, as it learns to repeat; and when nobody tells it any more, it has nothing to say.
#
# Where an answer is over, there is padding in `tgt`. Go on over it: the loss will leave it out.


# %% question="Seq2Seq"
class Seq2Seq(nn.Module):
    """An encoder, and a decoder that starts from its last state.

    words: how many words there are in sentences. symbols: how many there are in answers, V.
    embedding_size: E, and hidden_size: H, of both parts. bos: the symbol that begins an answer.

    Its parts are
        encoder: Encoder(words, E, H)
        decoder: Decoder(V, E, H)
    """

    def __init__(self, words, symbols, embedding_size, hidden_size, bos):
        # BEGIN SOLUTION
        super().__init__()
        self.encoder = Encoder(words, embedding_size, hidden_size)
        self.decoder = Decoder(symbols, embedding_size, hidden_size)
        self.bos = bos
        # END SOLUTION

    def forward(self, src, lengths, tgt):
        """Tell for each symbol of an answer what should have been said, given all before it.

        src: (B, T) int64 and lengths: (B) int64, as the encoder takes them.
        tgt: (B, S) int64, the right answers, S ≥ 1.

        All arguments stay as they are.

        Returns logits (B, S, V): logits[:, t] are those for tgt[:, t], from the sentence and from
        what comes before it, which is bos and then tgt[:, :t].
        """
        # BEGIN SOLUTION
        _, h = self.encoder(src, lengths)
        token, logits = torch.full_like(tgt[:, 0], self.bos), []
        for t in range(tgt.shape[1]):
            step, h = self.decoder(token, h)
            logits.append(step)
            token = tgt[:, t]
        return torch.stack(logits, dim=1)
        # END SOLUTION


# %% tags=["check"]
def test_every_symbol_of_the_answer_gets_logits(student):
    """Two sentences with answers of four symbols out of 13: logits are (2, 4, 13)."""
    model = student.Seq2Seq(14, 13, 3, 5, 1)
    tgt = torch.tensor([[6, 3, 8, 2], [4, 5, 2, 0]])
    logits = model(torch.tensor([[4, 13, 6], [11, 3, 0]]), torch.tensor([3, 2]), tgt)
    assert logits.shape == (2, 4, 13), f"should be (2, 4, 13), yours is {tuple(logits.shape)}"


def test_nobody_is_told_what_to_say(student):
    """If tgt[:, 1] is another symbol, logits 0 and 1 stay as they are, and 2 and 3 change."""
    # Hint: Write down what is given at each step for the answer 6 3 8 2, with bos in front: 1 6 3
    #   8.
    # Hint: Which steps change in yours? One too early means no shift; none at all means that the
    #   true symbols are not used.
    model = student.Seq2Seq(14, 13, 3, 5, 1)
    src, lengths = torch.tensor([[4, 13, 6]]), torch.tensor([3])
    one = model(src, lengths, torch.tensor([[6, 3, 8, 2]]))
    other = model(src, lengths, torch.tensor([[6, 9, 8, 2]]))
    off = (one - other).abs().amax(dim=-1)[0].tolist()  # (4): how much each step changes
    assert max(off[:2]) < 1e-6, f"steps 0 and 1 change by {max(off[:2]):.4f}"
    assert min(off[2:]) > 1e-6, "steps 2 and 3 should change, for they are given tgt[:, 1]"


# %% [markdown]
# ## 4. The loss
#
# What the model should have said, at each step, is a class out of $V$: so the loss is the
# cross-entropy of each symbol, and the mean over **all symbols of the batch that count**. Each
# symbol counts alike, in a long answer as in a short one. The padding does not count: it is not
# part of the answer, and a model that is praised for saying `(pad)` learns little else. The end
# does count; how else should it learn to stop?


# %% question="sequence_loss"
def sequence_loss(logits, targets, pad):
    """Return the mean cross-entropy of the symbols that are not padding.

    logits: (B, S, V). targets: (B, S) int64. pad: the symbol that does not count, wherever it
        stands; one symbol at least is another.

    All arguments stay as they are.

    Returns one number, a tensor without axes.
    """
    # BEGIN SOLUTION
    return nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten(), ignore_index=pad)
    # END SOLUTION


# %% tags=["check"]
def test_who_knows_nothing_pays_the_logarithm(student):
    """With equal logits for 13 symbols, each costs ln 13 = 2.565."""
    loss = student.sequence_loss(torch.zeros(2, 4, 13), torch.randint(1, 13, (2, 4)), 0)
    assert abs(float(loss) - 2.5649) < 1e-3, f"yours is {float(loss):.4f}"


def test_padding_costs_nothing(student):
    """One symbol has the chance ½ and one ¼; two are padding: (ln 2 + ln 4) / 2 = 1.040."""
    # Hint: Print the four costs: ln 2, ln 4, and two that do not count.
    # Hint: What is their sum, and by how many symbols do you divide it?
    p = torch.tensor([[0.25, 0.5, 0.25], [0.5, 0.25, 0.25], [0.01, 0.01, 0.98], [0.01, 0.98, 0.01]])
    loss = student.sequence_loss(p.log()[None], torch.tensor([[1, 2, 0, 0]]), 0)
    assert abs(float(loss) - 1.0397) < 1e-3, f"yours is {float(loss):.4f}"


# %% [markdown]
# ## 5. One step of training
#
# In this order: training mode, forward, loss, forget old gradients, backward, **clip**, step. The
# gradient has come back through every step of the decoder and every step of the encoder; now and
# then that makes it explode. So it is shortened to `max_norm` where it is longer, all
# parameters together, between `backward()` and `step()`. Earlier there is nothing to clip;
# later it is too late. `nn.utils.clip_grad_norm_` does it.


# %% question="train_step"
def train_step(model, optimizer, src, lengths, tgt, pad, max_norm):
    """Train on one batch.

    model: model(src, lengths, tgt) returns logits (B, S, V). It is in training mode meanwhile.
    optimizer: holds the model's parameters, and makes one step, along the gradient of
        sequence_loss of this batch. If the norm of that gradient, of all parameters together, is
        above max_norm, then it is shortened to max_norm.
    src, lengths, tgt, pad: as above.

    Returns the loss before the step, as a number without a graph.
    """
    # BEGIN SOLUTION
    model.train()
    loss = sequence_loss(model(src, lengths, tgt), tgt, pad)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    optimizer.step()
    return loss.item()
    # END SOLUTION


# %% tags=["check"]
class Habit(nn.Module):
    """Says at each step the same, whatever it is told: w for symbol 1 and 0 for symbol 2."""

    def __init__(self):
        super().__init__()
        self.w = nn.Parameter(torch.zeros(()))

    def forward(self, src, lengths, tgt):
        row = torch.stack([torch.tensor(-1e9), self.w, torch.tensor(0.0)])
        return row.expand(*tgt.shape, 3)


def after_a_step(student, max_norm):
    """Train it on three answers of symbol 1; return the loss and w."""
    model = Habit()
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    tgt = torch.ones(3, 1, dtype=torch.int64)
    loss = student.train_step(model, optimizer, tgt, tgt[:, 0], tgt, 0, max_norm)
    return float(loss), model.w.item()


def test_a_step_goes_downhill(student):
    """The loss is ln 2, its gradient for w is ½ - 1, and with lr = 1 w becomes ½."""
    loss, w = after_a_step(student, 10.0)
    assert abs(loss - 0.6931) < 1e-3, f"the loss is ln 2 = 0.693, yours is {loss:.4f}"
    assert abs(w - 0.5) < 1e-4, f"w should be 0.5, yours is {w:.4f}"


def test_a_long_gradient_is_cut(student):
    """With max_norm = 0.1, the gradient of -½ becomes -0.1."""
    # Hint: Print `model.w.grad` after `backward()` and just before the optimizer moves: −0.5 and
    #   −0.1.
    _, w = after_a_step(student, 0.1)
    assert abs(w - 0.1) < 1e-4, f"w should be 0.1, yours is {w:.4f}"


# %% [markdown]
# ## 6. Without a teacher
#
# Now nobody knows the answer. The encoder reads all sentences, once. Then the decoder writes: at
# each step you take the likeliest symbol of each answer, and **that** is what the decoder is given
# at the next step, with the state that it has returned. This is *greedy decoding*.
#
# Answers end at different times. One that has said `eos` has ended, whatever the
# decoder says of it afterwards; the others go on. Stop asking the decoder when all have ended, or
# when it has said `max_length` symbols.
#
# **Three traps.** (1) Whether *any* has ended, or *all*. (2) `[[]] * B` is one list, B times, and
# all answers are written into it. (3) The model may be in training mode, with dropout and all:
# switch to evaluation, without a graph, and leave the model as it was.


# %% question="translate"
def translate(model, src, lengths, bos, eos, max_length):
    """Answer a batch of sentences, all at once.

    model: has model.encoder(src, lengths), which returns (out, h), and model.decoder(token, h),
        which returns (logits, h), as above. Both are called in evaluation mode and without a graph;
        afterwards the model is in the mode in which it was.
    src: (B, T) int64, lengths: (B) int64.
    bos: what the decoder is given first. eos: what ends an answer. max_length: at least 1.

    The encoder is called once. The decoder is called until all answers have ended, and at most
    max_length times.

    Returns a list of B lists of whole numbers: what was said before eos, or max_length symbols.
    """
    # BEGIN SOLUTION
    mode = model.training
    model.eval()
    said = [[] for _ in src]
    ended = torch.zeros(len(src), dtype=torch.bool, device=src.device)
    with torch.no_grad():
        _, h = model.encoder(src, lengths)
        token = torch.full_like(lengths, bos)
        for _ in range(max_length):
            logits, h = model.decoder(token, h)
            token = logits.argmax(dim=-1)
            ended = ended | (token == eos)
            for answer, symbol, over in zip(said, token.tolist(), ended.tolist(), strict=True):
                if not over:
                    answer.append(symbol)
            if ended.all():
                break
    model.train(mode)
    return said
    # END SOLUTION


# %% tags=["check"]
class CountsDown(nn.Module):
    """Reads the first word of a sentence, n, and says n + 2, n + 1, …, 3, then 2."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def encoder(self, src, lengths):
        return None, src[:, :1] + 3.0

    def decoder(self, token, h):
        self.calls += 1
        due = torch.where(token == 1, h[:, 0].long(), token) - 1  # after bos, it asks its state
        return nn.functional.one_hot(due.clamp(min=0), 20).float(), h


def test_one_answer_ends_before_the_other(student):
    """Sentences [1], [3] and [0] give 3; 5, 4, 3; and nothing. All begin with 1 and end with 2."""
    # Hint: Print at each step what is said and who has ended: the third answer ends at once, the
    #   first after one symbol.
    # Hint: If the calls are more than 4, when does your loop notice that all are done?
    model, src = CountsDown(), torch.tensor([[1], [3], [0]])
    said = student.translate(model, src, torch.tensor([1, 1, 1]), 1, 2, 9)
    assert said == [[3], [5, 4, 3], []], f"yours are {said}"
    assert model.calls == 4, f"three symbols and the end are 4 steps, you took {model.calls}"


def test_nobody_speaks_for_ever(student):
    """With max_length = 2, the answer to [7] is 9, 8."""
    said = student.translate(CountsDown(), torch.tensor([[7]]), torch.tensor([1]), 1, 2, 2)
    assert said == [[9, 8]], f"yours is {said}"


# %% [markdown]
# ## 7. How good is it?
#
# The strictest measure first: the share of answers that are right **as a whole**. 3006 is not
# nearly 3005. Mind `zip`, which stops at the shorter of two: then 30 counts as 300.
#
# A softer measure tells how far off an answer is: the **edit distance** of two sequences
# ([Levenshtein 1966](https://en.wikipedia.org/wiki/Levenshtein_distance)) is the smallest number of
# symbols that must be put in, taken out or exchanged to turn one into the other. Let $d_{ij}$ be
# the distance of the first $i$ symbols of $a$ and the first $j$ of $b$. Then
#
# $$d_{i0} = i, \qquad d_{0j} = j, \qquad
#   d_{ij} = \min\big(d_{i-1,\,j} + 1,\; d_{i,\,j-1} + 1,\; d_{i-1,\,j-1} + [a_i \ne b_j]\big)$$
#
# In turn: $a_i$ is taken out, $b_j$ is put in, or the one is exchanged for the other, which costs
# nothing where they are equal.
#
# Fill a table, or remember what you have computed. A recursion that remembers nothing computes the
# same distances again and again: for two sequences of 15 symbols, in $7 \cdot 10^{10}$ calls.


# %% question="exact_match"
def exact_match(predicted, truth, eos):
    """Return the share of answers that are right as a whole.

    predicted: a list of B lists of whole numbers, as translate returns them; B ≥ 1.
    truth: (B, S) int64. The right answer b is what stands in row b before the first eos, which
        every row has. Whatever stands behind it does not count.

    Returns a float from 0 to 1.
    """
    # BEGIN SOLUTION
    due = [row[: row.index(eos)] for row in truth.tolist()]
    return sum(said == right for said, right in zip(predicted, due, strict=True)) / len(due)
    # END SOLUTION


# %% tags=["check"]
def test_an_answer_is_right_as_a_whole(student):
    """Of 3, 0 and 5 · 1 against 3, 0, 0 and 5 · 1, the second alone is right: ½."""
    # Hint: Print the right answers as you read them from `truth`: 6 3 3 and 8 4, without the 2 and
    #   what is behind it.
    truth = torch.tensor([[6, 3, 3, 2], [8, 4, 2, 0]])
    share = student.exact_match([[6, 3], [8, 4]], truth, 2)
    assert abs(float(share) - 0.5) < 1e-6, f"yours is {float(share):.4f}"
    share = student.exact_match([[6, 3, 3], [8, 4]], truth, 2)
    assert abs(float(share) - 1.0) < 1e-6, f"both are right now, yours is {float(share):.4f}"


# %% question="edit_distance"
def edit_distance(a, b):
    """Return how many symbols must be put in, taken out or exchanged to turn a into b.

    a, b: lists of whole numbers, possibly empty. They stay as they are.

    The time that it takes grows with the product of their lengths, and not faster.

    Returns a whole number.
    """
    # BEGIN SOLUTION
    row = list(range(len(b) + 1))  # the distances of no symbol of a from each beginning of b
    for i, x in enumerate(a, start=1):
        before, row = row, [i]
        for j, y in enumerate(b, start=1):
            row.append(min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (x != y)))
    return row[-1]
    # END SOLUTION


# %% tags=["check"]
def test_kitten_becomes_sitting_in_three_steps(student):
    """Exchange k and e, and put in g. From 3005 to 305 one zero is taken out."""
    # Hint: Fill the table for "3005" and "305" on paper, and print yours beside it: which cell is
    #   the first that differs?
    # Hint: From its three neighbours, which of the three ways has led to that cell?
    for one, other, due in (("kitten", "sitting", 3), ("3005", "305", 1), ("", "12", 2)):
        distance = student.edit_distance([*map(ord, one)], [*map(ord, other)])
        assert distance == due, f"from “{one}” to “{other}” it is {due}, yours is {distance}"


# %% [markdown]
# ## 8. Does it learn?
#
# Nothing to write from here on. About 4,000 of the 10,000 numbers are shown to the network, and it
# is judged by others that it has never seen. Which are which is decided by a hash of the number: so
# it is the same on every machine, and nobody can choose those that look good.
#
# Two or three seconds of computing are enough. The loss falls at once. Whole answers come later,
# as one wrong digit of four spoils them; the edit distance shows what happens meanwhile. When this
# was written, 97 % of the unseen numbers were right as a whole after 1.5 seconds on one core, and
# 99 % at the end; what it is now, the last line says.

# %%
import time

import matplotlib.pyplot as plt

torch.set_num_threads(1)  # for products as small as these, more of them only wait for each other

seen, unseen = [], []
for number in range(10_000):
    (seen if crc32(str(number).encode()) % 5 < 2 else unseen).append(number)
src, lengths = sentences(seen)
tgt = answers(seen)
new_src, new_lengths = sentences(unseen)
new_tgt = answers(unseen)
sample = torch.randperm(len(unseen), generator=torch.Generator().manual_seed(0))[:500]

model = None
torch.manual_seed(0)
model = Seq2Seq(len(WORDS), len(SYMBOLS), embedding_size=32, hidden_size=64, bos=BOS)
optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
losses, judged, matches, distances = [], [], [], []
began = time.process_time()
for step in range(301):
    rows = torch.randint(len(seen), (128,))
    losses.append(train_step(model, optimizer, src[rows], lengths[rows], tgt[rows], PAD, 1.0))
    if step % 20 == 0:
        said = translate(model, new_src[sample], new_lengths[sample], BOS, EOS, 8)
        due = [row[: row.index(EOS)] for row in new_tgt[sample].tolist()]
        judged.append(step)
        matches.append(100 * exact_match(said, new_tgt[sample], EOS))
        apart = [edit_distance(answer, row) for answer, row in zip(said, due, strict=True)]
        distances.append(sum(apart) / len(apart))
seconds = time.process_time() - began

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(10, 3), layout="constrained")
left.semilogy(losses)
left.set(title="loss in training", xlabel="batches")
middle.plot(judged, matches, "o-", markersize=3)
middle.set(title="unseen answers, right as a whole", ylabel="%", ylim=(0, 102))
right.plot(judged, distances, "o-", markersize=3)
right.set(title="edit distance from the truth", ylabel="symbols", ylim=(0, None))
for axes in (middle, right):
    axes.set(xlabel="batches")
plt.show()
print(f"{seconds:.1f} s of computing, judging included: {matches[-1]:.1f} % of 500 are right.")

# %% [markdown]
# ### Where it errs
#
# All numbers that it has not seen, and what it said of some that it got wrong. Look at what they
# have in common. When this was written, digits had changed places, zeros that nobody has
# spoken stood elsewhere, and many numbers were short: of those it has seen few.

# %%
if model is None:
    raise NotImplementedError("there is nothing to look at before the model is trained")

said = translate(model, new_src, new_lengths, BOS, EOS, 8)
share = exact_match(said, new_tgt, EOS)
print(f"Of {len(unseen)} unseen numbers, {100 * share:.1f} % are right. Of the others, some:\n")
print(f"{'sentence':42} {'right':>6} {'said':>9}   edit distance")
wrong = []
for number, answer, row in zip(unseen, said, new_tgt.tolist(), strict=True):
    if answer != row[: row.index(EOS)]:
        wrong.append((number, answer, edit_distance(answer, row[: row.index(EOS)])))
for number, answer, distance in wrong[:: max(1, len(wrong) // 12)]:
    shown = "".join(SYMBOLS[symbol] for symbol in answer)
    print(f"{' '.join(in_words(number)):42} {number:6} {shown:>9}   {distance}")

# %% [markdown]
# ### What a state knows
#
# A state has 64 numbers. The singular value decomposition finds the plane in which the states of
# many sentences lie furthest apart: what is seen there is what a state says loudest. Each dot is
# one of the numbers from 100 to 999.
#
# * **Left**: where the encoder has ended, in the colour of the **first** digit, which the
#   decoder has to say next. Each digit has its own place.
# * **Middle**: the same dots, in the colour of the **last** digit. No order is seen. Lost
#   it is not, for it is said rightly in the end: it lies in directions that do not show here.
# * **Right**: two symbols later the decoder is about to say the last digit. Now *this* is
#   what its states say loudest.

# %%
if model is None:
    raise NotImplementedError("there is nothing to look at before the model is trained")

numbers = torch.arange(100, 1000)
with torch.no_grad():
    _, at_end = model.encoder(*sentences(numbers.tolist()))
    h, given = at_end, [torch.full_like(numbers, BOS), *answers(numbers.tolist())[:, :2].unbind(1)]
    for token in given:
        _, h = model.decoder(token, h)

figure, axes = plt.subplots(1, 3, figsize=(10, 3.6), layout="constrained")
first, last = numbers // 100, numbers % 10
pictures = {
    "at the end of the sentence,\nby the first digit": (at_end, first),
    "at the end of the sentence,\nby the last digit": (at_end, last),
    "before the last symbol,\nby the last digit": (h, last),
}
for axis, (title, (states, digits)) in zip(axes, pictures.items(), strict=True):
    centred = states - states.mean(dim=0)
    _, _, directions = torch.linalg.svd(centred, full_matrices=False)
    places = centred @ directions[:2].T  # (900, 2)
    for digit in digits.unique():
        x, y = places[digits == digit].T
        axis.scatter(x, y, s=7, color=f"C{digit}")
    for digit in digits.unique():
        x, y = places[digits == digit].median(dim=0).values.tolist()
        box = {"boxstyle": "circle,pad=0.15", "color": "white", "alpha": 0.8}
        axis.text(x, y, int(digit), weight="bold", ha="center", va="center", bbox=box)
    axis.set(title=title, xticks=[], yticks=[])
plt.show()

# %% [markdown]
# All that the decoder knows of a sentence is one vector, however long the sentence is. For seven
# words that is enough. Translators of 2014 grew worse with every further word, until
# [Bahdanau, Cho & Bengio](https://arxiv.org/abs/1409.0473) let the decoder look back at `out`, the
# states after each word, which you have returned and nobody has used. That look is called
# attention.
