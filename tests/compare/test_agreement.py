"""Agreement with an oracle in results and gradients, and the numbers that are kept of it."""

import warnings
from contextlib import suppress

import pytest
import torch
from torch import nn

from grader.compare.agreement import agree, agree_on_each
from grader.compare.calls import call, call_on_each
from grader.compare.disagreement import Disagreement
from grader.compare.record import Unlike, note, recorded, same
from grader.compare.trial import Remark


def product(x, y):
    """The oracle of most tests here."""
    return x @ y


class Affine(nn.Module):
    def __init__(self, forward=lambda self, x: self.linear(x)):
        super().__init__()
        torch.manual_seed(0)
        self.linear = nn.Linear(4, 3)
        self._forward = forward

    def forward(self, x):
        return self._forward(self, x)


def disagreement(actual, expected, *inputs, **options):
    with pytest.raises(Disagreement) as caught:
        agree(actual, expected, *inputs, **options)
    return str(caught.value)


def test_equal_functions_agree(draw):
    agree(lambda x, y: torch.einsum("ij,jk->ik", x, y), product, draw(2, 3), draw(3, 4))


def test_the_call_is_described_by_names_and_sizes(draw):
    def wrong(x, y):
        return 2 * (x @ y)

    words = disagreement(
        wrong, product, draw(2, 3), draw(3, 4), takes=("x (B, d)", "y (d, e)"), returns=["z (B, e)"]
    )
    assert words == (
        "wrong with `x` (B=2, d=3), `y` (d=3, e=4): `z` is 2 × what it should be, everywhere."
    )


def test_right_values_with_a_wrong_gradient_disagree(draw):
    words = disagreement(lambda x, y: x @ y.detach(), product, draw(2, 3), draw(3, 4))
    assert "no gradient reaches `y`" in words and "`x`:" not in words


def test_a_gradient_that_a_sum_would_hide_is_found(draw):
    def half(x):
        w = x.softmax(-1)
        return (w + w.detach()) / 2

    disagreement(half, lambda x: x.softmax(-1), draw(3, 4))  # the gradient of its sum is 0


def test_no_grad_compares_values_alone(draw):
    with torch.no_grad():
        agree(lambda x, y: x @ y.detach(), product, draw(2, 3), draw(3, 4))


def test_results_without_gradient_in_the_oracle_may_have_one(draw):
    agree(lambda x: (2 * x, x + 1), lambda x: (2 * x, (x + 1).detach()), draw(3))
    agree(lambda x: (2 * x, (x + 1).detach()), lambda x: (2 * x, (x + 1).detach()), draw(3))


def test_parameters_of_modules_are_compared_by_name(draw):
    agree(Affine(), Affine(), draw(2, 4))
    wrong = Affine(
        lambda self, x: nn.functional.linear(x, self.linear.weight, self.linear.bias.data)
    )
    assert "no gradient reaches `linear.bias`" in disagreement(wrong, Affine(), draw(2, 4))


def test_nested_states_are_inputs_like_others(draw):
    def cell(x, state):
        h, c = state
        return x + h, (h, c * x)

    def cut(x, state):
        h, c = state
        return x + h, (h, c.detach() * x)

    state = (draw(2, 3), draw(2, 3))
    agree(cell, cell, draw(2, 3), state)
    assert "no gradient reaches `state[1]`" in disagreement(cut, cell, draw(2, 3), state)


@pytest.mark.parametrize(
    ("function", "words"),
    [
        (lambda x, y: None, "the result is None: is a `return` missing?"),
        (lambda x, y: "z", "the result holds a str"),
        (lambda x, y: (x @ y, x), "returns 2 values, not 1: `result`"),
        (lambda x, y: (x @ y).mT, "axis 0 and axis 1 are swapped"),
        (lambda x, y: (x @ y).long(), "holds int64"),
    ],
)
def test_other_results_are_explained(draw, function, words):
    assert words in disagreement(function, product, draw(2, 3), draw(3, 4))


def test_an_optional_argument_that_breaks_it_is_named(draw):
    def oracle(x, mask=None):
        return x if mask is None else x * mask

    words = disagreement(lambda x, mask=None: 1.5 * x * (mask is not None) + x * (mask is None),
                         oracle, draw(2, 3), mask=draw(2, 3))  # fmt: skip
    assert words.endswith("; it is right without `mask`.")


def test_changing_an_input_in_place_does_not_disturb_the_comparison(draw):
    x = draw(2, 3)
    before = x.clone()
    agree(lambda x: x.mul_(2), lambda x: 2 * x, x)
    assert torch.equal(x, before)


