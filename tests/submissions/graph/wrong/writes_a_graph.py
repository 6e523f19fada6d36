# errors sgd_step: changes a leaf in place while a graph is written
# after right/plain
# %%
def sgd_step(params, grads, lr, decay):
    for p, g in zip(params, grads):
        p -= lr * (g + decay * p)
