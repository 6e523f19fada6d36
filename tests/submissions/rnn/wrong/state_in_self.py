# fails RNN: the state lives in self, so a second sequence starts where the first one ended
# after right/plain
# %%
class RNN(RNN):
    hidden = None

    def forward(self, x, h_0=None):
        if h_0 is None and self.hidden is not None and self.hidden.shape[1] == len(x):
            h_0 = self.hidden
        out, h_n = super().forward(x, h_0)
        self.hidden = h_n.detach()
        return out, h_n
