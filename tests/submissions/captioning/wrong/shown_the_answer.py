# fails Captioner: each step reads the word that it shall say
# after right/plain
# %%
class Captioner(Captioner):
    def forward(self, features, captions, bos):
        h, logits, weights = self.begin(features), [], []
        for token in captions.T:
            out, h, w = self.cell(token, h, features)
            logits.append(out)
            weights.append(w)
        return torch.stack(logits, 1), torch.stack(weights, 1)
