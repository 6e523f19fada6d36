"""Hidden checks of DecoderLayer; the oracle is torch's own layer with the same parameters.

Who may look at whom is read from gradients, so that it does not depend on values being right: a
slip in the norms costs nothing there.
"""

from functools import cache, partial

import torch
from torch import nn
from torch.func import functional_call

from grader.checks import (
    Failure,
    agree,
    agree_on_each,
    call,
    call_on_each,
    dependencies,
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

TAKES = ("x (B, T, d)", "memory (B, S, d)", "mask", "memory_mask")
OUT = "out (B, T, d)"
SIZES = (12, 3, 20)  # d_model, num_heads, d_ff
agree = partial(agree, takes=TAKES, returns=(OUT,))
agree_on_each = partial(agree_on_each, takes=TAKES, returns=(OUT,))


class Attention(nn.Module):
    """The parameters of a MultiHeadAttention, under the names of the course."""

    def __init__(self, d_model):
        super().__init__()
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (
            nn.Linear(d_model, d_model) for _ in range(4)
        )

    def of_torch(self, name):
        """Return the same parameters under torch's names."""
        inputs = (self.q_proj, self.k_proj, self.v_proj)
        return {
            f"{name}.in_proj_weight": torch.cat([p.weight for p in inputs]),
            f"{name}.in_proj_bias": torch.cat([p.bias for p in inputs]),
            f"{name}.out_proj.weight": self.out_proj.weight,
            f"{name}.out_proj.bias": self.out_proj.bias,
        }


@cache
def torchs_own(d_model, num_heads, d_ff, norm_first):
    """Make a layer of torch's, once: whoever calls it brings the parameters."""
    return nn.TransformerDecoderLayer(
        d_model, num_heads, d_ff, 0.0, batch_first=True, norm_first=norm_first
    )


class TorchDecoderLayer(nn.Module):
    """Torch's own layer, with parameters and masks as in the assignment."""

    def __init__(self, d_model, num_heads, d_ff, dropout=0.0, norm_first=False):
        super().__init__()
        self.num_heads, self.norm_first = num_heads, norm_first
        self.self_attn, self.cross_attn = Attention(d_model), Attention(d_model)
        self.feed_forward = nn.ModuleDict(
            {"linear1": nn.Linear(d_model, d_ff), "linear2": nn.Linear(d_ff, d_model)}
        )
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(d_model) for _ in range(3))
        # in a tuple, where a module does not look for parameters
        self.own = (torchs_own(d_model, num_heads, d_ff, norm_first),)

    def forward(self, x, memory, mask=None, memory_mask=None):
        parameters = self.self_attn.of_torch("self_attn")
        parameters |= self.cross_attn.of_torch("multihead_attn")
        parameters |= self.feed_forward.named_parameters()
        parameters |= {n: p for n, p in self.named_parameters() if n.startswith("norm")}
        masks = {
            "tgt_mask": self.hidden(mask, x, x), "memory_mask": self.hidden(memory_mask, x, memory)
        }  # fmt: skip
        return functional_call(self.own[0], parameters, (x, memory), masks)

    def hidden(self, mask, looking, seen):
        """Return a mask as torch wants it: (B·heads, T, S), True where nobody may look."""
        if mask is None:
            return None
        shape = (len(looking), self.num_heads, looking.shape[1], seen.shape[1])
        return mask.logical_not().expand(shape).flatten(0, 1)


SHAPES = {name: p.shape for name, p in TorchDecoderLayer(*SIZES).named_parameters()}


def twins(student, draw, sizes=SIZES, **options):
    """Return the student's layer and torch's, with the same parameters."""
    torchs = draw.fill(TorchDecoderLayer(*sizes, **options))
    layer = student.DecoderLayer(*sizes, **options)
    transplant(torchs, layer)
    return layer, torchs


def both_styles(student, draw):
    """Yield a layer in post-norm and one in pre-norm, with parameters that are drawn."""
    for style, norm_first in (("post-norm", False), ("pre-norm", True)):
        yield style, twins(student, draw, norm_first=norm_first)[0]


