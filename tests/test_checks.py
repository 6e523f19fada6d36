"""What hidden tests import, and the hidden checks of attention on right and wrong code."""

import importlib.util
import re
import warnings
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import nn

from grader.checks import (
    Draw,
    Failure,
    Remark,
    agree,
    assuming,
    dependencies,
    equal,
    needs,
    parameters_are,
    points,
    pure,
    question,
    recorded,
    transplant,
)

ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def float64():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def draw():
    return Draw(b"test")


class Code:
    """Python source in the place of a student."""

    def __init__(self, source):
        self._names = {}
        exec(source, self._names)

    def __getattr__(self, name):
        return self._names[name]

    @contextmanager
    def using(self, **sources):
        kept = {name: self._names[name] for name in sources}
        for name, source in sources.items():
            exec(source, self._names)
            assert self._names[name] is not kept[name]
        try:
            yield
        finally:
            self._names.update(kept)


# -- the requirements, one by one --------------------------------------------------------------


def test_marks_say_question_points_and_needs():
    def first(student): ...

    @question("Q")
    @points(3)
    @needs(first)
    def second(student): ...

    marks = {mark.name: mark.args for mark in second.pytestmark}
    assert marks == {"question": ("Q",), "points": (3,), "needs": (first,)}


def test_equal_says_what_the_author_says_and_where(draw):
    x = draw(2, 3)
    equal(x, x.clone(), "It differs")
    with pytest.raises(Failure, match=r"It differs: `y` is 2 × what it should be, everywhere\."):
        equal(2 * x, x, "It differs", "y (B, d)")
    with pytest.raises(Failure, match="B and d are swapped"):
        equal(x.mT, x, "It differs", "y (B, d)")


def test_pure_catches_a_change_in_place(draw):
    pure(lambda x: x * 2, draw(3), takes=("x",))
    with pytest.raises(Failure, match="`y` is changed in place"):
        pure(lambda x, y: y.add_(x), draw(3), draw(3), takes=("x (d)", "y (d)"))


def test_pure_catches_chance_and_memory(draw):
    with pytest.raises(Failure, match="Two equal calls"):
        pure(nn.functional.dropout, draw(30), takes=("x",))
    calls = []
    with pytest.raises(Failure, match="Two equal calls"):
        pure(lambda x: calls.append(1) or x + len(calls), draw(3), takes=("x",))


def test_missing_misshapen_and_frozen_parameters_are_named():
    linear = nn.Linear(2, 3)
    linear.bias.requires_grad_(False)
    parameters_are(nn.Linear(2, 3), {"weight": (3, 2), "bias": (3,)})
    with pytest.raises(Failure, match="`scale` is missing"):
        parameters_are(nn.Linear(2, 3), {"weight": (3, 2), "bias": (3,), "scale": (1,)})
    with pytest.raises(Failure, match=r"`weight` has shape \(3, 2\), not \(2, 3\)"):
        parameters_are(linear, {"weight": (2, 3)})
    with pytest.raises(Failure, match="`bias` cannot learn"):
        parameters_are(linear, {"bias": (3,)})


def test_a_parameter_too_many_is_remarked_on():
    with pytest.warns(Remark, match="`bias`"):
        parameters_are(nn.Linear(2, 3), {"weight": (3, 2)})


def test_transplant_copies_by_name():
    source, target = nn.Linear(2, 3), nn.Linear(2, 3)
    transplant(source, target)
    assert torch.equal(source.weight, target.weight) and torch.equal(source.bias, target.bias)
    with pytest.raises(Failure, match="`bias` is missing"):
        transplant(source, nn.Linear(2, 3, bias=False))


def test_dependencies_tell_which_position_sees_which(draw):
    x = draw(4, 3)
    assert torch.equal(dependencies(lambda x: x.cumsum(1), x) > 0, torch.ones(4, 4).tril() > 0)
    assert torch.equal(dependencies(lambda x: x.roll(1, 1), x) > 0, torch.eye(4).roll(1, 0) > 0)
    with pytest.raises(Failure, match="no gradient"):
        dependencies(lambda x: x.detach(), x)


