"""What in torch does the work of a forbidden name: operators, and library code in Python.

A forbidden name belongs to a family, such as `torch.nn.LSTM` to "lstm". All that is called like the
family counts: `aten::lstm.input`, `torch._decomp.decompositions.lstm_impl`, the whole of
`torch.nn.attention.flex_attention`. Looked up once in a zygote, and inherited by its workers.
"""

import re
import sys
import types
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cache
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder

import torch

FAMILIES = {
    family: re.compile(pattern, re.IGNORECASE)
    for family, pattern in {
        "attention": "attention|scaled_dot|sdpa|sfdp|transformer_encoder_layer_fwd",
        "lstm": "lstm|mkldnn_rnn_layer",
        "gru": r"(?<![a-z])gru|_gru",
        "rnn": r"rnn_(tanh|relu)|one_layer_rnn|rnncell|(?-i:(?<![A-Za-z])RNN(?![A-Za-z]))",
        "convolution": r"conv(olution|_|\d|transpose|$|\.)",
        "layer_norm": "layer_?norm",
        "group_norm": "group_?norm",
        "batch_norm": "batch_?norm",
        "instance_norm": "instance_?norm",
        "rms_norm": "rms_?norm",
    }.items()
}
COMPUTES = ("CompositeImplicitAutograd", "CompositeExplicitAutograd", "CPU", "QuantizedCPU")
"""Dispatch keys of what does the work on a CPU."""
PASSES_ON = re.compile(
    "^(Autograd(?!Nested)|ADInplace|Tracer|Functionalize|Autocast|Meta)"
    "|CUDA|HIP|XLA|XPU|MPS|HPU|IPU|VE$|MTIA|Lazy|Private|MAIA|ORT|Vulkan|Metal|^End|^Start"
)
"""Dispatch keys of other devices, and those whose kernels call the operator again, below."""
KEYS = [key for key in torch._C.DispatchKey.__members__ if not PASSES_ON.search(key)]
LAYERS = "torch.nn.modules."
"""Modules of torch that code may derive from: of these, only `forward` counts."""
OTHERS = ("torch.nn.utils.", "torch.backends.", "torch._meta_registrations", "torch._subclasses")
"""Where such names stand for something else, as in `torch.nn.utils.rnn`, or for shapes alone."""


def families(name: str) -> list[str]:
    """Return the families that a dotted name of torch belongs to."""
    leaf = name.rpartition(".")[2]
    return [family for family, pattern in FAMILIES.items() if pattern.search(leaf)]


@cache
def operators(family: str) -> dict[str, tuple[str, ...]]:
    """Return the operators of a family that run on a CPU, with the keys of what does their work."""
    found = {}
    for name in _names():
        if not FAMILIES[family].search(name.partition("::")[2]):
            continue
        keys = tuple(key for key in KEYS if _has(name, key))
        hands_over = name.endswith("out") and keys == ("CompositeExplicitAutograd",)
        if not hands_over and any(key in COMPUTES for key in keys):
            found[name] = keys
    return found


@cache
def _names() -> list[str]:
    return sorted(torch._C._dispatch_get_all_op_names())


def _has(name: str, key: str) -> bool:
    try:
        return torch._C._dispatch_has_kernel_for_dispatch_key(name, key)
    except RuntimeError:  # an older torch has fewer keys
        return False


def functions(family: str) -> list[types.FunctionType]:
    """Return the functions of torch that are loaded and belong to a family."""
    if WATCH not in sys.meta_path:  # in a worker, whatever existed before its code is known
        survey()
    return _known.get(family, [])


_known: dict[str, list[types.FunctionType]] = {}
"""Of all modules that were looked at, the functions by family."""


def _look_at(module: object) -> None:
    # torch.ops is of a type of its own, and answers to every name
    if type(module) is types.ModuleType and module.__name__.startswith("torch."):
        for family, found in _of_module(module).items():
            _known.setdefault(family, []).extend(found)


class Watch(MetaPathFinder):
    """Looks at each module of torch that is imported, whatever becomes of it in sys.modules."""

    def __init__(self) -> None:
        self.told: list[Callable[[], None]] = []
        """Whom to tell that there is more."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find a module of torch as Python does."""
        spec = PathFinder.find_spec(name, path, target) if name.startswith("torch.") else None
        if spec is not None and spec.loader is not None:
            run = spec.loader.exec_module

            def exec_module(module: types.ModuleType) -> None:
                run(module)
                _look_at(module)
                for tell in self.told:
                    tell()

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


WATCH = Watch()


def _of_module(module: types.ModuleType) -> dict[str, list[types.FunctionType]]:
    """Return the functions that are defined in a module, by family."""
    found: dict[str, list[types.FunctionType]] = {}
    if module.__name__.startswith(OTHERS):
        return found
    for function in _defined(list(vars(module).values()), module.__name__, set()):
        name = function.__name__
        if name.startswith("__") or (module.__name__.startswith(LAYERS) and name != "forward"):
            continue
        for family, pattern in FAMILIES.items():
            if pattern.search(f"{module.__name__}.{function.__qualname__}"):
                found.setdefault(family, []).append(function)
    return found


def _defined(values: Iterable[object], module: str, seen: set[int]) -> Iterator[types.FunctionType]:
    """Yield the functions of a module among `values`, also what they wrap, and in classes."""
    for value in values:
        kind = type(value)  # isinstance() asks the value, which may warn
        if id(value) in seen:
            continue
        seen.add(id(value))
        if kind is types.FunctionType:
            assert isinstance(value, types.FunctionType)
            if value.__module__ == module:
                yield value
            yield from _defined(map(_content, value.__closure__ or ()), module, seen)
        elif kind in (staticmethod, classmethod):
            yield from _defined([getattr(value, "__func__", None)], module, seen)
        elif issubclass(kind, type) and value.__module__ == module:
            yield from _defined(list(vars(value).values()), module, seen)


def _content(cell: types.CellType) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not filled yet
        return None


def survey() -> None:
    """Look all up, before the first worker needs it (0.2 s), and what is imported from now on."""
    sys.meta_path.insert(0, WATCH)
    for module in list(sys.modules.values()):
        _look_at(module)
    for family in FAMILIES:
        operators(family)
