"""Operators of torch that a question forbids, because it asks to build them.

Runs in the sandbox, around the calls that are graded. A forbidden function of Python is replaced;
the operators beneath it get a kernel that raises, so that `from torch.nn.functional import …`,
`torch.ops`, TorchScript and other threads meet it, too. This is course policy and no wall: a
determined student can write out an equivalent library routine.
"""

import importlib
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch

import torch
from torch import nn

ATTENTION = (
    "scaled_dot_product_attention", "_scaled_dot_product_attention_math",
    "_scaled_dot_product_flash_attention_for_cpu", "_native_multi_head_attention",
    "_transformer_encoder_layer_fwd",
)  # fmt: skip
LSTM = ("lstm.input", "lstm.data", "lstm_cell", "mkldnn_rnn_layer", "_thnn_fused_lstm_cell")
GRU = ("gru.input", "gru.data", "gru_cell", "_thnn_fused_gru_cell")
RNN = tuple(f"rnn_{f}{kind}" for f in ("tanh", "relu") for kind in (".input", ".data", "_cell"))
OPERATORS: dict[str, tuple[str, ...]] = {
    "torch.nn.functional.scaled_dot_product_attention": ATTENTION,
    "torch.nn.functional.multi_head_attention_forward": ATTENTION,
    "torch.nn.MultiheadAttention": ATTENTION,
    **dict.fromkeys(("torch.nn.LSTM", "torch.nn.LSTMCell", "torch.lstm", "torch.lstm_cell"), LSTM),
    **dict.fromkeys(("torch.nn.GRU", "torch.nn.GRUCell"), GRU),
    **dict.fromkeys(("torch.nn.RNN", "torch.nn.RNNCell"), RNN),
}
"""The operators of the aten library that do the work of a name of torch."""
KEYS = ("CPU", "AutogradCPU")  # dispatch keys, with and without a graph


class Forbidden(RuntimeError):
    """A graded call used what the question asks to build."""


class Forbid:
    """Make `names` raise Forbidden until `lift` is called."""

    def __init__(self, names: list[str]) -> None:
        self.names = names
        self._undo = ExitStack()
        self._library = torch.library.Library("aten", "IMPL")  # type: ignore[no-untyped-call]
        with warnings.catch_warnings():  # torch warns of every operator that is replaced
            warnings.simplefilter("ignore")
            for operator, name in _operators(names).items():
                for key in KEYS:
                    self._library.impl(operator, _raising(name), key)  # type: ignore[no-untyped-call]
        for name in names:
            path, _, leaf = name.rpartition(".")
            owner = _find(path)
            if isinstance(found := getattr(owner, leaf), type):  # others test and derive from it
                owner, leaf = found, "forward" if issubclass(found, nn.Module) else "__init__"
            self._undo.enter_context(patch.object(owner, leaf, _raising(name)))

    def lift(self) -> None:
        """Allow everything again."""
        self._undo.close()
        self._library._destroy()  # type: ignore[no-untyped-call]


def _operators(names: list[str]) -> dict[str, str]:
    """Return the operators to replace, each with the name that it does the work of."""
    operators: dict[str, str] = {}
    for name in OPERATORS:  # the most exact name of an operator comes first
        if name in names:
            operators = dict.fromkeys(OPERATORS[name], name) | operators
    return operators


def _find(path: str) -> Any:
    """Return the module or class that a dotted name means."""
    module, _, leaf = path.rpartition(".")
    try:
        return importlib.import_module(path)
    except ImportError:
        return getattr(_find(module), leaf)


def _raising(name: str) -> Callable[..., Any]:
    def raising(*_: Any, **__: Any) -> Any:
        raise Forbidden(f"{name} is not allowed in this question: build it yourself")

    return raising
