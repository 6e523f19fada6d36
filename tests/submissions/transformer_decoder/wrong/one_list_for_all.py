# fails greedy_decode: [[]] * B is one list
# after right/plain
# %%
def greedy_decode(step, memory, bos, eos, max_length):
    ids, result, done = torch.full((len(memory), 1), bos), [[]] * len(memory), set()
    for _ in range(max_length):
        with torch.no_grad():
            best = step(ids, memory)[:, -1].argmax(-1).tolist()
        for b, token in enumerate(best):
            if token == eos:
                done.add(b)
            elif b not in done:
                result[b].append(token)
        if len(done) == len(memory):
            break
        ids = torch.cat([ids, torch.tensor(best)[:, None]], 1)
    return result
