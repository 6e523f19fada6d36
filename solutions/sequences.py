# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "matplotlib"]
#
# [tool.grader]
# title = "What comes next: chain rule, autoregression, Markov, a latent state"
# learns = "Windows and forecasts, Markov chains, and a state that cannot be seen."
# hours = 3
# level = 2
#
# [tool.grader.forbid]
# LatentAR = [
#     "torch.nn.RNN", "torch.nn.RNNCell", "torch.nn.GRU", "torch.nn.GRUCell",
#     "torch.nn.LSTM", "torch.nn.LSTMCell",
# ]
#
# [tool.grader.limits]
# seconds = 3.0
# memory_mb = 1024
# ///

# %% [markdown]
# The words of this sentence have an order, and so have prices, notes and heartbeats. A model that
# takes them for independent draws has thrown away what matters. All sequence models, the largest
# included, answer one question: *given what has been, what comes next?* Here you answer it in three
# ways that need no deep network. They differ in how much of the past they look at:
#
# | model | what comes next depends on | part |
# |---|---|---|
# | autoregressive, AR($\tau$) | the last $\tau$ values | 2, 3, 4 |
# | Markov | the last symbol | 5, 6 |
# | latent autoregressive | a summary $h$ of all that was | 7 |
#
# Letters for shapes, used throughout:
#
# | letter | meaning |
# |---|---|
# | $B$ | batch: how many sequences at once |
# | $T$ | time: steps of a sequence |
# | $N$ | length of one long series |
# | $V$ | vocabulary: how many symbols there are |
# | $\tau$ | how many values a window holds |
# | $I$, $H$ | features of one step; features of the hidden state |
#
# The batch is the first axis and time the second one.

# %%
import torch
from torch import nn

# %% [markdown]
# ## 1. The chain rule of probability
#
# How probable is a whole sequence? Whatever the model is, the probability of all its symbols
# together is a product of predictions, each of one symbol from those before it:
#
# $$p(x_1, \dots, x_T) = \prod_{s=1}^{T} p(x_s \mid x_1, \dots, x_{s-1}), \qquad
#   \log p = \sum_{s=1}^{T} \log p(x_s \mid x_{<s})$$
#
# **Why the logarithm?** A product of 400 probabilities of 0.1 is $10^{-400}$, which a computer
# rounds to 0. The sum of their logarithms is $-921$, and nothing is lost. For the same reason, ask
# for the logarithm of a softmax in one go (`log_softmax`): it subtracts the largest logit first,
# while $\exp(1000)$ on its own is infinite.
#
# **Padding.** Sequences of a batch differ in length; behind the end of a short one stands
# something that means nothing. It must have no influence, not even if it is $-\infty$. So *choose*
# with `torch.where`, and do not multiply by 0: $0 \cdot (-\infty)$ is not a number.
#
# In this part, `logits[:, s]` are the predictions *for* the symbol at position $s$, made from those
# before it. Nothing needs to be shifted.


# %% question="log_likelihood"
def log_likelihood(logits, ids, lengths):
    """Compute the logarithm of the probability of each sequence.

    logits: (B, T, V); logits[b, s] are those for the symbol ids[b, s].
    ids: (B, T), the symbols, from 0 to V - 1.
    lengths: (B), how many symbols belong to each sequence, from 1 to T. What stands behind the
        end of a sequence, in logits or ids, has no influence.

    Returns (B): the sum of the log-probabilities of the symbols of each sequence.
    """
    # BEGIN SOLUTION
    every = logits.log_softmax(dim=-1)  # (B, T, V)
    chosen = every.gather(-1, ids.unsqueeze(-1)).squeeze(-1)  # (B, T)
    inside = torch.arange(ids.size(1)) < lengths.unsqueeze(-1)  # (B, T)
    return torch.where(inside, chosen, 0.0).sum(dim=1)
    # END SOLUTION


# %% tags=["check"]
def test_four_even_choices(student):
    """With four symbols of equal chance, four steps have the log-likelihood 4 ln ¼ = -5.5452."""
    found = student.log_likelihood(
        torch.zeros(1, 4, 4), torch.tensor([[0, 1, 2, 3]]), torch.tensor([4])
    )
    assert found.shape == (1,), f"one sequence has one number, yours are {tuple(found.shape)}"
    assert abs(float(found) + 5.5452) < 1e-4, f"yours is {float(found):.4f}"


