# fails Seq2Seq: the decoder is told what to say
# after right/plain
# %%
class Seq2Seq(nn.Module):
    def __init__(self, words, symbols, embedding_size, hidden_size, bos):
        super().__init__()
        self.encoder = Encoder(words, embedding_size, hidden_size)
        self.decoder = Decoder(symbols, embedding_size, hidden_size)

    def forward(self, src, lengths, tgt):
        _, h = self.encoder(src, lengths)
        outs = []
        for t in range(tgt.shape[1]):
            logits, h = self.decoder(tgt[:, t], h)
            outs.append(logits)
        return torch.stack(outs, dim=1)
