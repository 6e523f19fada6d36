# fails log_likelihood: counts what stands behind the end
# after right/plain
# %%
def log_likelihood(logits, ids, lengths):
    return logits.log_softmax(-1).gather(2, ids[:, :, None])[:, :, 0].sum(1)
