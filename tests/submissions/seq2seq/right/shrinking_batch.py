# passes: only answers that go on stay in the batch
# after right/plain
# %%
@torch.no_grad()
def translate(model, src, lengths, bos, eos, max_length):
    mode = model.training
    model.eval()
    said = [[] for _ in src]
    who = list(range(len(src)))
    _, h = model.encoder(src, lengths)
    token = torch.tensor([bos] * len(src))
    for _ in range(max_length):
        logits, h = model.decoder(token, h)
        token = logits.max(1)[1]
        go_on = [k for k, t in enumerate(token.tolist()) if t != eos]
        who, token, h = [who[k] for k in go_on], token[go_on], h[go_on]
        for b, t in zip(who, token.tolist()):
            said[b].append(t)
        if not who:
            break
    model.train(mode)
    return said