def double_in_float32(x):
    return 2 * x.float()


def cast_back(x):
    return (x.float().exp()).double()


def clash(x):
    return x @ torch.ones(3, 3, dtype=torch.float32)


@pytest.mark.parametrize(
    ("function", "oracle"),
    [
        (double_in_float32, lambda x: 2 * x),
        (cast_back, torch.exp),
        (clash, lambda x: x @ torch.ones(3, 3, dtype=x.dtype)),
    ],
)
def test_float32_costs_nothing_and_is_remarked_on_where_it_shows(draw, function, oracle):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        agree(function, lambda x: oracle(x), 3 * draw(2, 3))
    said = {str(w.message) for w in caught if issubclass(w.category, Remark)}
    assert len(said) <= 1 and (function is cast_back or said)


def test_float32_does_not_excuse_a_mistake(draw):
    with pytest.raises(Disagreement):
        agree(lambda x: 2.001 * x.float(), lambda x: 2 * x, draw(2, 3))
    with pytest.raises(Disagreement):
        agree(lambda x: (x.half() * 2.1).double(), lambda x: 2 * x, draw(2, 3))


def test_the_tolerance_of_float32_follows_the_results_and_not_the_inputs(draw):
    def normed(x):
        return nn.functional.layer_norm(x, x.shape[-1:])

    large = 1e5 * draw(4, 8)
    agree(lambda x: normed(x.float()), normed, large)
    for wrong in (
        lambda x: (0 * x).float(),
        lambda x: ((x - x.mean(-1, keepdim=True)) / x.std(-1, keepdim=True)).float(),
    ):
        with pytest.raises(Disagreement):
            agree(wrong, normed, large)
    with pytest.raises(Disagreement):  # 1/8, too, is a number that float32 holds
        agree(lambda x: torch.full(x.shape, 1 / x.size(-1)).to(x), lambda x: x.softmax(-1), large)
    scores = 3000 * draw(4, 8)  # of which float32 keeps three digits behind the point
    agree(lambda x: x.float().softmax(-1).double(), lambda x: x.softmax(-1), scores)


def test_a_module_in_float32_is_judged_and_left_as_it_was(draw):
    module = Affine()
    module.linear.weight.data = module.linear.weight.data.float()
    module.linear.bias.data = module.linear.bias.data.float()
    expected = Affine()
    with pytest.warns(Remark):
        agree(module, expected, draw(2, 4))
    assert module.linear.weight.dtype is torch.float32


def test_an_error_of_the_code_passes_through(draw):
    def broken(x, y):
        raise ZeroDivisionError("theirs")

    with pytest.raises(ZeroDivisionError, match="theirs"):
        agree(broken, product, draw(2, 3), draw(3, 4))


def test_a_dtype_error_that_float32_does_not_cure_stays_as_it_was(draw):
    def broken(x):
        raise RuntimeError(f"no such dtype as {x.dtype}")

    with pytest.raises(RuntimeError, match="float64"):
        agree(broken, lambda x: x, draw(3))


def test_a_mistake_is_recognised_by_its_numbers(draw):
    inputs = draw(2, 3), draw(3, 4)

    def record(function):
        with recorded() as numbers, pytest.raises(Disagreement):
            agree(function, product, *inputs)
        return numbers

    doubled = record(lambda x, y: 2 * (x @ y))
    assert same(record(lambda x, y: (2 * x) @ y), doubled)
    assert same(record(lambda x, y: (2 * x.float()) @ y.float()), doubled)
    assert not same(record(lambda x, y: 2.001 * (x @ y)), doubled)
    assert not same(record(lambda x, y: 2 * (x.detach() @ y)), doubled)
    assert not same([], [])


def test_what_is_looked_for_ends_a_run_at_the_first_number_that_is_another(draw):
    inputs, asked = (draw(2, 3), draw(3, 4)), []

    def oracle(x, y):
        asked.append(0)
        return x @ y

    def goes_on(function, wanted):
        """Run a check that stops at nothing; tell how many numbers were seen of how many."""
        with recorded() as looked_for:
            note(wanted)
        with recorded(looked_for) as found, suppress(Unlike):
            try:
                agree(function, oracle, *inputs)
                call(function, *inputs, shapes={"z": (2, 4)})
            except Exception:
                raise AssertionError("an author's `except` has stopped it") from None
        return len(found)

    with recorded() as numbers:
        agree(product, product, *inputs)
        call(product, *inputs, shapes={"z": (2, 4)})
    assert len(numbers) == 4 == goes_on(product, numbers)
    assert len(asked) == 1
    assert goes_on(lambda x, y: 2 * (x @ y), numbers) == 1
    assert len(asked) == 1  # nobody had to know what is right
    assert goes_on(lambda x, y: x.detach() @ y, numbers) == 2
    assert goes_on(product, numbers[:3]) == 4  # one more than is looked for is one too many
    almost = [n * (1 + 1e-6) for n in numbers]
    assert same(numbers, almost) and goes_on(product, almost) == 4


