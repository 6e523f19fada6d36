"""Code for an accelerator runs on the CPU, and says so where it asked for more."""

import ast
import inspect
import subprocess
import sys

import pytest

from grader.untrusted.device import to_cpu


def rewritten(source: str) -> str:
    (statement,) = ast.parse(source).body
    to_cpu(statement)
    return ast.unparse(statement)


def asked(source: str) -> str:
    return to_cpu(ast.parse(source).body[0])


@pytest.mark.parametrize("name", ["cuda", "cuda:0", "cuda:13", "mps", "xpu", "hip", "mps:0"])
def test_hard_coded_devices_become_the_cpu(name: str):
    assert rewritten(f"x = x.to('{name}')") == "x = x.to('cpu')"
    assert rewritten(f"def f(d='{name}'): return d") == "def f(d='cpu'):\n    return d"
    assert asked(f"x = x.to('{name}')") == name


@pytest.mark.parametrize("text", ["cudax", "use cuda", "cuda:", "gpu", "CUDA", "cuda:x"])
def test_other_strings_stay(text: str):
    assert rewritten(f"x = '{text}'") == f"x = '{text}'"
    assert asked(f"x = '{text}'") == ""


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

    from grader.untrusted.device import cpu_only

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


def test_calls_for_cuda_do_nothing():
    """In a process of its own: torch stays patched."""
    body = inspect.cleandoc("\n".join(inspect.getsource(everything_for_cuda).splitlines()[1:]))
    ran = subprocess.run([sys.executable, "-c", body], capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stderr
