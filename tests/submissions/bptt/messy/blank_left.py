# errors clip_by_norm: left as it was handed out
# after right/plain
# %%
def clip_by_norm(grads, max_norm):
    # your code here
    raise NotImplementedError
