# /// script
# requires-python = ">=3.11"
# dependencies = ["torch", "matplotlib"]
#
# [tool.grader]
# title = "What the graph keeps: detach, memory, weight decay"
# learns = "Where gradients stop, what a loop holds in memory, and two kinds of weight decay."
# hours = 2
# level = 1
#
# [tool.grader.forbid]
# sgd_step = ["torch.optim.Optimizer"]
# adamw_step = ["torch.optim.Optimizer"]
#
# [tool.grader.limits]
# seconds = 3.0
# memory_mb = 1024
# ///

# %% [markdown]
# While you compute, torch writes down what it will need for the way back. Every tensor that depends
# on a parameter holds on to the operation that has made it, this one to the tensors that went in,
# and so on down to the parameters: the **graph**. Mostly you need not think of it. But three
# things are yours to decide, and this notebook is about them:
#
# 1. where the gradient should *not* flow (parts 1 and 2),
# 2. what should not be in a graph at all, because it is bookkeeping (parts 3, 6 and 7), and
# 3. how long a graph lives, which is how long its memory is in use (part 4).
#
# On the way you write the two optimizers that train nearly everything, with weight decay, and see
# what that decay is good for (part 5 and the picture at the end).
#
# Letters for shapes, used throughout:
#
# | letter | meaning |
# |---|---|
# | $N$ | how many numbers, or examples |
# | $B$ | batch: how many examples at once |
# | $I$, $O$ | features that go into a model, and that come out |

# %%
import weakref

import torch
from torch import nn

# %% [markdown]
# ## 1. Straight through
#
# Rounding is flat: if you move $x$ a little, $\operatorname{round}(x)$ stays what it was. So its
# derivative is 0 nearly everywhere, and whatever stands before a rounding learns nothing. Networks
# with weights of few bits round all the time and learn all the same. They *pretend* on the way
# back that nothing was rounded, the **straight-through estimator** of
# [Bengio, Léonard & Courville 2013](https://arxiv.org/abs/1308.3432):
#
# $$y = \operatorname{round}(x), \qquad \frac{\partial y}{\partial x} := 1$$
#
# **How do you say that to torch?** Split the value in two: $x$ itself, and what rounding adds to
# it.
#
# $$y = x + \underbrace{(\operatorname{round}(x) - x)}_{\text{a constant, for the graph}}$$
#
# `detach()` returns the same numbers without their history. Detach the bracket, and the gradient
# sees $y = x + \text{constant}$.
#
# **The trap:** without `detach` the two $x$ cancel on the way back as they do on the way there,
# $1 + 0 - 1 = 0$, and you have `x.round()` again. If you detach $x$ instead of the bracket,
# nothing flows at all. In both cases the *values* are right, so look at the gradient.


# %% question="straight_through"
def straight_through(x):
    """Round on the way there, and do nothing on the way back.

    x: any shape, also without axes or without entries. No entry lies halfway between two integers.

    Returns a tensor like x: its values are round(x), and its gradient passes to x as it is. x
    stays as it is.
    """
    # BEGIN SOLUTION
    return x + (x.round() - x).detach()
    # END SOLUTION


# %% tags=["check"]
def test_values_are_rounded(student):
    """0.4, 1.6 and -2.3 become 0, 2 and -2."""
    y = student.straight_through(torch.tensor([0.4, 1.6, -2.3]))
    assert (y - torch.tensor([0.0, 2.0, -2.0])).abs().max() < 1e-4, f"yours are {y.tolist()}"


def test_the_gradient_passes_as_it_is(student):
    """For the sum of y, the gradient of every entry of x is 1."""
    # Hint: Print `y.grad_fn` and `x.grad`. No graph, zeros, and −1 are three different slips.
    # Hint: Which part of your sum is a constant for the graph, and which part has the slope of 1?
    x = torch.tensor([0.4, 1.6, -2.3], requires_grad=True)
    y = student.straight_through(x)
    assert y.requires_grad, "y has no graph: no gradient can reach x"
    y.sum().backward()
    assert (x.grad - 1).abs().max() < 1e-4, f"yours is {x.grad.tolist()}"


