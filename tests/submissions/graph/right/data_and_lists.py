# passes: .data where others have no_grad, and a list of losses without graphs
# after right/plain
# %%
def ema_update(average, source, decay):
    for a, s in zip(average.parameters(), source.parameters()):
        a.data.mul_(decay).add_(s.data, alpha=1 - decay)
    for a, s in zip(average.buffers(), source.buffers()):
        a.data.copy_(s.data)


def epoch_loss(model, optimizer, batches):
    losses, sizes = [], []
    for x, y in list(batches):
        model.train()
        optimizer.zero_grad()
        loss = ((model(x) - y) ** 2).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.detach())
        sizes.append(len(y))
    return sum(l * n for l, n in zip(losses, sizes)) / sum(sizes)


def sgd_step(params, grads, lr, decay):
    for p, g in zip(params, grads):
        p.data = p.data - lr * (g + decay * p.data)
