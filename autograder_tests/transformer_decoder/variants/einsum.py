"""An attention of its own, by einsum, without a loop over the heads; a loss by one-hot targets."""

import torch
from torch import nn


class Heads(nn.Module):
    def __init__(self, d, heads):
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(d, d)
        self.k_proj = nn.Linear(d, d)
        self.v_proj = nn.Linear(d, d)
        self.out_proj = nn.Linear(d, d)

    def forward(self, x, source, mask=None):
        B, T, d = x.shape
        q = self.q_proj(x).view(B, T, self.heads, -1)
        k = self.k_proj(source).view(B, source.shape[1], self.heads, -1)
        v = self.v_proj(source).view(B, source.shape[1], self.heads, -1)
        scores = torch.einsum("bthf,bshf->bhts", q, k) / q.shape[-1] ** 0.5
        if mask is not None:
            scores = scores + torch.where(mask, 0.0, -1e9)
        return self.out_proj(
            torch.einsum("bhts,bshf->bthf", scores.softmax(-1), v).reshape(B, T, d)
        )


class Wide(nn.Module):
    def __init__(self, d, width):
        super().__init__()
        self.linear1 = nn.Linear(d, width)
        self.linear2 = nn.Linear(width, d)

    def forward(self, x):
        return self.linear2(self.linear1(x).clamp(min=0))


def causal_mask(T):
    return torch.ones((T, T)).cumsum(dim=1) <= torch.arange(1, T + 1)[:, None]


def combine(causal, lengths):
    real = (torch.arange(causal.shape[1])[None] < lengths[:, None]).float()
    return torch.einsum("ts,bs->bts", causal.float(), real).bool().unsqueeze(1)


def shift_right(targets, bos):
    shifted = targets.roll(1, dims=1)
    shifted[:, 0] = bos
    return shifted


class DecoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = Heads(d_model, num_heads)
        self.cross_attn = Heads(d_model, num_heads)
        self.feed_forward = Wide(d_model, d_ff)
        self.norm1 = nn.LayerNorm(d_model)
        self.norm2 = nn.LayerNorm(d_model)
        self.norm3 = nn.LayerNorm(d_model)
        self.drop = nn.Dropout(dropout)
        self.pre = norm_first

    def forward(self, x, memory, mask=None, memory_mask=None):
        def residual(x, norm, part, *more):
            if self.pre:
                return x + self.drop(part(norm(x), *more))
            return norm(x + self.drop(part(x, *more)))

        def look(y):
            return self.self_attn(y, y, mask)

        x = residual(x, self.norm1, look)
        x = residual(x, self.norm2, self.cross_attn, memory, memory_mask)
        return residual(x, self.norm3, self.feed_forward)


class Transformer(nn.Module):
    def __init__(self, src_vocab, tgt_vocab, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.encoder = Encoder(src_vocab, d_model, num_heads, d_ff, num_layers)  # noqa: F821
        self.embedding = nn.Embedding(tgt_vocab, d_model)
        self.layers = nn.ModuleList()
        for _ in range(num_layers):
            self.layers.append(DecoderLayer(d_model, num_heads, d_ff))
        self.head = nn.Linear(d_model, tgt_vocab)

    def forward(self, src, src_lengths, tgt_in, tgt_lengths=None):
        memory = self.encoder(src, src_lengths)
        (_, S, d), T = memory.shape, tgt_in.shape[1]
        rates = 10000.0 ** -(torch.arange(0, d, 2) / d)
        turned = torch.einsum("t,i->ti", torch.arange(T).to(memory), rates.to(memory))
        x = self.embedding(tgt_in) * d**0.5
        x = x + torch.stack([turned.sin(), turned.cos()], -1).flatten(1)[:, :d]
        heard = (torch.arange(S) < src_lengths[:, None])[:, None, None]
        for layer in self.layers:
            x = layer(x, memory, causal_mask(T), heard)
        return self.head(x)


def sequence_loss(logits, targets, pad):
    right = nn.functional.one_hot(targets, logits.shape[-1]).to(logits)
    counts = (targets != pad).to(logits)
    total = -torch.einsum("btv,btv,bt->", logits.log_softmax(-1), right, counts)
    return total / torch.clamp(counts.sum(), min=1.0)


def greedy_decode(step, memory, bos, eos, max_length):
    said = [[] for _ in range(len(memory))]
    active = list(range(len(memory)))
    ids = torch.full((len(memory), 1), bos)
    for _ in range(max_length):
        with torch.inference_mode():
            newest = step(ids, memory)[:, -1].argmax(-1)
        ids = torch.cat([ids, newest.unsqueeze(1)], 1)
        active = [b for b in active if newest[b] != eos]
        if not active:
            return said
        for b in active:
            said[b].append(newest[b].item())
    return said