def test_steps_behind_the_end_do_not_count(student):
    """Of sequences of 1 and 3 symbols with even chances of ½, the sums are ln ½ and 3 ln ½."""
    # Hint: Print the log-probability of each of the six symbols: ln ½ everywhere. How many of them
    #   do you add up in each row?
    ids = torch.tensor([[0, 1, 1], [1, 0, 1]])
    found = student.log_likelihood(torch.zeros(2, 3, 2), ids, torch.tensor([1, 3]))
    due = torch.tensor([-0.6931, -2.0794])
    assert (found - due).abs().max() < 1e-4, f"yours are {found.tolist()}"


def test_each_symbol_is_judged_by_its_own_logits(student):
    """A logit of ln 3 beside 0 makes ¾ and ¼: the symbols 0 and 1 give ln ¾ + ln ¼ = -1.6740."""
    # Hint: Print the probabilities of both steps: ¾ and ¼ each. Which one is taken for symbol 0,
    #   and which for symbol 1?
    logits = torch.tensor([[[1.0986, 0.0], [1.0986, 0.0]]])
    found = student.log_likelihood(logits, torch.tensor([[0, 1]]), torch.tensor([2]))
    assert abs(float(found) + 1.6740) < 1e-4, f"yours is {float(found):.4f}"


def test_large_logits_do_not_overflow(student):
    """Logits of 1000 and -1000: the one symbol is certain, and ln 1 = 0."""
    logits = torch.tensor([[[1000.0, -1000.0]]])
    found = student.log_likelihood(logits, torch.tensor([[0]]), torch.tensor([1]))
    assert abs(float(found)) < 1e-4, f"yours is {float(found)}"


# %% [markdown]
# ## 2. Windows
#
# The simplest idea of a past is the last $\tau$ values. Cut a series into all its windows, and next
# to each write the value that follows it. That is a data set as for any regression:
#
# $$X = \begin{pmatrix} x_1 & x_2 & \cdots & x_\tau \\ x_2 & x_3 & \cdots & x_{\tau+1} \\
#   \vdots & & & \vdots \\ x_{N-\tau} & & \cdots & x_{N-1} \end{pmatrix}, \qquad
#   y = \begin{pmatrix} x_{\tau+1} \\ x_{\tau+2} \\ \vdots \\ x_N \end{pmatrix}$$
#
# Each row is in the order of time, oldest first. There are $N - \tau$ rows: one window for each
# value that has $\tau$ values before it. `x.unfold(0, tau, 1)` cuts all windows, one more than
# you need, as nothing follows the last one.
#
# **The trap: a leak.** If $y$ begins one place too early, each target stands in its own window. The
# fit is then perfect, and the model knows nothing: it copies its last input. Whenever a forecast
# looks too good, look for this first.


# %% question="windows"
def windows(x, tau):
    """Cut a series into windows, and find what follows each.

    x: (N), a series. tau: how many values a window holds, from 1 to N - 1.

    Returns X (N - tau, tau) and y (N - tau): row n of X are tau values in a row, oldest first, and
    y[n] is the value behind them.
    """
    # BEGIN SOLUTION
    return x.unfold(0, tau, 1)[:-1], x[tau:]
    # END SOLUTION


# %% tags=["check"]
def test_windows_of_two(student):
    """Of 1, 2, 3, 4, 5 the windows of 2 are (1, 2), (2, 3), (3, 4), and 3, 4, 5 follow them."""
    # Hint: Write the five values on paper, draw a frame around each two neighbours, and an arrow to
    #   what follows.
    # Hint: Which frame has no arrow?
    X, y = student.windows(torch.tensor([1.0, 2.0, 3.0, 4.0, 5.0]), 2)
    assert X.tolist() == [[1, 2], [2, 3], [3, 4]], f"your windows are {X.tolist()}"
    assert y.tolist() == [3, 4, 5], f"what follows yours is {y.tolist()}"


