# fails caption: [[]] * B is one list
# after right/plain
# %%
def caption(model, features, bos, eos, max_length):
    B = len(features)
    words, weights, ended = [[]] * B, [[]] * B, set()
    with torch.no_grad():
        h, token = model.begin(features), torch.full((B,), bos)
        for _ in range(max_length):
            logits, h, w = model.cell(token, h, features)
            token = logits.argmax(-1)
            ended |= {b for b in range(B) if token[b] == eos}
            if len(ended) == B:
                break
            for b in {*range(B)} - ended:
                words[b].append(int(token[b]))
                weights[b].append(w[b])
    none = torch.zeros(0, features.shape[1])
    return words, [torch.stack(rows) if rows else none for rows in weights]
