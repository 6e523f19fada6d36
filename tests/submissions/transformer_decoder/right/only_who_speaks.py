# passes: who has ended is left out of the batch
# after right/plain
# %%
def greedy_decode(step, memory, bos, eos, max_length):
    said, active = [[] for _ in memory], torch.arange(len(memory))
    ids = torch.full((len(memory), 1), bos)
    for _ in range(max_length):
        if len(active) == 0:
            break
        with torch.no_grad():
            best = step(ids, memory[active])[:, -1].argmax(-1)
        going = best != eos
        active, ids = active[going], torch.cat([ids, best[:, None]], 1)[going]
        for row, b in enumerate(active):
            said[b].append(ids[row, -1])
    return said
