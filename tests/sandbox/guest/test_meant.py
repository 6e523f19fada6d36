"""Names with a star, and the one of autograd."""

import importlib
import pydoc

import pytest
import torch

from grader.sandbox.guest.forbidden import Forbid, Forbidden
from grader.sandbox.guest.meant import AUTOGRAD, meant

forward_ad = importlib.import_module("torch.autograd.forward_ad")


def test_a_name_without_a_star_means_itself():
    assert meant(["torch.nn.LSTM", "torch.nn.GRU"]) == ["torch.nn.LSTM", "torch.nn.GRU"]


def test_a_star_means_all_functions_and_classes_that_begin_so():
    assert meant(["torch.nn.LSTM*"]) == ["torch.nn.LSTM", "torch.nn.LSTMCell"]
    assert "torch.nn.utils.clip_grad_norm_" in meant(["torch.nn.utils.clip_grad*"])
    assert meant(["torch.nn.LSTM", "torch.nn.LSTM*"]) == ["torch.nn.LSTM", "torch.nn.LSTMCell"]


def test_a_star_brings_in_nothing_that_a_module_has_only_imported():
    names = meant(["torch.autograd.functional.*"])
    assert "torch.autograd.functional.jacobian" in names
    assert all(name.rpartition(".")[2] in torch.autograd.functional.__all__ for name in names)


@pytest.mark.parametrize("name", ["torch.nn.LSMT*", "torch.nm.LSTM*"])
def test_a_star_may_mean_nothing(name):
    assert meant([name]) == []


def test_every_name_that_autograd_stands_for_exists():
    for name in AUTOGRAD:
        assert meant([name]), name
        assert all(map(pydoc.locate, meant([name]))), name


X = torch.randn(3)
WAYS = {
    "torch.Tensor.backward": lambda: X.clone().requires_grad_().sum().backward(),
    "torch.autograd.backward": lambda: torch.autograd.backward(X.clone().requires_grad_().sum()),
    "torch.autograd.grad": lambda: torch.autograd.grad((x := X.clone().requires_grad_()).sum(), x),
    "torch.autograd.functional.jacobian": lambda: torch.autograd.functional.jacobian(torch.exp, X),
    "torch.autograd.functional.jvp": lambda: torch.autograd.functional.jvp(torch.exp, X, X),
    "torch.func.grad": lambda: torch.func.grad(torch.sum)(X),
    "torch.func.vjp": lambda: torch.func.vjp(torch.exp, X)[1](X),
    "torch.func.jvp": lambda: torch.func.jvp(torch.exp, (X,), (X,)),
    "torch.func.jacrev": lambda: torch.func.jacrev(torch.exp)(X),
    "torch.func.jacfwd": lambda: torch.func.jacfwd(torch.exp)(X),
    "torch.func.hessian": lambda: torch.func.hessian(torch.sum)(X),
}


def forward_mode() -> object:
    with forward_ad.dual_level():
        return forward_ad.unpack_dual(forward_ad.make_dual(X, X).exp())


WAYS["torch.autograd.forward_ad.make_dual"] = forward_mode


@pytest.fixture
def forbidden():
    forbid = Forbid(["torch.autograd"])
    yield
    forbid.lift()


@pytest.mark.parametrize("name", WAYS)
def test_autograd_means_every_way_to_differentiate_and_names_it(name, request):
    WAYS[name]()
    request.getfixturevalue("forbidden")
    with pytest.raises(Forbidden, match=r"torch\.(autograd|func|Tensor)\.\w+.* is not allowed"):
        WAYS[name]()


def test_all_else_works_while_autograd_is_forbidden(forbidden):
    assert torch.vmap(torch.exp)(X).shape == (3,)

    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return 2 * x

    with torch.enable_grad():
        assert Doubled.apply(X.clone().requires_grad_()).requires_grad


def test_lifting_allows_everything_again():
    Forbid(["torch.autograd"]).lift()
    for way in WAYS.values():
        way()
