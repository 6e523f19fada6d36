# fails clip_by_norm: each tensor is cut by its own norm
# after right/plain
# %%
def clip_by_norm(grads, max_norm):
    norms = [g.norm() if g is not None else torch.zeros(()) for g in grads]
    clipped = [
        None if g is None else g * min(1.0, float(max_norm / (n + 1e-6)))
        for g, n in zip(grads, norms)
    ]
    return clipped, torch.stack(norms).norm()
