# /// script
# requires-python = ">=3.11"
# dependencies = ["torch"]
#
# [tool.grader]
# title = "TITLE"
# forbid = ["torch.nn.functional.layer_norm", "torch.nn.LayerNorm"]
# limits = { seconds = 5.0, memory_mb = 1024 }
# ///
"""How to go on. Nothing above the first mark (# %%) reaches students.

This is a whole assignment, small enough to be changed piece by piece into yours:

    1. Rewrite a question here: its text, its cell, and its public checks.
    2. Let what is hidden follow, in autograder_tests/NAME/: the checks, the mistakes that you
       expect (mistakes.toml) and right answers in other styles (variants/).
    3. `grader verify` says what does not fit together yet, a line for each thing.
    4. `grader build` makes the students' notebook, and `grader release` packs it for them.

Students get `# your code here` and `raise NotImplementedError` in the place of what stands between
BEGIN SOLUTION and END SOLUTION; all else they get as it is.
"""

# %% [markdown]
# A deep network learns faster if the numbers that pass through it stay of one size. **Layer
# normalisation** ([Ba, Kiros and Hinton 2016](https://arxiv.org/abs/1607.06450)) sees to that. It
# looks at the features of one vector at a time: first it brings them to mean 0 and variance 1, then
# it lets the network learn another scale and shift.
#
# Torch's own `layer_norm` and `nn.LayerNorm` are off limits here.

# %%
import torch
from torch import nn

# %% [markdown]
# ## 1. Standardising
#
# $$\text{standardize}(x) = \frac{x - \mu}{\sqrt{\sigma^2 + \varepsilon}}, \qquad
#   \mu = \frac{1}{d} \sum_{i=1}^{d} x_i, \qquad
#   \sigma^2 = \frac{1}{d} \sum_{i=1}^{d} (x_i - \mu)^2$$
#
# The small $\varepsilon$ keeps the root away from 0 where all features are equal. Note that the
# variance is divided by $d$, and not by $d - 1$ as in an estimate from a sample.


# %% question="standardize"
def standardize(x, eps=1e-5):
    """Bring every vector to mean 0 and variance 1.

    x: (..., d), with any batch dimensions in front.

    Returns (..., d).
    """
    # BEGIN SOLUTION
    mean = x.mean(dim=-1, keepdim=True)  # (..., 1)
    variance = x.var(dim=-1, correction=0, keepdim=True)  # (..., 1)
    return (x - mean) / torch.sqrt(variance + eps)  # (..., d)
    # END SOLUTION


# %% tags=["check"]
def test_the_mean_becomes_zero(student):
    """The features of every vector have mean 0 afterwards."""
    y = student.standardize(torch.randn(4, 6) + 3)
    assert y.shape == (4, 6), f"the result should be (4, 6), yours is {tuple(y.shape)}"
    assert y.mean(dim=-1).abs().max() < 1e-4, f"yours have {y.mean(dim=-1)[0]:.3f}, for example"


def test_two_features_become_minus_one_and_one(student):
    """Of two features, the smaller becomes -1 and the larger 1, however far they are apart."""
    y = student.standardize(torch.tensor([[10.0, 30.0], [5.0, -5.0]]))
    assert (y - torch.tensor([[-1.0, 1.0], [1.0, -1.0]])).abs().max() < 1e-4, f"yours are {y}"


# %% [markdown]
# ## 2. A layer that learns
#
# $$\text{LayerNorm}(x) = w \odot \text{standardize}(x) + b$$
#
# The weight $w$ and the bias $b$ are learned, one number each per feature. A new layer does no more
# than standardise.


# %% question="LayerNorm"
class LayerNorm(nn.Module):
    """Layer normalisation, Ba, Kiros and Hinton 2016."""

    def __init__(self, d):
        """Make the parameters `weight` and `bias`, (d,) each; there are no others."""
        super().__init__()
        # BEGIN SOLUTION
        self.weight = nn.Parameter(torch.ones(d))
        self.bias = nn.Parameter(torch.zeros(d))
        # END SOLUTION

    def forward(self, x):
        """Standardize, then scale by the weight and shift by the bias: (..., d) to (..., d)."""
        # BEGIN SOLUTION
        return self.weight * standardize(x) + self.bias  # (..., d)
        # END SOLUTION


# %% tags=["check"]
def test_the_layer_has_a_weight_and_a_bias(student):
    """The layer has two parameters, `weight` and `bias`, with one number per feature each."""
    shapes = {name: tuple(p.shape) for name, p in student.LayerNorm(6).named_parameters()}
    assert shapes == {"weight": (6,), "bias": (6,)}, f"yours has {shapes}"


def test_a_new_layer_changes_neither_scale_nor_shift(student):
    """A new layer gives what `standardize` gives."""
    x = torch.randn(2, 4, 6)
    assert (student.LayerNorm(6)(x) - student.standardize(x)).abs().max() < 1e-4, (
        "the layer gives something else"
    )
