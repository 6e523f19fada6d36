"""Hidden checks of ScaledDotProductAttention; the oracle is torch's own operator.

A wrong scale costs `test_the_scale_is_the_root_of_d` and nothing else: the other checks
read the scale from the student's weights where it is another, and hold the rest against that.
"""

import math
from functools import partial

import torch
from torch.nn.functional import scaled_dot_product_attention

from grader.checks import (
    Disagreement,
    Failure,
    agree,
    call,
    dependencies,
    equal,
    needs,
    points,
    pure,
    question,
    ratio,
    spelled,
    where,
)

TAKES = ("Q (…, n_Q, d)", "K (…, n_K, d)", "V (…, n_K, e)", "mask (…, n_Q, n_K)")
OUT, WEIGHTS = RETURNS = ("out (…, n_Q, e)", "weights (…, n_Q, n_K)")
agree = partial(agree, takes=TAKES, returns=RETURNS)


def inputs(draw, *batch, n_Q=5, n_K=7, d=8, e=3):
    """Draw Q, K and V; all sizes differ unless said otherwise."""
    return draw(*batch, n_Q, d), draw(*batch, n_K, d), draw(*batch, n_K, e)


def oracle(scale):
    """Return torch's attention. Its weights are what it gives for V = I, and carry no gradient."""

    def attention(Q, K, V, mask=None):
        mask = None if mask is None else mask.bool()
        identity = torch.eye(K.size(-2)).expand(*K.shape[:-1], -1)  # (..., n_K, n_K)
        out = scaled_dot_product_attention(Q, K, V, mask, scale=scale)
        weights = scaled_dot_product_attention(Q, K, identity, mask, scale=scale)
        return out, weights.detach()

    return attention


def attend(attention, Q, K, V, **mask):
    """Return the student's out and weights, and require their shapes."""
    *batch, n_Q, _ = Q.shape
    shapes = {OUT: (*batch, n_Q, V.size(-1)), WEIGHTS: (*batch, n_Q, K.size(-2))}
    return call(attention, Q, K, V, takes=TAKES, shapes=shapes, **mask)


def scale_of(weights, Q, K):
    """Return the factor on the student's scores: the ratio of log-weights to Q·K, or None.

    Both are centred first, as a softmax takes no notice of a shift of a whole row.
    """
    logs, scores = weights.log(), Q @ K.mT  # (..., n_Q, n_K)
    logs, scores = (x - x.mean(dim=-1, keepdim=True) for x in (logs, scores))
    factor = ratio(logs, scores, tolerance=1e-4)  # tells factors apart in float32, too
    return factor if factor and factor > 0 else None


def drawn(weights, Q, K, V):
    """Sketch where weights are not torch's."""
    return where(weights, oracle(None)(Q, K, V)[1], WEIGHTS)


def agree_but_for_scale(attention, Q, K, V, **mask):
    """Require results and gradients as torch's, at the scale that is due or else at the student's.

    That is read from their weights, for inputs small enough that no weight is 0.
    """
    try:
        agree(attention, oracle(None), Q, K, V, **mask)
    except Disagreement:
        q, k, v = (x / x.abs().max() for x in (Q, K, V))
        scale = scale_of(attend(attention, q, k, v)[1], q, k)
        if scale is None or math.isclose(scale, Q.size(-1) ** -0.5, rel_tol=1e-4):
            raise
        agree(attention, oracle(scale), Q, K, V, **mask)


def respects(attention, Q, K, V, *masks):
    """Require that each mask leaves the weights of visible keys in proportion, and no others."""
    _, free = attend(attention, Q, K, V)
    for mask in masks:
        _, weights = attend(attention, Q, K, V, mask=mask)
        visible = mask.bool().expand_as(weights)
        share = free * visible  # (..., n_Q, n_K)
        expected = share / share.sum(dim=-1, keepdim=True)
        shown = where(weights, expected, WEIGHTS)
        if not weights[visible].any():
            said = "The mask works the wrong way round: True is where a query may look."
            raise Failure(said, shown)
        if (weights[~visible].abs() > 1e-12).any():
            raise Failure("A key that the mask hides still has weight.", shown)
        equal(weights, expected, "The keys that are left should share the whole weight", WEIGHTS)


@question("ScaledDotProductAttention")
@points(1)
def test_every_query_gets_one_output_and_a_row_of_weights(student, draw):
    """Every query gets one output with the features of V, and one weight for every key."""
    attend(student.ScaledDotProductAttention(), *inputs(draw, 2))


@question("ScaledDotProductAttention")
@points(7)
@needs(test_every_query_gets_one_output_and_a_row_of_weights)
def test_weights_are_a_softmax_over_the_keys(student, draw):
    """The weights of a query are a softmax, over the keys, of its dot products with them."""
    attention, (Q, K, V) = student.ScaledDotProductAttention(), inputs(draw, 2)
    _, weights = attend(attention, Q, K, V)
    if not (weights >= 0).all():
        raise Failure(
            "Some weights are negative or NaN, which no softmax gives.", drawn(weights, Q, K, V)
        )
    for axis, name in ((-2, "the queries"), (0, "the batch")):
        if ((weights.sum(dim=axis) - 1).abs() < 1e-4).all():
            said = f"The weights sum to 1 over {name}; they should do so over the keys."
            raise Failure(said, drawn(weights, Q, K, V))
    if ((weights.sum(dim=-1) - 1).abs() > 1e-4).any():
        said = "The weights of a query do not sum to 1 over the keys."
        raise Failure(said, drawn(weights, Q, K, V))
    if scale_of(weights, Q, K) is None:
        said = "The weights sum to 1, but they do not follow the dot products of Q and K."
        raise Failure(said, drawn(weights, Q, K, V))


