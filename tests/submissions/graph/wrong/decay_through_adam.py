# fails adamw_step: L2 in the gradient, which the quotient takes away again
# after right/plain
# %%
def adamw_step(params, grads, moments, t, lr, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    with torch.no_grad():
        for p, g, mom in zip(params, grads, moments):
            g = g + decay * p
            mom.m = beta1 * mom.m + (1 - beta1) * g
            mom.v = beta2 * mom.v + (1 - beta2) * g * g
            p -= lr * (mom.m / (1 - beta1**t)) / ((mom.v / (1 - beta2**t)).sqrt() + eps)
