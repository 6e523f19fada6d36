# fails ema_update: right numbers, in memory that belongs to the source
# after right/plain
# %%
def ema_update(average, source, decay):
    for a, s in zip(average.parameters(), source.parameters()):
        a.data.lerp_(s.data, 1 - decay)
    for a, s in zip(average.buffers(), source.buffers()):
        a.data = s.data
