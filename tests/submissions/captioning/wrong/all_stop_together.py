# fails caption: when the first caption ends, all of them stop
# after right/plain
# %%
def caption(model, features, bos, eos, max_length):
    words, weights = [[] for _ in features], [[] for _ in features]
    with torch.no_grad():
        h, token = model.begin(features), torch.full((len(features),), bos)
        for _ in range(max_length):
            logits, h, w = model.cell(token, h, features)
            token = logits.argmax(-1)
            if (token == eos).any():
                break
            for b in range(len(features)):
                words[b].append(int(token[b]))
                weights[b].append(w[b])
    none = torch.zeros(0, features.shape[1])
    return words, [torch.stack(rows) if rows else none for rows in weights]
