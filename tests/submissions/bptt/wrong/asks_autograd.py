# fails step_backward: has torch differentiate
# after right/plain
# %%
def step_backward(dh_next, x, h, h_next, weight_ih, weight_hh):
    with torch.enable_grad():
        bias = torch.atanh(h_next) - x @ weight_ih.T - h @ weight_hh.T
        leaves = [t.clone().requires_grad_() for t in (x, h, weight_ih, weight_hh, bias)]
        y = torch.tanh(leaves[0] @ leaves[2].T + leaves[1] @ leaves[3].T + leaves[4])
        y.backward(dh_next)
    dx, dh, dW_ih, dW_hh, db = [leaf.grad for leaf in leaves]
    return dx, dh, dW_ih, dW_hh, db.sum(0)
