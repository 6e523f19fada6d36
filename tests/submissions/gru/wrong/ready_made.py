# fails GRU: torch's own layer inside
# after right/plain
# %%
class GRU(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, bidirectional=False):
        super().__init__()
        self.inner = [nn.GRU(input_size, hidden_size, num_layers, True, True, 0.0, bidirectional)]
        for name, p in self.inner[0].named_parameters():
            self.register_parameter(name, p)

    def forward(self, x, h_0=None):
        return self.inner[0](x, h_0)
