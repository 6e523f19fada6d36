# fails jacobian_norms: takes a matrix of another cell, and not the one it is given
# after right/plain
# %%
W = 0.5 * torch.eye(3)


# %%
def jacobian_norms(out, weight_hh):
    P, norms = torch.eye(out.shape[1], dtype=out.dtype), []
    for J in step_jacobian(out, W.to(out)).flip(0):
        norms.insert(0, torch.linalg.matrix_norm(P, 2))
        P = P @ J
    return torch.stack(norms)
