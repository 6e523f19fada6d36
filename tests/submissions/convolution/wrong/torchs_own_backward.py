# fails conv2d_backward: asks the operator that torch itself goes back by
# after right/plain
# %%
def conv2d_backward(dout, x, w, stride=1, padding=0):
    return torch.ops.aten.convolution_backward(
        dout, x, w, [w.shape[0]], [stride] * 2, [padding] * 2, [1, 1], False, [0, 0], 1, [True] * 3
    )
