"""Modules that are put off until their first call, and several calls in one message."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
import torch
from torch import nn

from grader.compare.trial import call_all, call_each
from grader.model.limits import Limits, StudentError
from grader.model.result import Status
from grader.model.subject import Beginning
from grader.sandbox.host.changes import changes
from grader.sandbox.host.construction import Constructions, Stage
from grader.sandbox.host.loaded import Loaded
from grader.sandbox.host.remote import RemoteModule
from grader.sandbox.host.sandbox import Sandbox
from grader.sandbox.host.student import Student
from tests.support import walls
from tests.support.small_course import notebook

pytestmark = walls.ON_LINUX

SOURCE = """
import torch
from torch import nn

def square(x): return x * x
def detached(x): return (3 * x).detach(), 3 * x
def outer(x): return x @ x
def doubled_in_place(x): return x.mul_(2)
def noise(): return torch.rand(4)

class Net(nn.Module):
    def __init__(self, n_in, n_out):
        super().__init__()
        self.body = nn.Sequential(nn.Linear(n_in, n_out), nn.Dropout(0.0))
        self.scale = nn.Parameter(torch.ones(n_out))
    def forward(self, x): return self.scale * self.body(x)
"""
NAMES = ("square", "detached", "outer", "doubled_in_place", "noise", "Net")


@pytest.fixture(autouse=True)
def float64():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.fixture
def read(zygote):
    """Return a function that loads a notebook and ends it after the test."""
    with ExitStack() as stack:

        def read(cells: str, names=("f",), limits=Limits(seconds=1.0)) -> Student:  # noqa: B008
            loaded = stack.enter_context(Loaded(zygote, notebook(cells), names, limits))
            return Student(loaded)

        yield read


@pytest.fixture
def student(read) -> Student:
    return read(SOURCE, NAMES)


@contextmanager
def raises(kind: str, status: Status = Status.STUDENT_ERROR) -> Iterator[None]:
    """Expect an error of the student's."""
    with pytest.raises(StudentError) as caught:
        yield
    assert (caught.value.kind, caught.value.status) == (kind, status)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the worker is asked for from now on."""
    said: list[str] = []
    ask = Sandbox.ask
    monkeypatch.setattr(
        Sandbox, "ask", lambda self, do, **request: said.append(do) or ask(self, do, **request)
    )
    return said


def test_a_module_without_parameters_is_made_along_with_its_first_call(read, said):
    cells = """
from torch import nn
class Double(nn.Module):
    def forward(self, x): return (2 if self.training else 3) * x
"""
    student, x = read(cells, names=("Double",)), torch.ones(1)
    student.Double()
    del said[:]
    double = student.Double().eval()
    assert said == []
    assert double(x) == 3 and double.train()(x) == 2
    assert said == ["call", "call"]


def test_a_module_that_was_put_off_learns_as_any_other(student):
    for _ in range(2):
        net = student.Net(3, 4)
        net(torch.ones(1, 3)).sum().backward()
        assert all(p.grad is not None for p in net.parameters())


PUT_OFF = (
    lambda net: net.get_parameter("scale"), lambda net: net.scale, lambda net: net.body,
    lambda net: list(net.parameters()), lambda net: net.state_dict(), lambda net: net.float(),
    lambda net: setattr(net, "scale", nn.Parameter(torch.ones(4))), str,
)  # fmt: skip


@pytest.mark.parametrize("look", PUT_OFF, ids=range(len(PUT_OFF)))
def test_whoever_looks_at_its_parameters_has_it_made(student, said, look):
    student.Net(3, 4)
    another = student.Net(3, 4)
    del said[:]
    look(another)
    assert said == ["construct"]
    assert [n for n, _ in another.named_parameters()] == ["scale", "body.0.weight", "body.0.bias"]
    assert another(torch.ones(1, 3).to(another.scale.dtype)).shape == (1, 4)


def test_the_mode_of_a_module_that_is_put_off_is_that_of_its_parts(student, said):
    student.Net(3, 4).state_dict()
    del said[:]
    another = student.Net(3, 4).eval()
    assert said == [] and not another.training
    assert not another.body.training and another.train().body.training


def test_a_module_that_is_put_off_takes_over_parameters_and_learns(student, said):
    first, second = student.Net(3, 4), student.Net(3, 4)
    del said[:]
    assert second.adopt_parameters(dict(first.named_parameters()))
    x = torch.ones(2, 3)
    second(x).sum().backward()
    assert said == ["call", "backward"]
    assert torch.equal(first(x), second(x))
    assert second.scale.grad is not None and first.scale.grad is None
    assert not student.Net(3, 4).adopt_parameters({"scale": torch.ones(4)})
    assert not first.adopt_parameters(dict(second.named_parameters()))


@pytest.mark.parametrize("between", ["Net", "noise"])
def test_what_it_has_taken_over_stays_whatever_is_asked_before_it_is_called(student, between):
    source = nn.ParameterDict({"scale": torch.full((4,), 5.0)})
    first, second = student.Net(3, 4), student.Net(3, 4)
    parameters = dict(first.named_parameters()) | dict(source.named_parameters())
    assert second.adopt_parameters(parameters)
    held = second.scale
    student.Net(3, 4) if between == "Net" else student.noise()
    assert second.scale is held and held.tolist() == [5, 5, 5, 5]
    x = torch.ones(2, 3)
    second(x).sum().backward()
    assert held.grad is not None
    assert torch.allclose(second(x), 5 * first(x))


def test_a_first_call_that_fails_may_be_made_again(read):
    cells = """
