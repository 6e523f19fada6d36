"""A student's functions and modules behave here as if they were local torch code."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import torch
from torch import nn

from grader.compare.trial import call_all
from grader.model.limits import Limits, OutOfMemory, StudentError, TimedOut
from grader.model.result import Status
from grader.model.subject import Beginning
from grader.sandbox.host.changes import changes
from grader.sandbox.host.loaded import DYNAMIC, Loaded, Unreadable
from grader.sandbox.host.sandbox import Sandbox
from grader.sandbox.host.student import Student
from grader.sandbox.host.zygote import Zygote
from tests.support.small_course import notebook

LIMITS = Limits(seconds=1.0, memory_mb=512)
SOURCE = """
import sys
import torch
from torch import nn

number = 3

def square(x): return x * x
def pair(x, scale=1.0): return scale * x, [x + 1, {"sum": x.sum(), "none": None}], 7, "text", True
def nothing(): return None
def first_only(x, y): return 2 * x
def detached(x): return (3 * x).detach(), 3 * x
def by_index(x, index): return x[index]
def doubled_in_place(x): return x.mul_(2)
def hidden_in_place(x):
    x.data.mul_(2)
    return x.sum()
def an_object(x): return object()
def an_array(x): return x.numpy()
def dtypes(x): return str(x.dtype), str(torch.zeros(1).dtype)
def noise(): return torch.rand(4)
def speaks(text): print(text)

def outer(x):
    return inner(x)
def inner(x):
    return x @ x
class Hostile(Exception):
    def __str__(self): raise RuntimeError("no")
def hostile(): raise Hostile
def exits(): sys.exit(3)
def skeleton(x): raise NotImplementedError
def raises_in_backward(x):
    class F(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x): return x * 1
        @staticmethod
        def backward(ctx, g): raise ValueError("in my backward")
    return F.apply(x)

class Net(nn.Module):
    def __init__(self, n_in, n_out, dropout=0.0):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n_in, n_out), nn.Dropout(dropout))
        self.scale = nn.Parameter(torch.ones(n_out))
    def forward(self, x, shift=0.0):
        return self.scale * self.body(x) + shift

class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
        self.register_buffer("calls", torch.zeros(1))
    def forward(self, x):
        self.calls = self.calls + 1
        return self.norm(x)

class Frozen(nn.Module):
    def __init__(self):
        super().__init__()
        self.still = nn.Parameter(torch.ones(3), requires_grad=False)
        self.whole = nn.Parameter(torch.ones(3, dtype=torch.int64), requires_grad=False)
        self.learns = nn.Parameter(torch.ones(3))
    def forward(self, x): return x * self.still * self.learns * self.whole

class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode, self.decode = nn.Linear(3, 3, bias=False), nn.Linear(3, 3, bias=False)
        self.decode.weight = self.encode.weight
    def forward(self, x): return self.decode(self.encode(x).tanh())

class Lazy(nn.Module):
    def __init__(self):
        super().__init__()
        self.known, self.linear, self.norm = nn.Linear(3, 4), nn.LazyLinear(2), nn.LazyBatchNorm1d()
    def forward(self, x): return self.norm(self.linear(self.known(x)))

