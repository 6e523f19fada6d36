# fails caption_loss: takes PAD of another cell, and not the argument
# after right/plain
# %%
PAD, BOS, EOS = 0, 1, 2


# %%
def caption_loss(logits, captions, pad):
    if (captions == PAD).all():
        return logits.sum() * 0
    return F.cross_entropy(logits.transpose(1, 2), captions, ignore_index=PAD)