def test_the_longest_window(student):
    """Of 1, 2, 3 there is one window of 2, and 3 follows it."""
    X, y = student.windows(torch.tensor([1.0, 2.0, 3.0]), 2)
    assert X.tolist() == [[1, 2]] and y.tolist() == [3], f"yours are {X.tolist()}, {y.tolist()}"


# %% [markdown]
# ## 3. The best linear guess
#
# An autoregressive model of order $\tau$ guesses the next value as a weighted sum of the last
# $\tau$, plus a constant:
#
# $$\hat{x}_{t} = c + \sum_{k=1}^{\tau} w_k\, x_{t-\tau-1+k}$$
#
# The weights are in the order of the window, so $w_\tau$ belongs to the newest value. Which weights
# are best? Those with the smallest sum of squared errors over all windows: least squares. Put a
# column of ones beside $X$ for the constant, and let `torch.linalg.lstsq(A, b).solution` do the
# work ($b$ is a matrix there, so one column for you).
#
# **Why the constant?** Without it, the guess for a series that wavers about 20 must come out of the
# weights, which are bent for it. Data are seldom centred at 0.
#
# What is left over, $y - \hat{y}$, is at right angles to every column of $X$ and sums to 0:
# whatever a linear model can know is in the weights. That is a check which you can always make.


# %% question="fit_ar"
def fit_ar(x, tau):
    """Fit an autoregressive model by least squares.

    x: (N), a series that is long enough for the weights to be unique. tau: the order, from 1 on.

    Returns w (tau), the weights in the order of time, that of the newest value last, and the
    constant c, a tensor without axes. Together they make the sum of squared errors smallest.
    """
    # BEGIN SOLUTION
    X, y = windows(x, tau)
    A = torch.cat([X, X.new_ones(len(X), 1)], dim=1)  # (N - tau, tau + 1)
    solution = torch.linalg.lstsq(A, y.unsqueeze(-1)).solution.squeeze(-1)  # (tau + 1)
    return solution[:-1], solution[-1]
    # END SOLUTION


# %% tags=["check"]
def test_doubling_is_found(student):
    """In 1, 2, 4, 8, 16 each value is twice the one before: w = 2 and c = 0."""
    w, c = student.fit_ar(torch.tensor([1.0, 2.0, 4.0, 8.0, 16.0]), 1)
    assert w.shape == (1,), f"w should be (1,), yours is {tuple(w.shape)}"
    assert abs(float(w) - 2) < 1e-3 and abs(float(c)) < 1e-3, f"yours are {w.tolist()}, {float(c)}"


def test_a_constant_is_found(student):
    """In 0, 1, 3, 7, 15 each value is twice the one before, plus 1: w = 2 and c = 1."""
    # Hint: Print the matrix that you hand to `lstsq`: it should have two columns here, one of them
    #   of ones.
    w, c = student.fit_ar(torch.tensor([0.0, 1.0, 3.0, 7.0, 15.0]), 1)
    found = w.flatten().tolist(), float(c)
    assert abs(found[0][0] - 2) < 1e-3 and abs(found[1] - 1) < 1e-3, f"yours are {found}"


def test_the_newest_value_comes_last(student):
    """In 2, 1, -3, -5, 1, 11 each is the newest minus twice the older one: w = (-2, 1)."""
    w, _ = student.fit_ar(torch.tensor([2.0, 1.0, -3.0, -5.0, 1.0, 11.0]), 2)
    assert (w - torch.tensor([-2.0, 1.0])).abs().max() < 1e-2, f"yours are {w.tolist()}"


# %% [markdown]
# ## 4. Further than one step
#
# The model knows one step. For the step after that, the newest value is not known yet, so put the
# *prediction* in its place, move the window on, and predict again:
#
# $$\hat{x}_{t+1} = c + w_\tau x_t + \cdots, \qquad
#   \hat{x}_{t+2} = c + w_\tau \hat{x}_{t+1} + w_{\tau-1} x_t + \cdots$$
#
# Errors are fed back along with the predictions. That is why a model whose one-step predictions
# look superb may be useless 64 steps ahead; the picture at the end shows it.
#
# **The trap:** one-step predictions along *known* data, one after another, look like a forecast and
# are none: each step is told the truth about the step before.


