"""Hidden checks of EncoderLayer; the oracle is torch's own layer with the same parameters.

A slip in LayerNorm or FeedForward costs nothing here: right ones take their place. Each sub-layer
is judged alone first, with the other one silenced, so that a slip in one costs that one.
"""

from functools import partial

import torch
from torch import nn

from grader.checks import (
    Failure,
    agree,
    agree_on_each,
    assuming,
    call,
    call_on_each,
    dependencies,
    equal,
    make_each,
    needs,
    no_others,
    parameters_are,
    parameters_made,
    points,
    pure,
    question,
    transplant,
    where,
)

TAKES, Y = ("x (B, T, d_model)", "mask (B, H, T, T)"), "y (B, T, d_model)"
agree = partial(agree, takes=TAKES, returns=(Y,))
PROJECTIONS = ("q_proj", "k_proj", "v_proj", "out_proj")
ATTENTION, NETWORK = "self_attn.out_proj", "feed_forward.linear2"

with_right_parts = assuming(
    LayerNorm="""
import torch
from torch import nn

class LayerNorm(nn.Module):
    def __init__(self, d_model, eps=1e-5):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(d_model))
        self.bias = nn.Parameter(torch.zeros(d_model))
        self.eps = eps

    def forward(self, x):
        variance, mean = torch.var_mean(x, -1, correction=0, keepdim=True)
        return (x - mean) * torch.rsqrt(variance + self.eps) * self.weight + self.bias
""",
    FeedForward="""
from torch import nn

class FeedForward(nn.Module):
    def __init__(self, d_model, d_ff):
        super().__init__()
        self.linear1, self.linear2 = nn.Linear(d_model, d_ff), nn.Linear(d_ff, d_model)

    def forward(self, x):
        return self.linear2(self.linear1(x).clamp(min=0))
""",
)


class TorchEncoderLayer(nn.Module):
    """Torch's own layer; its parameters have the names of the assignment."""

    def __init__(self, d_model, num_heads, d_ff, norm_first=False):
        super().__init__()
        self.num_heads = num_heads
        self.self_attn = nn.ModuleDict({n: nn.Linear(d_model, d_model) for n in PROJECTIONS})
        self.feed_forward = nn.ModuleDict(
            {"linear1": nn.Linear(d_model, d_ff), "linear2": nn.Linear(d_ff, d_model)}
        )
        self.norm1, self.norm2 = nn.LayerNorm(d_model), nn.LayerNorm(d_model)
        torchs = nn.TransformerEncoderLayer(
            d_model, num_heads, d_ff, dropout=0.0, batch_first=True, norm_first=norm_first
        )
        self.torchs = (torchs,)  # a tuple, so that its parameters are not taken for this one's

    def forward(self, x, mask=None):
        parameters = {n.removeprefix("feed_forward."): p for n, p in self.named_parameters()}
        for kind in ("weight", "bias"):
            three = [parameters.pop(f"self_attn.{name}.{kind}") for name in PROJECTIONS[:3]]
            parameters[f"self_attn.in_proj_{kind}"] = torch.cat(three)
        if mask is not None:  # torch wants (B·H, T, T), True where a query may *not* look
            shape = (len(x), self.num_heads, x.size(1), x.size(1))
            mask = mask.logical_not().expand(shape).flatten(0, 1)
        return torch.func.functional_call(self.torchs[0], parameters, (x, mask))


def twins(student, draw, *sizes, silent=(), **options):
    """Return the student's layer and torch's, with equal parameters; `silent` parts are 0."""
    d_model, num_heads, d_ff = sizes or (12, 3, 20)
    torchs = draw.fill(TorchEncoderLayer(d_model, num_heads, d_ff, **options))
    for name, parameter in torchs.named_parameters():
        if name.startswith(tuple(silent)):
            nn.init.zeros_(parameter)
    layer = student.EncoderLayer(d_model, num_heads, d_ff, **options)
    transplant(torchs, layer)
    return layer, torchs


