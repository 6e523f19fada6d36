# fails translate: all answers are one list
# after right/plain
# %%
def translate(model, src, lengths, bos, eos, max_length):
    mode = model.training
    model.eval()
    said, done = [[]] * len(src), torch.zeros(len(src), dtype=torch.bool)
    with torch.no_grad():
        _, h = model.encoder(src, lengths)
        token = torch.full((len(src),), bos)
        for _ in range(max_length):
            logits, h = model.decoder(token, h)
            token = logits.argmax(-1)
            done |= token == eos
            for b in range(len(src)):
                if not done[b]:
                    said[b].append(token[b].item())
            if done.all():
                break
    model.train(mode)
    return said
