# fails adagrad_step: the memory that was given is added to
# after right/plain
# %%
def adagrad_step(params, grads, memory, lr):
    for k in params:
        memory[k] += grads[k] ** 2
    return {k: params[k] - lr * grads[k] / (memory[k] ** 0.5 + 1e-8) for k in params}, memory
