"""Take from a notebook what counts: the statements that the graded names depend on.

Theory of operation: every top-level statement is compiled on its own. Its code object says which
global names it binds and uses, functions and classes inside it included; its syntax tree says
which objects it patches (`Net.forward = forward`). From the graded names on, what is needed is
followed backwards; all bindings of a needed name are kept, in the order of the notebook, so that
the last one wins. Plots, downloads and prints bind nothing that is needed. Training may, but is
never taken. For grading it runs in the sandbox alone.

Not followed: objects that a function changes which gets them as arguments, and names made by
`exec` or through `globals()`; for the latter see `dynamic`.
"""

import __future__

import ast
import builtins
import dis
import sys
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from types import CodeType

from .cell import Cell, parse
from .device import to_cpu

LOADS = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}
STORES = {"STORE_NAME", "STORE_GLOBAL"}
DELETES = {"DELETE_NAME", "DELETE_GLOBAL"}
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
FILLS = {"add", "append", "extend", "insert", "setdefault", "update"}
"""Methods of containers that count as a patch."""


@dataclass(frozen=True)
class Statement:
    """One top-level statement of a notebook."""

    node: ast.stmt
    code: CodeType
    binds: frozenset[str]
    """Global names that it binds; "*" for a star import."""
    uses: frozenset[str]
    """Global names that it looks up, or that a function in it would."""
    patches: frozenset[str]
    """Names of the objects that it changes from outside."""
    changes: frozenset[str]
    """Of a function, the global names whose objects a call of it changes."""
    calls: frozenset[str]
    """Names of the functions that it calls itself, not in a function that it defines."""
    trains: bool
    """Whether it calls `.backward()`; of a function, whether a call of it would."""


def statements(cells: Iterable[Cell]) -> tuple[list[Statement], list[str]]:
    """Return the statements of a notebook, and notes for the student on how it was read."""
    found: list[Statement] = []
    notes: list[str] = []
    flags, device, imported = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, "", set[str]()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on invalid escapes and the like
        for cell in cells:
            nodes, left_out = parse(cell)
            notes += left_out
            for node in nodes:
                if (asked := to_cpu(node)) and not device:
                    device = asked
                    notes.append(f"{cell.name} asks for the device '{asked}': graded on the CPU")
                flags |= _future(node)
                try:
                    code = compile(ast.Module([node], []), cell.name, "exec", flags, True)
                except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
                    notes.append(f"{cell.name}, line {node.lineno} was left out: {error}")
                    continue
                found.append(_statement(node, code, imported))
                if isinstance(node, ast.Import | ast.ImportFrom):
                    imported |= found[-1].binds
                    notes += _absent_star(node, cell.name)
    return found, notes


def needed(statements: Sequence[Statement], names: Iterable[str]) -> list[Statement]:
    """Return the statements that `names` depend on, in the order of the notebook."""
    touching = _touching(statements)
    taken: set[int] = set()
    seen: set[str] = set()
    wanted = ["*", *names]
    while wanted:
        if (name := wanted.pop()) not in seen:
            seen.add(name)
            for number in touching.get(name, ()):
                if number not in taken:
                    taken.add(number)
                    wanted += statements[number].uses
    return [statements[number] for number in sorted(taken)]


def dynamic(statements: Iterable[Statement]) -> bool:
    """Whether names may be made in ways that cannot be followed."""
    return any(s.uses & {"exec", "globals", "locals", "vars"} for s in statements)


