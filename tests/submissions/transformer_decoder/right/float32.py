# passes: names float32, which is what the notebook has
# after right/plain
# %%
def sequence_loss(logits, targets, pad):
    keep = (targets != pad).to(torch.float32)
    log_p = logits.to(torch.float32).log_softmax(-1)
    costs = -log_p.gather(-1, targets.unsqueeze(-1)).squeeze(-1) * keep
    return costs.sum() / keep.sum().clamp(min=1.0)
