"""What a question forbids raises on every usual way to it, and nothing else does."""

import importlib
import subprocess
import sys
import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch._decomp import decompositions
from torch.ao.nn import quantizable
from torch.ao.nn.quantizable.modules import rnn
from torch.nn import functional as F
from torch.nn.attention.flex_attention import flex_attention
from torch.nn.functional import layer_norm as norm_taken_before
from torch.nn.functional import multi_head_attention_forward as heads_taken_before
from torch.nn.functional import scaled_dot_product_attention as taken_before

from grader.sandbox.guest.forbidden import Forbid, Forbidden
from grader.sandbox.guest.siblings import FAMILIES, families, operators

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


def test_a_name_of_another_family_is_not_taken_for_what_was_used(forbid):
    forbid("torch.Tensor.backward", "torch.nn.Conv2d", "torch.ops.aten.convolution_backward")
    for way, name in (
        ("backwards", "torch.ops.aten.convolution_backward"),
        ("slowly backwards", "torch.nn.Conv2d"),  # not torch.Tensor.backward, though called alike
    ):
        with pytest.raises(Forbidden, match=f"^{name} "):
            SIBLINGS["convolution"][way]()


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


NAMES = {
    "attention": SDPA, "lstm": "torch.nn.LSTM", "gru": "torch.nn.GRU", "rnn": "torch.nn.RNN",
    "convolution": "torch.nn.Conv2d", "layer_norm": "torch.nn.functional.layer_norm",
    "group_norm": "torch.nn.GroupNorm", "batch_norm": "torch.nn.BatchNorm1d",
    "instance_norm": "torch.nn.InstanceNorm1d", "rms_norm": "torch.nn.RMSNorm",
}  # fmt: skip
aten = torch.ops.aten
IMAGE, KERNEL = torch.randn(1, 2, 6, 6), torch.randn(3, 2, 3, 3)
LSTM_WEIGHTS = [torch.randn(16, 4), torch.randn(16, 4), torch.randn(16), torch.randn(16)]
STATE = [torch.zeros(1, 2, 4), torch.zeros(1, 2, 4)]


def lstm(function):
    return function(X, STATE, LSTM_WEIGHTS, True, 1, 0.0, False, False, True)


class Wrapped(Tensor):
    """Decomposes what it meets."""

    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        with torch._C._DisableTorchDispatch():
            return aten._scaled_dot_product_attention_math.default.decompose(*args[:3])


def redispatched(operator, *args):
    keys = torch._C.DispatchKeySet(torch._C.DispatchKey.CompositeImplicitAutograd)
    return operator.redispatch(keys, *args)


def nested():
    q = torch.nested.nested_tensor(list(Q.detach().transpose(1, 2)))
    return F.scaled_dot_product_attention(q, q, q)


def imported_again(module, name, *args):
    sys.modules.pop(module, None)
    return getattr(importlib.import_module(module), name)(*args)


