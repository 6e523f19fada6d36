"""Hidden checks of MultiHeadAttention; the oracle is torch's own operator with the same weights.

A slip in an earlier question costs nothing here: the parts are taken as right. These checks come
last (pytest goes by file name), since code that is given the right parts could keep them. A wrong
scale costs `test_the_scale_is_the_root_of_d_head` and nothing else: the other checks read the scale
from the student's weights where it is another, and hold the rest against attention of that scale.
"""

import math
from functools import partial

import torch
from torch import nn
from torch.nn.functional import multi_head_attention_forward

from grader.checks import (
    Disagreement,
    Failure,
    agree,
    assuming,
    call,
    dependencies,
    equal,
    needs,
    parameters_are,
    points,
    pure,
    question,
    ratio,
    spelled,
    transplant,
    where,
)

TAKES = ("Q (B, n_Q, d_model)", "K (B, n_K, d_model)", "V (B, n_K, d_model)")
OUT, WEIGHTS = RETURNS = ("out (B, n_Q, d_model)", "weights (B, H, n_Q, n_K)")
agree = partial(agree, takes=TAKES, returns=RETURNS)

with_right_parts = assuming(
    ScaledDotProductAttention="""
from torch import nn

class ScaledDotProductAttention(nn.Module):
    def forward(self, Q, K, V, mask=None):
        scores = Q @ K.mT * Q.size(-1) ** -0.5
        if mask is not None:
            scores = scores.masked_fill(mask == 0, float("-inf"))
        weights = scores.softmax(dim=-1)
        return weights @ V, weights
""",
    split_heads="""
def split_heads(x, num_heads):
    return x.unflatten(-1, (num_heads, -1)).transpose(1, 2)
""",
    merge_heads="""
def merge_heads(x):
    return x.transpose(1, 2).flatten(2)
""",
)


class TorchMultiHeadAttention(nn.Module):
    """Torch's own operator, with the parameters of the assignment and a free scale."""

    def __init__(self, d_model, num_heads):
        super().__init__()
        self.num_heads, self.d_head = num_heads, d_model // num_heads
        self.scale = self.d_head**-0.5
        self.q_proj, self.k_proj, self.v_proj, self.out_proj = (
            nn.Linear(d_model, d_model) for _ in range(4)
        )

    def forward(self, Q, K, V, mask=None):
        if mask is not None:  # torch wants (B·H, n_Q, n_K), True where a query may *not* look
            shape = (len(Q), self.num_heads, Q.size(1), K.size(1))
            mask = mask.bool().logical_not().expand(shape).flatten(0, 1)
        factor = self.scale * math.sqrt(self.d_head)  # torch itself divides by √d_head
        q, k, v = self.q_proj, self.k_proj, self.v_proj
        out, weights = multi_head_attention_forward(
            *(x.transpose(0, 1) for x in (Q, K, V)),
            embed_dim_to_check=Q.size(-1),
            num_heads=self.num_heads,
            in_proj_weight=None,
            in_proj_bias=torch.cat([factor * q.bias, k.bias, v.bias]),
            bias_k=None,
            bias_v=None,
            add_zero_attn=False,
            dropout_p=0.0,
            out_proj_weight=self.out_proj.weight,
            out_proj_bias=self.out_proj.bias,
            attn_mask=mask,
            use_separate_proj_weight=True,
            q_proj_weight=factor * q.weight,
            k_proj_weight=k.weight,
            v_proj_weight=v.weight,
            average_attn_weights=False,
        )
        return out.transpose(0, 1), weights.detach()

    @torch.no_grad()
    def scores(self, Q, K):
        """Return the dot products of queries and keys in each head, (B, H, n_Q, n_K)."""
        return self.split(self.q_proj(Q)) @ self.split(self.k_proj(K)).mT

    @torch.no_grad()
    def mixed(self, weights, V):
        """Return the output that follows from given weights (B, H, n_Q, n_K)."""
        heads = weights @ self.split(self.v_proj(V))  # (B, H, n_Q, d_head)
        return self.out_proj(torch.cat(heads.unbind(dim=1), dim=-1))

    def split(self, x):
        return torch.stack(x.chunk(self.num_heads, dim=-1), dim=1)  # (B, H, n, d_head)


