# passes: averages by state_dict, and computes losses in float32
# after right/plain
# %%
def ema_update(average, source, decay):
    new = {k: v.clone() for k, v in average.state_dict().items()}
    for name, p in source.named_parameters():
        new[name] = decay * new[name] + (1 - decay) * p.detach()
    for name, b in source.named_buffers():
        new[name] = b
    average.load_state_dict(new)


def epoch_loss(model, optimizer, batches):
    total, n = torch.zeros((), dtype=torch.float32), 0
    for x, y in batches:
        x, y = x.to(torch.float32), y.to(torch.float32)
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.data * len(x)
        n += len(x)
    return float(total / n)
