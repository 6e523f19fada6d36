"""A second witness for the oracles: everything in numpy, in loops, with gradients by hand.

`grader verify` calls every test here on 1,000 draws. Each holds the solution, torch's own operators
where there are some, and this file against each other; it shares no code with either.
"""

from itertools import pairwise

import numpy as np
import torch
from torch import nn

GRU = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")


def agree(what, *all_of_them):
    """Require equal lists of arrays, to within rounding of float64."""
    arrays = [[np.asarray(x.detach() if torch.is_tensor(x) else x) for x in a] for a in all_of_them]
    for same in zip(*arrays, strict=True):
        for one, other in pairwise(same):
            assert one.shape == other.shape, f"{what}: {one.shape} is not {other.shape}"
            off = np.abs(one - other).max(initial=0)
            most = np.abs(other).max(initial=0)
            assert off <= 1e-11 * (1 + most), f"{what}: {off:.1e} off"


def arrays(tensors):
    return [tensor.detach().numpy() for tensor in tensors]


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def look(h, features, W_h, W_f, v, mask=None):
    """Return context, weights, and the hidden layer of every place."""
    B, L, _ = features.shape
    hidden, weights = np.empty((B, L, len(v))), np.zeros((B, L))
    for b in range(B):
        for i in range(L):
            hidden[b, i] = np.tanh(W_h @ h[b] + W_f @ features[b, i])
        open_ones = [i for i in range(L) if mask is None or mask[b, i]]
        scores = hidden[b, open_ones] @ v
        e = np.exp(scores - scores.max())
        weights[b, open_ones] = e / e.sum()
    context = np.stack([w @ f for w, f in zip(weights, features, strict=True)])
    return context, weights, hidden


def look_back(for_context, for_weights, given, weights, hidden):
    """Return the gradients for h, features, W_h, W_f and v."""
    h, features, W_h, W_f, v = given
    for_weights = for_weights + np.einsum("bf,blf->bl", for_context, features)
    mean = (weights * for_weights).sum(axis=1, keepdims=True)
    for_scores = weights * (for_weights - mean)
    for_z = for_scores[..., None] * v * (1 - hidden**2)  # (B, L, A)
    for_features = weights[..., None] * for_context[:, None] + for_z @ W_f
    for_asked = for_z.sum(axis=1)
    return (
        for_asked @ W_h, for_features, for_asked.T @ h,
        np.einsum("bla,blf->af", for_z, features), np.einsum("bl,bla->a", for_scores, hidden),
    )  # fmt: skip


def gru(x, h, weight_ih, weight_hh, bias_ih, bias_hh):
    """Do one step of a GRU."""
    a_r, a_z, a_n = np.split(x @ weight_ih.T + bias_ih, 3, axis=-1)
    b_r, b_z, b_n = np.split(h @ weight_hh.T + bias_hh, 3, axis=-1)
    z = sigmoid(a_z + b_z)
    return (1 - z) * np.tanh(a_n + sigmoid(a_r + b_r) * b_n) + z * h


def step(p, token, h, features):
    """Do one step of a CaptionCell with parameters p; return logits, state and weights."""
    context, weights, _ = look(h, features, p["W_h"], p["W_f"], p["v"])
    x = np.stack([[*p["embedding.weight"][w], *c] for w, c in zip(token, context, strict=True)])
    h = gru(x, h, *(p[f"gru.{name}"] for name in GRU))
    return h @ p["head.weight"].T + p["head.bias"], h, weights


def parameters(module, prefix=""):
    return {n.removeprefix(prefix): p.detach().numpy() for n, p in module.named_parameters()}


def test_soft_attention(student, draw):
    """Results and gradients, and results with a mask."""
    B, L, F, H, A = draw.integers(1, 6, 5).tolist()
    shapes = ((B, H), (B, L, F), (A, H), (A, F), (A,))
    leaves = [draw(*shape).requires_grad_() for shape in shapes]
    dues = [draw(B, F), draw(B, L)]
    found = student.soft_attention(*leaves)
    gradients = torch.autograd.grad(found, leaves, dues)
    given = arrays(leaves)
    context, weights, hidden = look(*given)
    back = look_back(*arrays(dues), given, weights, hidden)
    agree("results and gradients", [*found, *gradients], [context, weights, *back])
    mask = draw.mask(B, L)
    masked = student.soft_attention(*leaves, mask)
    agree("with a mask", masked, look(*given, mask.numpy())[:2])


def test_cell(student, draw):
    """One step, beside torch's own GRUCell on what numpy has seen."""
    B, L, V, E, F, H, A = draw.integers(1, 6, 7).tolist()
    cell = draw.fill(student.CaptionCell(V, E, F, H, A))
    token, h, features = draw.integers(0, V, B), draw(B, H), draw(B, L, F)
    found = cell(token, h, features)
    p = parameters(cell)
    by_hand = step(p, token.tolist(), *arrays((h, features)))
    torchs = draw.fill(nn.GRUCell(E + F, H))
    torchs.load_state_dict(cell.gru.state_dict())
    context = torch.from_numpy(look(*arrays((h, features)), p["W_h"], p["W_f"], p["v"])[0])
    after = torchs(torch.cat([cell.embedding.weight[token], context], dim=1), h)
    agree("a step", found, by_hand)
    agree("the state", [found[1]], [after])


