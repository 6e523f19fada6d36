# passes: names float32, which is what the notebook has
# after right/plain
# %%
def many_to_many_loss(logits, targets, lengths):
    assert logits.dtype == torch.float32
    mask = torch.arange(logits.shape[1])[None, :] < lengths[:, None]
    logp = torch.log_softmax(logits, -1)
    onehot = torch.eye(logits.shape[2], dtype=torch.float32)[targets]
    return -((logp * onehot).sum(-1) * mask).sum(1).mean()
