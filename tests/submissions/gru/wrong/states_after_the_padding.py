# fails SequenceClassifier: h_n has gone on through the padding
# after right/plain
# %%
class SequenceClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super().__init__()
        self.there = nn.GRU(input_size, hidden_size, batch_first=True)
        self.back = nn.GRU(input_size, hidden_size, batch_first=True)
        self.head = nn.Linear(2 * hidden_size, num_classes)

    def forward(self, x, lengths):
        _, a = self.there(x)
        _, b = self.back(x.flip(1))
        return self.head(torch.cat((a[0], b[0]), 1))
