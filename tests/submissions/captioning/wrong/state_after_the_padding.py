# fails VQA: the last state has read the padding
# after right/plain
# %%
class VQA(VQA):
    def forward(self, features, questions, lengths):
        _, h_n = self.gru(self.embedding(questions))
        context, weights = soft_attention(h_n[-1], features, self.W_h, self.W_f, self.v)
        joint = torch.tanh(self.image(context)) * torch.tanh(self.question(h_n[-1]))
        return self.head(joint), weights