@question("DecoderLayer")
@points(1)
def test_every_position_of_the_target_gets_a_vector(student, draw):
    """T positions that listen to S become T positions of d features."""
    layer = student.DecoderLayer(*SIZES)
    call(layer, draw(2, 5, 12), draw(2, 7, 12), takes=TAKES, shapes={OUT: (2, 5, 12)})


@question("DecoderLayer")
@points(1)
@needs(test_every_position_of_the_target_gets_a_vector)
def test_the_layer_has_two_attentions_three_norms_and_a_feed_forward(student, draw):
    """self_attn, cross_attn, feed_forward and norm1 to norm3 are there, with their parameters."""
    parameters_are(student.DecoderLayer(*SIZES), SHAPES)


@question("DecoderLayer")
@points(5)
@needs(test_the_layer_has_two_attentions_three_norms_and_a_feed_forward)
def test_post_norm_norms_each_sum(student, draw):
    """In post-norm: self-attention, cross-attention, feed-forward; each sum x + f(x) is normed."""
    # Hint: Silence two of the three parts at a time, by zeros in their last weight and bias. With
    #   which of them is the result right?
    # Hint: For the one that fails, print its inputs, what it finds, and what goes into its norm.
    layer, torchs = twins(student, draw)
    with torch.no_grad():
        agree(layer, torchs, draw(2, 5, 12), draw(2, 7, 12))


@question("DecoderLayer")
@points(4)
@needs(test_the_layer_has_two_attentions_three_norms_and_a_feed_forward)
def test_pre_norm_norms_what_each_part_sees(student, draw):
    """In pre-norm: each part gets the normed x, and is added to the x without a norm."""
    # Hint: Print mean and variance of all that each part is given, and of all that is added. Which
    #   of them should have been normed?
    # Hint: Which norm goes with which part? Set the gain of one of them to 5, and see who notices.
    layer, torchs = twins(student, draw, norm_first=True)
    with torch.no_grad():
        agree(layer, torchs, draw(2, 5, 12), draw(2, 7, 12))


def of_target(layer, x, memory, *masks):
    """Return how each position depends on each of the target, (T, T)."""
    return dependencies(lambda x: layer(x, memory.expand(len(x), -1, -1), *masks), x)


def of_source(layer, x, memory, *masks):
    """Return how each position depends on each of the source, (T, T); it has as many."""
    return dependencies(lambda memory: layer(x.expand(len(memory), -1, -1), memory, *masks), memory)


def require_dependence(D, due, said, seen):
    """Require that position t depends on what `due` says, (T, T) bool, and on nothing else."""
    drawn = where(D, D * due, f"dependence (position, {seen})")
    if found := (D.masked_fill(due, 0.0) > 1e-9 * D.max()).nonzero().tolist():  # rounding: 1e-17
        t, s = found[0]
        raise Failure(f"{said}, position {t} depends on {seen} {s}, which is hidden.", drawn)
    if blind := (due & (D == 0.0)).nonzero().tolist():
        t, s = blind[0]
        raise Failure(f"{said}, position {t} does not depend on {seen} {s}.", drawn)


CAUSAL, ALL, ITSELF = torch.ones(5, 5).bool().tril(), torch.ones(5, 5).bool(), torch.eye(5).bool()


@question("DecoderLayer")
@points(2)
@needs(test_the_layer_has_two_attentions_three_norms_and_a_feed_forward)
def test_a_causal_mask_holds_in_training_and_in_evaluation(student, draw):
    """Under a causal mask no position sees a later one, neither in training nor after eval()."""
    for style, layer in both_styles(student, draw):
        x, memory = draw(5, 12), draw(7, 12)
        training = of_target(layer.train(), x, memory, CAUSAL)
        evaluation = of_target(layer.eval(), x, memory, CAUSAL)
        require_dependence(training, CAUSAL, f"In {style} and in training", "position")
        require_dependence(evaluation, CAUSAL, f"In {style} and after eval()", "position")