SIBLINGS = {
    "attention": {
        "decomposed": lambda: aten._scaled_dot_product_attention_math.default.decompose(Q, Q, Q),
        "decomposed, composite": lambda: aten.scaled_dot_product_attention.default.decompose(
            Q, Q, Q
        ),
        "redispatched": lambda: redispatched(
            aten._scaled_dot_product_attention_math.default, Q, Q, Q
        ),
        "under vmap": lambda: torch.vmap(lambda q: taken_before(q, q, q))(Q),
        "its math under vmap": lambda: torch.vmap(
            lambda q: torch._scaled_dot_product_attention_math(q, q, q)[0]
        )(Q),
        "under jvp": lambda: torch.func.jvp(
            lambda q: torch._scaled_dot_product_attention_math(q, q, q)[0], (Q,), (Q,)
        ),
        "of nested tensors": nested,
        "of a subclass": lambda: taken_before(
            *[Tensor._make_subclass(Wrapped, Q.detach())] * 3
        ),
        "flex, imported before": lambda: flex_attention(*[Q.detach()] * 3),
        "flex, imported again": lambda: imported_again(
            "torch.nn.attention.flex_attention", "flex_attention", *[Q.detach()] * 3
        ),
        "by a module for quantizing": lambda: quantizable.MultiheadAttention(4, 2)(X, X, X),
        "in many heads, a reference taken before": lambda: heads_taken_before(
            X, X, X, 4, 2, torch.randn(12, 4), torch.randn(12), None, None, False, 0.0,
            torch.randn(4, 4), torch.randn(4),
        ),
        "by a pattern of the compiler": lambda: imported_again(
            "torch._inductor.fx_passes.fuse_attention", "_sfdp_pattern_1", Q, Q, Q, 2.0
        ),
        "by onnx": lambda: imported_again("torch.onnx.ops._impl", "attention_23", Q, Q, Q),
    },
    "lstm": {
        "decomposed": lambda: lstm(aten.lstm.input.decompose),
        "a cell, decomposed": lambda: aten.lstm_cell.default.decompose(
            X[0], [X[0], X[0]], *LSTM_WEIGHTS
        ),
        "in the table of decompositions": lambda: lstm(decompositions.lstm_impl),
        "one layer of it": lambda: decompositions.one_layer_lstm(
            X.transpose(0, 1), [s[0] for s in STATE], LSTM_WEIGHTS, True
        ),
        "by a module for quantizing": lambda: quantizable.LSTM(4, 4)(X),
        "by its layer": lambda: rnn._LSTMLayer(4, 4)(X),
    },
    "gru": {
        "by operator": lambda: aten.gru_cell.default.decompose(
            X[0], X[0], *[t[:12] for t in LSTM_WEIGHTS]
        ),
        "in the table of decompositions": lambda: decompositions.gru_impl(
            X, STATE[0], [t[:12] for t in LSTM_WEIGHTS], True, 1, 0.0, False, False, True
        ),
    },
    "rnn": {
        "by operator": lambda: aten.rnn_tanh_cell.default.decompose(
            X[0], X[0], *[t[:4] for t in LSTM_WEIGHTS]
        ),
        "in the table of decompositions": lambda: decompositions.rnn_tanh_input(
            X, STATE[0], [t[:4] for t in LSTM_WEIGHTS], True, 1, 0.0, False, False, True
        ),
    },
    "convolution": {
        "by attribute": lambda: F.conv2d(IMAGE, KERNEL),
        "by a layer": lambda: nn.Conv2d(2, 3, 3)(IMAGE),
        "by operator": lambda: aten.convolution(
            IMAGE, KERNEL, None, [1, 1], [0, 0], [1, 1], False, [0, 0], 1
        ),
        "decomposed": lambda: aten.conv2d.default.decompose(IMAGE, KERNEL),
        "slowly": lambda: aten._slow_conv2d_forward(
            IMAGE, KERNEL, (3, 3), None, (1, 1), (0, 0)
        ),
        "transposed": lambda: F.conv_transpose2d(IMAGE, KERNEL.transpose(0, 1)),
        "in three dimensions": lambda: F.conv3d(IMAGE[:, :, None], KERNEL[:, :, None]),
        "under vmap": lambda: torch.vmap(lambda x: F.conv2d(x, KERNEL))(IMAGE[None]),
        "by mkldnn": lambda: torch.mkldnn_convolution(
            IMAGE, KERNEL, None, (0, 0), (1, 1), (1, 1), 1
        ),
        "by time, batch and channel": lambda: torch.conv_tbc(
            IMAGE[0], torch.randn(1, 6, 4), torch.zeros(4)
        ),
        "by a lazy layer": lambda: nn.LazyConv2d(3, 3)(IMAGE),
        "backwards": lambda: aten.convolution_backward(
            torch.randn(1, 3, 4, 4), IMAGE, KERNEL, [3], [1, 1], [0, 0], [1, 1], False, [0, 0],
            1, [True, True, True],
        ),
        "backwards, for the input": lambda: torch.nn.grad.conv2d_input(
            IMAGE.shape, KERNEL, torch.randn(1, 3, 4, 4)
        ),
        "backwards, for the weights": lambda: torch.nn.grad.conv2d_weight(
            IMAGE, KERNEL.shape, torch.randn(1, 3, 4, 4)
        ),
        "slowly backwards": lambda: aten._slow_conv2d_backward.output_mask(
            torch.randn(1, 3, 4, 4), IMAGE, KERNEL, [3, 3], [1, 1], [0, 0], [True, True, True]
        ),
    },
    "layer_norm": {
        "by attribute": lambda: F.layer_norm(X, (4,)),
        "a reference taken before": lambda: norm_taken_before(X, (4,)),
        "by a layer": lambda: nn.LayerNorm(4)(X),
        "by torch": lambda: torch.layer_norm(X, (4,)),
        "by operator": lambda: torch.native_layer_norm(X, (4,), None, None, 1e-5),
        "by a reference of torch": lambda: torch._refs.native_layer_norm(X, (4,), None, None, 1e-5),
        "backwards": lambda: aten.native_layer_norm_backward(
            X, X, (4,), torch.zeros(2, 3, 1), torch.ones(2, 3, 1), None, None, [True, False, False]
        ),
        "under vmap": lambda: torch.vmap(lambda x: F.layer_norm(x, (4,)))(X),
    },
    "group_norm": {
        "by attribute": lambda: F.group_norm(X, 1),
        "decomposed": lambda: aten.group_norm.default.decompose(X, 1),
    },
    "batch_norm": {
        "by attribute": lambda: F.batch_norm(X, None, None, training=True),
        "by operator": lambda: torch.native_batch_norm(
            X, None, None, None, None, True, 0.1, 1e-5
        ),
        "decomposed": lambda: aten.batch_norm.default.decompose(
            X, None, None, None, None, True, 0.1, 1e-5, False
        ),
    },
    "instance_norm": {"by attribute": lambda: F.instance_norm(X)},
    "rms_norm": {
        "by attribute": lambda: F.rms_norm(X, (4,)),
        "decomposed": lambda: aten.rms_norm.default.decompose(X, (4,)),
    },
}  # fmt: skip
ROADS = {f"{family}, {road}": (family, way) for family, ways in SIBLINGS.items()
         for road, way in ways.items()}  # fmt: skip