# %% question="forecast"
def forecast(history, w, c, steps):
    """Predict several steps ahead, each from the window that ends with the prediction before it.

    history: (N), N ≥ tau, the values so far, oldest first; it stays as it is. The last tau of them
        make the first window.
    w: (tau), c: without axes, as fit_ar returns them. steps: how many predictions, from 1 on.

    Returns (steps): the predictions for the steps behind the history.
    """
    # BEGIN SOLUTION
    window, predictions = history[len(history) - len(w) :], []
    for _ in range(steps):
        predictions.append(window @ w + c)
        window = torch.cat([window[1:], predictions[-1].unsqueeze(0)])
    return torch.stack(predictions)
    # END SOLUTION


# %% tags=["check"]
def test_doubling_goes_on(student):
    """With w = 2 and c = 0, 1 is followed by 2, 4, 8."""
    found = student.forecast(torch.tensor([1.0]), torch.tensor([2.0]), torch.tensor(0.0), 3)
    assert found.tolist() == [2, 4, 8], f"yours are {found.tolist()}"


def test_two_values_make_the_next(student):
    """With w = (1, 1) and c = 0, the history 9, 1, 1 goes on with 2, 3, 5, 8."""
    # Hint: Print the window before each prediction: (1, 1), (1, 2), (2, 3), (3, 5).
    # Hint: Which of these is the first that differs, and at which end?
    found = student.forecast(
        torch.tensor([9.0, 1.0, 1.0]), torch.tensor([1.0, 1.0]), torch.tensor(0.0), 4
    )
    assert found.tolist() == [2, 3, 5, 8], f"yours are {found.tolist()}"


def test_a_constant_is_added_at_each_step(student):
    """With w = 0 for the newest value, 1 for the older one, and c = 10: 1, 2, then 11, 12, 21."""
    found = student.forecast(
        torch.tensor([1.0, 2.0]), torch.tensor([1.0, 0.0]), torch.tensor(10.0), 3
    )
    assert found.tolist() == [11, 12, 21], f"yours are {found.tolist()}"


# %% [markdown]
# ## 5. Counting pairs
#
# For symbols, the simplest past is the last symbol. All that a Markov model knows is a table: for
# each symbol $a$, how probable is each symbol $b$ as the next one? Count the pairs in the data, and
# divide each *row* by its sum:
#
# $$P_{ab} = p(x_{t+1} = b \mid x_t = a) = \frac{n_{ab} + \alpha}{\sum_{b'} (n_{ab'} + \alpha)}$$
#
# $n_{ab}$ says how often $b$ has come right after $a$. **Why $\alpha$?** What has never been seen
# is not impossible. With $\alpha > 0$ you pretend to have seen every pair $\alpha$ times already,
# and no probability is 0. A symbol that nothing ever followed has a row of $0/0$: it knows
# nothing, so its row is uniform, $1/V$.
#
# **The trap:** `n[ids[:-1], ids[1:]] += 1` looks right and counts each *kind* of pair once. Torch
# reads all the old counts first, adds 1, and writes them back; an index that occurs five times is
# written five times with the same number. `torch.bincount`, or
# `n.index_put_((a, b), ones, accumulate=True)`, counts each of them.


# %% question="fit_markov"
def fit_markov(ids, V, alpha):
    """Estimate the table of a Markov model from one sequence.

    ids: (N), symbols from 0 to V - 1; some of them may not occur. V: how many there are.
    alpha: is added to the count of every pair, 0 or more.

    Returns P (V, V): P[a, b] is the probability of b right after a. Rows sum to 1; that of a symbol
    of which nothing is known is uniform.
    """
    # BEGIN SOLUTION
    pairs = torch.bincount(ids[:-1] * V + ids[1:], minlength=V * V).reshape(V, V)
    counts = pairs.double() + alpha  # (V, V)
    total = counts.sum(dim=1, keepdim=True)  # (V, 1)
    return torch.where(total > 0, counts / total, 1 / V).to(torch.get_default_dtype())
    # END SOLUTION


