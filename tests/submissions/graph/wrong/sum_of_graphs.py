# fails epoch_loss: the running sum holds the graph of every batch
# after right/plain
# %%
def epoch_loss(model, optimizer, batches):
    total, n = 0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss * len(x)
        n += len(x)
    return total.item() / n
