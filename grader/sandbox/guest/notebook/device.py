"""Code written for an accelerator, graded on the CPU: without compiling, and in full precision.

Theory of operation: names of accelerators in the source become "cpu", where they are not compared.
A device that is put together at run time raises where it is used; then `retried` puts `OnTheCpu`
below everything that follows, and does the same once more. It costs 5 µs an operation, which only
those pay who need it.
"""

import ast
import contextlib
import re
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

import torch
from torch.overrides import TorchFunctionMode
from torch.utils._device import DeviceContext

from ..saying import Saying

T = TypeVar("T")
KINDS = "cuda|mps|xpu|hip"
ACCELERATOR = re.compile(rf"({KINDS})(:\d+)?")
BUILT = re.compile(rf"({KINDS}):(%\w|\{{\w*\}})?")
"""What a device is put together from: `"cuda:{}".format(0)`."""
MENTIONED = re.compile(f"{KINDS}|device")
"""What stands in the text of all code that names an accelerator outright."""
TENSOR_TYPE = re.compile(rf"torch\.(?:{KINDS})\.(\w+Tensor)")
REFUSED = re.compile(
    "not compiled with (CUDA|XPU)|without CUDA support|without ATen_cuda|requires CUDA support"
    "|No CUDA GPUs|Found no NVIDIA driver|Cannot access accelerator device"
    "|not linked with support for|(CUDA|MPS|XPU|HIP)' backend|without MPS backend"
)
"""What torch says where an accelerator is not there."""
UNALTERED = {"autocast", "GradScaler"}
"""What does nothing on an accelerator that is not there, but something on the CPU."""
NOTES = {
    "compile": lambda cell: Saying(
        "code cell {cell} uses torch.compile: graded without compiling, which gives the same "
        "numbers",
        cell=cell,
    ),
    "autocast": lambda cell: Saying(
        "code cell {cell} uses autocast: graded without it, in full precision", cell=cell
    ),
}
"""What is noted of a cell, by what it uses."""


def to_cpu(statement: ast.stmt) -> str:
    """Replace the names of accelerators by "cpu", save where they are compared.

    Returns the first device that is asked for whatever the machine has, or "".
    """
    kept: set[int] = set()
    chosen: set[int] = set()  # below a condition: the student has thought of the CPU
    asked = ""
    for node in ast.walk(statement):  # parents before children
        match node:
            case ast.Compare(left=left, comparators=others):
                for operand in (left, *others):
                    kept |= {id(operand), *map(id, getattr(operand, "elts", ()))}
            case ast.MatchValue(value=value) | ast.Expr(value=value):
                kept.add(id(value))
            case ast.Call(func=ast.Attribute(attr="startswith"), args=arguments):
                kept |= set(map(id, arguments))
            case ast.Call(func=function) if _last(function) in UNALTERED:
                kept |= {id(given) for given in (*node.args, *(k.value for k in node.keywords))}
            case ast.If() | ast.IfExp() if id(node) not in chosen:
                chosen |= set(map(id, ast.walk(node)))
            case ast.Call(func=ast.Attribute(attr="device"), args=[ast.Constant(value=int()), *_]):
                node.args = [ast.copy_location(ast.Constant("cpu"), node)]
            case ast.Call(func=ast.Attribute(attr="cuda")) if id(node) not in chosen:
                asked = asked or "cuda"
            case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
                if ACCELERATOR.fullmatch(f"{start}0"):  # f"cuda:{number}"
                    node.values = [ast.copy_location(ast.Constant("cpu"), node)]
            case ast.Constant(value=str(name)) if id(node) not in kept:
                if ACCELERATOR.fullmatch(name):
                    node.value = "cpu"
                elif found := TENSOR_TYPE.fullmatch(name):
                    node.value = f"torch.{found[1]}"
                elif not BUILT.fullmatch(name):
                    continue
                asked = asked or (name if id(node) not in chosen else "")
    return asked


def accelerated(statement: ast.stmt) -> set[str]:
    """Return what of NOTES a statement uses."""
    last = (
        _last(node) for node in ast.walk(statement) if isinstance(node, ast.Name | ast.Attribute)
    )
    return {name for name in last if name in NOTES}


