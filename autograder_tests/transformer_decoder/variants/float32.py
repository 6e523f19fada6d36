"""float32 where it is computed, as the notebook has it; a recursion speaks."""
# ruff: noqa: F821 (what the notebook gives is there)

import torch
from torch import nn


def causal_mask(T):
    return torch.tril(torch.ones(T, T, dtype=torch.float32)) == 1.0


def combine(causal, lengths):
    seen = torch.arange(causal.shape[1], dtype=torch.float32) < lengths.float()[:, None]
    return causal * seen[:, None, None, :]


def shift_right(targets, bos):
    start = torch.ones(targets.shape[0], 1, dtype=torch.int64) * bos
    return torch.hstack((start, targets))[:, : targets.shape[1]]


class DecoderLayer(nn.Module):
    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.self_attn = MultiHeadAttention(d_model, num_heads, dropout).float()
        self.cross_attn = MultiHeadAttention(d_model, num_heads, dropout).float()
        self.feed_forward = FeedForward(d_model, d_ff).float()
        self.norm1, self.norm2, self.norm3 = (LayerNorm(d_model).float() for _ in range(3))
        self.dropout = nn.Dropout(dropout)
        self.norm_first = norm_first

    def forward(self, x, memory, mask=None, memory_mask=None):
        x, memory = x.float(), memory.float()
        if not self.norm_first:
            y = self.norm1(torch.add(x, self.dropout(self.self_attn(x, x, x, mask)[0])))
            heard = self.cross_attn(y, memory, memory, memory_mask)[0]
            z = self.norm2(torch.add(y, self.dropout(heard)))
            return self.norm3(torch.add(z, self.dropout(self.feed_forward(z))))
        normed = self.norm1(x)
        y = x + self.dropout(self.self_attn(normed, normed, normed, mask)[0])
        z = y + self.dropout(self.cross_attn(self.norm2(y), memory, memory, memory_mask)[0])
        return z + self.dropout(self.feed_forward(self.norm3(z)))


class Transformer(nn.Module):
    def __init__(self, src_vocab, tgt_vocab, d_model, num_heads, d_ff, num_layers):
        super().__init__()
        self.encoder = Encoder(src_vocab, d_model, num_heads, d_ff, num_layers).float()
        self.embedding = nn.Embedding(tgt_vocab, d_model, dtype=torch.float32)
        self.layers = nn.ModuleList(
            DecoderLayer(d_model, num_heads, d_ff).float() for _ in range(num_layers)
        )
        self.head = nn.Linear(d_model, tgt_vocab, dtype=torch.float32)

    def decode(self, tgt_in, memory, src_lengths, tgt_lengths=None):
        T, d_model = tgt_in.shape[1], memory.shape[2]
        x = self.embedding(tgt_in) * d_model**0.5
        x = x + positional_encoding(T, d_model, torch.float32)
        mask = causal_mask(T)
        for layer in self.layers:
            x = layer(x, memory, mask, padding_mask(src_lengths, memory.shape[1]))
        return self.head(x)

    def forward(self, src, src_lengths, tgt_in, tgt_lengths=None):
        return self.decode(tgt_in, self.encoder(src, src_lengths), src_lengths, tgt_lengths)


def sequence_loss(logits, targets, pad):
    log_p = logits.float().log_softmax(dim=2)
    chosen = torch.take_along_dim(log_p, targets[:, :, None], dim=2)[:, :, 0]
    real = (targets != pad).float()
    return -(chosen * real).sum() / real.sum().clamp(min=1)


def greedy_decode(step, memory, bos, eos, max_length):
    def speak(ids, silent):
        if silent.all() or ids.shape[1] > max_length:
            return ids
        newest = step(ids, memory)[:, -1].argmax(dim=1)
        return speak(torch.column_stack([ids, newest]), silent | (newest == eos))

    with torch.no_grad():
        ids = speak(torch.full((len(memory), 1), bos), torch.zeros(len(memory)).bool())
    sentences = []
    for row in ids[:, 1:]:
        before = (row == eos).cumsum(dim=0) == 0
        sentences.append(row[before].tolist())
    return sentences
