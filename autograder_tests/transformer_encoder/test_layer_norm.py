"""Hidden checks of LayerNorm; the oracle is torch's own.

A variance divided by d - 1 costs `test_the_variance_is_divided_by_d` and nothing else: the other
checks find out by which of the two it is divided, and hold the rest against that. Rows that are to
be judged without eps are large; there, it makes no difference where eps stands.
"""

import torch
from torch import nn

from grader.checks import (
    Failure,
    agree,
    call,
    call_on_each,
    convention,
    dependencies,
    equal,
    needs,
    no_others,
    parameters_are,
    parameters_made,
    points,
    pure,
    question,
    ratio,
    spelled,
    transplant,
    where,
)

TAKES = ("x (…, d)",)
Y = "y (…, d)"
LARGE = 30.0


class TorchLayerNorm(nn.LayerNorm):
    """Torch's own; `unbiased` is a factor on its spread, for students who divide by d - 1."""

    def __init__(self, d, eps=1e-5, unbiased=False):
        super().__init__(d, eps)
        self.factor = ((d - 1) / d) ** 0.5 if unbiased else 1.0

    def forward(self, x):
        # (x - μ) / √(σ² / f² + ε) is torch's norm of x / f, as f cancels on both sides but for ε
        if self.factor == 1.0:
            return super().forward(x)
        plain = nn.functional.layer_norm(x / self.factor, x.shape[-1:], eps=self.eps)
        return self.factor * plain * self.weight + self.bias


def plain(student, d, *eps):
    """Return the student's norm with a gain of 1 and a bias of 0, whatever it starts with."""
    norm = student.LayerNorm(d, *eps)
    for name, parameter in norm.named_parameters():
        if name in ("weight", "bias"):
            nn.init.constant_(parameter, float(name == "weight"))
    return norm


def divides_by_less(student, draw, d):
    """Tell whether the student's variance is divided by d - 1."""
    known = {less: TorchLayerNorm(d, unbiased=less) for less in (False, True)}
    return convention(plain(student, d), known, LARGE * draw(2, 5, d))


def apply(norm, x):
    """Return the student's result, and require its shape."""
    (y,) = call(norm, x, takes=TAKES, shapes={Y: x.shape})
    return y


@question("LayerNorm")
@points(1)
def test_a_norm_keeps_the_shape_and_has_a_gain_and_a_bias(student, draw):
    """The shape stays; weight (d) starts as ones, and bias (d) as zeros."""
    norm = student.LayerNorm(6)
    apply(norm, draw(2, 5, 6))
    parameters_are(norm, {"weight": (6,), "bias": (6,)})
    for name, parameter in norm.named_parameters():
        if name in ("weight", "bias"):
            due = torch.full((6,), float(name == "weight"))
            equal(parameter.detach(), due, "At the start", f"{name} (d)")


@question("LayerNorm")
@points(4)
def test_features_are_brought_to_mean_0_and_one_spread(student, draw):
    """From each position the mean of its features is taken away, and it is divided by their σ."""
    x = LARGE * draw(2, 5, 6) + draw(2, 5, 1, scale=LARGE)
    y, due = apply(plain(student, 6), x), TorchLayerNorm(6)(x).detach()
    factor = ratio(y, due, tolerance=1e-4)
    if factor is None or factor <= 0:
        equal(y, due, "With a gain of 1 and a bias of 0", Y)


@question("LayerNorm")
@points(2)
@needs(test_features_are_brought_to_mean_0_and_one_spread)
def test_the_variance_is_divided_by_d(student, draw):
    """σ² is the mean of the squares: their sum is divided by d, not by d - 1."""
    x = LARGE * draw(2, 5, 6)
    y, due = apply(plain(student, 6), x), TorchLayerNorm(6)(x).detach()
    factor = ratio(y, due, tolerance=1e-4)
    if factor and abs(factor - 1) > 1e-3:
        said = f"With d = 6, the result is {spelled(factor)} × what it should be."
        raise Failure(said, where(y, due, Y))
    equal(y, due, "With a gain of 1 and a bias of 0", Y)


@question("LayerNorm")
@points(1)
@needs(test_features_are_brought_to_mean_0_and_one_spread)
def test_eps_stands_under_the_root(student, draw):
    """The result is divided by √(σ² + eps): it matters where all features are nearly equal."""
    less = divides_by_less(student, draw, 6)
    x = draw(2, 5, 6, scale=1e-3)
    due = TorchLayerNorm(6, unbiased=less)(x).detach()
    equal(apply(plain(student, 6), x), due, "Where σ is as small as 0.001", Y)


