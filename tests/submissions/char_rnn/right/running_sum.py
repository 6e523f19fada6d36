# passes: draws by the running sum of the chances
# after right/plain
# %%
def next_char(logits, temperature, generator):
    p = torch.softmax(logits / temperature, -1).cumsum(-1)
    u = torch.rand(p.shape[0], 1, generator=generator)
    return (p < u).sum(-1).clamp(max=p.shape[1] - 1)
