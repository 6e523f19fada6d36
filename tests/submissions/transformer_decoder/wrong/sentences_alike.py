# fails sequence_loss: a mean of means
# after right/plain
# %%
def sequence_loss(logits, targets, pad):
    losses = []
    for row, right in zip(logits, targets):
        if (right != pad).any():
            losses.append(nn.functional.cross_entropy(row, right, ignore_index=pad))
    return torch.stack(losses).mean() if losses else logits.sum() * 0
