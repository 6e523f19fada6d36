"""Loops and lists: entry by entry, layer by layer, sentence by sentence."""
# ruff: noqa: F821 (what the notebook gives is there)

import torch
from torch import nn


def causal_mask(T):
    mask = torch.zeros(T, T, dtype=torch.bool)
    for t in range(T):
        mask[t, : t + 1] = True
    return mask


def combine(causal, lengths):
    masks = []
    for length in lengths:
        mask = causal.clone()
        mask[:, length:] = False
        masks.append(mask.unsqueeze(0))
    return torch.stack(masks)


def shift_right(targets, bos):
    return torch.tensor([[bos, *row[:-1]] for row in targets.tolist()])


class DecoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout)
        self.norm1 = LayerNorm(d_model)
        self.cross_attn = MultiHeadAttention(d_model, num_heads, dropout)
        self.norm2 = LayerNorm(d_model)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm3 = LayerNorm(d_model)
        self.p = dropout
        self.norm_first = norm_first

    def forward(self, x, memory, mask=None, memory_mask=None):
        parts = [
            (lambda y: self.self_attn(y, y, y, mask)[0], self.norm1),
            (lambda y: self.cross_attn(y, memory, memory, memory_mask)[0], self.norm2),
            (lambda y: self.feed_forward(y), self.norm3),
        ]
        for part, norm in parts:
            y = part(norm(x) if self.norm_first else x)
            x = x + nn.functional.dropout(y, self.p, self.training)
            if not self.norm_first:
                x = norm(x)
        return x


class Transformer(nn.Module):
    def __init__(self, src_vocab, tgt_vocab, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.encoder = Encoder(src_vocab, d_model, num_heads, d_ff, num_layers)
        self.embedding = nn.Embedding(tgt_vocab, d_model)
        self.layers = nn.ModuleList(
            [DecoderLayer(d_model, num_heads, d_ff, norm_first=False) for _ in range(num_layers)]
        )
        self.head = nn.Linear(d_model, tgt_vocab)

    def decode(self, tgt_in, memory, src_lengths, tgt_lengths=None):
        logits = []
        for b in range(len(tgt_in)):  # one sentence after the other, without its padding
            heard = memory[b : b + 1, : src_lengths[b]]
            x = self.embedding(tgt_in[b : b + 1])
            T, d = x.shape[1:]
            x = x * d**0.5 + positional_encoding(T, d, x.dtype)
            for i in range(len(self.layers)):
                x = self.layers[i](x, heard, causal_mask(T))
            logits.append(self.head(x))
        return torch.cat(logits)

    def forward(self, src, src_lengths, tgt_in, tgt_lengths=None):
        return self.decode(tgt_in, self.encoder(src, src_lengths), src_lengths, tgt_lengths)


def sequence_loss(logits, targets, pad):
    total, n = logits.sum() * 0.0, 0
    for b in range(targets.shape[0]):
        for t in range(targets.shape[1]):
            if targets[b, t] != pad:
                total = total - torch.log_softmax(logits[b, t], 0)[targets[b, t]]
                n += 1
    return total / n if n > 0 else total


def greedy_decode(step, memory, bos, eos, max_length):
    sentences = [[bos] for _ in memory]
    going = set(range(len(memory)))
    steps = 0
    while going and steps < max_length:
        rows = sorted(going)
        with torch.no_grad():
            logits = step(torch.tensor([sentences[b] for b in rows]), memory[rows])
        for i, b in enumerate(rows):
            best = int(torch.argmax(logits[i, -1]))
            if best == eos:
                going.remove(b)
            else:
                sentences[b].append(best)
        steps += 1
    return [sentence[1:] for sentence in sentences]