def _touching(statements: Sequence[Statement]) -> dict[str, list[int]]:
    """Return which statements bind or patch each name, training left out."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    trainers: set[str] = set()
    writes: dict[str, set[str]] = {}  # the globals that a call of a function binds or changes
    for number, statement in enumerate(statements):
        names = {*statement.binds, *statement.patches}
        if isinstance(node := statement.node, FUNCTIONS):
            writes[node.name] = set().union(
                statement.binds, statement.changes, *_of(writes, statement.uses)
            )
            writes[node.name].discard(node.name)
            if statement.trains or trainers & statement.uses:
                trainers.add(node.name)
        elif statement.trains or trainers & statement.calls:
            continue
        for name in names.union(*_of(writes, statement.calls)):
            found[name].append(number)
    return found


def _of(writes: dict[str, set[str]], names: frozenset[str]) -> Iterator[set[str]]:
    return (writes[name] for name in names & writes.keys())


def _future(node: ast.stmt) -> int:
    """Return the compiler flag of a `from __future__ import`: it holds from there on."""
    if isinstance(node, ast.ImportFrom) and node.module == "__future__":
        feature = getattr(__future__, node.names[0].name, None)
        return getattr(feature, "compiler_flag", 0)
    return 0


def _absent_star(node: ast.Import | ast.ImportFrom, cell: str) -> list[str]:
    """Note a star import of a module that is not there: its names cannot be known."""
    if not isinstance(node, ast.ImportFrom) or node.names[0].name != "*":
        return []
    package = "" if node.level else (node.module or "").partition(".")[0]
    if package in sys.modules or (package and find_spec(package)):
        return []
    return [f"{cell} imports * from {node.module}, which is not installed where grading happens"]


def _statement(node: ast.stmt, code: CodeType, imported: set[str]) -> Statement:
    """Find out what a statement does."""
    binds, uses = _names(code)
    patches: set[str] = set()
    changes: set[str] = set()
    calls: set[str] = set()
    trains = False
    for part in ast.walk(node) if isinstance(node, FUNCTIONS) else _eager(node):
        match part:
            case (
                ast.Attribute(ctx=ast.Store() | ast.Del())
                | ast.Subscript(ctx=ast.Store() | ast.Del())
            ):
                patches.add(_root(part))
            case ast.Call(func=ast.Name(id="setattr" | "delattr"), args=[first, *_]):
                patches.add(_root(first))
            case ast.Call(func=ast.Name(id=name)):
                calls.add(name)
            case ast.Call(func=ast.Attribute(attr="backward")):
                trains = True
            case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in FILLS:
                patches.add(_root(value))
    if isinstance(node, FUNCTIONS):
        patches, changes, calls = set(), patches & uses, set()
    if isinstance(node, DEFINITIONS):  # `@torch.no_grad()` changes nothing
        decorators = [d.func if isinstance(d, ast.Call) else d for d in node.decorator_list]
        calls = {decorator.id for decorator in decorators if isinstance(decorator, ast.Name)}
        patches = {name for name in _decorated(node) - imported if not hasattr(builtins, name)}
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        binds.add("*")
    patches.discard("")
    return Statement(
        node, code, frozenset(binds), frozenset(uses), frozenset(patches), frozenset(changes),
        frozenset(calls), trains,
    )  # fmt: skip


def _decorated(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> set[str]:
    """Return the objects that a decorator may change: `@add_to(Net)`, `@function.register`."""
    roots = set()
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call):
            roots |= {_root(argument) for argument in decorator.args}
            decorator = decorator.func
        if isinstance(decorator, ast.Attribute):
            roots.add(_root(decorator))
    return roots


def _eager(node: ast.stmt) -> Iterator[ast.AST]:
    """Walk over what runs at once, and not over the bodies of functions and classes."""
    todo: list[ast.AST] = [node]
    while todo:
        yield (part := todo.pop())
        if not isinstance(part, (*DEFINITIONS, ast.Lambda)):
            todo += ast.iter_child_nodes(part)


def _root(node: ast.expr) -> str:
    """Return the name at the root of `name.a[b].c`, or ""."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


def _names(code: CodeType) -> tuple[set[str], set[str]]:
    """Return the global names that running `code` binds, and those that it may use.

    A `del` counts where it uncovers a builtin; elsewhere it could only take a name away.
    """
    binds: set[str] = set()
    uses: set[str] = set()
    nested = [code]
    while nested:
        inner = nested.pop()
        own: set[str] = set()  # what a class body binds for itself
        for operation, name in _operations(inner):
            if operation in LOADS and name not in own:
                uses.add(name)
            elif operation in STORES:
                (own if operation == "STORE_NAME" and inner is not code else binds).add(name)
            elif operation in DELETES and inner is code and hasattr(builtins, name):
                binds.add(name)
        nested += [constant for constant in inner.co_consts if isinstance(constant, CodeType)]
    return binds, uses


def _operations(code: CodeType) -> Iterator[tuple[str, str]]:
    """Yield operation and name; `dis` would also print every constant, and fail at huge ones."""
    index = 0
    for operation, argument in zip(code.co_code[::2], code.co_code[1::2], strict=True):
        index = index << 8 | argument
        if operation == dis.EXTENDED_ARG:
            continue
        if (kind := dis.opname[operation]) in LOADS | STORES | DELETES:
            yield kind, code.co_names[index >> 1 if kind == "LOAD_GLOBAL" else index]
        index = 0
