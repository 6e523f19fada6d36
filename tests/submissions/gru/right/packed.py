# passes: lets torch pack the sequences
# after right/plain
# %%
from torch.nn.utils.rnn import pack_padded_sequence


class SequenceClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super().__init__()
        self.there = nn.GRU(input_size, hidden_size, batch_first=True)
        self.back = nn.GRU(input_size, hidden_size, batch_first=True)
        self.head = nn.Linear(2 * hidden_size, num_classes)

    def forward(self, x, lengths):
        states = []
        for gru, seq in ((self.there, x), (self.back, reverse_padded(x, lengths))):
            packed = pack_padded_sequence(seq, lengths, batch_first=True, enforce_sorted=False)
            _, h = gru(packed)
            states.append(h[0])
        return self.head(torch.cat(states, dim=1))
