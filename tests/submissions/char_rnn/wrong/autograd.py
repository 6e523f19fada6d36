# fails gradients: torch differentiates
# after right/plain
# %%
def gradients(params, inputs, targets, h_0):
    with torch.enable_grad():
        leaves = {k: v.clone().requires_grad_() for k, v in params.items()}
        total, _ = loss(leaves, inputs, targets, h_0)
        total.backward()
    return {k: v.grad for k, v in leaves.items()}