def _last(node: ast.AST) -> str:
    """Return `c` of `a.b.c`, if that is torch's as far as can be seen."""
    if isinstance(node, ast.Name):
        return node.id if node.id in UNALTERED else ""
    if not isinstance(node, ast.Attribute) or node.attr not in UNALTERED | NOTES.keys():
        return ""
    owner = ast.unparse(node.value)
    return node.attr if re.fullmatch(r"torch|(torch\.)?(cuda|cpu|xpu)?\.?amp", owner) else ""


def cpu_only() -> None:
    """Make torch say that there is no accelerator, compile nothing, and stay in full precision."""
    for owner in (torch.Tensor, torch.nn.Module):
        owner.cuda = owner.xpu = _itself  # type: ignore[method-assign]
    torch.Tensor.pin_memory = _itself  # type: ignore[method-assign]
    for name in ("synchronize", "empty_cache", "set_device", "reset_peak_memory_stats"):
        setattr(torch.cuda, name, partial(_nothing))  # torch._dynamo wants no two to be the same
    for module in (torch.cuda, torch.backends.mps, torch.xpu):
        setattr(module, "is_available", _false)  # noqa: B010
    for name in dir(torch):
        if name.endswith("Tensor") and name != "Tensor":
            setattr(torch.cuda, name, getattr(torch, name))
    torch.cuda.device = _NoDevice  # type: ignore[misc, assignment]
    torch.cuda.current_device = _zero
    torch.mps.empty_cache = _nothing
    torch.compile = _uncompiled
    torch.nn.Module.compile = _nothing  # type: ignore[method-assign]
    for made, method in ((torch.amp.autocast_mode.autocast, _off), (DeviceContext, _here)):
        made.__init__ = method(made.__init__)  # type: ignore[method-assign]


def _off(begin: Callable[..., None]) -> Callable[..., None]:
    """Return a constructor of autocast that leaves it switched off, whatever is asked for."""

    def __init__(self: Any, *_: Any, **__: Any) -> None:
        begin(self, "cpu", enabled=False)

    return __init__


def _here(begin: Callable[..., None]) -> Callable[..., None]:
    """Return a constructor of `with device:` and of torch.set_default_device for the CPU."""

    def __init__(self: Any, device: Any) -> None:
        begin(self, "cpu" if isinstance(device, int) else _cpu(torch.device(device)))

    return __init__


def retried(work: Callable[[], T]) -> T:
    """Do something; if it asks for an accelerator in vain, once more with all devices the CPU."""
    try:
        return work()
    except (RuntimeError, AssertionError) as error:
        if OnTheCpu.entered or not _refused(error):
            raise
    OnTheCpu().__enter__()
    return work()


def _refused(error: BaseException) -> bool:
    """Whether torch says that there is no such accelerator."""
    try:
        return bool(REFUSED.search(str(error)))
    except Exception:  # a student's own
        return False


class OnTheCpu(TorchFunctionMode):
    """Has every operation of torch work on the CPU, whatever device it is given."""

    entered = False

    def __enter__(self) -> Any:
        """Stay, for as long as this process lives."""
        OnTheCpu.entered = True
        torch.nn.Module.to = _module_to  # type: ignore[method-assign]
        return super().__enter__()  # type: ignore[no-untyped-call]

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        given = {name: _cpu(value) for name, value in (kwargs or {}).items()}
        if isinstance(given.get("device"), int):
            given["device"] = "cpu"
        args = tuple([_cpu(value) for value in args])
        if func is torch.Tensor.to and len(args) > 1 and type(args[1]) is int:
            args = (args[0], "cpu", *args[2:])
        return func(*args, **given)


MODULE_TO = torch.nn.Module.to


def _module_to(self: Any, *args: Any, **kwargs: Any) -> Any:
    args = tuple(["cpu" if type(value) is int else value for value in args])
    return MODULE_TO(self, *args, **kwargs)


def _cpu(value: Any) -> Any:
    """Return the CPU for an accelerator, and anything else as it is."""
    if isinstance(value, torch.device):
        return torch.device("cpu") if re.match(KINDS, value.type) else value
    if isinstance(value, str) and ACCELERATOR.fullmatch(value):
        return "cpu"
    return value


def _uncompiled(model: Any = None, **_: Any) -> Any:
    """Take the place of torch.compile, as a call or as a decorator."""
    return _itself if model is None else model


class _NoDevice(contextlib.nullcontext[None]):
    """Takes the place of torch.cuda.device."""


def _zero() -> int:
    return 0


def _itself(self: Any, *_: Any, **__: Any) -> Any:
    return self


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _false() -> bool:
    return False
