# passes: lengths by loops with item(), a buffer, and the loss by hand
# after right/plain
# %%
def many_to_one(out, lengths):
    result = torch.zeros(out.shape[0], out.shape[2], dtype=out.dtype)
    for i in range(out.shape[0]):
        result[i] = out[i, lengths[i].item() - 1]
    return result


# %%
def many_to_many_loss(logits, targets, lengths):
    total = 0
    for b in range(logits.shape[0]):
        for t in range(lengths[b].item()):
            z = logits[b, t]
            total = total + torch.logsumexp(z, 0) - z[targets[b, t]]
    return total / logits.shape[0]