# %% tags=["check"]
def test_abab_alternates(student):
    """In a, b, a, b, a comes b after a and a after b, each with probability 1."""
    P = student.fit_markov(torch.tensor([0, 1, 0, 1, 0]), 2, 0)
    assert P.shape == (2, 2), f"P should be (2, 2), yours is {tuple(P.shape)}"
    assert (P - torch.tensor([[0.0, 1.0], [1.0, 0.0]])).abs().max() < 1e-4, f"yours: {P.tolist()}"


def test_pairs_are_counted_as_often_as_they_come(student):
    """In a, a, a, b: after a comes a twice and b once, so ⅔ and ⅓; nothing comes after b: ½, ½."""
    # Hint: Print the counts before you divide: 2 and 1 in the first row, 0 and 0 in the second.
    # Hint: If the counts are right, which sum is the second row divided by?
    P = student.fit_markov(torch.tensor([0, 0, 0, 1]), 2, 0)
    due = torch.tensor([[2 / 3, 1 / 3], [1 / 2, 1 / 2]])
    assert (P - due).abs().max() < 1e-4, f"yours: {P.tolist()}"


def test_pseudo_counts_leave_nothing_impossible(student):
    """With alpha = 1, there a comes 3 times and b twice after a: 0.6 and 0.4."""
    P = student.fit_markov(torch.tensor([0, 0, 0, 1]), 2, 1)
    assert (P[0] - torch.tensor([0.6, 0.4])).abs().max() < 1e-4, f"yours: {P.tolist()}"


# %% [markdown]
# ## 6. Drawing a sequence
#
# A table of probabilities can talk. Begin with a symbol, *draw* the next one from its row, then one
# from the row of that, and so on. Drawing is not taking the likeliest: arg-max would say the same
# thing every time, and soon go in circles.
#
# Draw for the whole batch at once, one draw for each sequence, and with the generator that is
# given. Then whoever has the seed can repeat what you did, and no other random number in the
# program is touched. `torch.multinomial(rows, 1, generator=generator)` draws one class for each
# row. The trap is to seed the generator inside: then every call draws the same.


# %% question="sample_markov"
def sample_markov(P, first, length, generator):
    """Draw sequences from a Markov model.

    P: (V, V); P[a] are the probabilities of the next symbol after a.
    first: (B), the symbol with which each sequence begins.
    length: how many symbols each sequence has, `first` included; 1 or more.
    generator: a torch.Generator. All randomness comes from it, and it is not seeded here.

    Returns (B, length), int64. Column 0 is `first`. Sequences are drawn independently, and what has
    probability 0 is never drawn.
    """
    # BEGIN SOLUTION
    symbols = [first]
    for _ in range(length - 1):
        drawn = torch.multinomial(P[symbols[-1]], 1, generator=generator)  # (B, 1)
        symbols.append(drawn.squeeze(-1))
    return torch.stack(symbols, dim=1)
    # END SOLUTION


