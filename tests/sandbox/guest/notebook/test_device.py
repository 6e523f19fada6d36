"""Code for an accelerator runs on the CPU, and says so where it asked for more."""

import ast
import inspect
import subprocess
import sys

import pytest

from grader.sandbox.guest.notebook import slice
from grader.sandbox.guest.notebook.cell import Cell
from grader.sandbox.guest.notebook.device import MENTIONED, accelerated, to_cpu


def rewritten(source: str) -> str:
    (statement,) = ast.parse(source).body
    before = ast.unparse(statement)
    to_cpu(statement)
    after = ast.unparse(statement)
    assert after == before or MENTIONED.search(source)  # else no notebook would be searched for it
    return after


def asked(source: str) -> str:
    return to_cpu(ast.parse(source).body[0])


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:13", "mps", "xpu", "hip", "mps:0"])
def test_hard_coded_devices_become_the_cpu(name: str):
    assert rewritten(f"x = x.to('{name}')") == "x = x.to('cpu')"
    assert rewritten(f"def f(d='{name}'): return d") == "def f(d='cpu'):\n    return d"
    assert asked(f"x = x.to('{name}')") == name


def test_only_cells_that_mention_an_accelerator_are_searched(monkeypatch: pytest.MonkeyPatch):
    searched: list[str] = []
    monkeypatch.setattr(slice, "to_cpu", lambda node: searched.append(ast.unparse(node)) or "")
    slice.statements([Cell(1, "x = 1"), Cell(2, "y = 'mps'\nz = 2"), Cell(3, "w = 3")])
    assert searched == ["y = 'mps'", "z = 2"]


@pytest.mark.parametrize("text", ["cudax", "use cuda", "gpu", "CUDA", "cuda:x"])
def test_other_strings_stay(text: str):
    assert rewritten(f"x = '{text}'") == f"x = '{text}'"
    assert asked(f"x = '{text}'") == ""


@pytest.mark.parametrize("built", ['"cuda:{}".format(0)', '"cuda:%d" % 0', '"cuda:" + str(0)'])
def test_a_device_that_is_put_together_is_asked_for_and_changed_when_it_runs(built: str):
    assert rewritten(f"d = {built}") == f"d = {built}".replace('"', "'")
    assert asked(f"d = {built}").startswith("cuda:")


def test_types_of_tensors_on_accelerators_are_those_on_the_cpu():
    assert rewritten("x.type('torch.cuda.FloatTensor')") == "x.type('torch.FloatTensor')"


def test_autocast_and_its_scaler_keep_their_device_where_they_do_nothing():
    for source in ("torch.autocast('cuda')", "torch.amp.GradScaler(device='cuda')"):
        assert rewritten(source) == source
        assert asked(source) == ""


def test_compiling_and_autocast_are_noted():
    def used(source: str) -> set[str]:
        return accelerated(ast.parse(source).body[0])

    assert used("@torch.compile\ndef f(): pass") == {"compile"}
    assert used("with torch.cuda.amp.autocast(): pass") == {"autocast"}
    assert used("p = re.compile('x')") == set()


def test_a_number_formatted_into_the_name_goes():
    assert rewritten("d = f'cuda:{rank}'") == "d = f'cpu'"
    assert rewritten("print(f'cuda is {x}')") == "print(f'cuda is {x}')"


@pytest.mark.parametrize(
    "source",
    [
        "fast = device.type == 'cuda'",
        "fast = 'cuda' == device",
        "fast = device in ('cuda', 'mps')",
        "fast = 'cuda' in str(device)",
        "fast = device.startswith('cuda')",
        "'cuda'",
        "def f():\n    'cuda'",
        "match device:\n    case 'cuda':\n        pass",
    ],
)
def test_comparisons_and_docstrings_stay(source: str):
    assert rewritten(source) == ast.unparse(ast.parse(source).body[0])
    assert asked(source) == ""


