# errors SequenceClassifier: left as it was handed out
# after right/plain
# %%
class SequenceClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes):
        super().__init__()
        # your code here
        raise NotImplementedError

    def forward(self, x, lengths):
        # your code here
        raise NotImplementedError
