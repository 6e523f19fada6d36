# passes: a state in float32, and cross_entropy for the likelihood
# after right/plain
# %%
def log_likelihood(logits, ids, lengths):
    nll = nn.functional.cross_entropy(logits.permute(0, 2, 1), ids, reduction="none")
    inside = torch.arange(ids.size(1))[None, :] < lengths[:, None]
    return -torch.where(inside, nll, torch.zeros_like(nll)).sum(1)


class LatentAR(LatentAR):
    def forward(self, x):
        h = torch.zeros(len(x), self.hidden_size, dtype=torch.float32)
        outputs = []
        for x_t in x.unbind(1):
            outputs.append(h @ self.weight_ho.T + self.bias_o)
            h = torch.tanh(x_t @ self.weight_ih.T + h @ self.weight_hh.T + self.bias)
        return torch.stack(outputs, 1)