import torch
from torch import nn
class Single(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))
    def forward(self, x): return torch.ones(2, 2, dtype=torch.float32) @ (self.weight * x)
"""
    student, x = read(cells, names=("Single",)), torch.ones(2, dtype=torch.float64)
    first, second = student.Single(), student.Single()
    assert second.adopt_parameters(dict(first.named_parameters()))
    with raises("RuntimeError"):
        second(x)
    assert second.float()(x.float()).tolist() == [2, 2]
    assert second(x.float()).tolist() == [2, 2]


def test_what_is_random_happens_in_the_order_of_the_check(read):
    cells = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.rand(4))
    def forward(self): return self.weight + 0
def noise(): return torch.rand(4)
"""
    student, drawn = read(cells, names=("Net", "noise")), []
    for _ in range(2):  # the second time, modules of this kind are known
        student.begin(Beginning(7))
        net, other = student.Net(), student.Net()
        noise = student.noise()
        drawn.append([net(), other(), noise])
    assert all(map(torch.equal, *drawn))


def test_the_first_error_of_a_constructor_is_raised_at_once(student):
    with raises("TypeError"):
        student.Net(3)
    with raises("TypeError"):
        student.Net(3)


def test_a_module_that_has_other_parameters_each_time_is_the_students_error(read):
    cells = """
from torch import nn
made = []
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        made.append(1)
        self.linear = nn.Linear(3, len(made))
    def forward(self, x): return self.linear(x)
"""
    student = read(cells, names=("Net", "made"))
    first, second = student.Net(), student.Net()
    assert second.adopt_parameters(dict(first.named_parameters()))
    with pytest.raises(StudentError, match="other parameters each time it is made"):
        second(torch.ones(1, 3, dtype=torch.float64))


def test_a_module_that_was_put_off_does_not_outlive_its_check(student):
    student.Net(3, 4)
    another = student.Net(3, 4)
    student.begin(Beginning())
    with raises("IndexError"):
        another(torch.ones(1, 3))
    with raises("IndexError"):
        _ = another.scale


def test_all_modules_that_wait_go_along_with_whatever_is_asked_next(student, said):
    student.Net(3, 4)
    first, second, third = (student.Net(3, 4) for _ in range(3))
    del said[:]
    assert student.square(torch.ones(1)) == 1
    assert said == ["call"]
    assert [n for net in (first, second) for n, _ in net.named_children()] == ["body"] * 2
    weights = [net.get_parameter("body.0.weight") for net in (first, second)]
    assert not torch.equal(*weights)
    assert third(torch.ones(1, 3)).shape == (1, 4) and said == ["call", "call"]


def test_several_modules_are_constructed_in_one_message_and_called_in_another(student, said):
    nets = student.Net.construct_each([((3, n), {}) for n in (1, 2, 3)])
    x = torch.ones(2, 3, requires_grad=True)
    with torch.no_grad():
        results = call_all([(net, ((x,), {})) for net in nets])
    assert said == ["construct", "call"]
    assert [result.shape for result in results] == [(2, 1), (2, 2), (2, 3)]
    assert all(torch.equal(net(x), y) for net, y in zip(nets, results, strict=True))


def test_gradients_of_several_modules_are_foreseen_for_each(student, said):
    nets = student.Net.construct_each([((3, n), {}) for n in (1, 2)])
    x, cotangents = torch.ones(2, 3), [torch.rand(2, n) for n in (1, 2)]
    results = call_all([(net, ((x,), {})) for net in nets], lambda: [[c] for c in cotangents])
    for net, result, cotangent in zip(nets, results, cotangents, strict=True):
        (result * cotangent).sum().backward()
        assert torch.allclose(
            net.get_parameter("body.0.bias").grad, cotangent.sum(dim=0)
        )  # scale is 1
    assert said == ["construct", "call"]


def test_the_error_of_one_constructor_of_several_is_raised_and_none_of_them_waits(student, said):
    with raises("TypeError"):
        student.Net.construct_each([((3, 4), {}), ((3,), {})])
    assert student.square(torch.ones(1)) == 1
    assert student.Net(3, 4)(torch.ones(1, 3)).shape == (1, 4)
    assert said == ["construct", "call", "construct", "call"]


def test_a_module_that_is_called_again_in_one_message_has_its_own_parameters_again(read):
    cells = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(2))
    def forward(self):
        with torch.no_grad(): self.weight.mul_(3)
        return self.weight + 0