@question("LayerNorm")
@points(1)
@needs(test_features_are_brought_to_mean_0_and_one_spread)
def test_eps_is_the_one_that_is_given(student, draw):
    """LayerNorm(d, eps) adds the eps that it has been given."""
    x, eps = LARGE * draw(2, 5, 6), LARGE**2 * float(1 + draw(1).abs())
    norm, right = plain(student, 6, eps), TorchLayerNorm(6, eps, divides_by_less(student, draw, 6))

    def outside(x):  # of the root, which costs the check above
        spread = x.std(dim=-1, keepdim=True, correction=0) / right.factor
        return (x - x.mean(dim=-1, keepdim=True)) / (spread + eps)

    known = {"under": right, "outside": outside}
    due = known[convention(norm, known, x)](x).detach()
    equal(apply(norm, x), due, f"With eps={eps:.0f}", Y)


@question("LayerNorm")
@points(1)
@needs(
    test_features_are_brought_to_mean_0_and_one_spread,
    test_a_norm_keeps_the_shape_and_has_a_gain_and_a_bias,
)
def test_each_feature_has_its_own_gain_and_bias(student, draw):
    """The normed features are multiplied by weight, and then bias is added."""
    x, norm = draw(2, 5, 6), plain(student, 6)
    y = apply(norm, x)
    draw.fill(norm)
    gain, bias = (dict(norm.named_parameters())[n].detach() for n in ("weight", "bias"))
    equal(apply(norm, x), y * gain + bias, "Of your own normed features, with gain and bias", Y)


@question("LayerNorm")
@points(1)
@needs(test_features_are_brought_to_mean_0_and_one_spread)
def test_equal_features_are_normed_to_zero(student, draw):
    """Where all features of a position are equal the result is the bias, and not 0/0."""
    x = draw(2, 5, 1).expand(2, 5, 6)
    y = apply(plain(student, 6), x)
    if not (y.abs() < 1e-3).all():  # of their mean, rounding leaves a little
        said = "Where all features are equal, the result with a bias of 0 is not 0."
        raise Failure(said, where(y, torch.zeros_like(y), Y))


@question("LayerNorm")
@points(1)
def test_a_position_is_normed_by_itself(student, draw):
    """The result of a position depends on its own features alone, also if there are d positions."""
    D = dependencies(plain(student, 5), draw(5, 5))  # (T, T)
    others = ((D - D.diag().diag()) > 1e-9 * D.max()).nonzero().tolist()
    if others:
        said = "The result of position {} depends on position {}.".format(*others[0])
        raise Failure(said, where(D, D.diag().diag(), "dependence (position, source)"))


@question("LayerNorm")
@points(2)
@needs(test_each_feature_has_its_own_gain_and_bias)
def test_gradients_go_through_mean_and_variance(student, draw):
    """The gradients for x, weight and bias are right: the mean and σ depend on x as well."""
    torchs = draw.fill(TorchLayerNorm(6, unbiased=divides_by_less(student, draw, 6)))
    norm = student.LayerNorm(6)
    transplant(torchs, norm)
    agree(norm, torchs, LARGE * draw(2, 5, 6), takes=TAKES, returns=(Y,))


@question("LayerNorm")
@points(1)
@needs(test_features_are_brought_to_mean_0_and_one_spread)
def test_any_axes_may_stand_in_front(student, draw):
    """A vector alone, a batch of them, or four axes: it is the last one that is normed."""
    less = divides_by_less(student, draw, 6)
    shapes = [(6,), (3, 6), (6, 6), (6, 6, 6), (2, 3, 4, 6), (1, 1, 6)]
    each = [[LARGE * draw(*shape)] for shape in shapes]
    dues = [{Y: shape} for shape in shapes]
    found = call_on_each(plain(student, 6).eval(), each, dues, takes=TAKES)
    for (x,), (y,) in zip(each, found, strict=True):
        equal(y, TorchLayerNorm(6, unbiased=less)(x).detach(), f"For x {tuple(x.shape)}", Y)


@question("LayerNorm")
@points(1)
@needs(test_features_are_brought_to_mean_0_and_one_spread)
def test_a_norm_keeps_nothing_and_changes_nothing(student, draw):
    """Nothing is changed in place or kept between calls, and there are no other parameters."""
    x = draw(2, 5, 6)
    pure(plain(student, 6).train(), x, takes=TAKES)
    no_others(student.LayerNorm(6), ["weight", "bias"])
    if parameters_made(student, "LayerNorm", x, make=[6]):
        raise Failure("Each call makes parameters: make them once, in __init__.")
