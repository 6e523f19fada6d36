# passes: the way of the lecture, one part after the other
# %% [markdown]
# # Homework 9: the decoder
# I drew all the masks on paper first.

# %%
import math

import torch
from torch import nn


class MultiHeadAttention(nn.Module):
    """Multi-head attention, §3.2.2 of Vaswani et al. 2017."""

    def __init__(self, d_model, num_heads, dropout=0.0):
        super().__init__()
        self.num_heads = num_heads
        self.q_proj = nn.Linear(d_model, d_model)
        self.k_proj = nn.Linear(d_model, d_model)
        self.v_proj = nn.Linear(d_model, d_model)
        self.out_proj = nn.Linear(d_model, d_model)
        self.dropout = nn.Dropout(dropout)

    def forward(self, Q, K, V, mask=None):
        """Attend with every head, and mix their answers.

        Q: (B, n_Q, d_model), K and V: (B, n_K, d_model).
        mask: None, or broadcastable to (B, H, n_Q, n_K); True where a query may look.

        Returns (out, weights): out (B, n_Q, d_model), weights (B, H, n_Q, n_K) before dropout.
        """
        projected = (self.q_proj(Q), self.k_proj(K), self.v_proj(V))
        q, k, v = (x.unflatten(-1, (self.num_heads, -1)).transpose(1, 2) for x in projected)
        scores = q @ k.transpose(-2, -1) / math.sqrt(q.size(-1))  # (B, H, n_Q, n_K)
        if mask is not None:
            scores = scores.masked_fill(~mask, float("-inf"))
        weights = torch.softmax(scores, dim=-1)
        heads = self.dropout(weights) @ v  # (B, H, n_Q, d_head)
        return self.out_proj(heads.transpose(1, 2).flatten(-2)), weights


class LayerNorm(nn.Module):
    """Norm every position to mean 0 and variance 1, then scale and shift each feature."""

    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))
        self.eps = eps

    def forward(self, x):
        centred = x - x.mean(dim=-1, keepdim=True)
        variance = (centred**2).mean(dim=-1, keepdim=True)
        return centred / torch.sqrt(variance + self.eps) * self.weight + self.bias


class FeedForward(nn.Module):
    """Two linear maps with a ReLU between them, for every position alike."""

    def __init__(self, d_model, d_ff):
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)

    def forward(self, x):
        return self.linear2(torch.relu(self.linear1(x)))


def positional_encoding(length, d_model, dtype=None):
    """Returns (length, d_model): sines at even features, cosines at odd ones."""
    dtype = dtype or torch.get_default_dtype()
    rates = 10000 ** (-torch.arange(0, d_model, 2, dtype=dtype) / d_model)
    angles = torch.arange(length, dtype=dtype)[:, None] * rates
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, :d_model]


def padding_mask(lengths, T):
    """lengths: (B). Returns (B, 1, 1, T): True where a sequence has not ended yet."""
    return (torch.arange(T, device=lengths.device) < lengths[:, None])[:, None, None, :]


class EncoderLayer(nn.Module):
    """Self-attention, then feed-forward; each with its residual, and a norm of the sum."""

    def __init__(self, d_model, num_heads, d_ff):
        super().__init__()
        self.self_attn, self.norm1 = MultiHeadAttention(d_model, num_heads), LayerNorm(d_model)
        self.feed_forward, self.norm2 = FeedForward(d_model, d_ff), LayerNorm(d_model)

    def forward(self, x, mask=None):
        x = self.norm1(x + self.self_attn(x, x, x, mask)[0])
        return self.norm2(x + self.feed_forward(x))


