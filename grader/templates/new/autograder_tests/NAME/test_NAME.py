"""Hidden checks of NAME; the oracle is torch's own operator, so they test the solution as well.

A check is a pytest function. Students read its docstring, and of what goes wrong only what a
`Failure` says (`agree`, `call` and the like raise it). Begin a question with a cheap check that the
others need. In one process: python -m pytest autograder_tests
"""

from functools import partial

from torch import Tensor, nn
from torch.nn.functional import layer_norm

from grader.checks import (
    Draw,
    Subject,
    agree,
    assuming,
    call,
    needs,
    parameters_are,
    points,
    question,
    transplant,
)

agree = partial(agree, takes=("x (…, d)",), returns=("y (…, d)",))

# A slip in `standardize` costs nothing in `LayerNorm`: there this one takes its place.
with_right_parts = assuming(
    standardize="""
def standardize(x, eps=1e-5):
    centred = x - x.mean(-1, keepdim=True)
    return centred * (centred.square().mean(-1, keepdim=True) + eps).rsqrt()
"""
)


def oracle(x: Tensor) -> Tensor:
    """Return torch's layer normalisation without weight and bias."""
    return layer_norm(x, x.shape[-1:])


@question("standardize")
@points(1)
def test_the_shape_stays(student: Subject, draw: Draw) -> None:
    """The result has the shape of x."""
    call(student.standardize, draw(5, 8), takes=("x (n, d)",), shapes={"y (n, d)": (5, 8)})


@question("standardize")
@points(6)
@needs(test_the_shape_stays)
def test_every_vector_is_standardized(student: Subject, draw: Draw) -> None:
    """Each vector is centred, and divided by the root of variance plus eps; gradients are right."""
    agree(student.standardize, oracle, 2 + draw(5, 8, scale=0.1))  # small enough for eps to count


@question("standardize")
@points(3)
@needs(test_every_vector_is_standardized)
def test_any_batch_dimensions_will_do(student: Subject, draw: Draw) -> None:
    """A single vector will do, and so will any number of batch dimensions."""
    for shape in ((8,), (1, 4), (2, 3, 4), (4, 4, 4), (2, 1, 3, 5)):
        agree(student.standardize, oracle, draw(*shape))


@question("LayerNorm")
@points(1)
@with_right_parts
def test_weight_and_bias_are_parameters(student: Subject, draw: Draw) -> None:
    """`weight` and `bias` are parameters with one number per feature each."""
    parameters_are(student.LayerNorm(8), {"weight": (8,), "bias": (8,)})


@question("LayerNorm")
@points(3)
@needs(test_weight_and_bias_are_parameters)
@with_right_parts
def test_a_new_layer_only_standardizes(student: Subject, draw: Draw) -> None:
    """The weight begins as 1 and the bias as 0, so that a new layer only standardizes."""
    agree(student.LayerNorm(8), nn.LayerNorm(8), draw(5, 8))


@question("LayerNorm")
@points(6)
@needs(test_weight_and_bias_are_parameters)
@with_right_parts
def test_the_weight_scales_and_the_bias_shifts(student: Subject, draw: Draw) -> None:
    """What is standardized is multiplied by the weight, and then the bias is added."""
    torchs, layer = draw.fill(nn.LayerNorm(8)), student.LayerNorm(8)
    transplant(torchs, layer)
    agree(layer, torchs, draw(2, 3, 8))
