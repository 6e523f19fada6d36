# errors epoch_loss: asks a generator for its length
# after right/plain
# %%
def epoch_loss(model, optimizer, batches):
    total, n = 0, 0
    for i in range(len(batches)):
        x, y = batches[i]
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        n += len(x)
    return total / n
