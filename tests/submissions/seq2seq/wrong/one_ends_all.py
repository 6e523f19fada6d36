# fails translate: stops as soon as one answer has ended
# after right/plain
# %%
def translate(model, src, lengths, bos, eos, max_length):
    mode = model.training
    model.eval()
    said = [[] for _ in src]
    with torch.no_grad():
        _, h = model.encoder(src, lengths)
        token = torch.full((len(src),), bos)
        while len(said[0]) < max_length:
            logits, h = model.decoder(token, h)
            token = logits.argmax(-1)
            if eos in token:
                break
            for answer, symbol in zip(said, token):
                answer.append(symbol.item())
    model.train(mode)
    return said
