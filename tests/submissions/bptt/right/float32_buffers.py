# passes: names float32, which is what the notebook has
# after right/plain
# %%
def jacobian_norms(out, weight_hh):
    T, H = out.shape
    P = torch.eye(H, dtype=torch.float32)
    norms = torch.ones(T, dtype=torch.float32)
    for t in range(T - 1, 0, -1):
        P = P @ ((1 - out[t].float() ** 2)[:, None] * weight_hh.float())
        norms[t - 1] = torch.linalg.matrix_norm(P, 2)
    return norms
