# fails gradients: the column of a letter is assigned
# after right/plain
# %%
def gradients(params, inputs, targets, h_0):
    hs, ps = [h_0], []
    for x in inputs:
        hs.append(torch.tanh(params["W_xh"][:, x] + params["W_hh"] @ hs[-1] + params["b_h"]))
        ps.append(torch.softmax(params["W_hy"] @ hs[-1] + params["b_y"], 0))
    d = {k: torch.zeros_like(v) for k, v in params.items()}
    back = torch.zeros_like(h_0)
    for t in range(len(inputs) - 1, -1, -1):
        dy = ps[t].clone()
        dy[targets[t]] -= 1
        dz = (params["W_hy"].T @ dy + back) * (1 - hs[t + 1] ** 2)
        d["W_hy"] += torch.outer(dy, hs[t + 1])
        d["b_y"] += dy
        d["b_h"] += dz
        d["W_hh"] += torch.outer(dz, hs[t])
        d["W_xh"][:, inputs[t]] = dz
        back = params["W_hh"].T @ dz
    return d
