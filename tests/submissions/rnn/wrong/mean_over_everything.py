# fails many_to_many_loss: cross_entropy with its usual mean, padding included
# after right/plain
# %%
def many_to_many_loss(logits, targets, lengths):
    return nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))
