"""The hidden checks of attention, on other right ways, on mistakes and on stubs."""

import importlib.util
import re
import warnings
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

import pytest
import torch

from grader.checks import Draw, Failure, Remark
from grader.model.subject import Beginning

ROOT = Path(__file__).parents[2]
POINTS = {
    "ScaledDotProductAttention": 40,
    "split_heads": 10,
    "merge_heads": 10,
    "MultiHeadAttention": 40,
}

# passages of the solution that the patches below replace
SCALE = " / math.sqrt(Q.size(-1))"
SCORES = "scores = Q @ K.transpose(-2, -1)"
SOFTMAX = "torch.softmax(scores, dim=-1)"
MIX = "return weights @ V, weights"
SPLIT = "x.reshape(B, T, num_heads, d_model // num_heads).transpose(1, 2)"
MERGE = "x.transpose(1, 2).reshape(B, T, H * d_head)"
ATTEND = "_, weights = self.attention(q, k, v, mask)"
DROP = "heads = self.dropout(weights) @ v"


@pytest.fixture(autouse=True)
def float64():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


class Code:
    """Python source in the place of a student."""

    beginning = Beginning()

    def __init__(self, source):
        self._names = {}
        exec(source, self._names)

    def __getattr__(self, name):
        return self._names[name]

    def beside(self, function):
        return partial(function, self)

    @contextmanager
    def using(self, **sources):
        kept = {name: self._names[name] for name in sources}
        for source in sources.values():
            exec(source, self._names)
        try:
            yield
        finally:
            self._names.update(kept)


