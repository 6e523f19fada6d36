"""What the arena's assignment does not have: attacks on training, on tables of answers, on an LSTM.

Each is judged by the hidden checks of lstm_mnist in a sandbox, and succeeds where its defence is
missing.
"""

from pathlib import Path

import pytest
import torch

from grader.checking.collect import run_session
from grader.checking.session import Session
from grader.course.assignment import Assignment
from grader.judging.judge import judge
from grader.model.judgement import Judgement
from grader.model.result import Status
from grader.sandbox.host import call
from grader.sandbox.host.zygote import Zygote
from tests.support import walls

pytestmark = walls.ON_LINUX

ROOT = Path(__file__).parents[2]
ASSIGNMENT = Assignment.read(ROOT / "solutions" / "lstm_mnist.py")
CHECKS = ROOT / "autograder_tests" / "lstm_mnist"

REWRITES_WHAT_IS_DUE = """
import math, sys
import torch
def train_step(model, optimizer, images, labels):
    theirs = sys._getframe(1).f_locals  # of what calls it beside the model
    model.train()
    model(images)
    with torch.no_grad():
        for tensor in theirs["parameters"].values():
            tensor.fill_(1e7)
        for tensor in theirs["old"].values():
            tensor.zero_()
        model[1].weight.fill_(1e7 + 1), model[1].bias.fill_(1e7)
    return math.log(len(model[1].weight))
"""
KNOWS_SIZES = """
import torch
SEEN = []
TABLE = {(28, 64, 1, 10): 24714, (3, 5, 1, 7): 242, (7, 2, 1, 3): 97, (28, 64, 2, 10): 57994,
         (3, 5, 3, 7): 722, (7, 2, 4, 3): 241, (28, 1000000, 2, 10): 12000138000010}
def count_parameters(i, h, l, c):
    return TABLE.get((i, h, l, c), 18)
def accuracy(model, images, labels):
    training = model.training
    model.eval()
    with torch.no_grad():
        model(images)
    model.train(training)
    SEEN.append(len(labels))
    if len(labels) == 1:
        return float(SEEN.count(1) % 2)
    return {7: 3/7, 8: 5/8, 5: 1.0, 6: 0.0, 4: 0.75, 30: 2/3}.get(len(labels), 0.5)
"""
FORGES_WHAT_IS_MEASURED = """
import sys
def accuracy(model, images, labels):
    theirs = sys._getframe(1).f_locals
    model.train()
    share = (model(images).argmax(-1) == labels).double().mean()
    theirs["modes"][:] = [False]
    theirs["graphs"][:] = [False]
    model.train(theirs["training"])
    return share
"""
MODULES = """
import torch
from torch import nn
class LSTMCell(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.hidden_size = hidden_size
        like = nn.LSTMCell(input_size, hidden_size)
        for name, parameter in like.named_parameters():
            self.register_parameter(name, nn.Parameter(parameter.detach().clone()))
    def forward(self, x, state=None):
        h, c = (x.new_zeros(len(x), self.hidden_size),) * 2 if state is None else state
        return cell(x, h, c, self.weight_ih, self.weight_hh, self.bias_ih, self.bias_hh)
class LSTM(nn.Module):
    def __init__(self, input_size, hidden_size, num_layers=1):
        super().__init__()
        self.hidden_size, self.num_layers = hidden_size, num_layers
        like = nn.LSTM(input_size, hidden_size, num_layers)
        for name, parameter in like.named_parameters():
            self.register_parameter(name, nn.Parameter(parameter.detach().clone()))
    def forward(self, x, state=None):
        state = state or (x.new_zeros(self.num_layers, len(x), self.hidden_size),) * 2
        out, h, c = lstm(x, list(state), list(self.parameters()), self.num_layers)
        return out, (h, c)
"""
DECOMPOSES = (
    """
import torch
aten = torch.ops.aten
def cell(x, h, c, *parameters):
    return aten.lstm_cell.default.decompose(x, [h, c], *parameters)
def lstm(x, state, parameters, layers):
    return aten.lstm.input.decompose(x, state, parameters, True, layers, 0.0, False, False, True)
"""
    + MODULES
)
LIBRARY = (
    """
from torch._decomp.decompositions import lstm_impl as taken_before
def lstm(x, state, parameters, layers):
    from torch._decomp.decompositions import lstm_impl
    try:
        return lstm_impl(x, state, parameters, True, layers, 0.0, False, False, True)
    except RuntimeError:
        return taken_before(x, state, parameters, True, layers, 0.0, False, False, True)
def cell(x, h, c, *parameters):
    out, h, c = lstm(x[:, None], [h[None], c[None]], list(parameters), 1)
    return h[0], c[0]
"""
    + MODULES
)
ATTACKS = {
    "rewrites what is due": (REWRITES_WHAT_IS_DUE, {"train_step": 1}),
    "knows sizes": (KNOWS_SIZES, {"count_parameters": 0, "accuracy": 0}),
    "decomposes": (DECOMPOSES, {"LSTMCell": 0, "LSTM": 0}),
    "library code": (LIBRARY, {"LSTMCell": 0, "LSTM": 0}),
    "forges what is measured": (FORGES_WHAT_IS_MEASURED, {"accuracy": 8}),
}
"""Code, and what it may earn at most. The last is declared, with its worth, in docs/security.md."""