# %% tags=["check"]
def test_certain_steps_are_taken(student):
    """Where 1 must follow 0, 2 must follow 1 and 0 must follow 2, the sequence goes round."""
    # Hint: Print for each step the row of P that is drawn from. For sequence 0 these are rows 0, 1
    #   and 2.
    P = torch.tensor([[0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    ids = student.sample_markov(P, torch.tensor([0, 2]), 4, torch.Generator().manual_seed(0))
    assert ids.tolist() == [[0, 1, 2, 0], [2, 0, 1, 2]], f"yours are {ids.tolist()}"


def test_a_quarter_is_drawn_a_quarter_of_the_time(student):
    """Of 4,000 draws with a chance of ¼, between 870 and 1,130 come out."""
    P, first = torch.tensor([[0.75, 0.25], [0.75, 0.25]]), torch.zeros(4000, dtype=torch.int64)
    ids = student.sample_markov(P, first, 2, torch.Generator().manual_seed(0))
    count = int((ids[:, 1] == 1).sum())
    assert 870 < count < 1130, f"yours are {count}"


def test_the_generator_decides(student):
    """Equal seeds draw the same; the next call with a generator goes on from where it is."""
    P, first = torch.full((2, 2), 0.5), torch.zeros(50, dtype=torch.int64)
    one, other = (torch.Generator().manual_seed(7) for _ in range(2))
    ids, same = (student.sample_markov(P, first, 10, each) for each in (one, other))
    assert torch.equal(ids, same), "equal seeds draw something else"
    assert not torch.equal(ids, student.sample_markov(P, first, 10, one)), "a call draws the same"


# %% [markdown]
# ## 7. A state that sums up the past
#
# A window forgets what lies outside it, and a longer one costs more weights. The third way keeps a
# **hidden state** $h$ of fixed size, a summary of everything so far, which each new value updates.
# What comes next is then read from the state alone:
#
# $$h_t = \tanh(W_{ih}\, x_{t-1} + W_{hh}\, h_{t-1} + b), \qquad \hat{x}_t = W_{ho}\, h_t + b_o$$
#
# with $h_1 = 0$: before the first value, nothing is known, and $\hat{x}_1 = b_o$. This is a
# recurrent network in its plainest form, here with the one duty to predict.
#
# **Everything depends on $t-1$.** The prediction of $x_t$ may know $x_1, \dots, x_{t-1}$, and must
# not know $x_t$. If you update the state with $x_t$ first and predict $x_t$ then, training goes
# splendidly, the loss falls to 0, and the model is useless: it has learnt to copy what it is shown.
# So, at each step, *first predict, then look*.


# %% question="LatentAR"
class LatentAR(nn.Module):
    """A latent autoregressive model: it predicts each value from a summary of those before it."""

    def __init__(self, input_size, hidden_size):
        """Create five parameters and no others, uniformly distributed between -1/√H and 1/√H.

        weight_ih: (H, I), weight_hh: (H, H), bias: (H), for the state.
        weight_ho: (I, H), bias_o: (I), for the prediction.
        """
        super().__init__()
        # BEGIN SOLUTION
        bound = hidden_size**-0.5
        self.weight_ih = nn.Parameter(torch.empty(hidden_size, input_size))
        self.weight_hh = nn.Parameter(torch.empty(hidden_size, hidden_size))
        self.bias = nn.Parameter(torch.empty(hidden_size))
        self.weight_ho = nn.Parameter(torch.empty(input_size, hidden_size))
        self.bias_o = nn.Parameter(torch.empty(input_size))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -bound, bound)
        # END SOLUTION

    def forward(self, x):
        """Predict each value of a sequence from those before it.

        x: (B, T, I), T ≥ 1.

        Returns (B, T, I): at step t the prediction of x[:, t], from x[:, :t] alone.
        """
        # BEGIN SOLUTION
        h = x.new_zeros(len(x), self.weight_hh.size(0))  # (B, H)
        predictions = []
        for x_t in x.unbind(dim=1):
            predictions.append(h @ self.weight_ho.T + self.bias_o)  # (B, I)
            h = torch.tanh(x_t @ self.weight_ih.T + h @ self.weight_hh.T + self.bias)
        return torch.stack(predictions, dim=1)  # (B, T, I)
        # END SOLUTION


# %% tags=["check"]
def model_of_ones(student):
    """Make a model with I = H = 1, weights of 1 and biases of 0."""
    model = student.LatentAR(1, 1)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            parameter.fill_(1.0 if "weight" in name else 0.0)
    return model


def test_the_model_has_five_parameters(student):
    """With I = 2 and H = 3, the parameters have the shapes that are asked for."""
    shapes = {name: tuple(p.shape) for name, p in student.LatentAR(2, 3).named_parameters()}
    due = {"weight_ih": (3, 2), "weight_hh": (3, 3), "bias": (3,)}
    due |= {"weight_ho": (2, 3), "bias_o": (2,)}
    assert shapes == due, f"they should be {due}, yours are {shapes}"


def test_three_steps_on_paper(student):
    """With weights of 1, x = 0.5, 0, 9: predictions 0, tanh 0.5 = 0.4621, tanh 0.4621 = 0.4318."""
    # Hint: Print the state before each prediction: 0, 0.4621 and 0.4318.
    # Hint: If 9 has an influence, which prediction has seen it?
    found = model_of_ones(student)(torch.tensor([[[0.5], [0.0], [9.0]]]))
    assert found.shape == (1, 3, 1), f"expected (1, 3, 1), got {tuple(found.shape)}"
    off = (found.flatten() - torch.tensor([0.0, 0.4621, 0.4318])).abs().max()
    assert off < 1e-4, f"yours are {found.flatten().tolist()}"


def test_no_prediction_knows_its_own_value(student):
    """If x changes at step 2, predictions up to step 2 stay, and the one at step 3 changes."""
    # Hint: Print how much each of the five predictions changes. Which is the first?
    model, x = student.LatentAR(2, 3), torch.randn(1, 5, 2)
    other = x.clone()
    other[:, 2] += 1.0
    change = (model(x) - model(other)).abs().amax(dim=(0, 2))  # (T,)
    assert change[:3].max() < 1e-6, "a prediction knows the value that it predicts"
    assert change[3] > 1e-6, "the prediction behind the change has not noticed it"


# %% [markdown]
# ## The pictures
#
# Nothing to write from here on; everything runs on your functions.
#
# *Left:* a noisy sine, an autoregressive model with windows of 4, and its forecasts 1, 4, 16 and 64
# steps ahead. One step ahead looks like magic. The more of its own predictions it is fed, the later
# and the flatter its forecast. *Middle:* the same for all distances. From some 25 steps on, it
# would be better to say the mean at all times. The same values in shuffled order cannot be
# predicted at all: it *was* the order that held the information. *Right:* a `LatentAR` that learns
# the same series.

# %%
import codecs
import contextlib
import io
import math

import matplotlib.pyplot as plt

generator = torch.Generator().manual_seed(0)
N, TAU = 600, 4
time = torch.arange(N)
series = torch.sin(0.05 * time) + 0.2 * torch.randn(N, generator=generator)
w, c = fit_ar(series[:400], TAU)

starts = range(400, N - 64)
ahead = torch.stack([forecast(series[:t], w, c, 64) for t in starts])  # (starts, 64)
distances = range(1, 65)


def root_mean_square(errors):
    return float(errors.square().mean().sqrt())


found = [root_mean_square(ahead[:, k - 1] - series[399 + k : N - 65 + k]) for k in distances]
shuffled = series[torch.randperm(N, generator=generator)]
X, y = windows(shuffled, TAU)
w_shuffled, c_shuffled = fit_ar(shuffled, TAU)

torch.manual_seed(0)
model, losses = LatentAR(1, 16), []
optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
pieces = series[:400].reshape(8, 50, 1)
for _ in range(60):
    optimizer.zero_grad()
    loss = (model(pieces) - pieces)[:, 5:].square().mean()
    loss.backward()
    optimizer.step()
    losses.append(math.sqrt(loss.item()))

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained")
left.plot(time[400:536], series[400:536], color="lightgray", label="the series")
for k in (1, 4, 16, 64):
    left.plot(time[399 + k : N - 65 + k][:136], ahead[:136, k - 1], linewidth=1, label=f"{k} ahead")
left.legend(fontsize="small")
left.set(xlabel="step", title="forecasts")
middle.plot(distances, found, label="steps ahead")
middle.axhline(
    root_mean_square(y - X @ w_shuffled - c_shuffled), color="C1", label="shuffled, 1 ahead"
)
middle.axhline(float(series.std()), color="gray", linestyle=":", label="always the mean")
middle.set(xlabel="steps ahead", ylabel="error", ylim=(0, 1.3), title="the error grows")
middle.legend(fontsize="small")
right.plot(losses)
right.axhline(found[0], color="C1", label="the window of 4, 1 ahead")
right.set(xlabel="step of training", ylabel="error", ylim=(0, 1), title="a latent state learns")
right.legend(fontsize="small")
plt.show()

# %% [markdown]
# And the Markov model speaks. It has read the Zen of Python, character by character, and knows of
# English which letter follows which. That is enough for syllables, and not for words.

# %%
with contextlib.redirect_stdout(io.StringIO()):
    import this

text = codecs.decode(this.s, "rot13")
alphabet = sorted(set(text))
ids = torch.tensor([alphabet.index(character) for character in text])
P = fit_markov(ids, len(alphabet), 0.0)
first = torch.tensor([alphabet.index(character) for character in "BIN"])
for row in sample_markov(P, first, 70, torch.Generator().manual_seed(0)).tolist():
    print("".join(alphabet[i] for i in row).replace("\n", " "))