@cache
def checks():
    found = []
    for name in ("attention", "heads", "multi_head_attention"):
        path = ROOT / f"autograder_tests/attention/test_{name}.py"
        spec = importlib.util.spec_from_file_location(f"hidden_{name}", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        found += [value for key, value in vars(module).items() if key.startswith("test_")]
    return found


def marks(check):
    return {mark.name: mark.args for mark in check.pytestmark}


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
            if any(other.__name__ not in passed for other in marks(check).get("needs", ())):
                continue
            try:
                check(student, Draw(check.__name__.encode()))
            except (Failure, RuntimeError, NotImplementedError) as error:
                failed[check.__name__] = str(error)
            else:
                passed.add(check.__name__)
                earned[marks(check)["question"][0]] += marks(check)["points"][0]
    remarks = {str(w.message) for w in caught if issubclass(w.category, Remark)}
    return earned, failed, remarks


def test_the_solution_earns_all_points_without_a_remark():
    assert judged() == (POINTS, {}, set())


@pytest.mark.parametrize(
    "patch",
    [
        (SCORES + SCALE, f"scores = (Q{SCALE}) @ K.mT"),
        (SCORES, 'scores = torch.einsum("...qd,...kd->...qk", Q, K)'),
        (SOFTMAX, "(e := (scores - scores.amax(-1, True)).exp()) / e.sum(-1, True)"),
        ('float("-inf")', "-1e9"),
        ("math.sqrt(Q.size(-1))", "torch.sqrt(torch.tensor(Q.size(-1)))"),
        (MIX, f"{MIX}.detach()"),
        (SPLIT, "torch.stack(x.chunk(num_heads, dim=-1), dim=1)"),
        (MERGE, "torch.cat([x[:, h] for h in range(H)], dim=-1)"),
        ("self.k_proj(K)", "nn.functional.linear(K, self.k_proj.weight)"),
        (
            ATTEND,
            "if mask is not None: mask = mask.expand(*q.shape[:3], k.size(2))\n"
            "        weights = torch.stack([self.attention(q[:, h], k[:, h], v[:, h],\n"
            "            None if mask is None else mask[:, h])[1] for h in range(q.size(1))], 1)",
        ),
    ],
    ids=[
        "scaled_queries",
        "einsum",
        "softmax_by_hand",
        "large_negative_fill",
        "root_of_a_tensor",
        "weights_without_gradient",
        "split_by_chunk",
        "merge_by_cat",
        "no_bias_of_keys",  # a shift of all scores of a query, which the softmax takes away
        "loop_over_heads",
    ],
)
def test_other_right_ways_earn_all_points(patch):
    assert judged(patch) == (POINTS, {}, set())


def test_scores_in_half_precision_fail_with_large_numbers_alone_and_are_remarked_on():
    _, failed, remarks = judged((SCORES, "scores = (Q.bfloat16() @ K.bfloat16().mT).to(Q)"))
    assert failed.keys() == {"test_large_scores_do_not_overflow"}
    assert any("half precision" in remark for remark in remarks)


def test_float32_earns_all_points_with_a_remark():
    earned, failed, remarks = judged(
        (SCORES, f"Q, K, V = Q.float(), K.float(), V.float(); {SCORES}")
    )
    assert earned == POINTS and not failed
    assert any("float32" in remark for remark in remarks)


MISTAKES = {
    "test_the_scale_is_the_root_of_d": ("2.83 (√8) ×", (SCALE, "")),
    "test_weights_are_a_softmax_over_the_keys": (
        "sum to 1 over the queries",
        (SOFTMAX, "torch.softmax(scores, dim=-2)"),
    ),
    "test_output_is_the_values_mixed_by_the_weights": (
        "0.143 (1/7) ×",
        (MIX, "return weights @ V / K.size(-2), weights"),
    ),
    "test_gradients_reach_queries_keys_and_values": (
        "no gradient reaches `K`:",
        ("K.transpose", "K.data.transpose"),
    ),
    "test_attention_takes_any_sizes": (
        "squeeze() without dim",
        (MIX, "return (weights @ V).squeeze(), weights"),
    ),
    "test_large_scores_do_not_overflow": (
        "NaN or infinite",
        (SOFTMAX, "scores.exp() / scores.exp().sum(-1, keepdim=True)"),
    ),
    "test_visible_keys_share_the_whole_weight": (
        "the wrong way round",
        ("mask == 0", "mask != 0"),
    ),
    "test_masks_may_be_numbers": ("", ("mask == 0", "~mask")),
    "test_masks_are_broadcast_over_the_batch": (
        "",
        ("mask == 0", "(mask == 0).reshape(scores.shape)"),
    ),
    "test_a_causal_mask_hides_the_future": (
        "the way back is cut",
        ("if mask is not None:", "if mask is not None:\n            scores = scores.detach()"),
    ),
    "test_attention_leaves_nothing_to_chance": (
        "`Q` is changed in place",
        (SCORES, "Q.mul_(2)\n        scores = Q @ K.mT / 2"),
    ),
    "test_every_head_gets_its_slice_of_the_features": (
        "right numbers in the wrong places",
        (SPLIT, "x.reshape(B, num_heads, T, -1)"),
    ),
    "test_split_heads_takes_any_sizes": ("squeeze() without dim", (SPLIT, f"{SPLIT}.squeeze()")),
    "test_features_of_all_heads_lie_side_by_side": (
        "right numbers in the wrong places",
        (MERGE, "x.reshape(B, T, -1)"),
    ),
    "test_merge_heads_takes_any_sizes": ("squeeze() without dim", (MERGE, f"{MERGE}.squeeze()")),
    "test_the_four_projections_are_parameters": (
        "`k_proj.bias` is missing",
        (
            "self.k_proj = nn.Linear(d_model, d_model)",
            "self.k_proj = nn.Linear(d_model, d_model, bias=False)",
        ),
    ),
    "test_there_are_no_other_parameters": (
        "not asked for: `norm.weight`, `norm.bias`",
        (
            "self.dropout = nn.Dropout(dropout)",
            "self.dropout, self.norm = nn.Dropout(dropout), nn.LayerNorm(d_model)",
        ),
    ),
    "test_every_head_compares_its_own_queries_and_keys": (
        "do not follow from q_proj(Q) and k_proj(K)",
        ("self.k_proj(K)", "self.q_proj(K)"),
    ),
    "test_the_scale_is_the_root_of_d_head": (
        "they are divided by √d_model",
        (ATTEND, "_, weights = self.attention(q / self.num_heads**0.5, k, v, mask)"),
    ),
    "test_heads_are_merged_and_projected": (
        "wrong everywhere",
        ("self.out_proj(merge_heads(heads))", "merge_heads(heads)"),
    ),
    "test_queries_may_look_at_another_sequence": (
        "does not follow from your weights",
        ("self.v_proj(V)", "self.v_proj(K)"),
    ),
    "test_gradients_reach_all_inputs_and_parameters": (
        "no gradient reaches `v_proj.weight`, `v_proj.bias`:",
        (
            "self.v_proj(V)",
            "nn.functional.linear(V, self.v_proj.weight.data, self.v_proj.bias.data)",
        ),
    ),
    "test_the_layer_takes_any_sizes": (
        "squeeze() without dim",
        ("self.out_proj(merge_heads(heads))", "self.out_proj(merge_heads(heads)).squeeze()"),
    ),
    "test_masked_keys_get_no_weight_in_any_head": (
        "A mask (5, 5) is not respected",
        (ATTEND, "_, weights = self.attention(q, k, v)"),
    ),
    "test_a_causal_mask_hides_the_future_from_the_layer": (
        "Position 0 depends on position 1",
        (
            "self.out_proj(merge_heads(heads))",
            "self.out_proj(merge_heads(heads) + V.mean(1, True))",
        ),
    ),
    "test_dropout_acts_on_the_weights_in_training": (
        "something else than the weights is dropped",
        (DROP, "heads = self.dropout(weights @ v)"),
    ),
    "test_the_layer_leaves_nothing_to_chance": (
        "Two equal calls give different results",
        (DROP, "heads = nn.functional.dropout(weights, self.dropout.p) @ v"),
    ),
}
"""For every check but the first of each question: a mistake that it is there for, and its words."""


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_fails_its_check_and_costs_its_question_only(name):
    words, patch = MISTAKES[name]
    earned, failed, _ = judged(patch)
    assert words in failed[name]
    question = next(marks(check)["question"][0] for check in checks() if check.__name__ == name)
    assert earned[question] < POINTS[question]
    assert {**earned, question: 0} == {**POINTS, question: 0}


@pytest.mark.parametrize(
    ("name", "words", "patch"),
    [
        (
            "test_the_scale_is_the_root_of_d",
            "In a later call, the weights no longer follow",
            (
                MIX,
                "type(self).calls = getattr(self, 'calls', 0) + 1\n"
                f"        weights = weights.roll(self.calls // 3, -1)\n        {MIX}",
            ),
        ),
        (
            "test_dropout_acts_on_the_weights_in_training",
            "divided by 1 - p: `kept` is 0.75 × what it should be",
            (DROP, f"{DROP}\n        heads = heads * (1 - self.dropout.p * self.training)"),
        ),
    ],
    ids=["remembers_calls", "keeps_the_scale"],
)
def test_what_is_said_of_a_mistake_names_what_is_wrong(name, words, patch):
    assert words in judged(patch)[1][name]


def test_every_check_has_its_mistake():
    assert MISTAKES.keys() == {check.__name__ for check in checks() if "needs" in marks(check)}


@pytest.mark.parametrize(
    ("question", "patch"),
    [
        (
            "ScaledDotProductAttention",
            (SCORES, "w = torch.ones_like(Q @ K.mT)\n        return w @ V, w"),
        ),
        ("split_heads", (SPLIT, "x.new_zeros(B, num_heads, T, d_model // num_heads)")),
        ("merge_heads", (MERGE, "x.new_zeros(B, T, H * d_head)")),
        ("MultiHeadAttention", (ATTEND, "return self.out_proj(Q) + self.v_proj(V), q @ k.mT * 0")),
    ],
    ids=POINTS,
)
def test_a_stub_of_the_right_shapes_earns_a_tenth_at_most(question, patch):
    earned, _, _ = judged(patch)
    assert 0 < earned[question] <= POINTS[question] / 10


def test_code_that_is_not_written_yet_earns_nothing_and_says_so_once():
    region = re.compile(r"# BEGIN SOLUTION.*?# END SOLUTION", re.DOTALL)
    earned, failed, _ = judged((solution(), region.sub("raise NotImplementedError", solution())))
    assert not any(earned.values()) and len(failed) == len(POINTS)


def test_points_add_up_to_a_hundred():
    total = dict.fromkeys(POINTS, 0)
    for check in checks():
        total[marks(check)["question"][0]] += marks(check)["points"][0]
    assert total == POINTS and sum(POINTS.values()) == 100
