"""What running a piece of code may change, judged by its syntax: a conservative guess.

Whatever is called may change itself, what it is a method of, and what it is given; a loop may use
up what it runs over. Printing and plotting change nothing. Whether a name stands for something that
can be changed is told in slice.py, where all of the notebook is known.
"""

import ast
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from .root import origin, root
from .verbs import FILES, FILLS, IDLE, LOOKS, NAMESPACES, SETTINGS, SHOWS

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
Shows = AbstractSet[str]


@dataclass
class Effects:
    """What some code may do, by the names in it."""

    mentions: set[str] = field(default_factory=set)
    """Names that are looked at."""
    holds: set[str] = field(default_factory=set)
    """Of these, names of what is not only called."""
    patches: set[str] = field(default_factory=set)
    """Names of the objects that are surely changed from outside."""
    changes: set[str] = field(default_factory=set)
    """Names of the objects that may be changed by what is called."""
    passes: set[str] = field(default_factory=set)
    """Of these, names of what is handed over, and of what has the methods that are called."""
    parts: set[str] = field(default_factory=set)
    """Names of what has a part that may be changed: `Net.known.clear()`."""
    calls: set[str] = field(default_factory=set)
    """Names of what is called itself."""
    settings: set[str] = field(default_factory=set)
    """Names of the modules whose behaviour is set."""
    trains: bool = False
    """Whether it calls `.backward()`."""
    files: bool = False
    """Whether it reads or writes files."""
    anything: bool = False
    """Whether it may bind names that cannot be known."""
    writes: set[str] = field(default_factory=set)
    """Names of files that it writes with its text at hand."""
    hints: bool = False
    """Whether it looks at all names as a table."""
    defines: list[tuple[str, ast.AST]] = field(default_factory=list)
    """Definitions in it that are not run at once, and lambdas under the name ""."""


def effects(node: ast.AST, shows: Shows = SHOWS) -> Effects:
    """Return what running `node` at once may do; `shows` are names of what changes nothing.

    The bodies of functions in it are not run at once; those of classes and, where they are handed
    to something, of lambdas are.
    """
    found = Effects()
    todo: list[tuple[ast.AST, bool]] = [(node, False)]
    while todo:
        part, exposed = todo.pop()
        todo += _parts(part, exposed, found, shows)
    return found


def body(node: ast.AST, shows: Shows = SHOWS) -> Effects:
    """Return what a call of a function or lambda, or of a class's methods, may do."""
    found = Effects()
    todo: list[tuple[ast.AST, bool]] = []
    inner: list[ast.AST] = [node]
    while inner:
        definition = inner.pop()
        parts = definition.body  # type: ignore[attr-defined]
        todo += [(part, False) for part in (parts if isinstance(parts, list) else [parts])]
        while todo:
            part, exposed = todo.pop()
            todo += _parts(part, exposed, found, shows)
        inner += [other for _, other in found.defines]
        found.defines.clear()
    return found


def _parts(
    part: ast.AST, exposed: bool, found: Effects, shows: Shows
) -> Iterator[tuple[ast.AST, bool]]:
    """Note what a node does itself; yield the nodes below, and whether each may be changed."""
    match part:
        case ast.expr_context() | ast.Constant():  # a third of all nodes
            pass
        case ast.Name(id=name, ctx=ast.Load()):
            found.mentions.add(name)
            found.holds.add(name)
            if exposed:
                found.changes.add(name)
                found.passes.add(name)
        case ast.Attribute(ctx=ast.Load(), value=value) if exposed:
            found.parts.add(root(part))
            yield value, True
        case ast.Call():
            yield from _call(part, found, shows)
        case ast.Lambda():
            if exposed:
                yield part.body, False
            else:
                found.defines.append(("", part))
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
            yield from _definition(part, found)
        case (
            ast.Attribute(ctx=ast.Store() | ast.Del()) | ast.Subscript(ctx=ast.Store() | ast.Del())
        ):
            found.patches.add(root(part))
            found.parts.add(origin(part))  # `Only().k = 2`, where there is only one
            found.anything |= _is_namespace(part.value) or _is_main(part.value)
            yield from ((child, False) for child in ast.iter_child_nodes(part))
        case ast.AugAssign(target=target):
            found.changes.add(root(target))
            found.mentions.add(root(target))
            yield from ((child, False) for child in ast.iter_child_nodes(part))
        case ast.Expr(value=value):
            plain = isinstance(value, ast.Name | ast.Attribute | ast.Constant | ast.Call)
            found.settings |= _setting(value)
            yield value, not plain
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            for child in ast.iter_child_nodes(part):
                yield child, child is part.iter or (exposed and isinstance(part, ast.comprehension))
        case ast.withitem(context_expr=manager, optional_vars=target):
            yield manager, True
            if target is not None:
                yield target, False
        case ast.Assign(targets=targets, value=ast.Name() as value):
            unpacked = any(isinstance(target, ast.Tuple | ast.List) for target in targets)
            yield from ((target, False) for target in targets)
            yield value, unpacked
        case ast.stmt():
            yield from ((child, False) for child in ast.iter_child_nodes(part))
        case _:
            exposed = exposed or isinstance(part, ast.Await)
            yield from ((child, exposed) for child in ast.iter_child_nodes(part))


