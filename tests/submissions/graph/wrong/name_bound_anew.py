# fails ema_update: binds new tensors to a local name
# after right/plain
# %%
def ema_update(average, source, decay):
    for a, s in zip(average.parameters(), source.parameters()):
        a = decay * a + (1 - decay) * s
    for a, s in zip(average.buffers(), source.buffers()):
        a = s.clone()
