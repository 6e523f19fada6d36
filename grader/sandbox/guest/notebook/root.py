"""The name that an expression hangs on: `name` of `name.a[b].c`."""

import ast

CHOSEN = "cls"
"""What stands for the class itself in its own methods, `type(self)` included."""


def root(node: ast.expr) -> str:
    """Return the name at the root of `name.a[b].c`, or ""; "cls" for a class by its instance."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        if isinstance(node, ast.Attribute) and node.attr == "__class__":
            return CHOSEN
        node = node.value
    match node:
        case ast.Name(id=name):
            return name
        case ast.Call(func=ast.Name(id="type"), args=[_]):
            return CHOSEN
    return ""


def origin(node: ast.expr) -> str:
    """Return the name at the root of `name.a(b).c[d]`, or ""."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Call):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""