@question("EncoderLayer")
@points(1)
@with_right_parts
def test_a_layer_keeps_the_shape(student, draw):
    """A layer takes (B, T, d_model) and gives (B, T, d_model), in both orders."""
    for norm_first in (False, True):
        layer = student.EncoderLayer(12, 3, 20, norm_first=norm_first)
        call(layer, draw(2, 5, 12), takes=TAKES, shapes={Y: (2, 5, 12)})


SHAPES = {name: p.shape for name, p in TorchEncoderLayer(12, 3, 20).named_parameters()}


@question("EncoderLayer")
@points(2)
@needs(test_a_layer_keeps_the_shape)
@with_right_parts
def test_the_parts_of_a_layer_have_their_names(student, draw):
    """self_attn, feed_forward, norm1 and norm2 are there, with all of their parameters."""
    parameters_are(student.EncoderLayer(12, 3, 20), SHAPES)


def require(student, draw, said, *silent, **options):
    """Require the values of a layer some of whose parts find nothing."""
    layer, torchs = twins(student, draw, silent=silent, **options)
    x = draw(2, 5, 12)
    (y,) = call(layer, x, takes=TAKES, shapes={Y: x.shape})
    equal(y, torchs(x).detach(), said, Y)


@question("EncoderLayer")
@points(3)
@needs(test_the_parts_of_a_layer_have_their_names)
@with_right_parts
def test_post_norm_attends_first(student, draw):
    """With post-norm, attention finds something in x, it is added to x, and norm1 norms the sum."""
    # Hint: Set linear2 to 0, so that the network finds nothing, and compute norm1 of x plus what
    #   `self_attn` finds, by hand. Print it beside yours.
    # Hint: Print what goes into norm1. Is it the sum?
    require(student, draw, "With post-norm, and a network that finds nothing", NETWORK)


@question("EncoderLayer")
@points(4)
@needs(test_the_parts_of_a_layer_have_their_names)
@with_right_parts
def test_post_norm_has_the_network_in_series(student, draw):
    """With post-norm, the network reads what norm1 gives and adds to it; norm2 norms the sum."""
    # Hint: Print y, what norm1 gives, and what the network reads: they should be the same tensor.
    # Hint: Then print what goes into norm2. Which two are added there?
    require(student, draw, "With post-norm, and attention that finds nothing", ATTENTION)
    require(student, draw, "With post-norm, both sub-layers together")


@question("EncoderLayer")
@points(2)
@needs(test_the_parts_of_a_layer_have_their_names)
@with_right_parts
def test_pre_norm_attends_to_the_normed(student, draw):
    """With pre-norm, queries, keys and values are norm1(x), and x itself is added."""
    # Hint: Print mean and variance of each of the three that attention is given: 0 and 1, for each
    #   position.
    # Hint: Then print what is added to what it finds. Has that been normed?
    said = "With pre-norm, and a network that finds nothing"
    require(student, draw, said, NETWORK, norm_first=True)


@question("EncoderLayer")
@points(2)
@needs(test_the_parts_of_a_layer_have_their_names)
@with_right_parts
def test_pre_norm_feeds_the_network_with_the_normed(student, draw):
    """With pre-norm, the network reads what norm2 gives, and what came in is added as it was."""
    said = "With pre-norm, and attention that finds nothing"
    require(student, draw, said, ATTENTION, norm_first=True)


@question("EncoderLayer")
@points(2)
@needs(test_pre_norm_attends_to_the_normed, test_pre_norm_feeds_the_network_with_the_normed)
@with_right_parts
def test_pre_norm_has_both_sub_layers_in_series(student, draw):
    """With pre-norm, the network reads and adds to what the first sub-layer has made."""
    require(student, draw, "With pre-norm, both sub-layers together", norm_first=True)


