"""Prints, asserts, constants and layers that do nothing."""

import torch
import torch.nn as nn
import torch.nn.functional as F

DEBUG = True
PRINTED = set()


def log(*what):
    if DEBUG and what not in PRINTED:
        PRINTED.add(what)
        print(*what)


class Encoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size, dropout=0.0):
        super().__init__()
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.gru = nn.GRU(embedding_size, hidden_size, batch_first=True)
        self.dropout = nn.Dropout(dropout)

    def forward(self, src, lengths):
        assert src.dim() == 2 and len(src) == len(lengths)
        log("src", tuple(src.shape))
        embedded = self.dropout(self.embedding(src))
        order = lengths.argsort(descending=True)
        packed = nn.utils.rnn.pack_padded_sequence(
            embedded[order], lengths[order], batch_first=True
        )
        packed, h_n = self.gru(packed)
        out, _ = nn.utils.rnn.pad_packed_sequence(packed, batch_first=True)
        back = order.argsort()
        return out[back], h_n[-1][back]


class Decoder(nn.Module):
    def __init__(self, vocab_size, embedding_size, hidden_size, dropout=0.0):
        super().__init__()
        self.vocab_size = vocab_size
        self.embedding = nn.Embedding(vocab_size, embedding_size)
        self.dropout = nn.Dropout(dropout)
        self.cell = nn.GRUCell(embedding_size, hidden_size)
        self.head = nn.Linear(hidden_size, vocab_size)

    def forward(self, token, h):
        assert token.max() < self.vocab_size
        embedded = self.dropout(self.embedding(token))
        hidden = self.cell(embedded, h)
        prediction = self.head(hidden)
        return prediction, hidden


class Seq2Seq(nn.Module):
    def __init__(self, words, symbols, embedding_size, hidden_size, bos):
        super().__init__()
        self.encoder = Encoder(words, embedding_size, hidden_size)
        self.decoder = Decoder(symbols, embedding_size, hidden_size)
        self.bos = bos
        self.last_logits = None

    def forward(self, src, lengths, tgt, teacher_forcing_ratio=1.0):
        batch, steps = tgt.shape
        encoder_out, hidden = self.encoder(src, lengths)
        log("encoder", tuple(encoder_out.shape))
        outputs = []
        inputs = torch.ones(batch, dtype=torch.long, device=tgt.device) * self.bos
        for t in range(steps):
            output, hidden = self.decoder(inputs, hidden)
            outputs.append(output)
            forced = torch.rand(()) < teacher_forcing_ratio or teacher_forcing_ratio == 1.0
            inputs = tgt[:, t] if forced else output.argmax(1)
        self.last_logits = torch.stack(outputs, 1)
        return self.last_logits


def sequence_loss(logits, targets, pad):
    V = logits.shape[-1]
    total = F.cross_entropy(
        logits.reshape(-1, V), targets.reshape(-1), ignore_index=pad, reduction="sum"
    )
    return total / (targets != pad).sum()


def train_step(model, optimizer, src, lengths, tgt, pad, max_norm):
    model.train()
    criterion = sequence_loss
    optimizer.zero_grad()
    logits = model(src, lengths, tgt)
    loss = criterion(logits, tgt, pad)
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(model.parameters(), max_norm)
    log("norm", f"{float(norm):.3f}")
    optimizer.step()
    history = []
    history.append(loss.item())
    return history[-1]


def translate(model, src, lengths, bos, eos, max_length):
    B = src.shape[0]
    training = model.training
    model.eval()
    results, finished = [list() for _ in range(B)], set()
    with torch.no_grad():
        _, h = model.encoder(src, lengths)
        token = torch.LongTensor([bos] * B)
        step = 0
        while step < max_length and len(finished) < B:
            logits, h = model.decoder(token, h)
            token = torch.max(F.log_softmax(logits, dim=1), 1)[1]
            for i in range(B):
                if token[i].item() == eos:
                    finished.add(i)
                elif i not in finished:
                    results[i].append(token[i].item())
            step += 1
    if training:
        model.train()
    return results


def exact_match(predicted, truth, eos):
    correct, total = 0, 0
    for prediction, target in zip(predicted, truth, strict=True):
        target = [int(t) for t in target]
        target = target[: target.index(eos)]
        if " ".join(map(str, prediction)) == " ".join(map(str, target)):
            correct += 1
        total += 1
    return correct / total if total else 0.0


def edit_distance(a, b):
    m, n = len(a), len(b)
    dp = [[None] * (n + 1) for _ in range(m + 1)]
    for i in range(m + 1):
        dp[i][0] = i
    for j in range(n + 1):
        dp[0][j] = j
    for i in range(1, m + 1):
        for j in range(1, n + 1):
            insert, delete = dp[i][j - 1] + 1, dp[i - 1][j] + 1
            replace = dp[i - 1][j - 1] + (0 if a[i - 1] == b[j - 1] else 1)
            dp[i][j] = min(insert, delete, replace)
    return int(dp[m][n])