# %% [markdown]
# ## 2. A target that stays where it is
#
# In reinforcement learning, a network predicts the value $v_n$ of a situation, and what it should
# have predicted is computed from its own prediction for the *next* situation. Both come from the
# same network, but only one of them is to move: the prediction follows the target, and the target
# is taken as given. The same is done wherever a model learns from another one, or from itself a
# moment ago. With $\operatorname{sg}$ ("stop the gradient") for `detach`:
#
# $$L = \frac{1}{N} \sum_{n=1}^{N} \bigl(v_n - \operatorname{sg}(t_n)\bigr)^2$$
#
# **Why not let both move?** Then half of the gradient would pull the target towards the
# prediction. That lowers the loss as well: a teacher who gives in is never contradicted.
#
# **The trap** is to change the target itself, by `target.requires_grad_(False)`. It belongs to the
# caller, who may need its graph elsewhere; `detach` leaves it alone. And mind the shapes: if one is
# $(N, 1)$ and the other $(N)$, the difference is $(N, N)$, and its mean a number that means
# nothing. Here, the two have equal shapes.


# %% question="td_loss"
def td_loss(value, target):
    """Compute the mean squared error of predictions, where the target is taken as given.

    value and target: of one shape, with one entry at least; both may have a graph. They stay as
        they are.

    Returns the mean of the squared differences, a tensor without axes. Its gradient reaches value
    alone.
    """
    # BEGIN SOLUTION
    return (value - target.detach()).square().mean()
    # END SOLUTION


# %% tags=["check"]
def test_the_error_is_squared_and_averaged(student):
    """Values of 1 and 2 where 3 and 6 are due: (2² + 4²) / 2 = 10."""
    loss = student.td_loss(torch.tensor([1.0, 2.0]), torch.tensor([3.0, 6.0]))
    assert loss.shape == (), f"the loss should have no axes, yours is {tuple(loss.shape)}"
    assert abs(float(loss) - 10) < 1e-4, f"yours is {float(loss):.4f}"


def test_only_the_value_is_pulled(student):
    """There, the gradient of the values is 2 · (v - t) / 2 = -2 and -4; the targets get none."""
    # Hint: Print both gradients. Which of the two should be −2 and −4, and which one nothing?
    value = torch.tensor([1.0, 2.0], requires_grad=True)
    target = torch.tensor([3.0, 6.0], requires_grad=True)
    student.td_loss(value, target).backward()
    assert value.grad is not None, "no gradient reaches the values"
    off = (value.grad - torch.tensor([-2.0, -4.0])).abs().max()
    assert off < 1e-4, f"the gradient of the values is {value.grad.tolist()}"
    assert target.grad is None or not target.grad.any(), "the targets are pulled as well"


# %% [markdown]
# ## 3. An average of models
#
# Parameters jump about while a model learns. Their running average jumps less, and often predicts
# better. Keep a second module of the same kind, never train it, and after every step let it follow
# the first one a little, with a decay $d$ such as 0.999:
#
# $$\bar{w} \leftarrow d\, \bar{w} + (1 - d)\, w$$
#
# This is bookkeeping. It must not become part of a graph, or the average of a thousand steps
# would hold a thousand steps of history. `with torch.no_grad():` computes without writing a graph.
#
# **In place**, and nothing else will do: an optimizer, or whoever else has got hold of the
# average, has *these* tensors and not their successors.
#
# | what you write | what it does |
# |---|---|
# | `a = d * a + (1 - d) * s` | gives the name `a` to a new tensor; the module keeps its old one |
# | `a.data = s.data` | makes both share one memory: from now on, the average *is* the source |
# | `a.mul_(d).add_(s, alpha=1 - d)` | changes the numbers where they are |
#
# Buffers, such as the running means of `nn.BatchNorm1d`, are averages already, or counts. They are
# copied. (A module's `parameters()` and `buffers()` come in the same order for two of one kind.)


