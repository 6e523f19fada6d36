# fails RNN: torch's own network inside
# after right/plain
# %%
class RNN(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1, nonlinearity="tanh"):
        super().__init__()
        self.rnn = nn.RNN(input_size, hidden_size, num_layers, nonlinearity, batch_first=True)
        for name, p in self.rnn.named_parameters():
            self.register_parameter(name, p)

    def forward(self, x, h_0=None):
        return self.rnn(x, h_0)
