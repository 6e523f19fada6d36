# passes: outer products, sequence by sequence
# after right/plain
# %%
def step_backward(dh_next, x, h, h_next, weight_ih, weight_hh):
    dW_ih, dW_hh, db, dx, dh = 0, 0, 0, [], []
    for b in range(len(x)):
        dz = dh_next[b] * (1 - h_next[b] ** 2)
        dx.append(weight_ih.T @ dz)
        dh.append(weight_hh.T @ dz)
        dW_ih = dW_ih + torch.outer(dz, x[b])
        dW_hh = dW_hh + torch.outer(dz, h[b])
        db = db + dz
    return torch.stack(dx), torch.stack(dh), dW_ih, dW_hh, db
