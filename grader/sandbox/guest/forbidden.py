"""Forbid operators of torch that a question asks students to build.

Runs in the sandbox, around the calls that are graded. Operators get a kernel that raises, under
every key that has one, so that `torch.ops`, `decompose`, vmap, nested tensors and TorchScript meet
it as well. Python library code that does the same (siblings.py) gets another body, whoever holds a
reference. This is course policy, not a boundary: a determined student can write out an equivalent
library routine, or take this object apart.
"""

import types
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any, NoReturn
from unittest.mock import patch

import torch
from torch import nn

from . import siblings
from .meant import find, meant
from .saying import Saying


class Forbidden(RuntimeError):
    """A graded call used what the question asks students to build."""


class Forbid:
    """Make `names` raise Forbidden until `lift` is called."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        """As they were asked for; see meant.py."""
        self._meant = meant(names)
        self._undo = ExitStack()
        self._closed = set[types.FunctionType]()
        self._kin: dict[str, list[str]] = {}
        """The families that are forbidden, and for each the names of it."""
        for name in reversed(self._meant):
            for family in siblings.families(name):
                self._kin.setdefault(family, []).insert(0, name)
        if not names:
            return
        for name in self._meant:  # the most exact name of a function comes first
            self._close_name(name)
        self._close_operators()
        self._close_functions()
        if self._kin:
            siblings.WATCH.told.append(self._close_functions)
            self._undo.callback(siblings.WATCH.told.remove, self._close_functions)

    def _close_name(self, name: str) -> None:
        path, _, leaf = name.rpartition(".")
        owner = find(path)
        if isinstance(found := getattr(owner, leaf), type):  # others test and derive from it
            owner, leaf = found, "forward" if issubclass(found, nn.Module) else "__init__"
        function = vars(owner).get(leaf)
        if isinstance(function, types.FunctionType):
            self._close(function, name)
        else:
            self._undo.enter_context(patch.object(owner, leaf, _raising(name)))

    def _close_operators(self) -> None:
        libraries: dict[str, Any] = {}
        with warnings.catch_warnings():  # torch warns of every operator that is replaced
            warnings.simplefilter("ignore")
            for family in self._kin:
                for operator, keys in siblings.operators(family).items():
                    space, _, leaf = operator.partition("::")
                    if space not in libraries:
                        made = torch.library.Library(space, "IMPL")  # type: ignore[no-untyped-call]
                        libraries[space] = made
                        self._undo.callback(made._destroy)
                    raising = _raising(self._said(family, leaf))
                    for key in keys:
                        libraries[space].m.impl(leaf, key, raising)

    def _close_functions(self) -> None:
        """Close the library code that is loaded by now."""
        for family in self._kin:
            for function in siblings.functions(family):
                self._close(function, self._said(family, function.__name__))

    def _said(self, family: str, used: str) -> str:
        """Return which of the forbidden names of a family to speak of: the one that was used."""
        kin, leaf, lower = self._kin[family], used.partition(".")[0], used.lower()
        exact = (name for name in kin if name.rpartition(".")[2] == leaf)
        near = (name for name in kin if name.rpartition(".")[2].lower() in lower)
        return next(exact, None) or next(near, kin[0])

    def _close(self, function: types.FunctionType, name: str) -> None:
        """Give a function a body that raises, for whoever has a reference to it."""
        if function in self._closed:
            return
        self._closed.add(function)
        free = function.__code__.co_freevars  # it must have as many as its closure has cells
        for place, value in {
            "__code__": _closed.__code__.replace(co_freevars=free),
            "__kwdefaults__": {"raising": _raising(name)},
        }.items():
            self._undo.callback(setattr, function, place, getattr(function, place))
            setattr(function, place, value)

    def lift(self) -> None:
        """Allow everything again."""
        self._undo.close()


def refuse_recordings() -> None:
    """Keep this process from recording single operators, to replay them under a ban.

    All tools of torch.fx, torch.export and functorch write into a Graph. Of TorchScript, what was
    recorded or compiled is the Python function itself.
    """
    jit: dict[str, Any] = {
        "script": _itself, "trace": _itself, "trace_module": _itself, "freeze": _itself,
        "optimize_for_inference": _itself, "script_if_tracing": _itself,
    }  # fmt: skip
    for name, value in jit.items():
        setattr(torch.jit, name, value)
    raising = _raises(
        Saying(
            "recording operators (torch.fx, torch.export, torch.library) is not allowed where "
            "parts of torch are off limits: call your functions themselves"
        )
    )
    for owner, name in (
        (torch.fx.Graph, "__init__"),
        (torch.library, "get_kernel"),
        (torch._C, "_dispatch_get_computed_kernel_for_dispatch_key"),
    ):
        if hasattr(owner, name):  # older versions of torch lack some
            setattr(owner, name, raising)


def _itself(obj: Any = None, *_: Any, **__: Any) -> Any:
    """Take the place of what makes TorchScript of a function or module, also as a decorator."""
    return _itself if obj is None else obj


def _raising(name: str) -> Callable[..., Any]:
    said = Saying("{name} is not allowed in this question: build it yourself", name=name)
    return _raises(said)


def _raises(said: Saying) -> Callable[..., Any]:
    def raising(*_: Any, **__: Any) -> NoReturn:
        raise Forbidden(said)

    return raising


def _closed(*_: Any, raising: Callable[[], None], **__: Any) -> None:
    """Lend its body to functions that are forbidden."""
    raising()
