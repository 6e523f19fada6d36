# fails CaptionCell: looks from the new state, and Captioner loses nothing by it
# after right/plain
# %%
class CaptionCell(CaptionCell):
    def forward(self, token, h, features):
        h = self.gru(torch.cat([self.embedding(token), features.mean(dim=1)], dim=1), h)
        context, weights = soft_attention(h, features, self.W_h, self.W_f, self.v)
        return self.head(h), h, weights
