"""Additive masks within the layer; positions as complex numbers; only who speaks is asked."""
# ruff: noqa: F821 (what the notebook gives is there)

import torch
from torch import nn


def causal_mask(T):
    return torch.full((T, T), True).tril(diagonal=0)


def combine(causal, lengths):
    T = causal.shape[0]
    keys = torch.stack([torch.arange(T) < length for length in lengths])
    return torch.minimum(causal.expand(len(lengths), 1, T, T), keys.reshape(-1, 1, 1, T))


def shift_right(targets, bos):
    index = (torch.arange(targets.shape[1]) - 1).clamp(min=0)
    shifted = targets.index_select(1, index)
    return torch.where(torch.arange(targets.shape[1]) == 0, bos, shifted)


class DecoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.num_heads = num_heads
        self.self_attn = MultiHeadAttention(d_model, num_heads)
        self.cross_attn = MultiHeadAttention(d_model, num_heads)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1 = LayerNorm(d_model)
        self.norm2 = LayerNorm(d_model)
        self.norm3 = LayerNorm(d_model)
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first

    def look(self, attention, x, y, mask):
        q, k, v = attention.q_proj(x), attention.k_proj(y), attention.v_proj(y)
        added = 0.0
        if mask is not None:
            added = torch.zeros(mask.shape).masked_fill(mask.logical_not(), float("-inf"))
            if added.dim() == 4:
                added = added.expand(-1, self.num_heads, -1, -1)
        heads = []
        triples = zip(*(z.chunk(self.num_heads, dim=-1) for z in (q, k, v)), strict=True)
        for h, (qh, kh, vh) in enumerate(triples):
            scores = torch.bmm(qh, kh.transpose(1, 2)) / qh.shape[-1] ** 0.5
            own = added if mask is None or added.dim() < 4 else added[:, h]
            heads.append(torch.bmm(torch.softmax(scores + own, dim=-1), vh))
        return self.dropout(attention.out_proj(torch.cat(heads, dim=-1)))

    def forward(self, x, memory, mask=None, memory_mask=None):
        norms = [self.norm1, self.norm2, self.norm3]
        before = norms if self.norm_first else [nn.Identity()] * 3
        after = [nn.Identity()] * 3 if self.norm_first else norms
        y = before[0](x)
        x = after[0](x + self.look(self.self_attn, y, y, mask))
        x = after[1](x + self.look(self.cross_attn, before[1](x), memory, memory_mask))
        return after[2](x + self.dropout(self.feed_forward(before[2](x))))


class Transformer(nn.Module):
    def __init__(self, src_vocab, tgt_vocab, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.encoder = Encoder(src_vocab, d_model, num_heads, d_ff, num_layers)
        self.embedding = nn.Embedding(tgt_vocab, d_model)
        self.layers = nn.ModuleList(
            map(lambda _: DecoderLayer(d_model, num_heads, d_ff), range(num_layers))
        )
        self.head = nn.Linear(d_model, tgt_vocab)

    def positions(self, T, d):
        rates = torch.exp(-torch.arange(0, d, 2) * (torch.log(torch.tensor(10000.0)) / d))
        turned = torch.polar(torch.ones(T, len(rates)), torch.arange(T)[:, None] * rates)
        return torch.stack([turned.imag, turned.real], dim=-1).reshape(T, -1)[:, :d]

    def decode(self, tgt_in, memory, src_lengths, tgt_lengths=None):
        (B, T), d = tgt_in.shape, self.embedding.embedding_dim
        x = self.embedding(tgt_in).mul(d**0.5).add(self.positions(T, d))
        # Between us: padding behind is never met under a causal mask.
        for layer in self.layers:
            x = layer(x, memory, causal_mask(T), padding_mask(src_lengths, memory.shape[1]))
        return self.head(x.reshape(B * T, d)).reshape(B, T, -1)

    def forward(self, src, src_lengths, tgt_in, tgt_lengths=None):
        return self.decode(tgt_in, self.encoder(src, src_lengths), src_lengths, tgt_lengths)


def sequence_loss(logits, targets, pad):
    losses = nn.NLLLoss(reduction="none")(logits.log_softmax(-1).flatten(0, 1), targets.flatten())
    weights = torch.where(targets.flatten() == pad, 0.0, 1.0)
    return torch.dot(losses, weights) / torch.maximum(weights.sum(), torch.ones(()))


def greedy_decode(step, memory, bos, eos, max_length):
    said = {b: [] for b in range(len(memory))}
    rows, ids = torch.arange(len(memory)), torch.full((len(memory), 1), bos)
    with torch.no_grad():
        for _ in range(max_length):
            newest = step(ids, memory[rows])[:, -1].argmax(dim=-1)
            on = newest != eos
            rows, ids = rows[on], torch.cat([ids[on], newest[on, None]], dim=1)
            if not len(rows):
                break
            for b, symbol in zip(rows.tolist(), ids[:, -1].tolist(), strict=True):
                said[b].append(symbol)
    return list(said.values())