def test_agreement_on_each_of_several_inputs_names_the_one_that_is_wrong(draw):
    each = [(draw(2, 3), draw(3, 4)), (draw(5, 3), draw(3, 1))]
    agree_on_each(lambda x, y: torch.einsum("ij,jk->ik", x, y), product, each)

    def wrong(x, y):
        return 2 * (x @ y) if len(x) == 5 else x @ y

    with pytest.raises(Disagreement, match=r"wrong with `x` \(5, 3\), `y` \(3, 1\): `result` is 2"):
        agree_on_each(wrong, product, each)
    with pytest.raises(Disagreement, match=r"no gradient reaches `x`"):
        agree_on_each(lambda x, y: (x if len(x) == 2 else x.detach()) @ y, product, each)
    with pytest.raises(Disagreement, match=r"with `x` \(5, 3\).*the result holds a str"):
        agree_on_each(lambda x, y: x @ y if len(x) == 2 else "5", product, each)
    with pytest.raises(Disagreement, match=r"with `x` \(5, 3\).* has shape \(1, 5\)"):
        agree_on_each(lambda x, y: x @ y if len(x) == 2 else (x @ y).mT, product, each)


def test_what_a_record_keeps_of_several_calls_is_in_their_order(draw):
    each = [(draw(2),), (draw(3),)]
    with recorded() as record:
        agree_on_each(lambda x: 2 * x, lambda x: x + x, each)
    assert [len(t) for t in record] == [2, 2, 3, 3]
    with recorded() as record:
        call_on_each(lambda x: 2 * x, each, [{"y": (2,)}, {"y": (3,)}])
    assert [len(t) for t in record] == [2, 3]


def test_several_calls_in_single_precision_are_remarked_on_once(draw):
    each = [(draw(2),), (draw(3),)]
    with pytest.warns(Remark) as caught:
        agree_on_each(lambda x: 2 * x.float(), lambda x: x + x, each)
    assert len(caught) == 1


def linears(*sizes: int) -> list[nn.Linear]:
    """Return layers with n inputs each, with equal weights whenever they are made."""
    torch.manual_seed(0)
    return [nn.Linear(n, 1) for n in sizes]


def test_each_of_several_modules_is_held_against_its_own_oracle(draw):
    each = [(draw(2, n),) for n in (3, 4)]
    agree_on_each(linears(3, 4), linears(3, 4), each)
    wrong = linears(3, 4)
    with torch.no_grad():
        wrong[1].weight.mul_(2)
    with pytest.raises(Disagreement, match=r"Linear with `input` \(2, 4\): `result` is wrong"):
        agree_on_each(wrong, linears(3, 4), each)
    found = call_on_each(linears(3, 4), each, [{"y (B, 1)": (2, 1)}] * 2)
    due = [layer(x) for layer, (x,) in zip(linears(3, 4), each, strict=True)]
    assert all(torch.equal(y, z) for (y,), z in zip(found, due, strict=True))


def test_as_many_modules_as_inputs_are_asked_for(draw):
    with pytest.raises(ValueError, match="zip"):
        agree_on_each(linears(3), linears(3), [(draw(2, 3),)] * 2)


class Single(nn.Linear):
    def forward(self, x):
        return super().forward(x + torch.ones(1, dtype=torch.float32)[0] * 0).float() @ ONE


ONE = torch.ones(1, 1, dtype=torch.float32)


def test_several_modules_that_want_float32_have_it_all_and_their_parameters_back(draw):
    torch.manual_seed(0)
    singles = [Single(n, 1) for n in (3, 4)]
    with pytest.warns(Remark) as caught:
        agree_on_each(singles, linears(3, 4), [(draw(2, n),) for n in (3, 4)])
    assert len(caught) == 1
    assert {p.dtype for layer in singles for p in layer.parameters()} == {torch.float64}