# %% question="ema_update"
def ema_update(average, source, decay):
    """Let the parameters of `average` follow those of `source`, in place.

    average, source: two modules of one kind. The source stays as it is, and shares no memory with
        the average.
    decay: the share of its old parameters that the average keeps, from 0 to 1.

    Every parameter of the average becomes decay · its own + (1 - decay) · the source's, and every
    buffer a copy of the source's. No graph is built; the average keeps its Parameter objects, and
    both keep their requires_grad. Returns nothing.
    """
    # BEGIN SOLUTION
    with torch.no_grad():
        for a, s in zip(average.parameters(), source.parameters(), strict=True):
            a.mul_(decay).add_(s, alpha=1 - decay)
        for a, s in zip(average.buffers(), source.buffers(), strict=True):
            a.copy_(s)
    # END SOLUTION


# %% tags=["check"]
def line(weight, bias):
    """Make the model y = weight · x + bias."""
    model = nn.Linear(1, 1)
    nn.init.constant_(model.weight, weight)
    nn.init.constant_(model.bias, bias)
    return model


def test_a_tenth_of_the_way(student):
    """With decay 0.9, a weight of 1 goes a tenth of the way to 11, which is 2; a bias too."""
    # Hint: Print weight and bias: 2 and −1 are due. If they have not moved, who has the new
    #   numbers?
    # Hint: If they have moved nine tenths, look at the two shares.
    average, source = line(1.0, 0.0), line(11.0, -10.0)
    student.ema_update(average, source, 0.9)
    found = average.weight.item(), average.bias.item()
    assert abs(found[0] - 2) < 1e-4 and abs(found[1] + 1) < 1e-4, f"weight and bias are {found}"
    unchanged = source.weight.item() == 11 and source.bias.item() == -10
    assert unchanged, "the source has changed"


def test_the_average_keeps_its_parameters(student):
    """Afterwards the average has the same Parameter objects, without a graph."""
    average = line(1.0, 0.0)
    before = average.weight
    student.ema_update(average, line(11.0, -10.0), 0.9)
    assert average.weight is before, "the weight is another object"
    assert average.weight.grad_fn is None, "the weight has a graph"


def test_buffers_are_copied(student):
    """A running mean of 0 becomes 5 at once, and stays 5 when that of the source changes."""
    average, source = nn.BatchNorm1d(1), nn.BatchNorm1d(1)
    source.running_mean.fill_(5.0)
    student.ema_update(average, source, 0.9)
    source.running_mean.fill_(7.0)
    assert float(average.running_mean) == 5, f"yours is {float(average.running_mean)}"


# %% [markdown]
# ## 4. An epoch, and what it leaves behind
#
# One epoch of training: for every batch, clear the gradients, compute the loss, go back, step. At
# the end report the mean loss *per example*,
#
# $$\bar{L} = \frac{1}{N} \sum_{n=1}^{N} \ell_n
#   = \frac{\sum_b B_b\, L_b}{\sum_b B_b}, \qquad L_b = \text{mean loss of batch } b$$
#
# **A mean of means is another number** as soon as the batches are not all equal, and the last one
# seldom is: a batch of 3 would count as much as one of 64. So multiply each $L_b$ by the number of
# its examples.
#
# **What does a sum of losses weigh?** `total += loss` looks harmless. But `loss` is a tensor with a
# graph, so the sum has a graph as well, and it leads to the graphs of *all* batches so far. None of
# them can be freed before the sum is. `backward()` does free the intermediate results that were
# saved for it, but the graph itself stays, and grows with every batch; where there is no
# `backward()`, as in a loop that only evaluates, everything stays. People find this when their
# memory is full in the 300th epoch. A number weighs nothing: `loss.item()` (or `float(loss)`, or
# `loss.detach()`) leaves the graph behind.
#
# The module below makes this visible. It hangs a token on the graph of each of its calls, and
# counts how many tokens of earlier calls are still alive. There is nothing for you to write in this
# cell.


