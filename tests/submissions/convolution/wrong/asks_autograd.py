# fails conv2d_backward: has torch differentiate
# after right/plain
# %%
def conv2d_backward(dout, x, w, stride=1, padding=0):
    with torch.enable_grad():
        x, w = x.clone().requires_grad_(), w.clone().requires_grad_()
        b = torch.zeros(len(w), requires_grad=True)
        conv2d(x, w, b, stride, padding).backward(dout)
    return x.grad, w.grad, b.grad
