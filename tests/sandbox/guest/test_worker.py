"""A worker runs one submission, answers calls to it, and describes what goes wrong in its words."""

import pytest
import torch
from torch import nn

from grader.model.limits import Limits, StudentError
from grader.sandbox.guest import saying, worker
from grader.sandbox.guest.submission import kind
from grader.sandbox.host import sandbox
from grader.sandbox.host.reply import text
from tests.support import walls

pytestmark = walls.ON_LINUX

SCRIPT = """
import builtins, sys, warnings
import torch
from torch import nn

ANSWER = 42

class Scale(nn.Module):
    def __init__(self, factor):
        super().__init__()
        self.factor = nn.Parameter(torch.tensor(factor))
        self.register_buffer("calls", torch.tensor(0))
    def forward(self, x):
        return self.factor * x

class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear, self.norm = nn.LazyLinear(2), nn.LazyBatchNorm1d()
    def forward(self, x):
        return self.linear(x)

def raises(kind, message):
    raise getattr(builtins, kind)(message)

class Unspeakable(Exception):
    def __str__(self): raise RuntimeError("no")

def raises_unspeakably(): raise Unspeakable
def raises_deep():
    def inner(): torch.ones(2) @ torch.ones(3)
    inner()
def recurses(): return recurses()
def double(x): return 2 * x
def split(x): return x, x.detach(), "text"
def messes_up():
    torch.set_default_dtype(torch.float16)
    torch.set_grad_enabled(False)
def state(): return str(torch.tensor(1.0).dtype), torch.is_grad_enabled()
def prints(text): print(text, end=""); print(text, end="", file=sys.stderr)
def prints_much(): print("é" * 300_000)
def warns(): warnings.warn("careful")
def attends(x): return torch.nn.functional.scaled_dot_product_attention(x, x, x)
def is_main(): return __name__
def means_what_torch_cannot_do(): return torch.zeros(1, device="meta").item()
def has_no_forward(): return nn.Module()(1)
"""
X = torch.ones(2, dtype=torch.float64)


@pytest.fixture
def submission(zygote):
    with walls.running(zygote, SCRIPT) as running:
        yield running


def error(running, name, *args):
    with pytest.raises(StudentError) as caught:
        walls.call(running, name, *args)
    assert running.alive
    return caught.value


def test_it_says_what_the_names_stand_for(zygote):
    with zygote.open(Limits()) as running:
        loaded = walls.load(running, SCRIPT, ["Scale", "double", "ANSWER", "missing"])
    assert loaded["defined"] == {"Scale": "module", "double": "function", "ANSWER": "value"}
    assert loaded["unreadable"] == "" and loaded["notes"] == []


def test_what_is_no_notebook_is_unreadable(zygote):
    with zygote.open(Limits()) as running:
        data = torch.frombuffer(bytearray(b"PK\3\4..."), dtype=torch.uint8)
        loaded = running.ask("load", data=data, names=[], run="needed")
    assert "zip archive" in f"{text(loaded['unreadable'])}" and loaded["defined"] == {}


def test_a_cell_that_raises_is_a_problem_and_no_error(zygote):
    with zygote.open(Limits()) as running:
        source = b'def f(): return 1\nraise ValueError("\\ud800 here")\n'
        data = torch.frombuffer(bytearray(source), dtype=torch.uint8)
        loaded = running.ask("load", data=data, names=["f"], run="whole")
        assert loaded["defined"] == {"f": "function"}
        assert ["ValueError: ? here" in problem["traceback"] for problem in loaded["problems"]] == [
            True
        ]


def test_the_code_runs_as_main(submission):
    assert walls.call(submission, "is_main") == "__main__"


@pytest.mark.parametrize("kind", ["ValueError", "SystemExit", "KeyboardInterrupt", "BaseException"])
def test_an_exception_of_any_kind_is_described(submission, kind):
    raised = error(submission, "raises", kind, "because")
    assert (raised.kind, str(raised)) == (kind, "because")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("means_what_torch_cannot_do", "meta"),
        ("has_no_forward", 'missing the required "forward" function'),
    ],
)
def test_what_torch_cannot_do_is_not_taken_for_code_that_is_not_written(submission, name, words):
    found = error(submission, name)
    assert found.kind == "RuntimeError" and words in str(found)


def test_a_traceback_shows_the_students_lines_and_none_of_ours(submission):
    shown = error(submission, "raises_deep").traceback
    assert "in raises_deep" in shown and "in inner" in shown
    assert "torch.ones(2) @ torch.ones(3)" in shown
    assert "worker.py" not in shown and "grader" not in shown


def test_a_message_that_cannot_be_shown_or_sent_is_replaced(submission):
    assert "(its message cannot be shown)" in str(error(submission, "raises_unspeakably"))
    source = 'def surrogate(): raise ValueError("\\ud800")'
    walls.load(submission, source, ["surrogate"])
    assert str(error(submission, "surrogate")) == "?"


def test_a_long_message_is_cut(submission):
    raised = error(submission, "raises", "ValueError", "x" * 100_000)
    assert len(str(raised)) == len(raised.traceback) == saying.LONGEST


def test_endless_recursion_is_an_error_like_any_other(submission):
    assert error(submission, "recurses").kind == "RecursionError"


def test_a_name_or_a_type_that_does_not_fit_is_an_error(submission):
    assert error(submission, "no_such_name").kind == "KeyError"
    assert error(submission, "double").kind == "TypeError"
    source = "import threading\ndef lock(): return threading.Lock()"
    walls.load(submission, source, ["lock"])
    raised = error(submission, "lock")
    assert (raised.kind, str(raised)) == (
        "Unsendable", "a value of type lock, which is not a tensor"
    )  # fmt: skip


