# fails l2_penalty: puts a price on all parameters
# after right/plain
# %%
def l2_penalty(module, strength):
    return strength / 2 * sum((p**2).sum() for p in module.parameters())