def require_dependence(D, may, said):
    """Require that each position depends on those that it may, and on no others."""
    shown = where(D, D * may, "dependence (position, source)")
    if wrong := ((1e-9 * D.max() < D) & ~may).nonzero().tolist():  # rounding leaves 1e-17
        raise Failure(f"{said}, position {wrong[0][0]} depends on position {wrong[0][1]}.", shown)
    if blind := ((D == 0) & may).nonzero().tolist():
        where_to = f"position {blind[0][0]} does not depend on position {blind[0][1]}"
        raise Failure(f"{said}, {where_to}, at which it may look.", shown)


@question("EncoderLayer")
@points(3)
@needs(test_a_layer_keeps_the_shape)
@with_right_parts
def test_hidden_keys_have_no_influence(student, draw):
    """Of what a mask (B, 1, 1, T) hides, no other position learns anything; the rest they see."""
    T = 5
    for norm_first in (False, True):
        layer = draw.fill(student.EncoderLayer(12, 3, 20, norm_first=norm_first))
        visible = draw.mask(1, 1, 1, T)
        may = visible[0, 0, 0] | torch.eye(T).bool()  # the residual remains
        D = dependencies(layer, draw(T, 12), mask=visible)
        require_dependence(D, may, f"With norm_first={norm_first} and a mask for all queries")


@question("EncoderLayer")
@points(2)
@needs(test_a_layer_keeps_the_shape)
@with_right_parts
def test_under_a_causal_mask_nobody_sees_what_follows(student, draw):
    """Under a causal mask (T, T), a position depends on itself and on those before it."""
    T = 5
    causal = torch.ones(T, T).tril().bool()
    for norm_first in (False, True):
        layer = draw.fill(student.EncoderLayer(12, 3, 20, norm_first=norm_first)).eval()
        D = dependencies(layer, draw(T, 12), mask=causal)
        require_dependence(D, causal, f"With norm_first={norm_first} and a causal mask")


@question("EncoderLayer")
@points(1)
@needs(test_a_layer_keeps_the_shape)
@with_right_parts
def test_shuffled_positions_give_shuffled_results(student, draw):
    """Without a mask all positions see each other, and their order makes no difference."""
    T, order = 5, torch.tensor([3, 0, 4, 1, 2])
    layer, x = draw.fill(student.EncoderLayer(12, 3, 20)), draw(2, T, 12)
    shapes = [{Y: x.shape}] * 2
    (y,), (shuffled,) = call_on_each(layer, [[x], [x[:, order]]], shapes, takes=TAKES)
    equal(shuffled, y[:, order], "For positions in another order", Y)
    everywhere = torch.ones(T, T).bool()
    require_dependence(dependencies(layer, draw(T, 12)), everywhere, "Without a mask")


@question("EncoderLayer")
@points(2)
@needs(test_post_norm_attends_first, test_post_norm_has_the_network_in_series)
@with_right_parts
def test_gradients_of_a_post_norm_layer_are_right(student, draw):
    """With post-norm, the gradients for x and for all parameters are right."""
    agree(*twins(student, draw), draw(2, 5, 12))


@question("EncoderLayer")
@points(2)
@needs(test_pre_norm_has_both_sub_layers_in_series)
@with_right_parts
def test_gradients_of_a_pre_norm_layer_are_right(student, draw):
    """With pre-norm, the gradients for x and for all parameters are right."""
    agree(*twins(student, draw, norm_first=True), draw(2, 5, 12))


