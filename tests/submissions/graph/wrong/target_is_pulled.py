# fails td_loss: the target learns as well
# after right/plain
# %%
def td_loss(value, target):
    return nn.functional.mse_loss(value, target)
