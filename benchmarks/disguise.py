"""Ways to hide that a notebook is a copy, as transformations of its source; all of them keep what
it computes. Used to measure `grader similarity`."""

import ast
import builtins
import random
from collections.abc import Callable


class _Rename(ast.NodeTransformer):
    """Give every local variable, argument and helper another name."""

    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_arg(self, node: ast.arg) -> ast.arg:
        node.arg = self._names.get(node.arg, node.arg)
        return node


ASKED = {
    "Q", "K", "V", "mask", "x", "num_heads", "d_model", "dropout", "self", "math", "torch", "nn",
    "F", "ScaledDotProductAttention", "MultiHeadAttention", "split_heads", "merge_heads",
}  # fmt: skip
"""Names that the assignment prescribes."""


def rename(tree: ast.Module, chance: random.Random) -> ast.Module:
    """Rename what the assignment does not prescribe."""
    bound = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    imported = {
        (alias.asname or alias.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    own = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    free = (bound & own) - ASKED - imported - set(dir(builtins))
    return _Rename({name: f"{name[0]}{chance.randrange(10**6)}" for name in free}).visit(tree)


def reorder(tree: ast.Module, chance: random.Random) -> ast.Module:
    """Put definitions and the methods of classes in another order."""
    bodies = [tree.body, *(n.body for n in ast.walk(tree) if isinstance(n, ast.ClassDef))]
    for body in bodies:
        places = [i for i, n in enumerate(body) if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        shuffled = places.copy()
        chance.shuffle(shuffled)
        body[:] = [
            body[shuffled[places.index(i)]] if i in places else n for i, n in enumerate(body)
        ]
    return tree


def pad(tree: ast.Module, chance: random.Random) -> ast.Module:
    """Put a line without effect in front of every other statement of a function."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            padded: list[ast.stmt] = []
            for statement in node.body:
                if chance.random() < 0.5:
                    number = chance.randrange(100)
                    padded += ast.parse(f"unused_{number} = [{number}] * {number}").body
                padded.append(statement)
            node.body = padded
    return tree


def comment(tree: ast.Module, chance: random.Random) -> ast.Module:
    """Write other docstrings, and (by unparsing) another layout without any comment."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            node.body.insert(
                0, ast.parse(f"'My own words, number {chance.randrange(99)}.'").body[0]
            )
    return tree


def extract(tree: ast.Module, chance: random.Random) -> ast.Module:
    """Move the value of every longer assignment into a function of its own."""
    helpers: list[ast.stmt] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(list(ast.walk(node.value))) > 12:
            used = {n.id for n in ast.walk(node.value) if isinstance(n, ast.Name)}
            needed = sorted(used - {"torch", "nn", "math", "F"} - set(dir(builtins)))
            name = f"helper_{len(helpers)}"
            source = f"def {name}({', '.join(needed)}):\n    return {ast.unparse(node.value)}"
            helpers += ast.parse(source).body
            node.value = ast.parse(f"{name}({', '.join(needed)})", mode="eval").body
    tree.body += helpers
    return tree


DISGUISES: dict[str, tuple[Callable[[ast.Module, random.Random], ast.Module], ...]] = {
    "renamed": (rename,),
    "reordered": (reorder,),
    "dead code": (pad,),
    "comments": (comment,),
    "helpers extracted": (extract,),
    "all of them": (extract, rename, pad, reorder, comment),
}


def disguise(source: str, kind: str, seed: int) -> str:
    """Return a copy of Python source, disguised."""
    tree, chance = ast.parse(source), random.Random(seed)
    for step in DISGUISES[kind]:
        tree = step(tree, chance)
    return ast.unparse(ast.fix_missing_locations(tree))
