"""One top-level statement of a notebook: what it binds, what it looks up, what it may change.

It is compiled on its own. Its code object says which global names it binds and uses, functions and
classes inside it included; its syntax tree says what it may change (effects.py).
"""

import ast
import builtins
import dis
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from types import CodeType

from ..saying import Saying
from .cell import cell_number
from .effects import DEFINITIONS, FUNCTIONS, Effects, body, effects
from .root import CHOSEN, root

LOADS = {"LOAD_NAME", "LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS"}
STORES = {"STORE_NAME", "STORE_GLOBAL"}
DELETES = {"DELETE_NAME", "DELETE_GLOBAL"}
NAMED = {code: name for name, code in dis.opmap.items() if name in LOADS | STORES | DELETES}
MUTABLE = (ast.List, ast.Dict, ast.Set, ast.Call, ast.ListComp, ast.DictComp, ast.SetComp)


@dataclass(frozen=True, eq=False)
class Statement:
    """One top-level statement of a notebook."""

    node: ast.stmt
    code: CodeType
    binds: frozenset[str]
    """Global names that it binds; "*" for those that cannot be known."""
    uses: frozenset[str]
    """Global names that it looks up, or that a function in it would."""
    imported: frozenset[str]
    """Names that are imported above it."""
    shows: AbstractSet[str]
    """Names of what only prints or draws."""
    number: int
    """Its place among the statements of the notebook."""

    @property
    def place(self) -> Saying:
        """Where it stands, for the student."""
        return Saying(
            "code cell {cell}, line {line}",
            cell=cell_number(self.code.co_filename), line=self.node.lineno,
        )  # fmt: skip

    @property
    def imports(self) -> bool:
        """Whether it is an import."""
        return isinstance(self.node, ast.Import | ast.ImportFrom)

    @property
    def defines(self) -> list[str]:
        """Names that it defines or assigns, and does not import."""
        if isinstance(self.node, DEFINITIONS):
            return [self.node.name]
        targets = self.node.targets if isinstance(self.node, ast.Assign) else []
        return [target.id for target in targets if isinstance(target, ast.Name)]

    @cached_property
    def effects(self) -> Effects:
        """What running it may do at once."""
        return effects(self.node, self.shows)

    @cached_property
    def patches(self) -> frozenset[str]:
        """Names of the objects that it surely changes from outside."""
        patches = set(self.effects.patches)
        if isinstance(self.node, DEFINITIONS):  # `@torch.no_grad()` changes nothing
            given = _decorated(self.node) - self.imported
            patches |= {name for name in given if not hasattr(builtins, name)}
        return frozenset(patches - {"", CHOSEN})

    @cached_property
    def calls(self) -> frozenset[str]:
        """Names of the functions that it calls itself."""
        calls = set(self.effects.calls)
        if isinstance(self.node, DEFINITIONS):
            calls |= {d.id for d in self.node.decorator_list if isinstance(d, ast.Name)}
        return frozenset(calls)

    @cached_property
    def defined(self) -> dict[str, Effects]:
        """What calls of the functions, classes and lambdas in it may do, by the names it binds."""
        if isinstance(self.node, ast.ClassDef):
            return {self.node.name: self._as_class(self.node)}
        found: dict[str, Effects] = {}
        for name, node in self.effects.defines:
            for bound in [name] if name else self.binds:
                found[bound] = self._as_function(name, node)
        return found

    def _as_function(self, name: str, node: ast.AST) -> Effects:
        """Return what a call may do; it changes the function itself where a default is filled."""
        does = body(node, self.shows)
        arguments: ast.arguments = node.args  # type: ignore[attr-defined]
        places = [*arguments.posonlyargs, *arguments.args]
        pairs = [
            *zip(places[::-1], arguments.defaults[::-1], strict=False),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        for argument, default in pairs:
            if default is not None and argument.arg in does.patches | does.changes:
                does.changes |= {n.id for n in ast.walk(default) if isinstance(n, ast.Name)}
                if isinstance(default, MUTABLE):
                    does.patches.add(name)
        return does

    def _as_class(self, node: ast.ClassDef) -> Effects:
        """Return what its methods may do; they change the class where they change what it holds."""
        does = body(node, self.shows)
        held = any(
            isinstance(part, ast.Assign | ast.AnnAssign) and isinstance(part.value, MUTABLE)
            for part in node.body
        )
        methods = [part for part in node.body if isinstance(part, FUNCTIONS)]
        chosen = {CHOSEN, *(m.args.args[0].arg for m in methods if m.args.args)} - {"self"}
        for kind in (does.patches, does.changes):
            if chosen & kind or (held and "self" in kind):
                kind.add(node.name)
        return does

    @cached_property
    def files(self) -> bool:
        """Whether it reads or writes files, or what it defines does."""
        return self.effects.files or any(does.files for does in self.defined.values())


def statement(
    node: ast.stmt, code: CodeType, imported: AbstractSet[str] = frozenset(),
    shows: AbstractSet[str] = frozenset(), number: int = 0,
) -> Statement:  # fmt: skip
    """Find out what a statement does."""
    binds, uses = _names(code)
    if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
        binds.add("*")
    return Statement(
        node, code, frozenset(binds), frozenset(uses), frozenset(imported), frozenset(shows), number
    )


def _decorated(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> set[str]:
    """Return the objects that a decorator may change: `@add_to(Net)`, `@function.register`."""
    roots = set()
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call):
            roots |= {root(argument) for argument in decorator.args}
            decorator = decorator.func
        if isinstance(decorator, ast.Attribute):
            roots.add(root(decorator))
    return roots


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
        if kind := NAMED.get(operation):
            yield kind, code.co_names[index >> 1 if kind == "LOAD_GLOBAL" else index]
        index = 0