def test_every_check_begins_with_the_same_state_of_torch(submission):
    assert walls.call(submission, "state") == ("torch.float64", True)
    walls.call(submission, "messes_up")
    assert walls.call(submission, "state") == ("torch.float16", False)
    submission.begin(seed=0, forbid=[])
    assert walls.call(submission, "state") == ("torch.float64", True)


def test_what_a_check_forbids_is_forbidden_until_the_next(submission):
    x = torch.ones(1, 1, 2, 2)
    name = "torch.nn.functional.scaled_dot_product_attention"
    submission.begin(seed=0, forbid=[name])
    raised = error(submission, "attends", x)
    assert raised.kind == "Forbidden" and name in str(raised)
    submission.begin(seed=0, forbid=[])
    assert walls.call(submission, "attends", x).shape == x.shape
    assert submission.printed() == ""  # torch warns of operators that are replaced


def test_a_module_is_built_and_called_with_the_graders_values(submission):
    scale = submission.constructions.add("Scale", (3.0,), {})
    submission.ask("construct")
    made = scale.answer
    assert scale.number == 0 and made["learns"] == {"factor": True}
    assert made["parameters"]["factor"] == 3 and made["buffers"]["calls"] == 0
    state = {"factor": torch.tensor(5.0, dtype=torch.float64), "calls": torch.tensor(0)}
    called = walls.ask_for_call(submission, 0, X, state=state, needs_grad=[True, False, True])
    assert called["result"].tolist() == [5, 5] and called["differentiable"] == [True]
    gradients = submission.ask("backward", id=called["id"], gradients=[X])
    assert gradients[0] == 2 and gradients[1] is None and gradients[2].tolist() == [5, 5]


def test_a_module_whose_sizes_are_not_yet_known_has_no_parameters_to_show(submission):
    lazy = submission.constructions.add("Lazy", (), {})
    submission.ask("construct")
    made = lazy.answer
    assert made["parameters"] == {} and set(made["buffers"]) <= {"norm.num_batches_tracked"}


def test_only_what_depends_on_an_input_is_differentiable(submission):
    called = walls.ask_for_call(submission, "split", X)
    assert called["differentiable"] == [True, False]
    assert called["result"][2] == "text"
    assert submission.ask("backward", id=called["id"], gradients=[None, None]) == [None]


FAILS_BACK = """
import torch
class F(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x): return x * 1
    @staticmethod
    def backward(ctx, g): raise ValueError("on my way back")
def fails_back(x): return F.apply(x)
"""


def called_with(submission, function: str, *cotangents):
    return walls.ask_for_call(submission, function, X, cotangents=cotangents)


def test_gradients_come_with_the_call_where_the_cotangents_fit(submission):
    called = called_with(submission, "double", torch.tensor([3.0, 5.0]))
    assert [g.tolist() for g in called["gradients"]] == [[6, 10]]
    assert called_with(submission, "double")["gradients"] == []
    assert called_with(submission, "double", torch.ones(3))["gradients"] == []
    assert called_with(submission, "double", torch.ones(2), torch.ones(2))["gradients"] == []
    (found,) = called_with(submission, "split", torch.ones(2), None)["gradients"]
    assert found.tolist() == [1, 1]


def test_an_error_on_the_way_back_is_told_when_gradients_are_asked_for(submission):
    walls.load(submission, FAILS_BACK, ["fails_back"])
    called = called_with(submission, "fails_back", X)
    assert called["result"].tolist() == [1, 1] and called["gradients"] == []
    with pytest.raises(StudentError, match="on my way back"):
        submission.ask("backward", id=called["id"], gradients=[X])


def test_gradients_of_complex_numbers_are_torchs(submission):
    walls.load(submission, "def turn(z): return (2 + 3j) * z * z", ["turn"])
    z = torch.tensor([1 + 2j, -1j], dtype=torch.complex128)
    cotangent = torch.tensor([0.5j, 1 - 1j], dtype=torch.complex128)
    called = walls.ask_for_call(submission, "turn", z)
    (found,) = submission.ask("backward", id=called["id"], gradients=[cotangent])
    leaf = z.clone().requires_grad_()
    (due,) = torch.autograd.grad((2 + 3j) * leaf * leaf, leaf, cotangent)
    assert torch.allclose(found, due)


def test_a_stand_in_takes_the_place_of_a_name(submission):
    walls.load(submission, "def double(x): return x\ndef twice(x): return double(x)", ["twice"])
    assert walls.call(submission, "twice", X).tolist() == [1, 1]
    submission.use(double="def double(x): return 2 * x")
    assert walls.call(submission, "twice", X).tolist() == [2, 2]


def test_print_goes_to_the_output_and_what_does_not_fit_is_dropped(submission):
    walls.call(submission, "prints", "hello ")
    walls.call(submission, "warns")
    assert submission.printed().startswith("hello hello ") and "careful" in submission.printed()
    walls.call(submission, "prints_much")
    assert len(submission.printed().encode()) in range(
        sandbox.OUTPUT_BYTES - 4, sandbox.OUTPUT_BYTES + 4
    )
    assert walls.call(submission, "double", X).tolist() == [2, 2]


def test_both_sides_of_the_border_agree_on_their_numbers():
    """They share no file but wire.py, so that what is trusted imports nothing untrusted."""
    assert worker.NO_MEMORY == sandbox.NO_MEMORY
    assert worker.OUTPUT_BYTES == sandbox.OUTPUT_BYTES
    assert saying.LONGEST == sandbox.MAX_TEXT


@pytest.mark.parametrize(
    "value, expected",
    [(nn.Linear, "module"), (nn.Linear(1, 1), "function"), (len, "function"), (3, "value")],
    ids=str,
)
def test_a_name_is_a_module_a_function_or_a_value(value, expected):
    assert kind(value) == expected
