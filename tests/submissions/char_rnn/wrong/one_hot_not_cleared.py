# fails generate: the letter before is still marked
# after right/plain
# %%
def generate(params, h, first, length, temperature, generator):
    x = one_hot(first, params["b_y"].shape[0])
    result = []
    for _ in range(length):
        h = torch.tanh(x @ params["W_xh"].T + h @ params["W_hh"].T + params["b_h"])
        token = next_char(h @ params["W_hy"].T + params["b_y"], temperature, generator)
        x[torch.arange(len(token)), token] = 1
        result.append(token)
    return torch.stack(result, dim=1)
