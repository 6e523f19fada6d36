"""The student's steps of training lead where right steps lead, and how they do not is said."""

import pytest
import torch

from grader.checks import Draw, Failure, Training, recorded
from tests.support.subjects import PLACES, placed

SOURCE = """
import torch
from torch.nn.functional import mse_loss

def right(model, optimizer, x, y):
    model.train()
    loss = mse_loss(model(x), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()

def keeps_gradients(model, optimizer, x, y):
    loss = mse_loss(model(x), y)
    loss.backward()
    optimizer.step()
    return loss

def never_steps(model, optimizer, x, y):
    loss = mse_loss(model(x), y)
    loss.backward()
    return loss.detach()

def sums(model, optimizer, x, y):
    loss = mse_loss(model(x), y, reduction="sum")
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.detach()

def forgets_momentum(model, optimizer, x, y):
    optimizer.state.clear()
    return right(model, optimizer, x, y)

def in_single(model, optimizer, x, y):
    return right(model, optimizer, x.float(), y.float())

def returns_nothing(model, optimizer, x, y):
    right(model, optimizer, x, y)
"""
NAMES = ("right", "keeps_gradients", "never_steps", "sums", "forgets_momentum", "in_single",
         "returns_nothing")  # fmt: skip


def step(model, optimizer, x, y):
    loss = (model(x) - y).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss


def linear(own):
    from torch import nn

    model = nn.Sequential(nn.Linear(*own.weight.shape[::-1], bias=False), nn.Dropout(0.0))
    model[0].weight = own.weight
    return model


@pytest.fixture(params=PLACES, scope="module")
def student(request, training_zygote):
    with placed(request.param, training_zygote, SOURCE, NAMES) as student:
        yield student


@pytest.fixture
def given():
    draw = Draw(b"training")
    return draw(5, 3), draw(5, 2)


def training(name: str, loss: bool = True) -> Training:
    weight = Draw(b"weight")(2, 3)
    returns = {"loss": ()} if loss else {}
    takes = ("x (B, I)", "y (B, O)")
    return Training(name, step, linear, {"weight (O, I)": weight}, takes, returns)


def test_right_steps_agree_with_every_optimizer(student, given):
    training("right").agree(student, *given, lr=0.1)
    training("right").agree(student, *given, steps=[3], optimizer="Adam", lr=0.01)
    training("forgets_momentum").agree(student, *given, lr=0.1)


@pytest.mark.parametrize(
    ("name", "words", "how"),
    [
        ("never_steps", r"No parameter has moved: is optimizer.step\(\) called", {}),
        ("sums", "The step is 10 × what it should be.", {}),
        ("forgets_momentum", "After 2 steps of SGD: `weight` is", {"momentum": 0.9}),
        ("returns_nothing", "the result is None: is a `return` missing", {}),
    ],
)
def test_steps_that_lead_elsewhere_are_worded(student, given, name, words, how):
    with recorded() as numbers, pytest.raises(Failure, match=words):
        training(name).agree(student, *given, lr=0.1, **how)
    assert numbers or "None" in words  # by which a known mistake is recognised


def test_what_is_returned_and_the_parameters_after_each_number_of_steps_are_told(student, given):
    found = training("right").trained(student, *given, steps=[1, 3], lr=0.1)
    due = training("right").due(*given, steps=[1, 3], lr=0.1)
    assert len(found.parameters) == 2 and not found.graph
    assert torch.allclose(found.returned[0], due.returned[0])
    for have, want in zip(found.parameters, due.parameters, strict=True):
        assert torch.allclose(have["weight"], want["weight"])
    assert not torch.allclose(*(seen["weight"] for seen in found.parameters))


def test_gradients_of_before_are_seen_where_they_are_kept(student, given):
    how = {"old": {"weight": torch.ones(2, 3)}, "lr": 0.1}
    kept = training("keeps_gradients").trained(student, *given, **how)
    (have,), (want,) = kept.parameters, training("right").due(*given, **how).parameters
    assert torch.allclose(want["weight"] - have["weight"], torch.tensor(0.1))
    assert kept.graph
    training("keeps_gradients").agree(student, *given, steps=[1, 2], lr=0.1)  # cleared in between


def test_the_mode_of_the_model_is_told(student, given):
    modes = [
        training(name).trained(student, *given, training=mode).training
        for name in ("right", "sums")
        for mode in (True, False)
    ]
    assert modes == [True, True, True, False]


def test_a_function_that_returns_nothing_may_do_so(student, given):
    training("returns_nothing", loss=False).agree(student, *given, lr=0.1)


def test_code_in_float32_is_judged_with_its_tolerance(student, given):
    with pytest.warns(UserWarning, match="float32"):
        training("in_single").agree(student, *given, lr=0.1)
