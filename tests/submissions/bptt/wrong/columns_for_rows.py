# fails step_jacobian: scales the columns, and jacobian_norms loses nothing by it
# after right/plain
# %%
def step_jacobian(h_next, weight_hh):
    return weight_hh * (1 - h_next**2)[:, None, :]
