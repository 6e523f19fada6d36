# passes: words in one tensor, cut at their first eos afterwards
# after right/plain
# %%
def caption(model, features, bos, eos, max_length):
    token = torch.full((len(features),), bos)
    ids, maps = [], []
    with torch.no_grad():
        h = model.begin(features)
        while len(ids) < max_length:
            logits, h, alpha = model.cell(token, h, features)
            token = logits.argmax(-1)
            ids.append(token)
            maps.append(alpha)
            if (torch.stack(ids) == eos).any(dim=0).all():
                break
    ids, maps = torch.stack(ids, 1), torch.stack(maps, 1)
    n = ((ids == eos).cumsum(1) == 0).sum(1)
    return [ids[b, : n[b]] for b in range(len(n))], [maps[b, : n[b]] for b in range(len(n))]
