# passes: the question as a packed sequence, and the attention by einsum
# after right/plain
# %%
from torch.nn.utils.rnn import pack_padded_sequence


def soft_attention(h, features, W_h, W_f, v, mask=None):
    e = torch.einsum(
        "a,bla->bl", v, torch.tanh(F.linear(h, W_h)[:, None] + F.linear(features, W_f))
    )
    e = e if mask is None else torch.where(mask, e, -torch.inf)
    a = e.softmax(-1)
    return torch.einsum("bl,blf->bf", a, features), a


# %%
class VQA(VQA):
    def forward(self, features, questions, lengths):
        words = pack_padded_sequence(
            self.embedding(questions), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        q = self.gru(words)[1].squeeze(0)
        context, weights = soft_attention(q, features, self.W_h, self.W_f, self.v)
        return self.head(self.image(context).tanh() * self.question(q).tanh()), weights
