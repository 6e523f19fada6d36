# fails positional_encoding: the exponent counts features; the encoder loses nothing by it
# after right/plain
# %%
def positional_encoding(length, d_model, dtype=None):
    pe = torch.zeros(length, d_model, dtype=dtype)
    for pos in range(length):
        for i in range(d_model):
            angle = pos / 10000 ** (i / d_model)
            pe[pos, i] = math.sin(angle) if i % 2 == 0 else math.cos(angle)
    return pe
