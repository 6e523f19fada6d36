"""Hidden checks of soft_attention; the oracle scores one place of one picture after the other."""

import torch

from grader.checks import (
    Failure,
    agree,
    agree_on_each,
    call,
    equal,
    needs,
    points,
    pure,
    question,
)

TAKES = ("h (B, H)", "features (B, L, F)", "W_h (A, H)", "W_f (A, F)", "v (A)", "mask (B, L)")
CONTEXT, WEIGHTS = RETURNS = ("context (B, F)", "weights (B, L)")


def attend(h, features, W_h, W_f, v, mask=None):
    """Do what soft_attention should do, place by place."""
    rows = []
    for b, places in enumerate(features):
        scores = torch.stack([v.dot(torch.tanh(W_h.mv(h[b]) + W_f.mv(f))) for f in places])
        rows.append(scores if mask is None else scores.where(mask[b], -torch.inf))
    weights = torch.stack(rows).softmax(dim=1)
    return torch.einsum("bl,blf->bf", weights, features), weights.detach()


def looks(draw, B=3, L=5, F=4, H=2, A=6):
    """Draw what soft_attention is given, with scores that differ from place to place."""
    return draw(B, H), draw(B, L, F), draw(A, H), draw(A, F, scale=0.5), draw(A)


def attended(student, given, *mask):
    """Return the student's context and weights, and require their shapes."""
    B, L, F = given[1].shape
    shapes = {CONTEXT: (B, F), WEIGHTS: (B, L)}
    return call(student.soft_attention, *given, *mask, takes=TAKES, shapes=shapes)


@question("soft_attention")
@points(1)
def test_there_are_a_context_and_weights(student, draw):
    """Every picture gets a context with F features, and a weight for each of L places."""
    attended(student, looks(draw))


@question("soft_attention")
@points(6)
@needs(test_there_are_a_context_and_weights)
def test_weights_are_a_softmax_of_scores(student, draw):
    """The weights are the softmax, over the places, of v · tanh(W_h h + W_f f)."""
    # Hint: Take one picture with two places, A = H = F = 1 and weights of 1. Work out both scores
    #   by hand, and print yours.
    # Hint: If the scores are right and the weights are not, over which axis does the softmax run?
    for _ in range(2):
        given = looks(draw)
        _, weights = attended(student, given)
        if ((weights.sum(dim=1) - 1).abs() > 1e-4).any():
            raise Failure("The weights of a picture do not sum to 1.")
        equal(weights, attend(*given)[1], "They do not follow from the scores", WEIGHTS)


@question("soft_attention")
@points(4)
@needs(test_there_are_a_context_and_weights)
def test_the_context_is_the_mean_by_the_weights(student, draw):
    """The context is the sum of the features themselves, each times its weight."""
    given = looks(draw)
    context, weights = attended(student, given)
    if not weights.any():
        raise Failure("All weights are 0.")
    due = torch.einsum("bl,blf->bf", weights, given[1])
    equal(context, due, "The context does not follow from your weights", CONTEXT)


@question("soft_attention")
@points(3)
@needs(test_weights_are_a_softmax_of_scores, test_the_context_is_the_mean_by_the_weights)
def test_gradients_reach_all_that_is_given(student, draw):
    """The gradients for h, features, W_h, W_f and v are right."""
    agree(student.soft_attention, attend, *looks(draw), takes=TAKES, returns=RETURNS)


@question("soft_attention")
@points(3)
@needs(test_there_are_a_context_and_weights)
def test_hidden_places_are_not_looked_at(student, draw):
    """Where the mask is False the weight is 0, and the softmax is over the other places."""
    given, mask = looks(draw), draw.mask(3, 5)
    _, free = attended(student, given)
    context, weights = attended(student, given, mask)
    share = free * mask
    due = share / share.sum(dim=1, keepdim=True)
    equal(weights, due, "With a mask, they do not follow from those without", WEIGHTS)
    seen = torch.einsum("bl,blf->bf", due, given[1])
    equal(context, seen, "With a mask, the context does not follow from the weights", CONTEXT)


@question("soft_attention")
@points(2)
@needs(test_weights_are_a_softmax_of_scores, test_the_context_is_the_mean_by_the_weights)
def test_any_sizes_will_do(student, draw):
    """One picture, place or feature, all sizes equal, B = L, and scores of a thousand."""
    (many,) = draw.integers(130, 150, 1).tolist()
    sizes = ((1, 5, 4, 2, 6), (3, 1, 4, 2, 6), (4, 4, 3, 2, 5), (2, 5, 1, 1, 1), (3, 3, 3, 3, 3),
             (many, 2, 2, 2, 3), (2, many, 2, 2, 3))  # fmt: skip
    each = [looks(draw, *size) for size in sizes]
    with torch.no_grad():
        agree_on_each(student.soft_attention, attend, each, takes=TAKES, returns=RETURNS)
    h, features, W_h, W_f, v = looks(draw)
    W_h[0], v[0] = 1e6 * W_h[0], 1000.0  # this tanh is ±1 at all places: it shifts all scores
    context, _ = attended(student, (h, features, W_h, W_f, v))
    if not context.isfinite().all():
        raise Failure("With scores of a thousand, the context is infinite or NaN.")


@question("soft_attention")
@points(1)
@needs(test_there_are_a_context_and_weights)
def test_what_is_given_is_only_read(student, draw):
    """Neither the state nor features, weights or mask are changed in place."""
    pure(student.soft_attention, *looks(draw), draw.mask(3, 5), takes=TAKES)