@question("DecoderLayer")
@points(2)
@needs(test_the_layer_has_two_attentions_three_norms_and_a_feed_forward)
def test_the_mask_says_who_sees_whom(student, draw):
    """A position sees the positions at which `mask` is True, and itself; all, if there is none."""
    for style, layer in both_styles(student, draw):
        x, memory, mask = draw(5, 12), draw(7, 12), draw.mask(5, 5)
        D = of_target(layer, x, memory)
        require_dependence(D, ALL, f"In {style} without a mask", "position")
        D = of_target(layer, x, memory, mask)
        require_dependence(D, mask | ITSELF, f"In {style} with a mask", "position")


@question("DecoderLayer")
@points(2)
@needs(test_the_layer_has_two_attentions_three_norms_and_a_feed_forward)
def test_every_position_hears_the_whole_source(student, draw):
    """Whatever `mask` hides, each position listens to all of memory, and memory gets a gradient."""
    for style, layer in both_styles(student, draw):
        D = of_source(layer, draw(5, 12), draw(5, 12), CAUSAL)
        require_dependence(D, ALL, f"In {style} under a causal mask", "source position")


@question("DecoderLayer")
@points(1)
@needs(test_every_position_hears_the_whole_source)
def test_there_are_no_other_parameters(student, draw):
    """These parts are all that learns: no other parameters, and none made in a call."""
    no_others(student.DecoderLayer(*SIZES), SHAPES)
    if parameters_made(student, "DecoderLayer", draw(2, 5, 12), draw(2, 7, 12), make=SIZES):
        raise Failure("Each call makes a module with parameters: make it once, in __init__.")


@question("DecoderLayer")
@points(2)
@needs(test_every_position_hears_the_whole_source)
def test_the_memory_mask_says_what_of_the_source_is_heard(student, draw):
    """A position listens to the source where `memory_mask` is True, and nowhere else."""
    for style, layer in both_styles(student, draw):
        # Each position sees itself alone: what it hears has not come through another one.
        mask = draw.mask(5, 5)
        D = of_source(layer, draw(5, 12), draw(5, 12), ITSELF, mask)
        require_dependence(D, mask, f"In {style}", "source position")


@question("DecoderLayer")
@points(2)
@needs(test_post_norm_norms_each_sum)
def test_gradients_of_post_norm_are_right(student, draw):
    """In post-norm, with masks, the gradients for x, memory and all parameters are right."""
    layer, torchs = twins(student, draw)
    agree(layer, torchs, draw(2, 4, 12), draw(2, 6, 12), draw.mask(2, 1, 4, 4), draw.mask(4, 6))


@question("DecoderLayer")
@points(1)
@needs(test_pre_norm_norms_what_each_part_sees)
def test_gradients_of_pre_norm_are_right(student, draw):
    """In pre-norm, with masks, the gradients for x, memory and all parameters are right."""
    layer, torchs = twins(student, draw, norm_first=True)
    agree(layer, torchs, draw(2, 4, 12), draw(2, 6, 12), draw.mask(4, 4), draw.mask(2, 1, 1, 6))


PARTS = {
    "self-attention": "self_attn.out_proj",
    "cross-attention": "cross_attn.out_proj",
    "feed-forward": "feed_forward.linear2",
}


def saying(torchs, speaks):
    """Let one part say 1 at every feature, whatever it is given, and the others 0."""
    parameters = dict(torchs.named_parameters())
    with torch.no_grad():
        for part, name in PARTS.items():
            parameters[f"{name}.weight"].zero_()
            parameters[f"{name}.bias"].fill_(float(part == speaks))