def test_inside_a_compared_call_devices_are_replaced():
    source = "right = (model(x.to('cuda')) == y.to('cuda')).sum()"
    assert rewritten(source) == source.replace("cuda", "cpu")


def test_a_device_that_was_chosen_needs_no_note():
    assert asked("d = 'cuda' if torch.cuda.is_available() else 'cpu'") == ""
    assert asked("if use_cuda:\n    model = model.cuda()\n    d = 'cuda'") == ""
    assert rewritten("d = 'cuda' if slow else 'mps'") == "d = 'cpu' if slow else 'cpu'"


def test_a_call_of_cuda_is_asking_for_it():
    assert asked("x = x.cuda()") == "cuda"
    assert asked("n = torch.cuda.device_count()") == ""


def test_very_deep_code_is_no_problem():
    (statement,) = ast.parse("x = " + "a if b else " * 900 + "'cuda'").body
    assert to_cpu(statement) == ""


def everything_for_cuda() -> None:
    import torch

    from grader.sandbox.guest.notebook.device import cpu_only

    cpu_only()
    x, net = torch.ones(2), torch.nn.Linear(2, 2)
    assert x.cuda() is x
    assert x.cuda(0, non_blocking=True) is x
    assert net.cuda("cuda:1") is net
    assert not torch.cuda.is_available()
    assert not torch.backends.mps.is_available()
    assert torch.cuda.synchronize() is None
    assert torch.cuda.empty_cache() is None
    assert torch.cuda.set_device(0) is None
    torch.cuda.manual_seed_all(0)
    assert net.xpu() is net and x.pin_memory() is x
    assert x.type(torch.cuda.FloatTensor).dtype == torch.float32
    with torch.cuda.device(0), torch.device("cuda:1"):
        assert torch.zeros(2).device.type == "cpu"


def compiled_and_cast() -> None:
    import torch

    from grader.sandbox.guest.notebook.device import cpu_only

    cpu_only()

    @torch.compile
    def f(x):
        return x

    net = torch.nn.Linear(2, 2)
    assert torch.compile(net, mode="max-autotune") is net
    assert torch.compile(fullgraph=True)(f) is f
    assert net.compile() is None and f(3) == 3
    x = torch.ones(2, 2)
    for cast in (
        torch.autocast("cuda", dtype=torch.float16),
        torch.autocast(device_type="cpu", dtype=torch.bfloat16, enabled=True),
        torch.cuda.amp.autocast(),
    ):
        with cast:
            assert (x @ x).dtype == torch.float32
        assert cast(lambda: x @ x)().dtype == torch.float32


def devices_made_at_run_time() -> None:
    from functools import partial

    import torch

    from grader.sandbox.guest.notebook.device import OnTheCpu, cpu_only, retried

    cpu_only()
    x, net, name = torch.ones(2), torch.nn.Linear(2, 2), "".join(["cu", "da:", str(0)])
    for kind in (name, "mps", "xpu", torch.device(name), 0):
        for ask in (
            x.to,
            net.to,
            lambda d: torch.zeros(2, device=d),
            lambda d: x.new_ones(2, device=d),
        ):
            OnTheCpu.entered = False
            done = retried(partial(ask, kind))
            assert next(done.parameters() if done is net else iter([done])).device.type == "cpu"
            if OnTheCpu.entered:
                torch.overrides._pop_mode()
    OnTheCpu.entered = False
    try:
        retried(lambda: torch.ones(2) @ torch.ones(3))
    except RuntimeError:
        assert not OnTheCpu.entered, "an error of another kind is the student's"


@pytest.mark.parametrize("told", [everything_for_cuda, compiled_and_cast, devices_made_at_run_time])
def test_the_cpu_takes_what_is_asked_of_an_accelerator(told):
    """In a process of its own: torch stays patched."""
    body = inspect.cleandoc("\n".join(inspect.getsource(told).splitlines()[1:]))
    ran = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
