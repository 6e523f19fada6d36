"""Answers that are dicts are compared by key, and parameters named as their author knows them."""

import pytest
import torch
from torch import nn

from grader.compare.agreement import agree
from grader.compare.calls import call
from grader.compare.disagreement import Disagreement
from grader.compare.keys import key_difference, unlike
from grader.compare.trial import tensors
from grader.model.limits import Limits
from grader.sandbox.host.loaded import Loaded
from grader.sandbox.host.student import Student

X = torch.tensor([[1.0, -2.0], [3.0, 5.0]], dtype=torch.float64)


def due(x):
    return {"out": 2 * x, "weights": x.square()}


def said(actual, **options) -> str:
    with pytest.raises(Disagreement) as caught:
        agree(actual, options.pop("expected", due), X, **options)
    return str(caught.value)


def test_the_order_of_keys_does_not_count():
    agree(lambda x: {"weights": x.square(), "out": 2 * x}, due, X)
    one, other = tensors({"b": 1, "a": 2}), tensors({"a": 2, "b": 1})
    assert one == other


def test_values_under_each_others_keys_are_wrong_and_named_by_their_key():
    assert "`out` is" in said(lambda x: {"out": x.square(), "weights": 2 * x})
    text = said(lambda x: {"weights": 3 * x, "out": 2 * x}, returns=("weights (n, d)", "out"))
    assert "`weights` is" in text


def test_missing_keys_and_further_ones_are_named():
    assert "lacks `weights`." in said(lambda x: {"out": 2 * x})
    more = said(lambda x: {**due(x), "attn": x})
    assert more.endswith("the dict that is returned has more than is asked for: `attn`.")
    renamed = said(lambda x: {"out": 2 * x, "attn": x.square()})
    assert "lacks `weights`, and has more than is asked for: `attn`." in renamed


def test_a_dict_is_no_tuple_and_a_tuple_no_dict():
    assert "not a dict with `out`, `weights`" in said(lambda x: (2 * x, x.square()))
    text = said(due, expected=lambda x: (2 * x, x.square()))
    assert "a dict, which is not asked for, with `out`, `weights`" in text


def test_dicts_within_are_compared_as_well():
    agree(lambda x: (x, [{"b": x, "a": 2 * x}]), lambda x: (x, ({"a": 2 * x, "b": x},)), X)
    said = unlike((1, {"a": {"b": 1}}), (1, {"a": {"c": 1}}))
    assert f"{said}".endswith("asked for: `b`")
    assert unlike((1, 2), [3, 4]) == "" == unlike(1, 2)


def test_a_key_that_is_long_is_cut():
    assert len(str(key_difference(["x" * 10_000], []))) < 120


def test_call_takes_a_dict_by_the_names_of_its_shapes():
    shapes = {"out (n, d)": (2, 2), "count": ()}
    out, count = call(lambda x: {"count": 7, "out": x}, X, shapes=shapes)
    assert torch.equal(out, X) and count == 7
    with pytest.raises(Disagreement, match=r"lacks `count`, and has more .*: `n`"):
        call(lambda x: {"n": 7, "out": x}, X, shapes=shapes)


class Scaled(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2, dtype=torch.float64))

    def forward(self, x):
        return self.weight * x


class Cut(Scaled):
    handed_in = True

    def forward(self, x):
        return self.weight.detach() * x


class Around(nn.Module):
    def __init__(self, layer):
        super().__init__()
        self.layer = layer

    def forward(self, x):
        return self.layer(x)


def test_a_parameter_within_a_wrapper_has_the_name_that_the_student_gave_it():
    text = said(Around(Cut()), expected=Around(Scaled()))
    assert "no gradient reaches `weight`:" in text and "layer" not in text


def test_a_parameter_that_is_not_there_is_no_lost_gradient():
    text = said(Scaled(), expected=Around(Scaled()))
    assert "there is no parameter `layer.weight`; there is `weight`." in text


RIGHT = """
import torch
def answer(x):
    return {"weights": x * x, "out": 2 * x}

class Cut(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.ones(2))
    def forward(self, x):
        return self.weight.detach() * x
"""


def test_it_is_so_across_the_border(zygote):
    with Loaded(zygote, RIGHT.encode(), ("answer", "Cut"), Limits()) as loaded:
        student = Student(loaded)
        agree(student.answer, due, X)
        text = said(Around(student.Cut()), expected=Around(Scaled()))
    assert "no gradient reaches `weight`:" in text