@question("DecoderLayer")
@points(2)
@needs(test_the_layer_has_two_attentions_three_norms_and_a_feed_forward)
def test_dropout_falls_on_what_each_part_says(student, draw):
    """In training, entries of what a part returns are dropped; the residual is not."""
    # A part that says 1 everywhere adds 0 or 1 / (1 - p) to x; one that says 0 leaves no chance.
    p, x, memory = 0.25, draw(16, 5, 12), draw(16, 3, 12)
    for style, norm_first in (("post-norm", False), ("pre-norm", True)):
        layer, torchs = twins(student, draw, dropout=p, norm_first=norm_first)
        layer.train()
        for speaks in (None, *PARTS):
            saying(torchs, speaks)
            transplant(torchs, layer)
            given, shapes = [(x, memory)] * 2, [{OUT: x.shape}] * 2
            (one,), (other,) = call_on_each(layer, given, shapes, takes=TAKES)
            if speaks is None:
                if (one - other).abs().max() > 1e-6:
                    raise Failure(f"In {style}, something else than what the parts say is dropped.")
            elif torch.equal(one, other):
                raise Failure(f"In {style}, no entry of what the {speaks} says is dropped.")
            elif norm_first:
                require_dropped(one - x, p, f"what the {speaks} says")


def require_dropped(added, p, what):
    """Require that each entry is 0 or 1 / (1 - p), the former with the probability p."""
    dropped = added.abs() < 1e-6
    if (~dropped & ((added - 1 / (1 - p)).abs() > 1e-6)).any():
        raise Failure(f"With dropout={p}, what is kept of {what} is not divided by 1 - p.")
    share = float(dropped.double().mean())
    if abs(share - p) > 0.1:  # of 960 entries: 7 standard deviations
        raise Failure(f"With dropout={p}, a share of {share:.2f} of {what} is dropped.")


@question("DecoderLayer")
@points(1)
@needs(test_every_position_hears_the_whole_source)
def test_nothing_is_dropped_after_eval(student, draw):
    """After eval(), a layer with dropout says what one without it says."""
    for norm_first in (False, True):
        torchs = draw.fill(TorchDecoderLayer(*SIZES, norm_first=norm_first))
        layers = make_each(student.DecoderLayer, [(*SIZES, p, norm_first) for p in (0.0, 0.5)])
        for layer in layers:
            transplant(torchs, layer.eval())
        given = (draw(2, 5, 12), draw(2, 7, 12))
        (without,), (with_it,) = call_on_each(
            layers, [given, given], [{OUT: (2, 5, 12)}] * 2, takes=TAKES
        )
        if (without - with_it).abs().max() > 1e-6:
            raise Failure("After eval(), dropout still has an effect.")


@question("DecoderLayer")
@points(1)
@needs(test_post_norm_norms_each_sum)
def test_a_layer_takes_any_sizes(student, draw):
    """One sentence, position or head; as many of one as of another; a long source."""
    many, long = int(draw.integers(64, 80, 1)), int(draw.integers(40, 60, 1))
    sizes = ((1, 5, 7, 12, 3), (2, 1, 4, 12, 3), (2, 4, 1, 12, 3), (3, 4, 4, 12, 3),
             (2, 3, 4, 8, 1), (4, 4, 4, 4, 4), (many, 2, 3, 4, 2), (2, 3, long, 4, 2))  # fmt: skip
    torchs = [draw.fill(TorchDecoderLayer(d, heads, 6)) for *_, d, heads in sizes]
    layers = make_each(student.DecoderLayer, [(d, heads, 6) for *_, d, heads in sizes])
    for pair in zip(torchs, layers, strict=True):
        transplant(*pair)
    layers = [layer.train(number % 2 == 0) for number, layer in enumerate(layers)]
    each = [(draw(B, T, d), draw(B, S, d)) for B, T, S, d, _ in sizes]
    with torch.no_grad():
        agree_on_each(layers, torchs, each)


@question("DecoderLayer")
@points(1)
@needs(test_every_position_hears_the_whole_source)
def test_a_layer_leaves_nothing_to_chance(student, draw):
    """No input and no mask is changed, and calling again gives the same."""
    for norm_first in (False, True):
        layer = student.DecoderLayer(*SIZES, norm_first=norm_first)
        pure(layer, draw(2, 4, 12), draw(2, 6, 12), draw.mask(4, 4), draw.mask(4, 6), takes=TAKES)
