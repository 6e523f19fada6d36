"""What a question forbids raises on every usual way to it, and nothing else does."""

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.functional import scaled_dot_product_attention as taken_before

from grader.untrusted.forbidden import OPERATORS, Forbid, Forbidden

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit.script:DeprecationWarning")

SDPA = "torch.nn.functional.scaled_dot_product_attention"
MHA = "torch.nn.MultiheadAttention"
X = torch.randn(2, 3, 4)  # (B, T, d)
Q = torch.randn(1, 2, 3, 4, requires_grad=True)  # (B, H, T, d)


def attends(q: Tensor) -> Tensor:
    return torch.nn.functional.scaled_dot_product_attention(q, q, q)


@cache
def scripted() -> Any:
    return torch.jit.script(attends)


def in_a_thread() -> None:
    caught: list[BaseException] = []

    def work() -> None:
        try:
            taken_before(Q, Q, Q)
        except BaseException as error:
            caught.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if caught:
        raise caught[0]


def without_a_graph() -> None:
    with torch.no_grad():
        taken_before(Q, Q, Q)


def in_inference() -> None:
    with torch.inference_mode():
        taken_before(Q.detach(), Q.detach(), Q.detach())


WAYS: dict[str, Callable[[], object]] = {
    "by attribute": lambda: F.scaled_dot_product_attention(Q, Q, Q),
    "by a name taken before": lambda: taken_before(Q, Q, Q),
    "by the C function": lambda: torch._C._nn.scaled_dot_product_attention(Q, Q, Q),
    "by torch.ops": lambda: torch.ops.aten.scaled_dot_product_attention(Q, Q, Q),
    "by an overload": lambda: torch.ops.aten.scaled_dot_product_attention.default(Q, Q, Q),
    "by what it is made of": lambda: torch.ops.aten._scaled_dot_product_attention_math(Q, Q, Q),
    "by the kernel beneath": lambda: torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(
        Q, Q, Q
    ),
    "by TorchScript": lambda: scripted()(Q),
    "in a thread": in_a_thread,
    "without a graph": without_a_graph,
    "in inference mode": in_inference,
    "under torch.func.grad": lambda: torch.func.grad(lambda q: taken_before(q, q, q).sum())(Q),
    "by a module that uses it": lambda: nn.TransformerEncoderLayer(4, 2, batch_first=True)(X),
}
OTHERS: dict[str, Callable[[], object]] = {
    "matmul": lambda: Q @ Q.mT,
    "softmax": lambda: Q.softmax(-1),
    "dropout": lambda: F.dropout(Q),
    "masked_fill": lambda: Q.masked_fill(Q > 0, 0.0),
    "einsum": lambda: torch.einsum("bhtd,bhsd->bhts", Q, Q),
    "linear": lambda: nn.Linear(4, 4)(X),
    "backward": lambda: (Q @ Q.mT).sum().backward(),
    "LSTM": lambda: nn.LSTM(4, 4)(X),
}


@pytest.fixture
def forbid():
    """Return a function that forbids names until the test is over."""
    forbidden: list[Forbid] = []

    def forbids(*names: str) -> Forbid:
        forbidden.append(Forbid(names))
        return forbidden[-1]

    yield forbids
    for each in forbidden:
        each.lift()


@pytest.mark.parametrize("way", WAYS)
def test_a_forbidden_function_raises_on_every_way_to_it(forbid, way):
    WAYS[way]()
    forbid(SDPA)
    with pytest.raises(RuntimeError, match=f"{SDPA} is not allowed") as caught:
        WAYS[way]()
    if way != "by TorchScript":  # which wraps what is raised in an error of its own
        assert caught.type is Forbidden


@pytest.mark.parametrize("way", WAYS)
def test_lifting_restores_every_way(forbid, way):
    forbid(SDPA, MHA).lift()
    WAYS[way]()


@pytest.mark.parametrize("other", OTHERS)
def test_everything_else_works(forbid, other):
    forbid(SDPA, MHA, "torch.nn.functional.multi_head_attention_forward")
    OTHERS[other]()


def test_the_numbers_are_the_same_after_lifting(forbid):
    before = taken_before(Q, Q, Q)
    forbid(SDPA).lift()
    after = taken_before(Q, Q, Q)
    assert torch.equal(before, after)
    assert after.requires_grad and after.grad_fn.name() == before.grad_fn.name()


RECURRENT = {
    "torch.nn.LSTM": lambda: nn.LSTM(4, 4)(X),
    "torch.nn.LSTMCell": lambda: nn.LSTMCell(4, 4)(X[0]),
    "torch.nn.GRU": lambda: nn.GRU(4, 4)(X),
    "torch.nn.GRUCell": lambda: nn.GRUCell(4, 4)(X[0]),
    "torch.nn.RNN": lambda: nn.RNN(4, 4)(X),
    "torch.nn.RNNCell": lambda: nn.RNNCell(4, 4)(X[0]),
    "torch.lstm_cell": lambda: torch.lstm_cell(X[0], (X[0], X[0]), *[torch.ones(16, 4)] * 2),
}


@pytest.mark.parametrize("name", RECURRENT)
def test_a_forbidden_layer_raises_on_call(forbid, name):
    RECURRENT[name]()
    layer = forbid(name)
    with pytest.raises(Forbidden, match=f"^{name} is not allowed"):
        RECURRENT[name]()
    layer.lift()
    RECURRENT[name]()


def test_a_layer_that_was_built_before_and_one_that_derives_from_it_raise(forbid):
    class Mine(nn.LSTM):
        pass

    built = nn.LSTM(4, 4)
    forbid("torch.nn.LSTM")
    for layer in (built, Mine(4, 4)):
        with pytest.raises(Forbidden, match=r"torch\.nn\.LSTM"):
            layer(X)
    assert isinstance(built, nn.LSTM)


def test_multihead_attention_raises_with_its_weights_too(forbid):
    """With need_weights (the default) it calls no attention operator, only matrix products."""
    attention = nn.MultiheadAttention(4, 2, batch_first=True)
    forbid(MHA)
    for needed in (True, False):
        with pytest.raises(Forbidden, match=MHA):
            attention(X, X, X, need_weights=needed)


def test_of_many_forbidden_names_the_one_that_was_used_is_named(forbid):
    forbid(MHA, "torch.nn.functional.multi_head_attention_forward", SDPA)
    for way in ("by attribute", "by a name taken before"):
        with pytest.raises(Forbidden, match=f"^{SDPA} "):
            WAYS[way]()
    with pytest.raises(Forbidden, match=f"^{MHA} "):
        nn.MultiheadAttention(4, 2)(X, X, X)


@pytest.mark.parametrize("name", ["torch.softmax", "torch.Tensor.softmax", "torch.optim.Adam"])
def test_any_name_of_torch_can_be_forbidden(forbid, name):
    uses = {
        "torch.softmax": lambda: torch.softmax(X, -1),
        "torch.Tensor.softmax": lambda: X.softmax(-1),
        "torch.optim.Adam": lambda: torch.optim.Adam([Q]),
    }
    uses[name]()
    lifted = forbid(name)
    with pytest.raises(Forbidden, match=name):
        uses[name]()
    lifted.lift()
    uses[name]()


@pytest.mark.parametrize("name", OPERATORS)
def test_every_name_with_operators_can_be_forbidden_and_lifted(forbid, name):
    forbid(name).lift()
    for way in WAYS.values():
        way()


def test_forbidding_says_nothing(forbid, recwarn, capfd):
    forbid(SDPA, "torch.nn.LSTM")
    assert not recwarn and capfd.readouterr() == ("", "")