@pytest.mark.parametrize("road", ROADS)
def test_every_road_to_what_a_family_does_is_closed_and_opened_again(forbid, road):
    family, way = ROADS[road]
    works = works_without_a_ban(way)
    banned = forbid(NAMES[family])
    with pytest.raises(Forbidden, match="is not allowed in this question"):
        way()
    banned.lift()
    assert works_without_a_ban(way) == works
    assert works, "a road that leads nowhere without the ban, either"


def works_without_a_ban(way):
    try:
        return way() is not NotImplemented
    except Exception:
        return False


def test_every_family_is_that_of_a_name_and_has_operators():
    assert SIBLINGS.keys() == NAMES.keys() == FAMILIES.keys()
    for family, name in NAMES.items():
        assert families(name) == [family] and operators(family)


@pytest.mark.parametrize(
    "name", ["torch.conv*", "torch.nn.Conv*", "torch.nn.functional.conv*", "torch.nn.grad.*",
             "torch.ops.aten.convolution", "torch.ops.aten.convolution_backward"],
)  # fmt: skip
def test_any_name_of_a_convolution_closes_all_of_them(forbid, name):
    forbid(name)
    for way in SIBLINGS["convolution"].values():
        with pytest.raises(Forbidden, match="is not allowed in this question"):
            way()


def test_what_a_convolution_is_made_of_stays_open(forbid):
    forbid("torch.nn.Conv*", "torch.conv*")
    windows = IMAGE.unfold(2, 3, 1).unfold(3, 3, 1)  # (B, C, H', W', K, L)
    torch.einsum("bchwkl,ockl->bohw", windows, KERNEL)
    columns = F.unfold(F.pad(IMAGE, (1, 1, 1, 1)), 3)
    F.fold(columns, (6, 6), 3, padding=1)
    IMAGE.as_strided((2, 2), (1, 1))
    torch.fft.irfft2(torch.fft.rfft2(IMAGE))


def test_another_family_and_what_is_only_called_alike_stay_open(forbid):
    for name in NAMES.values():
        if name != NAMES["group_norm"]:
            forbid(name)
    F.group_norm(X, 1)
    nn.utils.rnn.pad_sequence([X[0], X[1]])
    nn.LSTM(4, 4), nn.Conv2d(2, 3, 3), nn.MultiheadAttention(4, 2)


def test_nothing_of_torch_is_recorded_where_parts_of_it_are_forbidden():
    code = """
import torch
from torch.fx.experimental.proxy_tensor import make_fx
from grader.sandbox.guest.forbidden import Forbidden, refuse_recordings
F, q = torch.nn.functional, torch.randn(1, 2, 3, 4)
refuse_recordings()
def f(q): return F.scaled_dot_product_attention(q, q, q)
assert torch.jit.script(f) is f and torch.jit.trace(f, (q,)) is f
@torch.jit.script
def g(x): return x
assert g(1) == 1
class M(torch.nn.Module):
    def forward(self, q): return f(q)
for record in (
    lambda: make_fx(f)(q), lambda: torch.fx.symbolic_trace(f),
    lambda: torch.export.export(M(), (q,), strict=False),
    lambda: torch.library.get_kernel("aten::_scaled_dot_product_attention_math", "CPU"),
):
    try:
        record()
    except Exception as error:
        errors = [error, error.__context__, error.__context__ and error.__context__.__context__]
        assert any("recording operators" in str(each) for each in errors), repr(error)
    else:
        raise AssertionError
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_forbidding_says_nothing(forbid, recwarn, capfd):
    forbid(SDPA, "torch.nn.LSTM")
    assert not recwarn and capfd.readouterr() == ("", "")