# %%
class Token:
    """Something that can be seen to disappear."""


class Tag(torch.autograd.Function):
    """Do nothing to x, and keep a token for as long as the graph lives."""

    @staticmethod
    def forward(ctx, x, token):
        ctx.token = token
        return x.view_as(x)

    @staticmethod
    def backward(ctx, gradient):
        return gradient, None


class CountsGraphs(nn.Module):
    """A model that notes at each call how many graphs of its earlier calls are alive."""

    def __init__(self, model):
        super().__init__()
        self.model, self.tokens, self.alive = model, weakref.WeakSet(), []

    def forward(self, x):
        self.alive.append(len(self.tokens))
        token = Token()
        self.tokens.add(token)
        return Tag.apply(self.model(x), token)


# %% [markdown]
# Batches may come from a *generator*: it has no length, and can be gone through only once. So count
# the examples while they pass.


# %% question="epoch_loss"
def epoch_loss(model, optimizer, batches):
    """Train for one epoch, and measure the mean loss per example on the way.

    model: model(x) are predictions (B, O).
    optimizer: holds the parameters of the model. It makes one step per batch, along the gradient of
        this batch alone.
    batches: pairs of x (B, I) and y (B, O), in a list or from a generator; B may differ. There is
        one at least.

    The loss of a batch is nn.functional.mse_loss(model(x), y). When a batch begins, no graph is
    alive any more but perhaps that of the batch before.

    Returns the mean over all examples of the losses before each step, as a float (or as a tensor
    without axes and without a graph).
    """
    # BEGIN SOLUTION
    total, count = 0.0, 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss.item() * len(x)
        count += len(x)
    return total / count
    # END SOLUTION


# %% tags=["check"]
def batches_of(*sizes):
    """Return batches of these sizes in which x is 1 and y is 3."""
    return [(torch.ones(size, 1), torch.full((size, 1), 3.0)) for size in sizes]


def train_a_line(student, batches, lr=0.25):
    """Train y = w · x, from w = 1; return the loss and w."""
    model = nn.Linear(1, 1, bias=False)
    nn.init.ones_(model.weight)
    loss = student.epoch_loss(model, torch.optim.SGD(model.parameters(), lr=lr), batches)
    return float(loss), model.weight.item()


def test_one_batch_halves_the_error(student):
    """w = 1 where 3 is due: loss 4, gradient 2 · (1 - 3) = -4, and w = 1 + 0.25 · 4 = 2."""
    loss, weight = train_a_line(student, batches_of(2))
    assert abs(loss - 4) < 1e-4, f"your loss is {loss:.4f}"
    assert abs(weight - 2) < 1e-4, f"your w is {weight:.4f}"


def test_every_example_counts_alike(student):
    """Without learning, a batch of 3 with loss 4 and one of 1 with loss 0 have a mean of 3."""
    # Hint: Print for each batch its loss and its number of examples: 4 and 3, 0 and 1.
    # Hint: Put these four numbers into the second form of the formula.
    few = [(torch.ones(1, 1), torch.ones(1, 1))]
    loss, _ = train_a_line(student, batches_of(3) + few, lr=0.0)
    assert abs(loss - 3) < 1e-4, f"yours is {loss:.4f}"


def test_each_batch_is_followed_alone(student):
    """After two batches, w is 2.5: the second goes from 2, with the gradient -2."""
    # Hint: Print the gradient that each step follows: −4 and then −2.
    # Hint: Where do the other numbers in the second one come from?
    _, weight = train_a_line(student, batches_of(2, 2))
    assert abs(weight - 2.5) < 1e-4, f"yours is {weight:.4f}"


