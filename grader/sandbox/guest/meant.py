"""The names of torch that an author's name in `forbid` means.

Mostly itself. `torch.nn.LSTM*` means all functions and classes that begin so, and `torch.autograd`
whatever differentiates: backwards, forwards, and by transforming functions. (`torch.vmap` does not,
and a `torch.autograd.Function` may be written by hand.)
"""

import importlib
from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any

AUTOGRAD = (
    "torch.Tensor.backward", "torch.autograd.backward", "torch.autograd.grad",
    "torch.autograd.functional.*", "torch.autograd.forward_ad.make_dual", "torch.func.grad*",
    "torch.func.vjp", "torch.func.jvp", "torch.func.jac*", "torch.func.hessian",
    "torch.func.linearize",
)  # fmt: skip
GROUPS = {"torch.autograd": AUTOGRAD}


def meant(names: Iterable[str]) -> list[str]:
    """Return the full names that these mean, in order and each once; those of nothing are left out.

    A name without a star is returned as it is.
    """
    found: dict[str, None] = {}
    for name in names:
        for each in GROUPS.get(name, (name,)):
            found |= dict.fromkeys(_matching(each) if each.endswith("*") else [each])
    return list(found)


def _matching(pattern: str) -> list[str]:
    """Return the functions and classes that a name with a star at its end means."""
    path, _, leaf = pattern.rpartition(".")
    try:
        owner = find(path)
    except (ImportError, AttributeError):
        return []
    public = getattr(owner, "__all__", None) or [n for n in dir(owner) if not n.startswith("_")]
    names = [name for name in public if fnmatchcase(name, leaf)]
    return [f"{path}.{name}" for name in names if callable(getattr(owner, name))]


def find(path: str) -> Any:
    """Return the module or class that a dotted name means. Raises ImportError, AttributeError."""
    module, _, leaf = path.rpartition(".")
    try:
        return importlib.import_module(path)
    except ImportError:
        if not module:
            raise
        return getattr(find(module), leaf)
