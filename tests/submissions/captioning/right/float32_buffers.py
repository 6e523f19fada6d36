# passes: results go into buffers of float32
# after right/plain
# %%
class Captioner(Captioner):
    def forward(self, features, captions, bos):
        B, T = captions.shape
        logits = torch.zeros(B, T, self.cell.head.out_features)
        weights = torch.zeros(B, T, features.shape[1])
        h = self.begin(features)
        for t in range(T):
            token = captions[:, t - 1] if t else torch.full((B,), bos)
            logits[:, t], h, weights[:, t] = self.cell(token, h, features)
        return logits, weights