def attend(layer, num_heads, Q, K, V, **mask):
    """Return the student's out and weights, and require their shapes."""
    shapes = {OUT: Q.shape, WEIGHTS: (len(Q), num_heads, Q.size(1), K.size(1))}
    return call(layer, Q, K, V, takes=TAKES, shapes=shapes, **mask)


def twins(student, draw, d_model, num_heads, **options):
    """Return the student's layer, in evaluation, and torch's with its parameters."""
    torchs = draw.fill(TorchMultiHeadAttention(d_model, num_heads))
    layer = student.MultiHeadAttention(d_model, num_heads, **options)
    transplant(torchs, layer)
    return layer.eval(), torchs


def scale_of(weights, torchs, x):
    """Return the factor on the student's scores: the ratio of log-weights to Q·K, or 1/√d_head.

    Both are centred first, as a softmax takes no notice of a shift of a whole row.
    """
    pair = weights.log(), torchs.scores(x, x)
    logs, scores = (y - y.mean(dim=-1, keepdim=True) for y in pair)
    return ratio(logs, scores, tolerance=1e-4) or torchs.scale


def agree_but_for_scale(layer, torchs, *QKV):
    """Require results and gradients as torch's, at the scale that is due or else at the layer's."""
    try:
        agree(layer, torchs, *QKV)
    except Disagreement:
        x = QKV[0] / QKV[0].abs().max()  # keeps the weights off 0, where they tell no scale
        due = torchs.scale
        torchs.scale = scale_of(attend(layer, torchs.num_heads, x, x, x)[1], torchs, x)
        if math.isclose(torchs.scale, due, rel_tol=1e-4):
            raise
        agree(layer, torchs, *QKV)


@question("MultiHeadAttention")
@points(2)
@with_right_parts
def test_every_position_gets_one_output_and_a_row_of_weights_per_head(student, draw):
    """Every position gets one output of d_model features and, in each head, a weight per key."""
    x = draw(2, 5, 12)
    attend(student.MultiHeadAttention(12, 3), 3, x, x, x)


@question("MultiHeadAttention")
@points(2)
@needs(test_every_position_gets_one_output_and_a_row_of_weights_per_head)
@with_right_parts
def test_the_four_projections_are_parameters(student, draw):
    """q_proj, k_proj, v_proj and out_proj map d_model features to d_model, each with a bias."""
    shapes = {}
    for name in ("q_proj", "k_proj", "v_proj", "out_proj"):
        shapes |= {f"{name}.weight": (12, 12), f"{name}.bias": (12,)}
    parameters_are(student.MultiHeadAttention(12, 3), shapes)


@question("MultiHeadAttention")
@points(6)
@needs(test_the_four_projections_are_parameters)
@with_right_parts
def test_every_head_compares_its_own_queries_and_keys(student, draw):
    """The weights of head h come from the h-th slices of q_proj(Q) and k_proj(K)."""
    x = draw(2, 5, 12)
    layer, torchs = twins(student, draw, 12, 3)
    _, weights = attend(layer, 3, x, x, x)
    expected = (scale_of(weights, torchs, x) * torchs.scores(x, x)).softmax(dim=-1)
    equal(weights, expected, "They do not follow from q_proj(Q) and k_proj(K)", WEIGHTS)