def test_a_generator_will_do(student):
    """Batches that can be gone through only once do as well: a loss of (4 + 1) / 2."""
    loss, _ = train_a_line(student, (batch for batch in batches_of(2, 2)))
    assert abs(loss - 2.5) < 1e-4, f"yours is {loss:.4f}"


def test_graphs_do_not_pile_up(student):
    """When a batch begins, at most one graph is alive: that of the batch before."""
    # Hint: The message lists how many graphs are alive at each batch. Does it grow by one each
    #   time?
    # Hint: Which name of yours lives longer than a batch, and what does it hold?
    model = CountsGraphs(nn.Linear(1, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    student.epoch_loss(model, optimizer, batches_of(*[2] * 6))
    assert max(model.alive) <= 1, f"at the start of each batch, there are {model.alive}"


# %% [markdown]
# ## 5. A price on large weights
#
# A model that fits every wiggle of its training data needs large weights to do so. Put a price on
# them, and it will fit only what is worth the price:
#
# $$\text{penalty} = \frac{\lambda}{2} \sum_{W} \sum_{i} W_i^2, \qquad
#   \frac{\partial\, \text{penalty}}{\partial W_i} = \lambda\, W_i$$
#
# Each weight is pulled towards 0 in proportion to its size; the ½ is there for the gradient to have
# no factor. With $\lambda = 0$ you have the model as before, free to follow the noise (little
# *bias*, much *variance*); with a large $\lambda$ it can hardly bend (much bias, little variance).
#
# **Which parameters pay?** Weights do: whatever has two axes or more, such as the matrix of a
# linear layer or the kernels of a convolution. Biases do not, and neither do the gains of norm
# layers: they set a level or a scale, and 0 is not a natural value for it.
#
# **The traps:** it is the *square* of the norm, not the norm. `.norm()` has a root, and so pulls
# with the same force at every distance. And `p.data` reads the numbers past the graph: the penalty
# has the right value, and no influence.


# %% question="l2_penalty"
def l2_penalty(module, strength):
    """Compute the price of a module's weights.

    module: has one parameter of two or more axes at least. Parameters with fewer axes cost nothing.
    strength: λ, a number.

    Returns strength / 2 · the sum of all squared weights, a tensor without axes that can be
    differentiated for them.
    """
    # BEGIN SOLUTION
    squares = [p.square().sum() for p in module.parameters() if p.dim() >= 2]
    return strength / 2 * sum(squares)
    # END SOLUTION


# %% tags=["check"]
def test_three_and_four_cost_1_25(student):
    """Weights of 3 and 4 at λ = 0.1 cost 0.05 · (9 + 16) = 1.25, whatever the bias is."""
    model = nn.Linear(2, 1)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[3.0, 4.0]]))
        model.bias.fill_(100.0)
        penalty = student.l2_penalty(model, 0.1)
    assert abs(float(penalty) - 1.25) < 1e-4, f"yours is {float(penalty):.4f}"


def test_each_weight_is_pulled_by_its_size(student):
    """There, the gradient is λ times each weight: 0.3 and 0.4. The bias gets none."""
    # Hint: Print the gradient: 0.3 and 0.4 are due. Twice that, 0.06 and 0.08, or nothing: each
    #   tells of another slip.
    model = nn.Linear(2, 1)
    with torch.no_grad():
        model.weight.copy_(torch.tensor([[3.0, 4.0]]))
    penalty = student.l2_penalty(model, 0.1)
    assert torch.is_tensor(penalty) and penalty.requires_grad, "the penalty has no graph"
    penalty.backward()
    off = (model.weight.grad - torch.tensor([[0.3, 0.4]])).abs().max()
    assert off < 1e-4, f"yours is {model.weight.grad.tolist()}"
    assert model.bias.grad is None or not model.bias.grad.any(), "the bias is pulled as well"