def _call(call: ast.Call, found: Effects, shows: Shows) -> Iterator[tuple[ast.AST, bool]]:
    """Note what a call does; yield what it is a method of, and what it is given."""
    harmless, first = False, call.args[0] if call.args else None
    match call.func:
        case ast.Name(id=name):
            harmless = name in shows
            found.calls.add(name)
            found.mentions.add(name)
            if not harmless:
                found.changes.add(name)
            if name in ("setattr", "delattr") and first is not None:
                found.patches.add(root(first))
                found.anything |= _is_main(first)
            found.files |= bool(FILES.fullmatch(name))
            found.anything |= name == "exec" or (name == "eval" and isinstance(first, ast.Name))
            found.hints |= name in NAMESPACES and not call.args
        case ast.Attribute(value=value, attr=method):
            owner = root(value)
            harmless = owner in shows
            found.trains |= method == "backward"
            found.files |= bool(FILES.fullmatch(method))
            if method in FILLS:
                found.patches.add(owner)
            if method not in LOOKS:
                found.anything |= _is_namespace(value)
            if SETTINGS.match(method):
                found.settings.add(owner)
            if method in ("run_line_magic", "magic") and isinstance(first, ast.Constant):
                found.anything |= first.value == "run"
                found.files |= first.value == "run"
            if method == "write_file" and isinstance(first, ast.Constant):
                found.writes.add(str(first.value))
            yield value, not harmless
        case function:
            yield function, True
    for given in (*call.args, *(keyword.value for keyword in call.keywords)):
        yield given, not harmless


def _definition(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, found: Effects
) -> Iterator[tuple[ast.AST, bool]]:
    """Note a definition; yield what of it is run at once."""
    if isinstance(node, ast.ClassDef):
        bases = [*node.bases, *(keyword.value for keyword in node.keywords)]
        found.calls |= {base.id for base in bases if isinstance(base, ast.Name)}  # their hooks
        yield from ((part, False) for part in (*bases, *node.body))
    else:
        found.defines.append((node.name, node))
        defaults = (*node.args.defaults, *node.args.kw_defaults)
        yield from ((default, False) for default in defaults if default is not None)
    for decorator in node.decorator_list:
        yield decorator, True


def _setting(value: ast.expr) -> set[str]:
    """Return the root of `torch.manual_seed(0)`: called for nothing but what it does there."""
    match value:
        case ast.Call(func=ast.Attribute(value=owner, attr=name)) if name not in IDLE:
            given = [*value.args, *(keyword.value for keyword in value.keywords)]
            if all(isinstance(part, ast.Constant) for part in given):
                return {root(owner)}
    return set()


def _is_namespace(node: ast.expr) -> bool:
    """Whether it is `globals()` or the like."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=[]):
            return name in NAMESPACES
        case ast.Attribute(value=value, attr="__dict__"):
            return _is_main(value)
        case ast.Call(func=ast.Name(id="vars"), args=[value]):
            return _is_main(value)
    return False


def _is_main(node: ast.expr) -> bool:
    """Whether it is the notebook itself as a module, or what all modules see."""
    return ast.unparse(node) in (
        "builtins",
        "__main__",
        "sys.modules[__name__]",
        "sys.modules['__main__']",
    )