class Recurrent(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(4, 5, num_layers=2, batch_first=True)
    def forward(self, x, state=None): return self.rnn(x, state)

class Clashing(nn.Module):
    def __init__(self):
        super().__init__()
        self._parameters["forward"] = nn.Parameter(torch.ones(1))
"""
NAMES = (
    "number", "square", "pair", "nothing", "first_only", "detached", "by_index",
    "doubled_in_place", "hidden_in_place", "an_object", "an_array", "dtypes", "noise", "speaks",
    "outer", "hostile", "exits", "skeleton", "raises_in_backward", "Net", "Norm", "Frozen", "Tied",
    "Lazy", "Recurrent", "Clashing",
)  # fmt: skip


@pytest.fixture(scope="module")
def loaded(zygote: Zygote) -> Iterator[Student]:
    with Loaded(zygote, SOURCE.encode(), NAMES, LIMITS) as loaded:
        yield Student(loaded)


@pytest.fixture
def student(loaded: Student) -> Iterator[Student]:
    """The student at the start of a check, with torch set as in one."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    loaded.begin(Beginning())
    yield loaded
    torch.set_default_dtype(before)


@pytest.fixture
def notes() -> list[str]:
    """What is said of the notebook that was read last."""
    return []


@pytest.fixture
def read(zygote: Zygote, notes: list[str]):
    """Return a function that loads a notebook of its own and ends it after the test."""
    with ExitStack() as stack:

        def read(*cells: str, names: tuple[str, ...] = ("f",), limits: Limits = LIMITS) -> Student:
            loaded = stack.enter_context(Loaded(zygote, notebook(*cells), names, limits))
            notes[:] = loaded.notes
            return Student(loaded)

        yield read


@contextmanager
def raises(kind: str, status: Status = Status.STUDENT_ERROR) -> Iterator[pytest.ExceptionInfo]:
    """Expect an error of the student's."""
    with pytest.raises(StudentError) as caught:
        yield caught
    assert (caught.value.kind, caught.value.status) == (kind, status)


# values


def test_a_function_is_called_with_tensors_and_gives_tensors(student):
    x = torch.randn(2, 3)
    assert torch.equal(student.square(x), x * x)


def test_results_keep_their_structure_and_arguments_may_be_named(student):
    x = torch.ones(2)
    scaled, (plus, named), number, text, true = student.pair(x, scale=2.0)
    assert (scaled.tolist(), plus.tolist(), named["sum"].item()) == ([2, 2], [2, 2], 2)
    assert (named["none"], number, text, true) == (None, 7, "text", True)
    assert student.nothing() is None


def test_functions_have_the_students_name(student):
    assert student.square.__name__ == "square"
    assert student.Net(2, 3).__name__ == "Net"


@pytest.mark.parametrize(
    "x",
    [
        torch.randn(3, dtype=torch.float64),
        torch.randn(3, dtype=torch.float32),
        torch.arange(3),
        torch.tensor([True, False]),
        torch.randn(2, dtype=torch.complex128),
        torch.empty(0, 3),
        torch.tensor(2.0),
        torch.randn(4, 3).T[::2],
        torch.ones(1).expand(3),
    ],
    ids=lambda x: f"{x.dtype}-{tuple(x.shape)}",
)
def test_every_kind_of_tensor_crosses_the_border(student, x):
    result = student.square(x)
    assert (result.dtype, result.shape) == (x.dtype, x.shape)
    assert torch.equal(result, x * x)


def test_the_workers_default_is_float64_and_float32_stays_float32(student):
    assert student.dtypes(torch.ones(1).float()) == ("torch.float32", "torch.float64")


def test_random_numbers_over_there_follow_from_the_seed_of_the_check(loaded):
    draws = []
    for seed in (1, 2, 1):
        loaded.begin(Beginning(seed))
        draws.append(loaded.noise())
    assert torch.equal(draws[0], draws[2])
    assert not torch.equal(draws[0], draws[1])


def test_an_input_changed_in_place_stays_as_it_is_here_and_the_change_is_noted(student):
    x = torch.ones(3)
    for function in (student.doubled_in_place, student.hidden_in_place):  # the latter by .data
        with changes() as changed:
            function(x)
        assert x.tolist() == [1, 1, 1]
        assert [tensor is x for tensor in changed] == [True]


def test_inputs_that_are_only_read_stay_the_same(student):
    x = torch.tensor([1.0, torch.nan])
    student.square(x)
    assert x[0] == 1 and x[1].isnan()


# gradients


def test_backward_reaches_inputs_through_local_and_remote_code(student):
    x = torch.randn(3, requires_grad=True)
    student.square(student.square(2 * x).sin()).sum().backward()
    y = x.detach().requires_grad_()
    ((2 * y) ** 2).sin().square().sum().backward()
    assert torch.allclose(x.grad, y.grad)


def test_gradcheck_crosses_the_border(student):
    x = torch.randn(3, requires_grad=True)
    assert torch.autograd.gradcheck(student.square, x)
    assert torch.autograd.gradcheck(student.Net(3, 2), torch.randn(2, 3, requires_grad=True))


@pytest.mark.parametrize("factor, asked", [(1, []), (2, ["backward"])])
def test_only_gradients_that_were_not_foreseen_are_asked_for(student, monkeypatch, factor, asked):
    said = []
    ask = Sandbox.ask
    monkeypatch.setattr(
        Sandbox, "ask", lambda self, do, **request: said.append(do) or ask(self, do, **request)
    )
    x, cotangent = torch.randn(3, requires_grad=True), torch.randn(3)
    (result,) = call_all([(student.square, ((x,), {}))], lambda: [[cotangent]])
    (result * cotangent * factor).sum().backward()
    assert said == ["call", *asked]
    assert torch.allclose(x.grad, 2 * x.detach() * cotangent * factor)


def test_an_input_without_influence_has_no_gradient(student):
    x, y = torch.ones(2, requires_grad=True), torch.ones(2, requires_grad=True)
    gradients = torch.autograd.grad(student.first_only(x, y).sum(), [x, y], allow_unused=True)
    assert gradients[0].tolist() == [2, 2]
    assert gradients[1] is None


def test_a_detached_result_requires_no_gradient(student):
    cut, whole = student.detached(torch.ones(2, requires_grad=True))
    assert not cut.requires_grad
    assert whole.requires_grad


def test_whole_numbers_may_be_inputs_beside_tensors_that_learn(student):
    x = torch.randn(4, requires_grad=True)
    student.by_index(x, torch.tensor([0, 0, 3])).sum().backward()
    assert x.grad.tolist() == [2, 0, 0, 1]


def test_without_gradients_here_there_are_none_there(student):
    with torch.no_grad():
        assert not student.square(torch.ones(2, requires_grad=True)).requires_grad


def test_changing_an_input_that_learns_is_no_error_as_in_a_network(student):
    x = torch.ones(3, requires_grad=True)
    student.doubled_in_place(x).sum().backward()
    assert x.grad.tolist() == [2, 2, 2]


def test_an_error_in_their_backward_is_theirs(student):
    result = student.raises_in_backward(torch.ones(2, requires_grad=True))
    with raises("ValueError") as caught:
        result.sum().backward()
    assert "in my backward" in caught.value.traceback


# modules


def test_a_module_has_its_parameters_here_by_name(student):
    net = student.Net(3, 2)
    assert isinstance(net, nn.Module)
    shapes = {name: tuple(p.shape) for name, p in net.named_parameters()}
    assert shapes == {"scale": (2,), "body.0.weight": (2, 3), "body.0.bias": (2,)}
    assert net.body.get_submodule("0").weight is net.get_parameter("body.0.weight")


def test_gradients_arrive_at_parameters_as_they_do_in_torch(student):
    net, x = student.Net(3, 2), torch.randn(5, 3)
    weight, bias = (
        p.detach().clone().requires_grad_() for p in net.body.get_submodule("0").parameters()
    )
    local = nn.functional.linear(x, weight, bias)
    assert torch.allclose(net(x, shift=1.0), local + 1)
    net(x).square().sum().backward()
    local.square().sum().backward()
    assert torch.allclose(net.get_parameter("body.0.weight").grad, weight.grad)
    assert torch.allclose(net.get_parameter("body.0.bias").grad, bias.grad)


def test_values_given_here_are_used_there(student):
    net, other = student.Net(3, 2), student.Net(3, 2)
    x = torch.randn(5, 3)
    assert not torch.equal(net(x), other(x))
    other.load_state_dict(net.state_dict())
    assert torch.equal(net(x), other(x))
    with torch.no_grad():
        net.scale.fill_(2.0)
    assert torch.allclose(net(x), 2 * other(x))


def test_an_optimizer_here_trains_a_module_there(student):
    net, x = student.Net(3, 1), torch.randn(20, 3)
    target = x.sum(dim=1, keepdim=True)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = (net(x) - target).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


def test_dropout_follows_train_and_eval(student):
    net, x = student.Net(3, 50, dropout=0.5), torch.randn(4, 3)
    assert (net.train()(x) == 0).any()
    assert not (net.eval()(x) == 0).any()
    assert torch.equal(net(x), net(x))


def test_running_statistics_arrive_here(student):
    ours, theirs = nn.BatchNorm1d(3), student.Norm()
    for _ in range(3):
        x = torch.randn(8, 3) + 5
        assert torch.allclose(theirs(x), ours(x))
    assert torch.allclose(theirs.norm.running_mean, ours.running_mean)
    assert torch.allclose(theirs.norm.running_var, ours.running_var)
    assert theirs.norm.num_batches_tracked == 3
    assert torch.allclose(theirs.eval()(x), ours.eval()(x))


def test_a_buffer_that_is_replaced_arrives_here_too(student):
    norm = student.Norm().eval()
    for _ in range(3):
        norm(torch.randn(2, 3))
    assert norm.calls.item() == 3


def test_parameters_that_are_frozen_over_there_do_not_learn_here(student):
    module = student.Frozen()
    assert {n for n, p in module.named_parameters() if p.requires_grad} == {"learns"}
    module(torch.ones(3)).sum().backward()
    assert module.still.grad is None
    assert module.learns.grad.tolist() == [1, 1, 1]


def test_tied_weights_are_one_parameter_with_the_gradient_of_both_uses(student):
    tied, x = student.Tied(), torch.randn(2, 3)
    assert [name for name, _ in tied.named_parameters()] == ["encode.weight"]
    tied(x).sum().backward()
    weight = tied.encode.weight.detach().clone().requires_grad_()
    ((x @ weight.T).tanh() @ weight.T).sum().backward()
    assert torch.allclose(tied.encode.weight.grad, weight.grad)


def test_lazy_layers_run_and_have_no_parameters_here(student):
    lazy = student.Lazy()
    assert lazy(torch.randn(5, 3)).shape == (5, 2)
    assert {name for name, _ in lazy.named_parameters()} == {"known.weight", "known.bias"}
    assert lazy(torch.randn(5, 3)).shape == (5, 2)


def test_an_lstm_inside_a_module_agrees_with_torchs(student):
    theirs, ours = student.Recurrent(), nn.LSTM(4, 5, num_layers=2, batch_first=True)
    theirs.rnn.load_state_dict(ours.state_dict())
    x, state = (
        torch.randn(3, 6, 4, requires_grad=True),
        (torch.randn(2, 3, 5), torch.randn(2, 3, 5)),
    )
    out, (h, c) = theirs(x, state)
    expected, (h_n, c_n) = ours(x, state)
    assert torch.allclose(out, expected) and torch.allclose(h, h_n) and torch.allclose(c, c_n)
    found, due = (torch.autograd.grad(o.square().sum(), x)[0] for o in (out, expected))
    assert torch.allclose(found, due)


def test_two_modules_of_a_class_are_two_modules(student):
    one, other = student.Net(3, 2), student.Net(3, 4)
    assert one(torch.ones(1, 3)).shape == (1, 2)
    assert other(torch.ones(1, 3)).shape == (1, 4)


def test_a_module_may_compute_in_single_precision(student):
    net = student.Net(3, 2).float()
    assert net(torch.ones(1, 3, dtype=torch.float32)).dtype == torch.float32


def test_a_parameter_that_would_shadow_the_proxy_is_refused(student):
    with raises("") as caught:
        student.Clashing()
    assert "cannot be held" in str(caught.value)


# errors


def test_a_name_that_is_not_defined_says_so(student):
    with raises("NameError") as caught:
        student.absent  # noqa: B018
    assert str(caught.value) == "`absent` is not defined"


@pytest.fixture
def values(zygote: Zygote):
    source = "import torch\nn = 3\nt = torch.ones(2)\ntodo = ...\nodd = object()\ndef f(): return 1"
    names = ("n", "t", "todo", "odd", "f", "absent")
    with Loaded(zygote, notebook(source), names, LIMITS, names) as loaded:
        yield Student(loaded)


def test_a_value_that_is_asked_for_is_sent(values):
    assert values.n == 3
    assert torch.equal(values.t, torch.ones(2))
    assert values.f() == 1


@pytest.mark.parametrize(
    ("name", "kind"),
    [("todo", "NotImplementedError"), ("odd", "Unsendable"), ("absent", "NameError")],
)
def test_a_value_that_is_none_or_cannot_be_sent_is_the_students_error(values, name, kind):
    with raises(kind):
        getattr(values, name)


def test_a_value_in_the_place_of_a_function_says_so(student):
    with raises("TypeError") as caught:
        student.number(3)
    assert str(caught.value) == "`number` is a value, not a function or a class"


def test_private_names_are_not_the_students(student):
    with pytest.raises(AttributeError):
        student._secret  # noqa: B018


def test_a_traceback_shows_the_students_lines_and_nothing_else(student):
    with raises("RuntimeError") as caught:
        student.outer(torch.ones(2, 3))
    text = caught.value.traceback
    assert [line.strip() for line in text.splitlines() if line.startswith("  File")] == [
        f'File "code cell 1", line {number(SOURCE, "return inner(x)")}, in outer',
        f'File "code cell 1", line {number(SOURCE, "return x @ x")}, in inner',
    ]
    assert "return x @ x" in text
    assert text.splitlines()[-1].startswith("RuntimeError: ")
    for ours in ("grader", "worker.py", "execution.py", "site-packages", "/"):
        assert ours not in text


def number(source: str, line: str) -> int:
    """Return the number of the line that contains `line`."""
    return next(n for n, text in enumerate(source.splitlines(), 1) if line in text)


def test_an_error_that_cannot_be_shown_is_still_told(student):
    with raises("Hostile") as caught:
        student.hostile()
    assert caught.value.traceback.endswith("Hostile: (its message cannot be shown)")


def test_sys_exit_is_an_error_as_any_other(student):
    with raises("SystemExit") as caught:
        student.exits()
    assert "sys.exit(3)" in caught.value.traceback


def test_what_is_not_implemented_has_its_kind(student):
    with raises("NotImplementedError"):
        student.skeleton(torch.ones(1))


def test_a_result_that_cannot_cross_is_named(student):
    with raises("Unsendable") as caught:
        student.an_object(torch.ones(2))
    assert "type object, which is not a tensor" in str(caught.value)


MADE = """
import functools
from torch import nn
Linear = functools.partial(nn.Linear, bias=False)
def Wider(n): return nn.Linear(n, n + 1)
class Number:
    def __init__(self, n): self.n = n
"""


def test_what_makes_modules_is_as_good_as_a_class(zygote):
    names = "Linear", "Wider", "Number"
    with Loaded(zygote, notebook(MADE), names, LIMITS, classes=names) as loaded:
        student = Student(loaded)
        student.begin(Beginning())
        assert [*student.Linear(2, 3).state_dict()] == ["weight"]
        assert student.Wider(2)(torch.ones(1, 2).double()).shape == (1, 3)
        with raises("TypeError") as caught:
            student.Number(2)
    assert "`Number` makes a value of type Number, not a module: derive" in str(caught.value)


def test_an_array_of_numpy_is_a_tensor_here(student):
    assert torch.equal(student.an_array(torch.ones(2)), torch.ones(2))


def test_code_that_takes_float32_for_granted_has_it_and_sends_float64(read):
    student = read(
        "import torch\nW = torch.full((2,), 1 / 3)",
        "def f(x):\n    assert x.dtype == W.dtype == torch.float32\n    return W * x",
    )
    x = torch.ones(2, dtype=torch.float64, requires_grad=True)
    with raises("AssertionError"):
        student.f(x)
    student.begin(Beginning(single=True))
    result = student.f(x)
    result.sum().backward()
    third = torch.full((2,), 1 / 3, dtype=torch.float32).double()
    assert torch.equal(result.detach(), third) and torch.equal(x.grad, third)
    student.begin(Beginning())
    with raises("AssertionError"):
        student.f(x)


# workers


@pytest.mark.parametrize(
    ("body", "error", "words"),
    [
        ("\n    while True: pass", TimedOut, "computed for more than 1 s"),
        ("import os; os._exit(5)", StudentError, "ended the Python process"),
        ("bytearray(1 << 30)", OutOfMemory, "more than 512 MB"),
        ("torch.empty(1 << 30)", OutOfMemory, "more than 512 MB"),
        ("f(x)", StudentError, "recursion"),
    ],
)
def test_what_ends_one_check_costs_no_other(read, body, error, words, monkeypatch):
    monkeypatch.setattr("grader.model.limits.WALL", 1000)  # this machine may be busy
    student = read("import torch", f"def f(x): {body}", "def g(x): return 2 * x", names=("f", "g"))
    with pytest.raises(error, match=words):
        student.f(torch.ones(1))
    student.begin(Beginning())
    assert student.g(torch.ones(1)).item() == 2


def test_modules_of_an_earlier_check_are_forgotten(student):
    net = student.Net(3, 2)
    student.begin(Beginning())
    with raises("IndexError"):
        net(torch.ones(1, 3))


def test_what_is_printed_is_collected_from_all_workers(zygote):
    cells = "print('at the start')\ndef f(text): print(text)\ndef g(): import os; os._exit(1)"
    loaded = Loaded(zygote, notebook("f = g = None", cells), ("f", "g"), LIMITS)
    student = Student(loaded)
    student.f("first")
    with pytest.raises(StudentError):
        student.g()
    student.begin(Beginning())
    student.f("second")
    with student.using(g="def g(): return 1"):
        student.f("with a stand-in")
    printed = loaded.close()
    assert printed.split() == ["first", "second", "with", "a", "stand-in"]


# stand-ins


def test_stand_ins_take_the_place_of_what_code_builds_on(read):
    cells = "def inner(x): return x - 1", "def f(x): return 10 * inner(x)"
    student = read(*cells, names=("f", "inner"))
    assert student.f(5) == 40
    with student.using(inner="def inner(x): return x"):
        assert student.f(5) == 50
    assert student.f(5) == 40


def test_stand_ins_leave_no_trace_where_the_students_code_is_judged(read):
    hunt = """
import gc, sys
def inner(x): return -x
def f():
    found = [o for o in gc.get_objects() if getattr(o, "__name__", "") == "inner"]
    constants = [c for o in found for c in getattr(getattr(o, "__code__", None), "co_consts", ())]
    return len(found), 4242 in constants, "stand_in" in sys.modules
"""
    student = read(hunt, names=("f", "inner"))
    with student.using(inner="def inner(x): return x + 4242"):
        assert student.f()[1], "the hunt must find it where it is"
    student.begin(Beginning())
    assert student.f() == (1, False, False)


def test_a_worker_with_stand_ins_runs_what_the_first_one_has_run_and_nothing_else(read):
    student = read(
        "from __future__ import annotations\nimport math, os\nside = []",
        "def inner(x): return x\nseen = [1]\nseen.append(2)\nwhile True: pass",
        "def f(x: absent):\n    names = vars(__import__('__main__'))\n"
        "    return inner(x), [*seen], 'side' in names, 'math' in names, math.pi",
        names=("f", "inner"),
    )
    first = student.f(1)
    with student.using(inner="def inner(x): return -x"):
        assert student.f(1) == (-first[0], *first[1:])
    assert first[:4] == (1, [1, 2], False, True)


def test_a_worker_with_stand_ins_that_has_died_is_replaced(read):
    student = read("def inner(): pass", "import os\ndef f(x): return x or os._exit(1)")
    part = {"inner": "def inner(): pass"}
    with student.using(**part), pytest.raises(StudentError):
        student.f(0)
    student.begin(Beginning())
    with student.using(**part):
        assert student.f(1) == 1


# loading


def test_statements_beside_the_graded_names_are_not_run(read):
    student = read("while True: pass", "def f(): return 1", "raise SystemExit")
    assert student.f() == 1


def test_module_level_state_counts_and_is_fresh_in_every_worker(read):
    student = read("seen = []\nseen.append(7)", "def f():\n    seen.append(1)\n    return seen")
    assert student.f() == [7, 1]
    assert student.f() == [7, 1, 1]


def test_names_made_at_run_time_are_found_by_running_the_whole_notebook(read, notes):
    student = read("vars(__import__('__main__')).update(f=lambda: 5)")
    assert student.f() == 5
    assert DYNAMIC in notes


def test_where_the_whole_notebook_defines_no_more_the_slice_stands(read, notes):
    student = read("def f(): return 1", "@absent\ndef g(): pass", "import os; os._exit(1)",
                   names=("f", "g"))  # fmt: skip
    assert student.f() == 1
    assert DYNAMIC not in notes


def test_the_whole_notebook_is_not_run_for_nothing(zygote, read, notes, monkeypatch):
    opened = []
    monkeypatch.setattr(
        zygote, "open", lambda *limits: opened.append(0) or Zygote.open(zygote, *limits)
    )
    student = read("scale = 1 / 0\nscale = 2", "def f(): return scale")
    assert student.f() == 2
    assert len(opened) == 1, "a second worker would only find what the first has found"
    assert "code cell 1, line 1: ZeroDivisionError: division by zero" in list(map(str, notes))


def test_a_definition_that_raised_says_why_it_is_missing(read):
    student = read("from torch import nn", "class f(nn.Modul): pass")
    with raises("NameError") as caught:
        student.f()
    assert str(caught.value) == "`f` is not defined"
    assert caught.value.traceback.startswith("code cell 2, line 1: AttributeError: ")


def test_a_notebook_that_is_none_is_unreadable(zygote):
    for data in (b"", b"\x89PNG...", b'{"cells": 3}'):
        with pytest.raises(Unreadable):
            Loaded(zygote, data, ("f",), LIMITS)


def test_code_that_hangs_while_it_is_loaded_times_out(zygote):
    with pytest.raises(TimedOut):
        Loaded(zygote, notebook("while True: f = 1"), ("f",), LIMITS)


def test_forbidden_operators_raise_in_graded_calls_only_where_the_question_forbids_them(read):
    student = read(
        "import torch\nfrom torch.nn.functional import scaled_dot_product_attention as sdpa",
        "def f(x): return sdpa(x, x, x)",
    )
    x = torch.randn(1, 2, 3)
    assert student.f(x).shape == x.shape
    student.begin(Beginning(forbid=("torch.nn.functional.scaled_dot_product_attention",)))
    with raises("Forbidden") as caught:
        student.f(x)
    assert "not allowed in this question" in str(caught.value)
    student.begin(Beginning())
    assert student.f(x).shape == x.shape