def test_norm_layers_cost_nothing(student):
    """The gains of a LayerNorm are 1 each and cost nothing; 3 and 4 cost 1.25 as before."""
    model = nn.Sequential(nn.LayerNorm(2), nn.Linear(2, 1))
    with torch.no_grad():
        model[1].weight.copy_(torch.tensor([[3.0, 4.0]]))
        penalty = student.l2_penalty(model, 0.1)
    assert abs(float(penalty) - 1.25) < 1e-4, f"yours is {float(penalty):.4f}"


# %% [markdown]
# ## 6. One step of SGD
#
# Nobody adds that penalty to the loss, as its gradient is known: $\lambda p$. The optimizer adds it
# to the gradient and calls it **weight decay**, for without any gradient the parameters would
# shrink by a factor $1 - \eta\lambda$ at each step:
#
# $$p \leftarrow p - \eta\, (g + \lambda p)$$
#
# An optimizer changes parameters *in place*. They have `requires_grad`, and torch refuses to change
# such a tensor in place while it writes a graph. The change is bookkeeping, so say
# `torch.no_grad()` once more. The gradients are not yours to change; whoever has computed them may
# want to look at them. Torch's own optimizers are off limits in this part and in the next.


# %% question="sgd_step"
def sgd_step(params, grads, lr, decay):
    """Make one step of gradient descent with weight decay, in place.

    params: a list of parameters, or of other tensors. They are changed in place.
    grads: their gradients, a list of as many tensors; they stay as they are.
    lr: the learning rate η. decay: λ.

    Each p becomes p - lr · (g + decay · p), and no graph is built. Returns nothing.
    """
    # BEGIN SOLUTION
    with torch.no_grad():
        for p, g in zip(params, grads, strict=True):
            p.sub_(lr * (g + decay * p))
    # END SOLUTION


# %% tags=["check"]
def test_a_step_of_sgd_on_paper(student):
    """p = 2, g = 0.5, lr = 0.1, decay = 0.5: 2 - 0.1 · (0.5 + 0.5 · 2) = 1.85."""
    # Hint: Print what is subtracted from p: 0.1 · (0.5 + 1) = 0.15.
    params, grads = nn.ParameterList([torch.tensor([2.0])]), [torch.tensor([0.5])]
    student.sgd_step(params, grads, 0.1, 0.5)
    assert abs(params[0].item() - 1.85) < 1e-4, f"yours is {params[0].item():.4f}"
    assert grads[0].item() == 0.5, "the gradient has changed"


def test_a_parameter_stays_a_parameter(student):
    """After the step, a parameter is still one that learns, and has no graph."""
    params = nn.ParameterList([torch.tensor([2.0])])
    student.sgd_step(params, [torch.tensor([0.5])], 0.1, 0.5)
    assert params[0].is_leaf and params[0].requires_grad, (
        "the parameter has a graph, or learns no longer"
    )


# %% [markdown]
# ## 7. One step of AdamW
#
# Adam keeps two running averages for each parameter, of its gradients and of their squares, and
# steps by their quotient. So all parameters move at about the same speed, however large their
# gradients are. Step number $t = 1, 2, \dots$:
#
# $$
# \begin{aligned}
# m &\leftarrow \beta_1 m + (1 - \beta_1)\, g & \hat{m} &= m / (1 - \beta_1^t) \\
# v &\leftarrow \beta_2 v + (1 - \beta_2)\, g^2 & \hat{v} &= v / (1 - \beta_2^t)
# \end{aligned}
# $$
#
# $$p \leftarrow p - \eta\, \lambda\, p - \eta\, \frac{\hat{m}}{\sqrt{\hat{v}} + \varepsilon}$$
#
# **Why the hats?** Both averages start from 0 and are too small at first. At $t = 1$, $m$ is
# $(1 - \beta_1)\, g$, and the division makes $g$ of it. So the first step is $\eta$ times the sign
# of the gradient.
#
# **Where does the decay go?** If you add $\lambda p$ to the gradient, as in SGD, it goes through
# the quotient, and what has large gradients is hardly decayed: the division takes the decay away
# again. [Loshchilov & Hutter 2019](https://arxiv.org/abs/1711.05101) put it *beside* the quotient
# instead. That is the W in AdamW, and all of it. In the formula, both $p$ on the right are the $p$
# before the step.