PARTS = {"half": "def half(x): return x / 2"}


def check_quarter(student, draw):
    """A quarter is half of a half."""
    agree(student.quarter, lambda x: x / 4, draw(3))


@pytest.mark.parametrize(
    ("source", "passes"),
    [
        ("def half(x): return x / 3\ndef quarter(x): return half(half(x))", True),
        ("def half(x, n=2): return x / n\ndef quarter(x): return half(x, n=4)", True),
        ("def half(x): return x / 2\ndef quarter(x): return half(x)", False),
        ("def half(x): return x / 2\ndef quarter(x): raise NotImplementedError", False),
    ],
)
def test_a_slip_in_an_earlier_part_costs_nothing_later(draw, source, passes):
    judge = assuming(**PARTS)(check_quarter)
    if passes:
        judge(Code(source), draw)
    else:
        with pytest.raises((Failure, NotImplementedError)):
            judge(Code(source), draw)


def test_the_record_is_that_of_the_trusted_parts(draw):
    source = "def half(x): return x / 3\ndef quarter(x): return half(x)"
    with recorded() as numbers, pytest.raises(Failure, match="2 × what"):
        assuming(**PARTS)(check_quarter)(Code(source), draw)
    assert len(numbers) == 2  # one result and one gradient


def test_a_check_keeps_its_sentence_and_marks_when_parts_are_assumed():
    judge = assuming(**PARTS)(points(2)(check_quarter))
    assert judge.__doc__ == "A quarter is half of a half."
    assert [mark.name for mark in judge.pytestmark] == ["points"]


# -- the hidden checks of attention ------------------------------------------------------------

POINTS = {
    "ScaledDotProductAttention": 40,
    "split_heads": 10,
    "merge_heads": 10,
    "MultiHeadAttention": 40,
}


