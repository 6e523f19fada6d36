"""Code written for an accelerator, graded on the CPU."""

import ast
import re
from functools import partial
from typing import Any

ACCELERATOR = re.compile(r"(cuda|mps|xpu|hip)(:\d+)?")


def to_cpu(statement: ast.stmt) -> str:
    """Replace the names of accelerators by "cpu", save where they are compared.

    Returns the first device that is asked for whatever the machine has, or "".
    """
    compared: set[int] = set()
    chosen: set[int] = set()  # below a condition: the student has thought of the CPU
    asked = ""
    for node in ast.walk(statement):  # parents before children
        match node:
            case ast.Compare(left=left, comparators=others):
                for operand in (left, *others):
                    compared |= {id(operand), *map(id, getattr(operand, "elts", ()))}
            case ast.MatchValue(value=value) | ast.Expr(value=value):
                compared.add(id(value))
            case ast.Call(func=ast.Attribute(attr="startswith"), args=arguments):
                compared |= set(map(id, arguments))
            case ast.If() | ast.IfExp() if id(node) not in chosen:
                chosen |= set(map(id, ast.walk(node)))
            case ast.Call(func=ast.Attribute(attr="cuda")) if id(node) not in chosen:
                asked = asked or "cuda"
            case ast.JoinedStr(values=[ast.Constant(value=str(start)), *_]):
                if ACCELERATOR.fullmatch(f"{start}0"):  # f"cuda:{number}"
                    node.values = [ast.copy_location(ast.Constant("cpu"), node)]
            case ast.Constant(value=str(name)) if ACCELERATOR.fullmatch(name):
                if id(node) not in compared:
                    node.value = "cpu"
                    asked = asked or (name if id(node) not in chosen else "")
    return asked


def cpu_only() -> None:
    """Make torch say that there is no accelerator, and `.cuda()` do nothing."""
    import torch

    for owner in (torch.Tensor, torch.nn.Module):
        owner.cuda = _itself  # type: ignore[method-assign]
    for name in ("synchronize", "empty_cache", "set_device", "reset_peak_memory_stats"):
        setattr(torch.cuda, name, partial(_nothing))  # torch._dynamo wants no two to be the same
    for module in (torch.cuda, torch.backends.mps, torch.xpu):
        setattr(module, "is_available", _false)  # noqa: B010


def _itself(self: Any, *_: Any, **__: Any) -> Any:
    return self


def _nothing(*_: Any, **__: Any) -> None:
    return None


def _false() -> bool:
    return False
