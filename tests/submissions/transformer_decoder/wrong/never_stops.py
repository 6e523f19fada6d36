# loses greedy_decode: only eos ends it
# after right/plain
# %%
def greedy_decode(step, memory, bos, eos, max_length):
    ids, ended = torch.full((len(memory), 1), bos), torch.zeros(len(memory)).bool()
    said = [[] for _ in memory]
    while not ended.all():
        with torch.no_grad():
            best = step(ids, memory)[:, -1].argmax(-1)
        ended |= best == eos
        for b in range(len(memory)):
            if not ended[b]:
                said[b].append(int(best[b]))
        ids = torch.cat([ids, best[:, None]], 1)
    return said
