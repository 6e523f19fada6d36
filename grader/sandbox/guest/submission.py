"""What one notebook defines, and the calls made to it, on the untrusted side.

Nothing that it answers is a verdict: it returns values, and the grader judges them elsewhere.
"""

import ast
import contextlib
import random
import sys
import types
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from . import values
from .forbidden import Forbid, refuse_recordings
from .notebook import elsewhere, execution, fingerprint_tokens, instead, inventory, shown, slice
from .notebook import read as notebook
from .notebook.cell import NewerSyntax
from .notebook.device import retried
from .notebook.statement import Statement
from .notebook.web import How, Web
from .saying import Saying, said, wired
from .tracked import TrackedTensor, differ


def _described(problem: execution.Problem) -> dict[str, Any]:
    return {"headline": wired(problem.headline), "traceback": wired(str(problem))}


class Submission:
    """What one notebook defines, and the calls made to it. Methods are the requests."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {}
        self.modules: dict[int, nn.Module] = {}
        self.calls: list[tuple[list[Tensor], list[Tensor]]] = []
        self.forbid = Forbid([])
        self.single = False

    def answer(self, do: str, construct: list[dict[str, Any]], **request: Any) -> dict[str, Any]:
        """Construct the modules that have waited, in their order, and do what is asked for."""
        if self.single:
            construct, request = _cast((construct, request), torch.float32)
        constructed = [self.make(**recipe) for recipe in construct]
        answer = {"constructed": constructed, "ok": getattr(self, do)(**request)}
        return _cast(answer, torch.float64) if self.single else answer

    def load(
        self, data: Tensor, names: list[str], run: str, forbids: bool = False
    ) -> dict[str, Any]:
        """Run what of the notebook counts for `names`, what surely counts, or the whole of it.

        Where some question `forbids` names of torch, nothing of torch can be recorded.

        Returns the answer described in reply.py; `unreadable` says why there is no notebook. Where
        everything that counts does so surely, "sure" runs nothing: it would be the same again.
        """
        self._open(forbids)
        try:
            cells = notebook.read(data.numpy().tobytes())
            statements, notes = slice.statements(cells)
        except notebook.Unreadable as error:
            return {
                "unreadable": wired(said(error)), "defined": {}, "notes": [], "newer": False,
                "problems": [], "tried": [], "left_out": [], "ran": False, "dynamic": False,
                "uses": {}, "instead": "", "near": {}, "code": [], "chosen": [],
            }  # fmt: skip
        web = Web(statements)
        sure, needed = web.needed(names, How.SURE), web.needed(names)
        chosen = {"whole": statements, "sure": sure, "needed": needed}[run]
        ran = run != "sure" or len(sure) < len(needed)
        known = None if run == "whole" else sure
        problems = execution.run(chosen, self.names, known) if ran else []
        left_out = web.left_out(names) if run == "needed" else []
        missing = [name for name in names if ran and name not in self.names]
        notes += elsewhere.elsewhere(data.numpy().tobytes(), cells, missing)
        return {
            "unreadable": "",
            "defined": {name: kind(self.names[name]) for name in names if name in self.names},
            "notes": [wired(note) for note in notes[:50] if getattr(note, "holds", True)],
            "newer": any(isinstance(note, NewerSyntax) for note in notes),
            "problems": [_described(p) for p in problems if p.sure][:50],
            "tried": [wired(p.headline) for p in problems if not p.sure][:50],
            "left_out": [wired(statement.place) for statement in left_out[:50]],
            "ran": ran,
            "dynamic": slice.dynamic(statements),
            "uses": inventory.uses(sure, self.names),
            "code": [
                {"name": name, "cell": cell, "line": line, "text": wired(text)}
                for name, cell, line, text in shown.definitions(cells, statements, names)
            ],
            "chosen": [statement.number for statement in chosen],
            **self._lost(data, names, statements),
        }

    def reload(self, data: Tensor, chosen: list[int], single: bool, forbids: bool) -> None:
        """Run what `load` has chosen of the notebook in another worker: a third of the work."""
        self._open(forbids, single)
        statements, _ = slice.statements(notebook.read(data.numpy().tobytes()), {*chosen})
        execution.run(statements, self.names)

    def _open(self, forbids: bool, single: bool = False) -> None:
        """Begin the program that a notebook is."""
        self.begin(0, [], single)
        if forbids:
            refuse_recordings()
        main = types.ModuleType("__main__")
        sys.modules["__main__"] = main
        sys.path.insert(0, "")  # a kernel imports what lies in the folder where it works
        self.names = main.__dict__

    def _lost(
        self, data: Tensor, names: list[str], statements: Sequence[Statement]
    ) -> dict[str, Any]:
        """Return what the file is if it defines nothing that is graded, and nearly right names."""
        own = [name for statement in statements for name in statement.defines]
        what = ""
        if not any(name in self.names for name in names):
            binds = set().union(*(statement.binds for statement in statements))
            what = instead.instead(
                data.numpy().tobytes(), names, own,
                python=not all(isinstance(statement.node, ast.Expr) for statement in statements),
                bound=bool(binds & {"*", *names}) or slice.dynamic(statements),
            )  # fmt: skip
        return {"instead": wired(what), "near": instead.near(names, own)}

    def fingerprint_tokens(self, data: Tensor) -> dict[str, Any]:
        """Parse a notebook, run nothing of it, and return its code and what it looks like."""
        unreadable: Any = ""
        code, tokens, lines = "", list[int](), list[int]()
        try:
            cells = notebook.read(data.numpy().tobytes())
            code, tokens, lines = fingerprint_tokens.fingerprint_tokens(cells)
        except notebook.Unreadable as error:
            unreadable = wired(said(error))
        return {
            "unreadable": unreadable,
            "code": torch.tensor(list(code.encode("utf-8", "replace")), dtype=torch.uint8),
            "tokens": torch.tensor(tokens, dtype=torch.int64),
            "lines": torch.tensor(lines, dtype=torch.int64),
        }

    def shown(self, data: Tensor, names: list[str]) -> dict[str, Any]:
        """Parse a notebook, run nothing of it, and return its code as a person reads it."""
        unreadable: Any = ""
        code, found = "", list[list[Any]]([[], [], []])
        try:
            code, *found = shown.shown(notebook.read(data.numpy().tobytes()), names)
        except notebook.Unreadable as error:
            unreadable = wired(said(error))
        places, counting, words = found
        return {
            "unreadable": unreadable,
            "code": torch.tensor(list(code.encode("utf-8", "replace")), dtype=torch.uint8),
            "places": torch.tensor(places, dtype=torch.int64),
            "counting": [torch.tensor(lines, dtype=torch.int64) for lines in counting],
            "words": torch.tensor(words, dtype=torch.int64),
        }

    def begin(self, seed: int, forbid: list[str], single: bool = False) -> None:
        """Forget earlier calls, restore torch's global state, and forbid names of torch.

        With `single`, code here has float32, though everything that crosses the border is float64.
        """
        self.modules, self.calls = {}, []
        if forbid != self.forbid.names:
            self.forbid.lift()
            self.forbid = Forbid(forbid)
        self.single = single
        torch.set_default_dtype(torch.float32 if single else torch.float64)
        torch.set_grad_enabled(True)
        torch.default_generator.manual_seed(seed)  # torch.manual_seed asks every GPU, for 0.2 ms
        random.seed(seed)
        np.random.seed(seed)

    def using(self, sources: dict[str, str]) -> None:
        """Put the grader's stand-ins in the place of names, for as long as this worker lives."""
        for name, source in sources.items():
            made: dict[str, Any] = {"__name__": "stand_in"}
            exec(source, made)
            self.names[name] = made[name]

    def construct(self) -> None:
        """Do no more than construct the modules that have waited."""

    def make(
        self, number: int, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], wanted: bool
    ) -> dict[str, Any]:
        """Construct an nn.Module, which will be known by a number.

        Returns the shapes of its parameters and buffers, as far as they have any yet. If they are
        `wanted`, returns them as well, and which parameters learn, be they sized or not.
        """
        module = retried(lambda: self.names[name](*args, **kwargs))
        if not isinstance(module, nn.Module):
            raise TypeError(
                Saying(
                    "`{name}` makes a value of type {kind}, not a module: derive your class from "
                    "nn.Module",
                    name=name, kind=type(module).__name__,
                )
            )  # fmt: skip
        self.modules[number] = module
        lazy = (nn.UninitializedParameter, nn.UninitializedBuffer)
        parameters = {n: p for n, p in module.named_parameters() if not isinstance(p, lazy)}
        buffers = {n: b for n, b in module.named_buffers() if not isinstance(b, lazy)}
        return {
            "shapes": {n: list(t.shape) for n, t in (*parameters.items(), *buffers.items())},
            "parameters": parameters if wanted else {},
            "learns": {n: p.requires_grad for n, p in module.named_parameters() if wanted},
            "buffers": buffers if wanted else {},
        }

    def call(self, groups: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
        """Make the calls of each group, in their order; return what `_group` does of each."""
        return [self._group(**group) for group in groups]

    def _group(
        self, target: str | int, training: bool, state: dict[str, Tensor | None],
        calls: list[dict[str, Any]],
    ) -> list[dict[str, Any]]:  # fmt: skip
        """Call a function by name, or a module by number with `state` as parameters and buffers.

        Those that are None in `state` keep the value that they have here. Each of `calls` has the
        rest of `_call`'s arguments, and its answer.
        """
        function: Any = self.names[target] if isinstance(target, str) else self.modules[target]
        own = [TrackedTensor(function, path) for path in state]
        for each, value in zip(own, state.values(), strict=True):
            if value is not None:
                each.now().data = value
        if isinstance(target, int) and function.training != training:
            function.train(training)
        return [self._call(function, own, **call) for call in calls]

    def _call(
        self, function: Callable[..., Any], own: list[TrackedTensor], args: tuple[Any, ...],
        kwargs: dict[str, Any], needs_grad: list[bool], cotangents: Sequence[Tensor | None],
    ) -> dict[str, Any]:  # fmt: skip
        """Call a function, or a module that has its `own` parameters and buffers there.

        Keeps the graph for `backward`. Returns the call's number, its result, which tensors of it
        are differentiable, which parameters, buffers and inputs it has changed, and what `backward`
        would answer to `cotangents`, if they fit the result.
        """
        needed = iter(needs_grad)
        tensors = [each.now().requires_grad_(next(needed)) for each in own]
        for each in own:
            each.remember()
        seen: list[Tensor] = []

        def inside(tensor: Tensor) -> Tensor:
            """Return an input as inside a network, where changing it in place is not an error."""
            tensors.append(tensor.requires_grad_(next(needed)))
            seen.append(tensor.clone())
            return seen[-1]

        args, kwargs = values.each((args, kwargs), inside)
        result = values.answer(retried(lambda: function(*args, **kwargs)))
        outputs = values.tensors(result)
        changed = {i: each.now() for i, each in enumerate(own) if each.changed()}
        given = enumerate(zip(tensors[len(own) :], seen, strict=True), len(own))
        changed |= {i: now for i, (was, now) in given if differ(was, now)}
        self.calls.append((tensors, outputs))
        number, gradients = len(self.calls) - 1, list[Tensor | None]()
        if cotangents and _fit(cotangents, outputs):
            with contextlib.suppress(Exception):  # it will be asked for, and answer with the error
                gradients = self.backward(number, cotangents)
        return {
            "id": number,
            "result": result,
            "differentiable": [x.requires_grad for x in outputs],
            "changed": changed,
            "gradients": gradients,
        }

    def backward(self, id: int, gradients: Sequence[Tensor | None]) -> list[Tensor | None]:
        """Gradients of call `id` for its inputs; None where an input has no influence."""
        tensors, outputs = self.calls[id]
        pairs = [
            (output, gradient)
            for output, gradient in zip(outputs, gradients, strict=True)
            if output.requires_grad and gradient is not None
        ]
        wanted = [t for t in tensors if t.requires_grad]
        if not pairs or not wanted:
            return [None] * len(tensors)
        # Their product's gradient is theirs; to be given cotangents, torch imports sympy,
        # which costs every zygote 0.6 s and 34 MB.
        products = [(output * gradient.conj()).real.sum() for output, gradient in pairs]
        found = iter(torch.autograd.grad(products, wanted, allow_unused=True, retain_graph=True))
        return [next(found) if t.requires_grad else None for t in tensors]


def _cast(message: Any, dtype: torch.dtype) -> Any:
    """Return a message with the tensors of float32 and float64 in this dtype."""
    either = (torch.float32, torch.float64)
    return values.each(message, lambda x: x.detach().to(dtype) if x.dtype in either else x)


def kind(value: Any) -> str:
    """Say what a name stands for: "module" (a class of nn.Module), "function" or "value"."""
    if isinstance(value, type) and issubclass(value, nn.Module):
        return "module"
    return "function" if callable(value) else "value"


def _fit(cotangents: Sequence[Tensor | None], outputs: Sequence[Tensor]) -> bool:
    """Whether there is a cotangent, or none, of its shape for every output."""
    return len(cotangents) == len(outputs) and all(
        [c is None or c.shape == out.shape for c, out in zip(cotangents, outputs, strict=True)]
    )
