# fails soft_attention: reads the mask as torch's own layers do, True for hidden
# after right/plain
# %%
def soft_attention(h, features, W_h, W_f, v, mask=None):
    scores = torch.tanh((h @ W_h.T)[:, None] + features @ W_f.T) @ v
    if mask is not None:
        scores[mask] = float("-inf")
    weights = torch.softmax(scores, dim=1)
    return (weights[..., None] * features).sum(1), weights
