# fails one_to_many: the first symbol is fed at every step
# after right/plain
# %%
def one_to_many(step, h, first, length):
    tokens = []
    for _ in range(length):
        logits, h = step(first, h)
        tokens.append(logits.argmax(dim=1))
    return torch.stack(tokens, dim=1)