@question("ScaledDotProductAttention")
@points(6)
@needs(test_weights_are_a_softmax_over_the_keys)
def test_the_scale_is_the_root_of_d(student, draw):
    """The dot products are divided by √d before the softmax, where d is the features of a query."""
    attention = student.ScaledDotProductAttention()
    for n_Q, n_K, d in ((5, 7, 8), (4, 9, 6)):
        Q, K, V = inputs(draw, 2, n_Q=n_Q, n_K=n_K, d=d)
        _, weights = attend(attention, Q, K, V)
        scale = scale_of(weights, Q, K)
        factor = math.nan if scale is None else scale * math.sqrt(d)
        if not abs(factor - 1) < 1e-4:
            said = f"With d = {d}, the scores are {spelled(factor)} × what they should be."
            raise Failure(said, drawn(weights, Q, K, V))


@question("ScaledDotProductAttention")
@points(4)
@needs(test_every_query_gets_one_output_and_a_row_of_weights)
def test_output_is_the_values_mixed_by_the_weights(student, draw):
    """The output of a query is the sum of all values, each times its weight."""
    Q, K, V = inputs(draw, 2)
    out, weights = attend(student.ScaledDotProductAttention(), Q, K, V)
    if (weights == weights[0, 0, 0]).all():
        raise Failure("All weights are the same, whatever the queries and keys.")
    equal(out, weights @ V, "The output is not your weights times V", OUT)


@question("ScaledDotProductAttention")
@points(5)
@needs(test_weights_are_a_softmax_over_the_keys, test_output_is_the_values_mixed_by_the_weights)
def test_gradients_reach_queries_keys_and_values(student, draw):
    """The gradients of the output with respect to Q, K and V are right."""
    agree_but_for_scale(student.ScaledDotProductAttention(), *inputs(draw, 2))


@question("ScaledDotProductAttention")
@points(3)
@needs(test_gradients_reach_queries_keys_and_values)
def test_attention_takes_any_sizes(student, draw):
    """Any number of batch dimensions will do, and any sizes: one query, one key, all equal."""
    attention = student.ScaledDotProductAttention()
    for batch, n_Q, n_K, d, e in (
        ((), 5, 7, 8, 3),
        ((1,), 5, 7, 8, 3),
        ((2, 3), 5, 7, 8, 4),
        ((2,), 1, 6, 4, 3),
        ((3,), 3, 3, 3, 3),
        ((1,), 1, 1, 1, 1),
    ):
        QKV = inputs(draw, *batch, n_Q=n_Q, n_K=n_K, d=d, e=e)
        agree_but_for_scale(attention, *QKV)


@question("ScaledDotProductAttention")
@points(3)
@needs(test_gradients_reach_queries_keys_and_values)
def test_large_scores_do_not_overflow(student, draw):
    """Scores in the thousands are no problem, as a softmax may subtract a row's largest first."""
    Q, K, V = inputs(draw, 2)
    agree_but_for_scale(student.ScaledDotProductAttention(), 60 * Q, 60 * K, V)


@question("ScaledDotProductAttention")
@points(4)
@needs(test_weights_are_a_softmax_over_the_keys)
def test_visible_keys_share_the_whole_weight(student, draw):
    """A key that the mask hides from a query gets no weight, and the others share it all."""
    QKV, full = inputs(draw, 2), torch.ones(2, 5, 7).bool()
    masks = draw.mask(2, 5, 7), full.tril(), full
    respects(student.ScaledDotProductAttention(), *QKV, *masks)


@question("ScaledDotProductAttention")
@points(2)
@needs(test_visible_keys_share_the_whole_weight)
def test_masks_may_be_numbers(student, draw):
    """A mask of 0 and 1, whole numbers or not, means the same as one of False and True."""
    QKV, mask = inputs(draw, 2), draw.mask(2, 5, 7)
    respects(student.ScaledDotProductAttention(), *QKV, mask.long(), mask.double())


@question("ScaledDotProductAttention")
@points(2)
@needs(test_visible_keys_share_the_whole_weight)
def test_masks_are_broadcast_over_the_batch(student, draw):
    """A mask (n_Q, n_K) holds for the whole batch, and one (B, 1, n_Q, n_K) for every head."""
    QKV, shapes = inputs(draw, 2, 3), ((5, 7), (2, 1, 5, 7), (2, 3, 1, 7))
    respects(student.ScaledDotProductAttention(), *QKV, *(draw.mask(*shape) for shape in shapes))


@question("ScaledDotProductAttention")
@points(2)
@needs(test_visible_keys_share_the_whole_weight, test_gradients_reach_queries_keys_and_values)
def test_a_causal_mask_hides_the_future(student, draw):
    """Under a causal mask, no position depends on a later one, and the gradients are right."""
    attention, x = student.ScaledDotProductAttention(), draw(6, 4)
    causal = torch.ones(6, 6).tril().bool()
    D = dependencies(attention, x, x, x, mask=causal)  # (T, T)
    later = (D.triu(1) > 1e-9 * D.max()).nonzero().tolist()  # rounding leaves 1e-17
    if later:
        said = "Position {} depends on position {}, which is later.".format(*later[0])
        raise Failure(said, where(D, D.tril(), "dependence (position, source)"))
    agree_but_for_scale(attention, x, x, x, mask=causal)


@question("ScaledDotProductAttention")
@points(1)
@needs(test_every_query_gets_one_output_and_a_row_of_weights)
def test_attention_leaves_nothing_to_chance(student, draw):
    """A call changes none of its inputs, and calling again gives the same."""
    pure(student.ScaledDotProductAttention(), *inputs(draw, 2), takes=TAKES)