@question("EncoderLayer")
@points(1)
@needs(test_post_norm_attends_first, test_post_norm_has_the_network_in_series)
@with_right_parts
def test_a_layer_takes_any_sizes_and_masks(student, draw):
    """One sequence, position, head; all sizes equal; masks for a query, a sequence, a head."""
    (many,) = draw.integers(130, 150, 1).tolist()
    torchs, each = [], []
    for (B, T, d, H, d_ff), mask in (
        ((1, 5, 6, 1, 3), ()),
        ((2, 1, 12, 3, 20), ()),
        ((4, 4, 4, 4, 4), (4, 1, 1, 4)),
        ((2, 5, 12, 3, 20), (2, 1, 5, 5)),
        ((2, 5, 12, 3, 20), (2, 3, 5, 5)),
        ((many, 3, 4, 2, 8), (many, 1, 1, 3)),
    ):
        torchs.append(draw.fill(TorchEncoderLayer(d, H, d_ff)))
        each.append((draw(B, T, d), *([draw.mask(*mask)] if mask else [])))
    sizes = [(6, 1, 3), (12, 3, 20), (4, 4, 4), (12, 3, 20), (12, 3, 20), (4, 2, 8)]
    layers = make_each(student.EncoderLayer, sizes)
    for pair in zip(torchs, layers, strict=True):
        transplant(*pair)
    with torch.no_grad():
        agree_on_each(layers, torchs, each, takes=TAKES, returns=(Y,))


@question("EncoderLayer")
@points(1)
@needs(test_post_norm_attends_first, test_pre_norm_attends_to_the_normed)
@with_right_parts
def test_a_layer_keeps_nothing_and_changes_nothing(student, draw):
    """Nothing is kept or changed in place, in both orders, and there are no other parameters."""
    for norm_first in (False, True):
        layer, _ = twins(student, draw, norm_first=norm_first)
        pure(layer.train(), draw(2, 5, 12), draw.mask(2, 1, 1, 5), takes=TAKES)
    no_others(student.EncoderLayer(12, 3, 20), SHAPES)
    if parameters_made(student, "EncoderLayer", draw(2, 5, 12), make=(12, 3, 20)):
        raise Failure("Each call makes parameters: make them once, in __init__.")


P, SIZES = 0.25, (8, 6, 16)
"""How much is dropped, and B, T and d_model: 768 numbers, so a share is off by 0.1 at 6 σ."""


def dropping(student, found_by, norm_first):
    """Return a layer in training, one part of which finds 1 everywhere, the other one nothing."""
    layer = student.EncoderLayer(SIZES[2], 2, 20, dropout=P, norm_first=norm_first)
    for name, parameter in layer.named_parameters():
        if name.startswith((ATTENTION, NETWORK)):
            nn.init.constant_(parameter, float(name == f"{found_by}.bias"))
        elif name.startswith("norm"):
            nn.init.constant_(parameter, float(name.endswith("weight")))
    return layer.train()


def require_dropped(dropped, again, found_by):
    """Require that single numbers have been dropped, a share of P, and others in another call."""
    who = {ATTENTION: "attention", NETWORK: "the network"}[found_by]
    if not dropped.any():
        raise Failure(f"In training with dropout={P}, nothing of what {who} finds is dropped.")
    if torch.equal(dropped, again):
        raise Failure(f"In training, each call drops the same of what {who} finds: is a seed set?")
    for axis, shared in enumerate(("sequences", "positions", "features")):
        if (dropped == dropped.narrow(axis, 0, 1)).all():
            raise Failure(f"What {who} finds is dropped for all {shared} at once.")
    share = float(dropped.double().mean())
    if abs(share - P) > 0.1:
        raise Failure(f"With dropout={P}, a share of {share:.2f} of what {who} finds is dropped.")


@question("EncoderLayer")
@points(1)
@needs(test_the_parts_of_a_layer_have_their_names)
@with_right_parts
def test_weights_are_dropped_in_training(student, draw):
    """In training, weights of attention are dropped: dropout is handed to MultiHeadAttention."""
    layer = dropping(student, ATTENTION, norm_first=True)
    for name, parameter in layer.named_parameters():  # attention finds the sum of its weights
        if name == "self_attn.v_proj.weight" or name == f"{ATTENTION}.bias":
            nn.init.zeros_(parameter)
        elif name == "self_attn.v_proj.bias":
            nn.init.ones_(parameter)
        elif name == f"{ATTENTION}.weight":
            nn.init.eye_(parameter)
    x = torch.zeros(*SIZES)
    (y,) = call(layer, x, takes=TAKES, shapes={Y: x.shape})
    sums = y[y.abs() > 1e-6]  # others are dropped in another place
    if not len(sums) or (sums - sums[0]).abs().max() < 1e-4:
        raise Failure(f"In training with dropout={P}, no weight of attention is dropped.")
    counts = [sums * SIZES[1] * (1 - P) ** times for times in range(5)]  # of equal weights
    if not any(((count - count.round()).abs() < 1e-3).all() for count in counts):
        raise Failure("In training, something else than weights is dropped before they are used.")


