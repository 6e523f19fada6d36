# fails forecast: applies the weights in reversed order
# after right/plain
# %%
def forecast(history, w, c, steps):
    known = list(history)
    for _ in range(steps):
        known.append(sum(w[k] * known[-1 - k] for k in range(len(w))) + c)
    return torch.stack(known[len(history) :])
