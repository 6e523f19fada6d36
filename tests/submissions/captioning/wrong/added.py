# fails VQA: what is seen and what was asked are added
# after right/plain
# %%
class VQA(VQA):
    def forward(self, features, questions, lengths):
        out, _ = self.gru(self.embedding(questions))
        q = out[torch.arange(len(out)), lengths - 1]
        context, weights = soft_attention(q, features, self.W_h, self.W_f, self.v)
        return self.head(torch.tanh(self.image(context)) + torch.tanh(self.question(q))), weights
