"""Imports go in one direction: every folder of grader/ imports only those above it in design.md.

The order is the numbered list there; this file reads it, and the imports, from the text.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ENTRY = re.compile(r"^\d+\. `([\w/]+?)(?:\.py)?/?`", re.MULTILINE)


def order() -> list[str]:
    """Return the folders and files of grader/ as design.md has them, the ground first."""
    text = (ROOT / "docs" / "design.md").read_text("utf-8")
    return [name.replace("/", ".") for name in ENTRY.findall(text)]


def modules(package: Path) -> dict[str, Path]:
    """Return the files of a package by their dotted names within it."""
    found = {}
    for path in package.rglob("*.py"):
        name = ".".join(path.relative_to(package).with_suffix("").parts)
        if "templates" not in path.parts:
            found[name.removesuffix("__init__").strip(".")] = path
    return found


def imported(name: str, path: Path, package: str) -> Iterator[str]:
    """Yield what a module imports from its own package, wherever in its text: dotted names."""
    inside = [package, *name.split(".")] if name else [package]
    folder = inside if path.name == "__init__.py" else inside[:-1]
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        match node:
            case ast.ImportFrom():
                above = folder[: len(folder) - node.level + 1] if node.level else []
                base = ".".join([*above, *([node.module] if node.module else [])])
                found = [base, *(f"{base}.{alias.name}" for alias in node.names)]
            case ast.Import():
                found = [alias.name for alias in node.names]
            case _:
                continue
        yield from (what.removeprefix(f"{package}.") for what in found if "." in what)


def climbs(package: Path, order: list[str]) -> set[tuple[str, str]]:
    """Return the imports that go up: which module imports which."""
    files = modules(package)
    place = {name: _place(name, order) for name in files if name}
    return {
        (name, what)
        for name, path in files.items()
        if name
        for what in imported(name, path, package.name)
        if what in place and place[what] > place[name]
    }


def _place(name: str, order: list[str]) -> int:
    """Return the place of a module in the order. Raises AssertionError for one that has none."""
    found = [i for i, entry in enumerate(order) if f"{name}.".startswith(f"{entry}.")]
    if not found and any(entry.startswith(f"{name}.") for entry in order):
        return 0  # a package that only holds entries
    assert found, f"grader/{name.replace('.', '/')} has no place in the order of docs/design.md"
    return found[-1]


def test_no_import_climbs():
    assert climbs(ROOT / "grader", order()) == set()


def test_the_order_names_every_folder_and_nothing_else():
    names = modules(ROOT / "grader")
    assert not [
        entry for entry in order() if not any(f"{n}.".startswith(f"{entry}.") for n in names)
    ]
    assert len(order()) > 10


@pytest.mark.parametrize(
    "line",
    [
        "from ..cli import main", "from grader.cli import main", "import grader.cli.main",
        "def f():\n    from ..cli.main import main", "from .. import cli",
    ],
)  # fmt: skip
def test_a_planted_climb_is_found(tmp_path, line):
    package = tmp_path / "grader"
    for name in ("model", "cli"):
        (package / name).mkdir(parents=True)
        (package / name / "__init__.py").write_text("")
    (package / "cli" / "main.py").write_text("from ..model import limits\n")
    (package / "model" / "limits.py").write_text(f"{line}\n")
    assert {name for name, _ in climbs(package, ["model", "cli"])} == {"model.limits"}
    assert not climbs(package, ["cli", "model"]) - {
        ("cli.main", "model.limits"),
        ("cli.main", "model"),
    }
