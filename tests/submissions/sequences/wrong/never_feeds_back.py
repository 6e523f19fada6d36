# fails forecast: makes the same prediction again and again
# after right/plain
# %%
def forecast(history, w, c, steps):
    return (history[-len(w) :] @ w + c).repeat(steps)
