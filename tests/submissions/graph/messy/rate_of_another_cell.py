# fails sgd_step: uses the learning rate of another cell, and not the one it is given
# after right/plain
# %%
learning_rate = 0.01


# %%
def sgd_step(params, grads, lr, decay):
    with torch.no_grad():
        for p, g in zip(params, grads):
            p -= learning_rate * (g + decay * p)
