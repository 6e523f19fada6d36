# fails loss: cross_entropy with its usual mean
# after right/plain
# %%
def loss(params, inputs, targets, h_0):
    h, ys = h_0, []
    for x in inputs:
        h = torch.tanh(params["W_xh"][:, x] + params["W_hh"] @ h + params["b_h"])
        ys.append(params["W_hy"] @ h + params["b_y"])
    return torch.nn.functional.cross_entropy(torch.stack(ys), targets), h
