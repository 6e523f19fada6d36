"""What the names of a notebook stand for: whether that can be changed at all."""

import ast
import sys
from collections import ChainMap
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from enum import IntEnum
from importlib.util import find_spec

from .effects import DEFINITIONS
from .root import origin, root
from .statement import Statement
from .verbs import SHOWS

MAKES_PLAIN = {"bool", "device", "float", "int", "len", "Path", "range", "round", "Size", "str"}
"""What makes things that cannot be changed."""
COMPUTES_PLAIN = {"math", "cmath", "platform", "time"}
"""Modules whose functions do."""
DRAWS = {
    "IPython", "altair", "bokeh", "matplotlib", "mpl_toolkits", "plotly", "pylab", "seaborn",
    "wandb",
}  # fmt: skip
"""Packages that only show what they are given."""
CONTAINERS = (
    ast.List, ast.Dict, ast.Set, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
    ast.Lambda, ast.Await, ast.Yield,
)  # fmt: skip


HOLDS_NO_IMPORT = (*DEFINITIONS, ast.Assign, ast.AugAssign, ast.AnnAssign, ast.Expr)
"""Statements in which no import binds a name of the notebook; walking them takes time."""


class Kind(IntEnum):
    """What a name stands for; of several, the last of these counts."""

    PLAIN = 0
    """A number, a text, a device: nothing that can be changed."""
    IMPORT = 1
    DEFINITION = 2
    """A function or a class of the notebook's."""
    VALUE = 3
    """Anything else: it may be changed by whoever gets hold of it."""


Kinds = Mapping[str, Kind]


def kinds_bound(statement: Statement, known: Kinds) -> dict[str, Kind]:
    """Return what each name that a statement binds stands for, as far as it can be known."""
    found: dict[str, Kind] = {}
    if isinstance(statement.node, DEFINITIONS):
        found[statement.node.name] = Kind.DEFINITION
    else:
        both = ChainMap(found, known)  # type: ignore[arg-type]  # it writes to neither
        for part in ast.walk(statement.node):
            for name, kind in _bound_by(part, both):
                found[name] = max(kind, found.get(name, Kind.PLAIN))
    return {name: found.get(name, Kind.VALUE) for name in statement.binds}


def _bound_by(part: ast.AST, known: Kinds) -> Iterator[tuple[str, Kind]]:
    """Yield the names that a part of a statement binds itself, and what they stand for."""
    match part:
        case ast.Import(names=names) | ast.ImportFrom(names=names):
            for alias in names:
                yield alias.asname or alias.name.partition(".")[0], Kind.IMPORT
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name, Kind.DEFINITION
        case ast.ExceptHandler(name=str(name)):
            yield name, Kind.PLAIN
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                yield from _assigned(target, value, known)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield from _assigned(target, value, known)
        case ast.NamedExpr(target=target, value=value) | ast.AugAssign(target=target, value=value):
            yield from _assigned(target, value, known)
        case ast.For(target=target, iter=values):
            of_range = isinstance(values, ast.Call) and root(values.func) == "range"
            for node in ast.walk(target):
                if isinstance(node, ast.Name):
                    yield node.id, Kind.PLAIN if of_range else Kind.VALUE
        case ast.withitem(optional_vars=ast.expr() as target):
            yield from ((n.id, Kind.VALUE) for n in ast.walk(target) if isinstance(n, ast.Name))


def _assigned(target: ast.expr, value: ast.expr, known: Kinds) -> Iterator[tuple[str, Kind]]:
    match target, value:
        case ast.Name(id=name), _:
            yield name, _kind(value, known)
        case ((ast.Tuple(elts=targets) | ast.List(elts=targets)), ast.Tuple(elts=values)) if len(
            targets
        ) == len(values):
            for one, other in zip(targets, values, strict=True):
                yield from _assigned(one, other, known)
        case _:
            names = (n.id for n in ast.walk(target) if isinstance(n, ast.Name))
            yield from ((name, Kind.VALUE) for name in names)


def _kind(value: ast.expr, known: Kinds) -> Kind:
    """Return what an expression gives."""
    if isinstance(value, ast.Lambda):
        return Kind.DEFINITION
    if isinstance(value, ast.Name | ast.Attribute):
        kind = known.get(root(value), Kind.VALUE)
        return Kind.VALUE if kind is Kind.DEFINITION else kind  # another name for it
    todo: list[ast.AST] = [value]
    while todo:
        part = todo.pop()
        if isinstance(part, CONTAINERS):
            return Kind.VALUE
        if isinstance(part, ast.Name) and known.get(part.id, Kind.VALUE) > Kind.IMPORT:
            return Kind.VALUE
        if isinstance(part, ast.Call):
            if not _makes_plain(part.func):
                return Kind.VALUE
        else:
            todo += ast.iter_child_nodes(part)
    return Kind.PLAIN


def _makes_plain(function: ast.expr) -> bool:
    match function:
        case ast.Name(id=name):
            return name in MAKES_PLAIN
        case ast.Attribute(attr=name):
            return name in MAKES_PLAIN or name.startswith("is_") or root(function) in COMPUTES_PLAIN
    return False


def packages(node: ast.stmt) -> Iterator[tuple[str, str]]:
    """Yield the names that imports in a statement bind, and of what package they are."""
    for part in () if isinstance(node, HOLDS_NO_IMPORT) else ast.walk(node):
        if isinstance(part, ast.Import):
            for alias in part.names:
                top = alias.name.partition(".")[0]
                yield alias.asname or top, top
        elif isinstance(part, ast.ImportFrom):
            for alias in part.names:
                yield alias.asname or alias.name, (part.module or "").partition(".")[0]


def installed(package: str) -> bool:
    """Whether a package can be imported before any of a notebook has run."""
    return package in sys.modules or bool(package and find_spec(package))


def modules(node: ast.stmt) -> set[str]:
    """Return all parts of the names of the modules that are imported in a statement."""
    found: set[str] = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Import):
            found.update(*(alias.name.split(".") for alias in part.names))
        elif isinstance(part, ast.ImportFrom):
            found.update((part.module or "").split("."), (alias.name for alias in part.names))
    return found


def shown_by(node: ast.stmt, shows: AbstractSet[str]) -> set[str]:
    """Return the names that a statement binds to what only draws: `axes = plt.subplots()[1]`."""
    found = {name for name, package in packages(node) if package in DRAWS}
    draws = shows - SHOWS
    for part in ast.walk(node) if draws and not isinstance(node, DEFINITIONS) else ():
        match part:
            case ast.Assign(targets=targets, value=value) if origin(value) in draws:
                found |= _named(targets)
            case ast.For(target=ast.Tuple(elts=targets), iter=ast.Call(args=several)):
                pairs = zip(targets[-len(several) :], several, strict=False)
                found |= _named(t for t, value in pairs if origin(value) in draws)
            case ast.For(target=target, iter=values) if origin(values) in draws:
                found |= _named([target])
    return found


def _named(targets: Iterator[ast.expr] | list[ast.expr]) -> set[str]:
    return {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