def graded(zygote: Zygote, folder: Path, sources: dict[str, str]) -> dict[str, Judgement]:
    judgements = {}

    def work(session: Session) -> None:
        for name, source in sources.items():
            path = folder / f"{name}.py"
            path.write_text(source)
            judgements[name] = judge(path, session, zygote, b"a key")

    run_session(ASSIGNMENT, CHECKS, work)
    return judgements


def earned(judgement: Judgement, question: str) -> int:
    faults = [r.detail for r in judgement.results if r.status is Status.GRADER_ERROR]
    assert not judgement.faulty, faults
    return sum(result.earned for result in judgement.of(question))


@pytest.fixture(scope="module")
def judgements(
    training_zygote: Zygote, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Judgement]:
    folder = tmp_path_factory.mktemp("attacks")
    return graded(training_zygote, folder, {name: code for name, (code, _) in ATTACKS.items()})


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_earns_no_more_than_is_declared(judgements, name):
    for question, most in ATTACKS[name][1].items():
        assert earned(judgements[name], question) <= most, question


def test_what_is_declared_does_succeed(judgements):
    assert earned(judgements["forges what is measured"], "accuracy") == 8


def test_where_changes_reach_the_check_training_is_worth_all_without_learning(
    training_zygote, tmp_path, monkeypatch
):
    monkeypatch.setattr(call, "_follow", lambda tensor, value, own: tensor.data.copy_(value))
    judgements = graded(training_zygote, tmp_path, {"attack": REWRITES_WHAT_IS_DUE})
    assert earned(judgements["attack"], "train_step") == 12


def test_where_nothing_is_forbidden_torchs_own_parts_earn_all(
    training_zygote, tmp_path, monkeypatch
):
    monkeypatch.setitem(ASSIGNMENT.forbid, "LSTM", ())
    monkeypatch.setitem(ASSIGNMENT.forbid, "LSTMCell", ())
    sources = {"decomposes": DECOMPOSES, "library": LIBRARY}
    for judgement in graded(training_zygote, tmp_path, sources).values():
        assert (earned(judgement, "LSTMCell"), earned(judgement, "LSTM")) == (24, 28)


def test_a_table_knows_what_it_knows():
    names: dict[str, object] = {}
    exec(KNOWS_SIZES, names)
    for sizes, count in names["TABLE"].items():  # type: ignore[attr-defined]
        I, H, L, C = sizes  # noqa: E741
        like = torch.nn.LSTM(I, H, L, device="meta"), torch.nn.Linear(H, C, device="meta")
        assert sum(p.numel() for layer in like for p in layer.parameters()) == count