"""
    student = read(cells, names=("Net",))
    first, second, call = student.Net(), student.Net(), ((), {})
    for _ in range(2):  # the second time, the worker has the numbers already
        results = call_all([(first, call), (second, call), (first, call)])
        assert [result.tolist() for result in results] == [[3, 3]] * 3


def squared(names, x):
    return names.square(x)


def test_what_is_put_beside_the_code_goes_along_with_its_first_call(student, said):
    beside = student.beside(squared)
    assert said == [] and beside(torch.full((1,), 3.0)) == 9 and said == ["call"]


def test_several_calls_are_one_message(student, said):
    x, y = torch.ones(2, requires_grad=True), torch.full((3,), 2.0)
    first, second = call_each(student.square, [((x,), {}), ((y,), {})])
    assert said == ["call"]
    assert first.tolist() == [1, 1] and second.tolist() == [4, 4, 4]
    assert torch.autograd.grad(first.sum(), x)[0].tolist() == [2, 2]
    assert not second.requires_grad


def test_gradients_of_several_calls_are_foreseen_for_each(student, said):
    x, y = torch.ones(2, requires_grad=True), torch.full((2,), 3.0, requires_grad=True)
    cotangents = torch.tensor([1.0, 2.0]), torch.tensor([5.0, 7.0])
    foreseen = lambda: [[cotangents[0]], [cotangents[1]]]  # noqa: E731
    square = student.square
    results = call_all([(square, ((x,), {})), (square, ((y,), {}))], foreseen)
    for leaf, result, cotangent in zip((x, y), results, cotangents, strict=True):
        (result * cotangent).sum().backward()
        assert torch.equal(leaf.grad, 2 * leaf.detach() * cotangent)
    assert said == ["call"]


def test_a_result_without_a_cotangent_is_foreseen_too(student, said):
    x = torch.ones(2, requires_grad=True)
    call = student.detached, ((x,), {})
    ((_, whole),) = call_all([call], lambda: [[None, torch.ones(2)]])
    whole.sum().backward()
    assert x.grad.tolist() == [3, 3] and said == ["call"]


def test_an_error_in_one_of_several_calls_is_raised(student):
    with raises("RuntimeError"):
        call_each(student.outer, [((torch.ones(2, 2),), {}), ((torch.ones(2, 3),), {})])


def test_each_of_several_calls_may_take_as_long_as_one_alone(read):
    cells = """
import time
def f(seconds):
    end = time.process_time() + seconds
    while time.process_time() < end: pass
    return seconds
"""
    student = read(cells, limits=Limits(seconds=0.5))
    with raises("", Status.TIMED_OUT):
        student.f(60.0)
    student.begin(Beginning())
    assert call_each(student.f, [((0.35,), {})] * 2) == [0.35, 0.35]


def test_each_call_tells_what_it_has_changed(student):
    x, y = torch.ones(2), torch.full((2,), 3.0)
    with changes() as changed:
        call_each(student.doubled_in_place, [((x,), {}), ((y,), {})])
    assert x.tolist() == [1, 1] and y.tolist() == [3, 3]
    assert changed[0] is x and changed[1] is y


def test_parameters_that_forward_changes_or_replaces_stay_here_and_for_the_next_call(read):
    cells = """
import torch
from torch import nn
class Net(nn.Module):
    def __init__(self, how):
        super().__init__()
        self.how, self.weight = how, nn.Parameter(torch.ones(2))
    def forward(self):
        with torch.no_grad():
            if self.how == "in place": self.weight.mul_(3)
            if self.how == "replaced": self.weight = nn.Parameter(3 * self.weight)
            if self.how == "data": self.weight.data = 3 * self.weight.data
        return self.weight + 0
"""
    student = read(cells, names=("Net",))
    for how, given in (("", 1), ("in place", 3), ("replaced", 3), ("data", 3)):
        net = student.Net(how)
        with changes() as changed:
            results = [net().tolist() for _ in range(2)]
        assert results == [[given, given]] * 2, how
        assert net.weight.tolist() == [1, 1], how
        assert all(tensor is net.weight for tensor in changed) and len(changed) == 2 * bool(how)


@pytest.mark.parametrize("forged", ["answer[0][:-1]", "answer[0] * 2", "[]"])
def test_answers_to_other_calls_than_were_made_are_the_students_error(read, forged):
    cells = f"""
import sys
submission = sys.modules["grader.sandbox.guest.submission"]
true_call = submission.Submission.call
def forged(self, **request):
    answer = true_call(self, **request)
    return [{forged}]
def f(x):
    submission.Submission.call = forged
    return x
"""
    student = read(cells)
    assert student.f(1) == 1
    with pytest.raises(StudentError, match="wrote to the grader's connection"):
        student.f(1)


@pytest.mark.parametrize(
    ("paths", "words"),
    [
        ([f"{i}" + ".a" * 30 + ".w" for i in range(100)], "more than 2048 modules"),
        (["w" * 300], "300 letters"),
        (["a." * 40 + "w"], "in 40 modules"),
    ],
)
def test_a_tree_of_modules_that_nobody_builds_is_refused(paths, words):
    forest = Constructions().add("Forest", (), {})
    ones = {path: torch.ones(1) for path in paths}
    forest.stage = Stage.CONSTRUCTED
    forest.answer = {"parameters": ones, "learns": {}, "buffers": {}}
    with pytest.raises(StudentError, match=words):
        RemoteModule(None, forest)
