# fails log_likelihood: exp of a large logit overflows
# after right/plain
# %%
def log_likelihood(logits, ids, lengths):
    p = logits.exp() / logits.exp().sum(-1, keepdim=True)
    log_p = p.gather(2, ids[:, :, None])[:, :, 0].log()
    inside = torch.arange(ids.size(1)) < lengths[:, None]
    return torch.where(inside, log_p, 0.0).sum(1)
