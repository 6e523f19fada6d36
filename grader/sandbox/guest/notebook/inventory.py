"""Which names of torch an answer uses: an early hint for students, an overview for course teams.

Runs in the sandbox, on the code that counts. Names are resolved to the objects that they mean: a
variable that happens to be called `scaled_dot_product_attention` is none of torch's.
"""

import ast
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any

from .statement import Statement

HOMES = ("torch", "torch.nn", "torch.nn.functional")  # where people import from


def uses(statements: Iterable[Statement], names: dict[str, Any]) -> dict[str, list[str]]:
    """Return, for each name that the statements bind, the names of torch in its code, sorted."""
    found: dict[str, set[str]] = {}
    for statement in statements:
        if isinstance(statement.node, ast.Import | ast.ImportFrom):
            continue
        used = {name for node in ast.walk(statement.node) if (name := _torch_name(node, names))}
        used = {name for name in used if not any(other.startswith(f"{name}.") for other in used)}
        for name in statement.binds:
            found.setdefault(name, set()).update(used)
    return {name: sorted(used) for name, used in found.items() if used}


def _torch_name(node: ast.AST, names: dict[str, Any]) -> str:
    """Return the full name of what `F.softmax` or `softmax` means, if that is torch's, or ""."""
    path: list[str] = []
    while isinstance(node, ast.Attribute):
        path.insert(0, node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    thing = names.get(node.id)
    for attribute in path:
        if not isinstance(thing, ModuleType) or thing.__name__.partition(".")[0] != "torch":
            return ""  # a student's object, whose attributes are code of theirs
        thing = getattr(thing, attribute, None)
    return _full_name(thing)


def _full_name(thing: Any) -> str:
    """Return the name under which people know a function or class of torch, or ""."""
    try:
        name = thing.__name__ if callable(thing) else None
        module = getattr(thing, "__module__", None)
    except Exception:  # a student's object, or an import that is absent
        return ""
    if not isinstance(name, str):
        return ""
    for home in HOMES:
        if getattr(sys.modules[home], name, None) is thing:
            return f"{home}.{name}"
    inside = isinstance(module, str) and module.partition(".")[0] == "torch"
    return f"{module}.{name}" if inside else ""
