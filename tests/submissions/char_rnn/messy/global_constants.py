# passes: answers use constants of other cells, defined late
# after right/plain
# %%
def vocabulary(text):
    return LIST(ORDER(SET(text)))


# %%
LIST, ORDER, SET = list, sorted, set
EPS = 1e-8


# %%
def adagrad_step(params, grads, memory, lr):
    m = {k: memory[k] + grads[k] * grads[k] for k in memory}
    return {k: params[k] - lr / (m[k].sqrt() + EPS) * grads[k] for k in m}, m