@question("EncoderLayer")
@points(1)
@needs(test_the_parts_of_a_layer_have_their_names)
@with_right_parts
def test_pre_norm_drops_what_is_found(student, draw):
    """In training with pre-norm, both findings are dropped before they are added, and x is not."""
    x, parts, found = torch.full(SIZES, 100.0), (ATTENTION, NETWORK), []
    for part in parts:  # all of them first, so that the numbers tell which one is wrong
        layer = dropping(student, part, norm_first=True)
        found.append(call_on_each(layer, [[x]] * 2, [{Y: x.shape}] * 2, takes=TAKES))
    for part, [(y,), (z,)] in zip(parts, found, strict=True):
        if (y < x - 1).any():
            raise Failure("In training, the residual is dropped as well.", where(y, x, Y))
        dropped, again = (y - x).abs() < 1e-3, (z - x).abs() < 1e-3
        require_dropped(dropped, again, part)
        kept = x + ~dropped / (1 - P)
        if (y - kept).abs().max() > 1e-3:
            said = "In training, something else is dropped as well, or what is kept is not "
            raise Failure(said + "divided by 1 - p.", where(y, kept, Y))


@question("EncoderLayer")
@points(1)
@needs(test_the_parts_of_a_layer_have_their_names)
@with_right_parts
def test_post_norm_drops_what_is_found(student, draw):
    """In training with post-norm, both findings are dropped before they are added and normed."""
    equal_ones, high = torch.zeros(*SIZES), torch.arange(SIZES[2]) % 2 == 1
    x = equal_ones + 10.0 * high  # every other feature is larger by more than what is found
    each, parts, found = [[equal_ones], [equal_ones], [x]], (ATTENTION, NETWORK), []
    for part in parts:
        layer = dropping(student, part, norm_first=False)
        found.append(call_on_each(layer, each, [{Y: x.shape}] * 3, takes=TAKES))
    for part, [(y,), (again,), (z,)] in zip(parts, found, strict=True):
        # of two numbers in a row, a norm leaves the smaller one below 0; equal ones become 0
        require_dropped(y < -1e-3, again < -1e-3, part)
        if (z[..., high].amin(dim=-1) <= z[..., ~high].amax(dim=-1)).any():
            raise Failure("In training, the residual is dropped as well.")


@question("EncoderLayer")
@points(1)
@needs(test_a_layer_keeps_the_shape)
@with_right_parts
def test_nothing_is_dropped_after_training(student, draw):
    """After eval(), and with dropout=0, a layer drops nothing."""
    for norm_first in (False, True):
        never = draw.fill(student.EncoderLayer(12, 3, 20, norm_first=norm_first)).train()
        layer = student.EncoderLayer(12, 3, 20, dropout=0.5, norm_first=norm_first).eval()
        transplant(never, layer)
        x = draw(2, 5, 12)
        (due,), (same,) = call_on_each(never, [[x]] * 2, [{Y: x.shape}] * 2, takes=TAKES)
        equal(same, due, "With dropout=0, at a second call", Y)
        if not due.any():
            raise Failure("A layer with dropout=0 finds nothing.")
        (y,) = call(layer, x, takes=TAKES, shapes={Y: x.shape})
        equal(y, due, "After eval(), beside a layer with dropout=0", Y)