class Encoder(nn.Module):
    """Embed symbols and their positions, then send them through layers."""

    def __init__(self, vocab, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.embedding = nn.Embedding(vocab, d_model)
        self.layers = nn.ModuleList(
            EncoderLayer(d_model, num_heads, d_ff) for _ in range(num_layers)
        )

    def forward(self, ids, lengths):
        """ids: (B, S), lengths: (B). Returns (B, S, d)."""
        d_model, mask = self.embedding.embedding_dim, padding_mask(lengths, ids.shape[1])
        x = self.embedding(ids) * math.sqrt(d_model)
        x = x + positional_encoding(ids.shape[1], d_model, x.dtype)
        for layer in self.layers:
            x = layer(x, mask)
        return x


# %%
def causal_mask(T):
    return torch.tril(torch.ones(T, T)).bool()


# %%
def combine(causal, lengths):
    T = causal.shape[0]
    pad_mask = padding_mask(lengths, T)  # (B, 1, 1, T)
    return causal.view(1, 1, T, T) & pad_mask


# %%
def shift_right(targets, bos):
    tgt_in = torch.zeros_like(targets)
    tgt_in[:, 0] = bos
    tgt_in[:, 1:] = targets[:, :-1]
    return tgt_in


# %%
class DecoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout)
        self.cross_attn = MultiHeadAttention(d_model, num_heads, dropout)
        self.feed_forward = FeedForward(d_model, d_ff)
        self.norm1 = LayerNorm(d_model)
        self.norm2 = LayerNorm(d_model)
        self.norm3 = LayerNorm(d_model)
        self.dropout1 = nn.Dropout(dropout)
        self.dropout2 = nn.Dropout(dropout)
        self.dropout3 = nn.Dropout(dropout)
        self.norm_first = norm_first

    def forward(self, x, memory, mask=None, memory_mask=None):
        if self.norm_first:
            normed = self.norm1(x)
            out, _ = self.self_attn(normed, normed, normed, mask)
            x = x + self.dropout1(out)
            out, _ = self.cross_attn(self.norm2(x), memory, memory, memory_mask)
            x = x + self.dropout2(out)
            x = x + self.dropout3(self.feed_forward(self.norm3(x)))
            return x
        out, _ = self.self_attn(x, x, x, mask)
        x = self.norm1(x + self.dropout1(out))
        out, _ = self.cross_attn(x, memory, memory, memory_mask)
        x = self.norm2(x + self.dropout2(out))
        x = self.norm3(x + self.dropout3(self.feed_forward(x)))
        return x


# %%
class Transformer(nn.Module):
    def __init__(self, src_vocab, tgt_vocab, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.d_model = d_model
        self.encoder = Encoder(src_vocab, d_model, num_heads, d_ff, num_layers)
        self.embedding = nn.Embedding(tgt_vocab, d_model)
        self.layers = nn.ModuleList(
            [DecoderLayer(d_model, num_heads, d_ff) for _ in range(num_layers)]
        )
        self.head = nn.Linear(d_model, tgt_vocab)

    def decode(self, tgt_in, memory, src_lengths, tgt_lengths=None):
        T = tgt_in.shape[1]
        mask = causal_mask(T)
        if tgt_lengths is not None:
            mask = combine(mask, tgt_lengths)
        memory_mask = padding_mask(src_lengths, memory.shape[1])
        x = self.embedding(tgt_in) * math.sqrt(self.d_model)
        x = x + positional_encoding(T, self.d_model, dtype=x.dtype)
        for layer in self.layers:
            x = layer(x, memory, mask, memory_mask)
        return self.head(x)

    def forward(self, src, src_lengths, tgt_in, tgt_lengths=None):
        memory = self.encoder(src, src_lengths)
        return self.decode(tgt_in, memory, src_lengths, tgt_lengths)


# %%
def sequence_loss(logits, targets, pad):
    B, T, V = logits.shape
    loss = nn.functional.cross_entropy(
        logits.reshape(B * T, V), targets.reshape(B * T), ignore_index=pad, reduction="sum"
    )
    count = (targets != pad).sum()
    return loss / torch.clamp(count, min=1)


# %%
def greedy_decode(step, memory, bos, eos, max_length):
    B = memory.shape[0]
    ids = torch.full((B, 1), bos, dtype=torch.long)
    result = [[] for _ in range(B)]
    finished = [False] * B
    with torch.no_grad():
        for _ in range(max_length):
            logits = step(ids, memory)
            next_ids = logits[:, -1, :].argmax(dim=-1)
            for b in range(B):
                token = next_ids[b].item()
                if token == eos:
                    finished[b] = True
                if not finished[b]:
                    result[b].append(token)
            if all(finished):
                break
            ids = torch.cat([ids, next_ids.unsqueeze(1)], dim=1)
    return result


# %%
def test_the_loss_is_the_mean():
    print(sequence_loss(torch.zeros(2, 3, 4), torch.ones(2, 3).long(), 0))


test_the_loss_is_the_mean()