def test_captioner(student, draw):
    """All logits and weights of captions, step by step."""
    B, L, T, V, F, H = draw.integers(1, 5, 6).tolist()
    model = draw.fill(student.Captioner(V, 2, F, H, 3))
    features, captions = draw(B, L, F), draw.integers(0, V, B, T)
    bos = int(draw.integers(0, V, 1))
    start, bias = arrays((model.start.weight, model.start.bias))
    h = np.tanh(features.numpy().mean(axis=1) @ start.T + bias)
    token, logits, weights = [bos] * B, [], []
    for t in range(T):
        said, h, looked = step(parameters(model.cell), token, h, features.numpy())
        logits.append(said)
        weights.append(looked)
        token = captions[:, t].tolist()
    due = [np.stack(logits, axis=1), np.stack(weights, axis=1)]
    agree("captions", model(features, captions, bos), due)


def test_loss(student, draw):
    """The loss and its gradient, beside torch's cross-entropy where there is a word."""
    B, T, V = draw.integers(1, 5, 3).tolist()
    logits = draw(B, T, V + 1).requires_grad_()
    captions, pad = draw.integers(0, V + 1, B, T), int(draw.integers(0, V + 1, 1))
    loss, back, words = 0.0, np.zeros((B, T, V + 1)), 0
    for b, t in np.ndindex(B, T):
        if (word := int(captions[b, t])) != pad:
            e = np.exp(logits[b, t].detach().numpy())
            p = e / e.sum()
            loss -= np.log(p[word])
            back[b, t] = p
            back[b, t, word] -= 1
            words += 1
    found = student.caption_loss(logits, captions, pad)
    (gradient,) = torch.autograd.grad(found, logits)
    agree("loss", [found, gradient], [loss / max(words, 1), back / max(words, 1)])
    if words:
        right = nn.functional.cross_entropy(
            logits.flatten(0, 1), captions.flatten(), ignore_index=pad
        )
        agree("loss", [found], [right])


def test_caption(student, draw):
    """What a captioner says of each picture alone, word by word."""
    B, L, V, F, H = (draw.integers(1, 5, 5) + 1).tolist()
    model = draw.fill(student.Captioner(V, 2, F, H, 3), scale=2.0)
    features, (bos, eos) = draw(B, L, F), draw.integers(0, V, 2).tolist()
    words, weights = student.caption(model, features, bos, eos, 4)
    start, bias = arrays((model.start.weight, model.start.bias))
    for b in range(B):
        places = features[b : b + 1].numpy()
        h, token = np.tanh(places.mean(axis=1) @ start.T + bias), bos
        said, looked = [], np.zeros((0, L))
        while len(said) < 4:
            logits, h, where = step(parameters(model.cell), [token], h, places)
            if (token := int(logits[0].argmax())) == eos:
                break
            said.append(token)
            looked = np.concatenate([looked, where])
        assert words[b] == said, f"picture {b}: {words[b]} is not {said}"
        agree("weights", [weights[b]], [looked])


def test_vqa(student, draw):
    """Logits and weights of questions read word by word, to their end."""
    B, L, T, V, F, H, C = draw.integers(1, 5, 7).tolist()
    model = draw.fill(student.VQA(V, 2, F, H, 3, 4, C))
    features, questions = draw(B, L, F), draw.integers(0, V, B, T)
    lengths, p = draw.lengths(B, T), parameters(model)
    q = np.zeros((B, H))
    for b, n in enumerate(lengths.tolist()):
        for word in questions[b, :n].tolist():
            q[b] = gru(p["embedding.weight"][word], q[b], *(p[f"gru.{name}_l0"] for name in GRU))
    context, weights, _ = look(q, features.numpy(), p["W_h"], p["W_f"], p["v"])
    seen = np.tanh(context @ p["image.weight"].T + p["image.bias"])
    asked = np.tanh(q @ p["question.weight"].T + p["question.bias"])
    logits = (seen * asked) @ p["head.weight"].T + p["head.bias"]
    agree("answers", model(features, questions, lengths), [logits, weights])


def test_accuracy(student, draw):
    """Every question of every kind, one after the other."""
    B, C, K = draw.integers(1, 6, 3).tolist()
    logits, answers, kinds = draw(B, C), draw.integers(0, C, B), draw.integers(0, K, B)
    due = []
    for kind in range(K):
        rows = [b for b in range(B) if int(kinds[b]) == kind]
        good = [b for b in rows if int(np.argmax(logits[b].numpy())) == int(answers[b])]
        due.append(len(good) / len(rows) if rows else 0.0)
    agree("shares", [student.answer_accuracy(logits, answers, kinds, K)], [np.array(due)])
