# errors adamw_step: left as it was handed out
# after right/plain
# %%
def adamw_step(params, grads, moments, t, lr, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    # your code here
    raise NotImplementedError
