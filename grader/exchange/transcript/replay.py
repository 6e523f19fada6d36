"""Put the questions of hidden checks to a notebook again, and compare its answers with ours.

A copy of this file goes along with an exported assignment, so it needs nothing but torch. It runs
in the same process as the student's code, as all of otter-grader and nbgrader does.
"""

import base64
import io
import re
import zlib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_map_only

Call = dict[str, Any]
"""What a check asks once: `name`, `args`, `kwargs`; for a class also `make`, what it is made with,
`state`, its parameters and buffers by name, and `training`. `grad` also asks for gradients. Where a
class is made and never called, `args` is None. `answers` are the solution's."""

Answers = tuple[list[Tensor], list[Tensor]]
"""Results, and gradients where they are asked for."""

EXACT, SINGLE = (1e-6, 1e-3), (1e-4, 0.1)
"""How far an answer may be off, as a share of its own largest entry and, of that share, of the
largest of all: in float64, and for code that computes in float32 whatever it is given."""


class Otherwise(AssertionError):
    """An answer is not the solution's; the message says in what respect, and no numbers."""


def replay(names: Mapping[str, Any], calls: list[Call]) -> None:
    """Require that what `names` defines answers every call as the solution did.

    Raises Otherwise where it does not, and whatever the student's code raises.
    """
    for call in calls:
        name = call["name"]
        if name not in names:
            raise Otherwise(f"{name} is not defined")
        try:
            found = answers(names, call, torch.float64)
        except RuntimeError as error:  # code that says float32 is right about the mathematics
            if not re.search("dtype|scalar type|double", str(error), re.IGNORECASE):
                raise
            found = answers(names, call, torch.float32)
        for kind, ours, theirs in zip(("result", "gradient"), call["answers"], found, strict=True):
            _require(f"{kind} of {name}", theirs, ours)


def answers(names: Mapping[str, Any], call: Call, dtype: torch.dtype) -> Answers:
    """Make a call and return what it answers.

    Gradients are those with respect to all floating inputs and parameters in `state`, under a
    cotangent that follows from the shapes: 1, 2, 3, … on a wave, as a sum hides mistakes.
    """
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        function, leaves = names[call["name"]], list[Tensor]()
        if "make" in call:
            make_args, make_kwargs = call["make"]
            function = function(*make_args, **make_kwargs)
            leaves = _fill(call["name"], function, call["state"], call["training"], dtype)
        if call["args"] is None:
            return [], []

        def copy(value: Tensor) -> Tensor:
            if not value.is_floating_point():
                return value.clone()
            leaf = value.to(dtype, copy=True).requires_grad_(call["grad"])
            leaves.append(leaf)
            return leaf.clone()  # not a leaf, as in a network: changing it in place is not an error

        args, kwargs = tree_map_only(Tensor, copy, (call["args"], call["kwargs"]))
        with torch.set_grad_enabled(call["grad"]):
            results = list(_tensors(function(*args, **kwargs)))
        return results, _gradients(results, leaves) if call["grad"] else []
    finally:
        torch.set_default_dtype(before)


@cache
def read(file: str) -> dict[str, list[Call]]:
    """Read the calls of all checks from a file that lies beside this one."""
    return load(Path(__file__).with_name(file).read_text())


def load(text: str) -> dict[str, list[Call]]:
    """Read what `dump` has written."""
    data = zlib.decompress(base64.b64decode(text))
    calls: dict[str, list[Call]] = torch.load(io.BytesIO(data), weights_only=True)
    return calls


def dump(calls: dict[str, list[Call]]) -> str:
    """Write the calls of all checks as text; equal calls give equal text."""
    file = io.BytesIO()
    torch.save(calls, file)
    return base64.b64encode(zlib.compress(file.getvalue(), 9)).decode()


def _fill(
    name: str, module: nn.Module, state: dict[str, Tensor], training: bool, dtype: torch.dtype
) -> list[Tensor]:
    """Give a module the solution's parameters, and return them."""
    module.to(dtype).train(training)
    own = {**dict(module.named_parameters()), **dict(module.named_buffers())}
    leaves = []
    with torch.no_grad():
        for path, value in state.items():
            if path not in own:
                raise Otherwise(f"{name} has no parameter {path}")
            if (shape := own[path].shape) != value.shape:
                raise Otherwise(f"{path} has shape {tuple(shape)}, not {tuple(value.shape)}")
            own[path].copy_(value)
            if own[path].requires_grad:
                leaves.append(own[path])
    return leaves


def _tensors(value: object) -> Iterator[Tensor]:
    """Yield the tensors, numbers and texts in nested tuples, lists and dicts, in order."""
    match value:
        case Tensor():
            yield value
        case bool() | int() | float():
            yield torch.tensor(float(value), dtype=torch.float64)
        case tuple() | list():
            for item in value:
                yield from _tensors(item)
        case dict():  # in the order of its keys, and not in that of their arrival
            yield from _tensors([value[key] for key in sorted(value, key=repr)])
        case str():
            yield torch.tensor([float(ord(letter)) for letter in value], dtype=torch.float64)
        case _:
            raise Otherwise(f"the result holds a {type(value).__name__}, which is not a tensor")


def _gradients(results: list[Tensor], leaves: list[Tensor]) -> list[Tensor]:
    pairs = [(r, _wave(r)) for r in results if r.requires_grad]
    found: tuple[Tensor | None, ...] = (None,) * len(leaves)
    if pairs and leaves:
        outputs, cotangents = zip(*pairs, strict=True)
        found = torch.autograd.grad(outputs, leaves, cotangents, allow_unused=True)
    both = zip(leaves, found, strict=True)
    return [torch.zeros_like(leaf) if g is None else g for leaf, g in both]


def _wave(result: Tensor) -> Tensor:
    return torch.arange(1.0, result.numel() + 1).sin().reshape(result.shape).to(result.dtype)


def _require(name: str, found: list[Tensor], expected: list[Tensor]) -> None:
    """Require equal tensors, up to rounding. Raises Otherwise."""
    if len(found) != len(expected):
        raise Otherwise(f"{name}: there should be {len(expected)}, not {len(found)}")
    coarse = any(map(_is_single, found)) and not all(map(_is_single, expected))
    share, floor = SINGLE if coarse else EXACT
    most = max(map(_largest, expected), default=0.0)
    for theirs, ours in zip(found, expected, strict=True):
        if theirs.shape != ours.shape:
            raise Otherwise(f"a {name} is {tuple(theirs.shape)}, not {tuple(ours.shape)}")
        near = (theirs.detach().double() - ours.double()).abs() <= share * (
            _largest(ours) + floor * most
        )
        if not (near | (theirs == ours)).all():
            raise Otherwise(f"a {name} has other numbers than the solution's")


def _largest(tensor: Tensor) -> float:
    finite = tensor.detach().double().nan_to_num(0.0, 0.0, 0.0)
    return float(finite.abs().max()) if finite.numel() else 0.0


def _is_single(tensor: Tensor) -> bool:
    """Tell whether the numbers carry float32 precision only."""
    return tensor.is_floating_point() and bool((tensor.float().to(tensor.dtype) == tensor).all())