@question("MultiHeadAttention")
@points(4)
@needs(test_every_head_compares_its_own_queries_and_keys)
@with_right_parts
def test_the_scale_is_the_root_of_d_head(student, draw):
    """The scores of a head are divided by √d_head, as its queries have d_head features."""
    for d_model, num_heads in ((12, 3), (10, 2)):
        x = draw(2, 5, d_model)
        layer, torchs = twins(student, draw, d_model, num_heads)
        _, weights = attend(layer, num_heads, x, x, x)
        scale = scale_of(weights, torchs, x)
        factor = scale * math.sqrt(torchs.d_head)
        if abs(factor - 1) > 1e-4:
            by_model = math.isclose(scale, d_model**-0.5, rel_tol=1e-4)
            raise Failure(
                f"With d_model = {d_model} and {num_heads} heads, the scores are "
                f"{spelled(factor)} × what they should be"
                + (": they are divided by √d_model." if by_model else "."),
                where(weights, (torchs.d_head**-0.5 * torchs.scores(x, x)).softmax(-1), WEIGHTS),
            )


@question("MultiHeadAttention")
@points(8)
@needs(test_the_four_projections_are_parameters)
@with_right_parts
def test_heads_are_merged_and_projected(student, draw):
    """Each head mixes its slice of v_proj(V); side by side they go through out_proj."""
    x = draw(2, 5, 12)
    layer, torchs = twins(student, draw, 12, 3)
    out, weights = attend(layer, 3, x, x, x)
    if (weights == weights[0, 0, 0, 0]).all():
        raise Failure("All weights are the same, whatever the queries and keys.")
    equal(out, torchs.mixed(weights, x), "The output does not follow from your weights", OUT)


@question("MultiHeadAttention")
@points(4)
@needs(test_heads_are_merged_and_projected)
@with_right_parts
def test_queries_may_look_at_another_sequence(student, draw):
    """Q, K and V may come from different sequences, and n_Q need not be n_K."""
    Q, K, V = draw(2, 5, 12), draw(2, 7, 12), draw(2, 7, 12)
    layer, torchs = twins(student, draw, 12, 3)
    out, weights = attend(layer, 3, Q, K, V)
    equal(out, torchs.mixed(weights, V), "The output does not follow from your weights", OUT)


@question("MultiHeadAttention")
@points(5)
@needs(test_every_head_compares_its_own_queries_and_keys, test_queries_may_look_at_another_sequence)
@with_right_parts
def test_gradients_reach_all_inputs_and_parameters(student, draw):
    """The gradients with respect to Q, K, V and all parameters are right."""
    layer, torchs = twins(student, draw, 12, 3)
    agree_but_for_scale(layer, torchs, draw(2, 5, 12), draw(2, 7, 12), draw(2, 7, 12))


@question("MultiHeadAttention")
@points(2)
@needs(test_every_head_compares_its_own_queries_and_keys, test_heads_are_merged_and_projected)
@with_right_parts
def test_the_layer_takes_any_sizes(student, draw):
    """One sequence, one position, one head, one feature a head, all sizes equal, large inputs."""
    with torch.no_grad():
        for B, T, d_model, H in (
            (1, 5, 12, 3),
            (2, 1, 12, 3),
            (2, 5, 8, 1),
            (2, 5, 4, 4),
            (4, 4, 4, 2),
        ):
            x = draw(B, T, d_model)
            agree_but_for_scale(*twins(student, draw, d_model, H), x, x, x)
        x = 60 * draw(2, 5, 12)
        agree_but_for_scale(*twins(student, draw, 12, 3), x, x, x)


@question("MultiHeadAttention")
@points(3)
@needs(test_the_four_projections_are_parameters)
@with_right_parts
def test_masked_keys_get_no_weight_in_any_head(student, draw):
    """A key that the mask hides gets no weight, be the mask for all, for a sequence or a head."""
    x = draw(2, 5, 12)
    layer, _ = twins(student, draw, 12, 3)
    _, free = attend(layer, 3, x, x, x)
    masks = [draw.mask(*shape) for shape in ((5, 5), (2, 1, 5, 5), (2, 3, 5, 5), (2, 1, 1, 5))]
    for mask in (*masks, masks[0].long()):
        _, weights = attend(layer, 3, x, x, x, mask=mask)
        share = free * mask  # (B, H, n_Q, n_K)
        expected = share / share.sum(dim=-1, keepdim=True)
        otherwise = f"A mask {tuple(mask.shape)} is not respected"
        equal(weights, expected, otherwise, WEIGHTS)


