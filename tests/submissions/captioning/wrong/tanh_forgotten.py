# fails soft_attention: without tanh the state has no say, and no other question loses by it
# after right/plain
# %%
def soft_attention(h, features, W_h, W_f, v, mask=None):
    scores = ((h @ W_h.T).unsqueeze(1) + features @ W_f.T) @ v
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    weights = torch.softmax(scores, dim=-1)
    return (weights.unsqueeze(-1) * features).sum(dim=1), weights
