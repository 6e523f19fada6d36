# loses DecoderLayer: the source is under the mask of the target
# after right/plain
# %%
class DecoderLayer(DecoderLayer):
    def forward(self, x, memory, mask=None, memory_mask=None):
        x = self.norm1(x + self.dropout1(self.self_attn(x, x, x, mask)[0]))
        x = self.norm2(x + self.dropout2(self.cross_attn(x, memory, memory, mask)[0]))
        return self.norm3(x + self.dropout3(self.feed_forward(x)))
