# errors truncated_bptt: backward through the graph a second time
# after right/plain
# %%
def truncated_bptt(model, head, optimizer, x, y, k):
    losses, state = [], None
    for x_k, y_k in zip(x.split(k, 1), y.split(k, 1)):
        out, state = model(x_k, state)
        loss = ((head(out) - y_k) ** 2).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses
