# fails greedy_decode: all stop with the first one
# after right/plain
# %%
def greedy_decode(step, memory, bos, eos, max_length):
    ids = torch.full((len(memory), 1), bos)
    for _ in range(max_length):
        with torch.no_grad():
            best = step(ids, memory)[:, -1].argmax(-1)
        if (best == eos).any():
            break
        ids = torch.cat([ids, best[:, None]], 1)
    return ids[:, 1:].tolist()