@question("MultiHeadAttention")
@points(1)
@needs(test_masked_keys_get_no_weight_in_any_head)
@with_right_parts
def test_a_causal_mask_hides_the_future_from_the_layer(student, draw):
    """Under a causal mask, no position depends on a later one."""
    layer, _ = twins(student, draw, 12, 3)
    x, causal = draw(5, 12), torch.ones(5, 5).tril().bool()
    D = dependencies(layer, x, x, x, mask=causal)  # (T, T)
    later = (D.triu(1) > 1e-9 * D.max()).nonzero().tolist()  # rounding leaves 1e-17
    if later:
        said = "Position {} depends on position {}, which is later.".format(*later[0])
        raise Failure(said, where(D, D.tril(), "dependence (position, source)"))


@question("MultiHeadAttention")
@points(2)
@needs(test_heads_are_merged_and_projected)
@with_right_parts
def test_dropout_acts_on_the_weights_in_training(student, draw):
    """In training each weight is dropped with probability p, or else divided by 1 - p."""
    # V = (I, I) in each head, and v_proj and out_proj do nothing: so the output reads the weights
    # twice. Dropout on anything but the weights makes the two differ, or shifts the proportions.
    p, B, H, n = 0.25, 24, 2, 4
    x = torch.eye(n).repeat(1, 2 * H).expand(B, n, 2 * H * n)
    layer, torchs = twins(student, draw, 2 * H * n, H, dropout=p)
    for linear in (torchs.v_proj, torchs.out_proj):
        nn.init.eye_(linear.weight)
        nn.init.zeros_(linear.bias)
    transplant(torchs, layer)
    _, expected = attend(layer, H, x, x, x)
    out, weights = attend(layer.train(), H, x, x, x)
    equal(weights, expected, "In training, too, return the weights before dropout", WEIGHTS)
    read = out.unflatten(-1, (H, 2, n)).permute(3, 0, 2, 1, 4)  # (2, B, H, n_Q, n_K)
    dropped = read.abs() < 1e-6
    if not dropped.any():
        raise Failure(f"In training with dropout={p}, no weight is dropped.")
    if (dropped[0] != dropped[1]).any():
        raise Failure("In training, something else than the weights is dropped.")
    for axis, shared in enumerate(("sequences", "heads", "queries", "keys")):
        if (dropped[0] == dropped[0].narrow(axis, 0, 1)).all():
            raise Failure(f"In training, weights are dropped for all {shared} at once.")
    share = float(dropped.double().mean())
    if abs(share - p) > 0.1:  # of 768 weights: more than 6 standard deviations
        raise Failure(f"With dropout={p}, a share of {share:.2f} of the weights is dropped.")
    kept = expected.expand_as(read)[~dropped] / (1 - p)
    equal(read[~dropped], kept, "With dropout=p, the weights that are kept are divided by 1 - p")


@question("MultiHeadAttention")
@points(1)
@needs(test_heads_are_merged_and_projected)
@with_right_parts
def test_the_layer_leaves_nothing_to_chance(student, draw):
    """No input is changed; without dropout, or after eval(), calling again gives the same."""
    x = draw(2, 5, 12)
    pure(student.MultiHeadAttention(12, 3).train(), x, x, x, takes=TAKES)
    layer, torchs = twins(student, draw, 12, 3, dropout=0.5)
    pure(layer, x, x, x, takes=TAKES)
    out, weights = attend(layer, 3, x, x, x)
    equal(out, torchs.mixed(weights, x), "After eval(), dropout still has an effect", OUT)
