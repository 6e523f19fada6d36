# fails step_backward: right values, spoilt argument
# after right/plain
# %%
def step_backward(dh_next, x, h, h_next, weight_ih, weight_hh):
    dh_next *= 1 - h_next**2
    return (
        dh_next @ weight_ih,
        dh_next @ weight_hh,
        dh_next.T @ x,
        dh_next.T @ h,
        dh_next.sum(0),
    )