# %%
class Moments:
    """What Adam remembers of one parameter."""

    def __init__(self, p):
        self.m = torch.zeros_like(p, requires_grad=False)
        self.v = torch.zeros_like(p, requires_grad=False)


# %% question="adamw_step"
def adamw_step(params, grads, moments, t, lr, decay, beta1=0.9, beta2=0.999, eps=1e-8):
    """Make one step of AdamW, in place.

    params: a list of parameters, or of other tensors. They are changed in place.
    grads: their gradients, a list of as many tensors; they stay as they are.
    moments: a list of as many Moments. Afterwards, their m and v are those of this step, for the
        next one to go on from.
    t: the number of this step, from 1 on.
    lr, decay, beta1, beta2, eps: η, λ, β₁, β₂ and ε of the formula, where ε is added to the root.

    No graph is built. Returns nothing.
    """
    # BEGIN SOLUTION
    with torch.no_grad():
        for p, g, moment in zip(params, grads, moments, strict=True):
            moment.m = beta1 * moment.m + (1 - beta1) * g
            moment.v = beta2 * moment.v + (1 - beta2) * g**2
            m_hat, v_hat = moment.m / (1 - beta1**t), moment.v / (1 - beta2**t)
            p.sub_(lr * decay * p + lr * m_hat / (v_hat.sqrt() + eps))
    # END SOLUTION


# %% tags=["check"]
def first_step(student, gradient, decay):
    """Make a first step from p = 1 with a learning rate of 0.1; return p, m and v."""
    params = nn.ParameterList([torch.tensor([1.0])])
    moments = [Moments(params[0])]
    student.adamw_step(params, [torch.tensor([gradient])], moments, 1, 0.1, decay)
    return [numbers.item() for numbers in (params[0], moments[0].m, moments[0].v)]


def test_the_first_step_goes_by_the_sign(student):
    """From 1, gradients of 30 and of -0.02 both lead 0.1 away: to 0.9 and to 1.1."""
    # Hint: Print m and v with their hats: at t = 1 they are g and g².
    # Hint: What is g divided by the root of g²?
    for gradient, due in ((30.0, 0.9), (-0.02, 1.1)):
        p, _, _ = first_step(student, gradient, decay=0.0)
        assert abs(p - due) < 1e-4, f"a gradient of {gradient} leads to {p:.4f}"


def test_the_decay_comes_on_top(student):
    """With decay 0.5 there are 0.1 · 0.5 · 1 more to go, to 0.85, whatever the gradient is."""
    # Hint: Print the two parts of the step by themselves: 0.1 from the quotient, and 0.05 from the
    #   decay.
    # Hint: If their sum is right for one gradient and not for the other, what does the decay go
    #   through?
    for gradient in (30.0, 0.02):
        p, _, _ = first_step(student, gradient, decay=0.5)
        assert abs(p - 0.85) < 1e-4, f"with a gradient of {gradient}, yours is {p:.4f}"


def test_the_averages_are_kept(student):
    """After a first gradient of 2, m is 0.1 · 2 = 0.2 and v is 0.001 · 4 = 0.004."""
    _, m, v = first_step(student, 2.0, decay=0.0)
    assert abs(m - 0.2) < 1e-5 and abs(v - 0.004) < 1e-5, f"m is {m:.4f} and v is {v:.4f}"


