# fails caption_loss: the mean of the captions' means
# after right/plain
# %%
def caption_loss(logits, captions, pad):
    each = F.cross_entropy(logits.transpose(1, 2), captions, ignore_index=pad, reduction="none")
    return (each.sum(1) / (captions != pad).sum(1).clamp(min=1)).mean()
