"""Nobody uses what is private to another class: `x._y` is for `self`, `cls`, `super()` and torch.

Held for grader/ as a whole, and for the tests but for those that attack or look into torch.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
THEIRS = {
    "torch._C": "keys, modes and operators that torch names nowhere else",
    "os._exit": "a fork ends without the parent's clean-up; documented",
    "._replace": "a NamedTuple's own; documented",
    "._make": "a NamedTuple's own; documented",
    "._value_": "an Enum's own; documented",
    "._version": "a tensor's count of changes in place; torch has no other name for it",
    "._parameters": "where torch keeps a module's own parameters; `named_parameters` walks all",
    "._buffers": "the same of buffers",
    "._modules": "the same of parts",
    "._destroy": "takes an operator's kernel away again; torch.library has no other way",
    "._fixtureinfo": "which fixtures a check uses; pytest says it nowhere else",
    "._conftest_plugins": "whether a conftest.py takes part; pytest says it nowhere else",
    "._initrequest": "runs a pytest item once more, as plug-ins that repeat tests do",
    "._config": "whether multiprocessing lets a process have children; see cluster.py",
}
"""What is private by its name, and why it is used."""


def private_uses(text: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each use of a private attribute of something else."""
    tree = ast.parse(text)
    own = {"self", "cls", "super()", *_copies(tree)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Attribute) or not _is_private(node.attr):
            continue
        said = ast.unparse(node)
        owner = ast.unparse(node.value)
        known = any(f".{said}".endswith(f".{name.lstrip('.')}") for name in THEIRS)
        below = any(f"{owner}.".startswith(f"{name}.") for name in THEIRS if name[0] != ".")
        if owner not in own and not known and not below:
            yield node.lineno, said


def _copies(tree: ast.Module) -> Iterator[str]:
    """Yield what is bound to another object of one's own class."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                if ast.unparse(value) in ("copy(self)", "cls.__new__(cls)"):
                    yield name


def _is_private(name: str) -> bool:
    return name.startswith("_") and not (name.startswith("__") and name.endswith("__"))


def test_no_class_uses_what_is_private_to_another():
    found = [
        f"{path.relative_to(ROOT)}:{line}: {said}"
        for path in sorted((ROOT / "grader").rglob("*.py"))
        for line, said in private_uses(path.read_text("utf-8"))
    ]
    assert found == []


def test_every_exception_is_used():
    text = "\n".join(path.read_text("utf-8") for path in (ROOT / "grader").rglob("*.py"))
    assert [name for name in THEIRS if name not in text] == []


@pytest.mark.parametrize("line", ["student._begin(0)", "x = a.b._c", "f()._y", "_module._y = 1"])
def test_a_planted_use_is_found(line):
    assert [number for number, _ in private_uses(f"pass\n{line}\n")] == [2]


@pytest.mark.parametrize(
    "line", ["self._x", "super()._call()", "o = copy(self); o._x", "x.__dict__", "t._replace(a=1)"]
)
def test_what_is_ones_own_or_documented_is_not(line):
    assert not list(private_uses(line))
