"""A second witness for the oracles: the network in numpy, and measures by another definition.

`grader verify` calls every test here on 1,000 draws. Each holds the solution, torch's own operators
and, independent of both, this file against each other.
"""

from functools import cache
from itertools import pairwise

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import pack_padded_sequence


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def step(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    """Do a step of a GRU, for one sequence."""
    a_r, a_z, a_n = np.split(weight_ih @ x + bias_ih, 3)
    b_r, b_z, b_n = np.split(weight_hh @ h + bias_hh, 3)
    r, z = sigmoid(a_r + b_r), sigmoid(a_z + b_z)
    n = np.tanh(a_n + r * b_n)
    return n + z * (h - n)


def parameters(module):
    return [parameter.detach().numpy() for parameter in module.parameters()]


def read(sentence, encoder):
    """Return the states after each word of one sentence."""
    embedding, *gru = parameters(encoder)
    h, states = np.zeros(gru[1].shape[1]), []
    for word in sentence:
        h = step(embedding[word], h, *gru)
        states.append(h)
    return states


def say(symbol, h, decoder):
    """Do a step of the decoder for one answer."""
    embedding, *cell, weight, bias = parameters(decoder)
    h = step(embedding[symbol], h, *cell)
    return weight @ h + bias, h


def agree(what, *all_of_them):
    """Require equal arrays, to within rounding of float64."""
    arrays = [np.asarray(x.detach() if torch.is_tensor(x) else x) for x in all_of_them]
    for one, other in pairwise(arrays):
        assert one.shape == other.shape, f"{what}: {one.shape} is not {other.shape}"
        off = np.abs(one - other).max()
        assert off <= 1e-11 * (1 + np.abs(other).max()), f"{what}: {off:.1e} off"


def network(student, draw):
    """Draw a model, its sentences and answers."""
    B, T, S, E, H = draw.integers(1, 5, 5).tolist()
    V, words = draw.integers(3, 7, 2).tolist()
    bos = int(draw.integers(0, V, 1))
    model = draw.fill(student.Seq2Seq(words, V, E, H, bos).double())
    src, tgt = draw.integers(0, words, B, T), draw.integers(0, V, B, S)
    return model, bos, src, draw.lengths(B, T), tgt


def test_encoder(student, draw):
    """The last states of packed sentences, and of each sentence word by word."""
    model, _, src, lengths, _ = network(student, draw)
    encoder = model.encoder
    _, h = encoder(src, lengths)
    packed = pack_padded_sequence(
        encoder.embedding(src), lengths, batch_first=True, enforce_sorted=False
    )
    by_hand = [read(row[:n], encoder)[-1] for row, n in zip(src.tolist(), lengths, strict=True)]
    agree("the last states", h, encoder.gru(packed)[1][0], np.stack(by_hand))


def test_model(student, draw):
    """The logits of a model with a teacher, of torch's modules and symbol by symbol."""
    model, bos, src, lengths, tgt = network(student, draw)
    _, h = model.encoder(src, lengths)
    given = torch.cat([torch.full_like(tgt[:, :1], bos), tgt[:, :-1]], dim=1)
    gru = nn.GRU(*reversed(model.decoder.cell.weight_ih.shape), batch_first=True).double()
    gru = nn.GRU(gru.input_size, h.shape[1], batch_first=True).double()
    for name, parameter in model.decoder.cell.named_parameters():
        getattr(gru, f"{name}_l0").data = parameter.data
    out, _ = gru(model.decoder.embedding(given), h.unsqueeze(0).contiguous())
    by_hand = np.empty((*tgt.shape, model.decoder.head.out_features))
    for b, n in enumerate(lengths.tolist()):
        state = read(src[b, :n].tolist(), model.encoder)[-1]
        for t, symbol in enumerate(given[b].tolist()):
            by_hand[b, t], state = say(symbol, state, model.decoder)
    agree("logits", model(src, lengths, tgt), model.decoder.head(out), by_hand)


def test_loss(student, draw):
    """Torch's cross-entropy without padding, and the logarithms one by one."""
    B, S, V = draw.integers(2, 6, 3).tolist()
    logits, targets, pad = draw(B, S, V), draw.integers(0, V, B, S), int(draw.integers(0, V, 1))
    targets[0, 0] = (pad + 1) % V
    kept = targets != pad
    costs = [
        np.log(np.exp(row).sum()) - row[symbol]
        for row, symbol in zip(logits.numpy().reshape(-1, V), targets.flatten(), strict=True)
        if symbol != pad
    ]
    found = student.sequence_loss(logits, targets, pad)
    agree("the loss", found, cross_entropy(logits[kept], targets[kept]), np.mean(costs))


def test_training(student, draw):
    """A step along the gradient that torch finds, shortened by numpy."""
    model, _, src, lengths, tgt = network(student, draw)
    tgt[0, 0], pad, limit = 1, 0, 0.05
    before = [parameter.clone() for parameter in parameters_of(model)]
    kept = tgt != pad
    loss = cross_entropy(model(src, lengths, tgt)[kept], tgt[kept])
    gradients = [g.numpy() for g in torch.autograd.grad(loss, list(model.parameters()))]
    norm = np.sqrt(sum((g**2).sum() for g in gradients))
    optimizer = torch.optim.SGD(model.parameters(), lr=1.0)
    found = student.train_step(model, optimizer, src, lengths, tgt, pad, limit)
    agree("the loss", found, loss)
    for old, new, gradient in zip(before, parameters_of(model), gradients, strict=True):
        due = old.numpy() - gradient * min(1.0, limit / norm)
        # torch divides by norm + 1e-6, and a step is at most 0.05 long
        assert np.abs(new.numpy() - due).max() <= limit * 2e-6 / min(norm, 1.0)


def parameters_of(model):
    return [parameter.detach() for parameter in model.parameters()]


def test_answers(student, draw):
    """Answers symbol by symbol, in numpy."""
    model, bos, src, lengths, _ = network(student, draw)
    eos, most = int(draw.integers(0, model.decoder.head.out_features, 1)), 6
    by_hand = []
    for b, n in enumerate(lengths.tolist()):
        state, symbol, answer = read(src[b, :n].tolist(), model.encoder)[-1], bos, []
        while len(answer) < most:
            logits, state = say(symbol, state, model.decoder)
            symbol = int(logits.argmax())
            if symbol == eos:
                break
            answer.append(symbol)
        by_hand.append(answer)
    assert student.translate(model, src, lengths, bos, eos, most) == by_hand


def test_share(student, draw):
    """Answers written out as texts that end where eos stands."""
    B, S = draw.integers(1, 6, 2).tolist()
    truth, eos = draw.integers(1, 4, B, S + 1), 0
    truth[torch.arange(B), draw.integers(0, S + 1, B)] = eos
    texts = ["".join(map(str, row)).split("0")[0] for row in truth.tolist()]
    predicted = [draw.integers(1, 4, len(text)).tolist() for text in texts]
    right = np.mean(["".join(map(str, p)) == t for p, t in zip(predicted, texts, strict=True)])
    agree("the share", student.exact_match(predicted, truth, eos), right)


def test_distance(student, draw):
    """The shortest way through a graph whose edges are single changes."""
    m, n = draw.integers(0, 7, 2).tolist()
    a, b = (draw.integers(0, 3, size).tolist() for size in (m, n))

    @cache
    def way(i, j):
        """Return the fewest changes from a[i:] to b[j:]; equal symbols are always kept."""
        if i == m or j == n:
            return m - i + n - j
        if a[i] == b[j]:
            return way(i + 1, j + 1)
        return 1 + min(way(i + 1, j), way(i, j + 1), way(i + 1, j + 1))

    assert student.edit_distance(a, b) == way(0, 0) == student.edit_distance(b, a)