# %% [markdown]
# ## The picture
#
# Nothing to write from here on; all of it runs on your functions.
#
# *Left:* twelve points on a wave, with noise, and polynomials of degree 9 that were fitted to them
# at your `l2_penalty` and by your `adamw_step`. *Middle:* how far they are from the points, and how
# far from the wave, which they have never seen. At a low price the curve follows the noise: it is
# near to the points and far from the wave. At too high a price it is nearly flat and far from both.
# In between lies what you want. *Right:* graphs alive during an epoch, in your `epoch_loss` and in
# a loop with `total += loss`.

# %%
import math

import matplotlib.pyplot as plt


def powers(x):
    """Return the first nine Chebyshev polynomials of x, (N, 9)."""
    angle = torch.acos(x.clamp(-1, 1))
    return torch.stack([torch.cos(k * angle) for k in range(1, 10)], dim=1)


def fit(x, y, strength, steps=400):
    """Fit a polynomial of degree 9 at this price for its coefficients."""
    model = nn.Linear(9, 1)
    params = list(model.parameters())
    for p in params:
        nn.init.zeros_(p)
    moments = [Moments(p) for p in params]
    inputs = powers(x)
    for t in range(1, steps + 1):
        loss = (model(inputs)[:, 0] - y).square().mean() + l2_penalty(model, strength)
        grads = torch.autograd.grad(loss, params)
        lr = 0.2 * (1 - t / (steps + 1))
        adamw_step(params, grads, moments, t, lr, 0.0, beta2=0.99)
    return model


@torch.no_grad()
def error(model, x, y):
    """Return the root of the mean squared error."""
    return float((model(powers(x))[:, 0] - y).square().mean().sqrt())


def leaky_epoch(model, optimizer, batches):
    """Do what many a notebook does."""
    total = 0
    for x, y in batches:
        optimizer.zero_grad()
        loss = nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        total += loss
    return total / len(batches)


def graphs_alive(*, leaky):
    """Return how many graphs are alive when each of 30 batches begins."""
    model = CountsGraphs(nn.Linear(9, 1))
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
    epoch = leaky_epoch if leaky else epoch_loss
    epoch(model, optimizer, [(torch.randn(4, 9), torch.randn(4, 1)) for _ in range(30)])
    return model.alive


grid, x = torch.linspace(-1, 1, 200), torch.linspace(-1, 1, 12)
noise = torch.randn(12, generator=torch.Generator().manual_seed(0))
wave, y = torch.sin(3 * grid), torch.sin(3 * x) + 0.5 * noise
strengths = [10.0**k for k in (-4, -3, -2, -1.5, -1, -0.5, 0, 1)]
models = {strength: fit(x, y, strength) for strength in strengths}

figure, (left, middle, right) = plt.subplots(1, 3, figsize=(13, 3.6), layout="constrained")
left.plot(grid, wave, color="black", linewidth=0.6, linestyle=":")
for strength in (1e-4, 1e-2, 1e-1, 1e0, 1e1):
    curve = models[strength](powers(grid))[:, 0].detach()
    left.plot(grid, curve, label=f"λ = 10^{math.log10(strength):.0f}", linewidth=1)
left.scatter(x, y, color="black", zorder=3, s=15)
left.set(ylim=(-2.5, 2.5), title="degree 9 through 12 points")
left.legend(fontsize="small")
middle.semilogx(strengths, [error(m, x, y) for m in models.values()], label="from the points")
middle.semilogx(strengths, [error(m, grid, wave) for m in models.values()], label="from the wave")
middle.set(xlabel="λ", ylabel="error", ylim=(0, 0.9), title="variance ← → bias")
middle.legend(fontsize="small")
right.plot(graphs_alive(leaky=True), label="total += loss")
right.plot(graphs_alive(leaky=False), label="your epoch_loss")
right.set(xlabel="batch", ylabel="graphs alive", title="what an epoch keeps")
right.legend(fontsize="small")
plt.show()