@cache
def checks():
    found = []
    for name in ("scaled_dot_product_attention", "split_and_merge_heads", "multi_head_attention"):
        path = ROOT / f"autograder_tests/attention/test_{name}.py"
        spec = importlib.util.spec_from_file_location(f"hidden_{name}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found += [value for key, value in vars(module).items() if key.startswith("test_")]
    return found


@cache
def solution():
    cells = re.split(r"^# %%", (ROOT / "solutions/attention.py").read_text(), flags=re.MULTILINE)
    code = [f"#{cell}" for cell in cells if cell.startswith(" question=")]
    return "import math\nimport torch\nfrom torch import nn\n" + "\n".join(code)


def judged(*patches):
    """Return the points per question, the failed checks with what they say, and the remarks."""
    source = solution()
    for old, new in patches:
        assert old in source, f"the solution no longer reads {old!r}"
        source = source.replace(old, new)
    student, earned, failed, passed = Code(source), dict.fromkeys(POINTS, 0), {}, set()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for check in checks():
            marks = {mark.name: mark.args for mark in check.pytestmark}
            if any(other.__name__ not in passed for other in marks.get("needs", ())):
                continue
            try:
                check(student, Draw(check.__name__.encode()))
            except (Failure, RuntimeError, NameError, NotImplementedError) as error:
                failed[check.__name__] = str(error)
            else:
                passed.add(check.__name__)
                earned[marks["question"][0]] += marks["points"][0]
    remarks = {str(w.message) for w in caught if issubclass(w.category, Remark)}
    return earned, failed, remarks


def test_the_solution_earns_all_points_without_a_remark():
    assert judged() == (POINTS, {}, set())


SCALE = " / math.sqrt(Q.size(-1))"
SOFTMAX = "torch.softmax(scores, dim=-1)"
MASKED = 'scores.masked_fill(mask == 0, float("-inf"))'
SPLIT = "x.reshape(B, T, num_heads, d_model // num_heads).transpose(1, 2)"
MERGE = "x.transpose(1, 2).reshape(B, T, H * d_head)"
ATTEND = "_, weights = self.attention(q, k, v, mask)"
MIX = "heads = self.dropout(weights) @ v"
OWN = f"weights = (q @ k.mT / math.sqrt(k.size(-1)) {{mask}}).softmax(-1)"


@pytest.mark.parametrize(
    "patch",
    {
        "scale_query_first": ("Q @ K.transpose(-2, -1)" + SCALE, f"(Q{SCALE}) @ K.mT"),
        "einsum": ("Q @ K.transpose(-2, -1)", 'torch.einsum("...qd,...kd->...qk", Q, K)'),
        "softmax_by_hand": (SOFTMAX, "(e := (scores - scores.amax(-1, True)).exp()) / e.sum(-1, True)"),
        "fill_with_minus_1e9": ('float("-inf")', "-1e9"),
        "root_of_a_tensor": ("math.sqrt(Q.size(-1))", "torch.sqrt(torch.tensor(Q.size(-1)))"),
        "weights_without_gradient": ("return weights @ V, weights", "return weights @ V, weights.detach()"),
        "heads_by_chunk": (SPLIT, "torch.stack(x.chunk(num_heads, dim=-1), dim=1)"),
        "heads_side_by_side_by_cat": (MERGE, "torch.cat([x[:, h] for h in range(H)], dim=-1)"),
        "no_bias_of_keys": ("self.k_proj(K)", "nn.functional.linear(K, self.k_proj.weight)"),
        "a_loop_over_heads": (
            ATTEND,
            "mask = None if mask is None else mask.expand(len(Q), self.num_heads, Q.size(1), K.size(1))\n"
            "        weights = torch.stack([self.attention(q[:, h], k[:, h], v[:, h], "
            "None if mask is None else mask[:, h])[1] for h in range(self.num_heads)], dim=1)",
        ),
    }.items(),
    ids=lambda patch: patch[0],
)  # fmt: skip
def test_other_right_ways_earn_all_points(patch):
    assert judged(patch[1]) == (POINTS, {}, set())


def test_float32_earns_all_points_with_a_remark():
    earned, failed, remarks = judged(
        ("scores = Q @ K", "Q, K, V = Q.float(), K.float(), V.float()\n        scores = Q @ K")
    )
    assert earned == POINTS and not failed
    assert any("float32" in remark for remark in remarks)


@pytest.mark.parametrize(
    ("question", "patches", "check", "words"),
    [
        (
            "ScaledDotProductAttention", [(SCALE, "")],
            "test_the_scale_is_the_root_of_d", "2.83 (√8) ×",
        ),
        (
            "ScaledDotProductAttention", [(SOFTMAX, SOFTMAX.replace("-1", "-2"))],
            "test_weights_are_a_softmax_over_the_keys", "sum to 1 over the queries",
        ),
        (
            "ScaledDotProductAttention", [("return weights @ V", "return (weights @ V) / K.size(-2)")],
            "test_output_is_the_values_mixed_by_the_weights", "0.143 (1/7) ×",
        ),
        (
            "ScaledDotProductAttention", [("K.transpose", "K.data.transpose")],
            "test_gradients_reach_queries_keys_and_values", "no gradient reaches `K`",
        ),
        (
            "ScaledDotProductAttention", [("return weights @ V", "return (weights @ V).squeeze()")],
            "test_attention_takes_any_sizes", "squeeze() without dim",
        ),
        (
            "ScaledDotProductAttention", [(SOFTMAX, "scores.exp() / scores.exp().sum(-1, keepdim=True)")],
            "test_large_scores_do_not_overflow", "NaN or infinite",
        ),
        (
            "ScaledDotProductAttention", [("mask == 0", "mask != 0")],
            "test_visible_keys_share_the_whole_weight", "the wrong way round",
        ),
        (
            "ScaledDotProductAttention", [('float("-inf")', "-10.0")],
            "test_visible_keys_share_the_whole_weight", "still has weight",
        ),
        (
            "ScaledDotProductAttention", [("mask == 0", "~mask")],
            "test_masks_may_be_numbers", "",
        ),
        (
            "ScaledDotProductAttention", [("scores = Q @", "Q.mul_(1.0); scores = 1.1 * Q.div_(1.1) @")],
            "test_attention_leaves_nothing_to_chance", "`Q` is changed in place",
        ),
        (
            "split_heads", [(SPLIT, "x.reshape(B, num_heads, T, -1)")],
            "test_every_head_gets_its_slice_of_the_features", "right numbers in the wrong places",
        ),
        (
            "merge_heads", [(MERGE, "x.reshape(B, T, -1)")],
            "test_features_of_all_heads_lie_side_by_side", "right numbers in the wrong places",
        ),
        (
            "MultiHeadAttention", [("self.v_proj(V)", "self.v_proj(K)")],
            "test_queries_may_look_at_another_sequence", "does not follow from your weights",
        ),
        (
            "MultiHeadAttention", [("self.q_proj(Q)", "self.k_proj(Q)"), ("self.k_proj(K)", "self.q_proj(K)")],
            "test_every_head_compares_its_own_queries_and_keys", "q_proj(Q) and k_proj(K)",
        ),
        (
            "MultiHeadAttention", [(ATTEND, "_, weights = self.attention(q / 3**0.5, k, v, mask)")],
            "test_the_scale_is_the_root_of_d_head", "they are divided by √d_model",
        ),
        (
            "MultiHeadAttention", [("self.out_proj(merge_heads(heads))", "merge_heads(heads)")],
            "test_heads_are_merged_and_projected", "wrong everywhere",
        ),
        (
            "MultiHeadAttention", [(ATTEND, ATTEND.replace(", mask", ""))],
            "test_masked_keys_get_no_weight_in_any_head", "A mask (5, 5) is not respected",
        ),
        (
            "MultiHeadAttention", [(MIX, "heads = self.dropout(weights @ v)")],
            "test_dropout_acts_on_the_weights_in_training", "something else than the weights",
        ),
        (
            "MultiHeadAttention", [(MIX, "heads = nn.functional.dropout(weights, self.dropout.p) @ v")],
            "test_the_layer_leaves_nothing_to_chance", "Two equal calls",
        ),
        (
            "MultiHeadAttention", [("self.q_proj(Q)", "nn.functional.linear(Q, self.q_proj.weight.data)")],
            "test_every_head_compares_its_own_queries_and_keys", "wrong everywhere",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and value.startswith("test") else "",
)  # fmt: skip
def test_a_mistake_fails_its_check_and_costs_its_question_only(question, patches, check, words):
    earned, failed, _ = judged(*patches)
    assert words in failed[check]
    assert earned[question] < POINTS[question]
    assert {**earned, question: 0} == {**POINTS, question: 0}


@pytest.mark.parametrize(
    ("question", "patch"),
    [
        (
            "ScaledDotProductAttention",
            ("scores = Q @", "return V[..., :1, :].expand(*Q.shape[:-1], -1), "
             "Q.new_ones(*Q.shape[:-1], K.size(-2)) / K.size(-2)\n        scores = Q @"),
        ),
        ("split_heads", (SPLIT, "x.new_zeros(B, num_heads, T, d_model // num_heads)")),
        ("merge_heads", (MERGE, "x.new_zeros(B, T, H * d_head)")),
        (
            "MultiHeadAttention",
            (ATTEND, "return self.out_proj(Q + self.q_proj(Q) + self.k_proj(Q) + self.v_proj(Q)), "
             "q.new_ones(*q.shape[:-1], k.size(-2)) / k.size(-2)"),
        ),
    ],
)  # fmt: skip
def test_a_stub_of_the_right_shapes_earns_a_tenth_at_most(question, patch):
    earned, _, _ = judged(patch)
    assert earned[question] <= POINTS[question] / 10


def test_code_that_is_not_written_yet_earns_nothing_and_says_so_once():
    blank = re.sub(r"# BEGIN SOLUTION.*?# END SOLUTION", "raise NotImplementedError", solution(),
                   flags=re.DOTALL)  # fmt: skip
    earned, failed, _ = judged((solution(), blank))
    assert not any(earned.values()) and len(failed) == len(POINTS)
