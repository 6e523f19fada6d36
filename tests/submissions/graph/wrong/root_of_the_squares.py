# fails l2_penalty: the norm and not its square
# after right/plain
# %%
def l2_penalty(module, strength):
    return strength / 2 * sum(p.norm() for p in module.parameters() if p.dim() > 1)
