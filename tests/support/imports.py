"""Which files a program of ours consists of: what it imports, what that imports, and so on.

Read from the text; nothing is run. An import counts wherever it stands, also in a function that is
never called, but not `if TYPE_CHECKING`; so does a module that a string names, as for
``python -m``. A file of grader/ that is no module, a template for instance, counts once a string
has its name or its folder's. A module that only passes on names, such as grader/checks.py, counts
by the names that are asked of it: another one in it changes nothing for those who do not import it.
"""

import ast
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

OURS = ("grader", "tests")
WORD = re.compile(r"[\w.-]+")


@dataclass(frozen=True)
class Import:
    """A name that a file imports from a module; no name where it imports the module itself."""

    module: str
    name: str
    alias: str

    @property
    def dotted(self) -> str:
        """What it is called if the name is a module as well."""
        return f"{self.module}.{self.name}".strip(".")


@dataclass(frozen=True)
class Source:
    """What a file of Python says of other files."""

    imports: tuple[Import, ...]
    words: frozenset[str]
    """Of strings, but not of docstrings: names of files, folders, modules."""
    only_passes_on: bool

    @classmethod
    @cache
    def read(cls, path: Path, root: Path) -> "Source":
        """Read a file in a checkout. Raises SyntaxError."""
        tree = ast.parse(path.read_text("utf-8"))
        nodes, folder = list(_read_when_run(tree)), path.relative_to(root).parts[:-1]
        remarks = {id(node.value) for node in nodes if isinstance(node, ast.Expr)}
        strings = (n.value for n in nodes if isinstance(n, ast.Constant) and id(n) not in remarks)
        words = (word for text in strings if isinstance(text, str) for word in WORD.findall(text))
        return cls(
            tuple(one for node in nodes for one in _imports(node, folder)),
            frozenset(word.strip(".-") for word in words),
            all(map(_passes_on, tree.body)),
        )


@dataclass(frozen=True)
class Needs:
    """What a file, or a whole program, needs of our own files."""

    files: frozenset[Path] = frozenset()
    """Modules and resources."""
    passed_on: frozenset[str] = frozenset()
    """What modules have passed on that count by their names: ``grader.checks:agree=…``."""

    @classmethod
    def of(cls, root: Path, starts: Iterable[Path]) -> "Needs":
        """Find everything that counts in a checkout from these files on."""
        files, passed_on = set[Path](), set[str]()
        waiting = [*starts, *_plugins(root)]
        while waiting:
            if (path := waiting.pop()) not in files:
                files.add(path)
                here = _needs(path, root)
                waiting += here.files
                passed_on |= here.passed_on
        return cls(frozenset(files), frozenset(passed_on))


def _read_when_run(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a file but for those that type checkers alone read."""
    yield tree
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            yield from _read_when_run(node)


def _imports(node: ast.AST, folder: tuple[str, ...]) -> Iterator[Import]:
    match node:
        case ast.ImportFrom():
            above = folder[: len(folder) - node.level + 1] if node.level else ()
            module = ".".join([*above, *([node.module] if node.module else [])])
            for a in node.names:
                yield Import(module, a.name.replace("*", ""), a.asname or a.name)
        case ast.Import():
            yield from (Import(a.name, "", a.asname or a.name) for a in node.names)


def _passes_on(node: ast.stmt) -> bool:
    is_all = isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    is_remark = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_all or is_remark or isinstance(node, ast.ImportFrom)


@cache
def _needs(path: Path, root: Path) -> Needs:
    """Return what a file needs by itself."""
    if path.suffix != ".py":
        return Needs()
    source = Source.read(path, root)
    files = {resource for word in source.words for resource in _resources(root).get(word, ())}
    passed_on = set[str]()
    for one in source.imports:
        files |= _followed(one, root, passed_on)
    for word in source.words:
        if word.startswith(tuple(f"{package}." for package in OURS)):
            files |= _modules(word, root)
    folders = path.parents if path.name.startswith("test_") else ()
    files |= {conftest for f in folders if (conftest := f / "conftest.py").is_file()}
    return Needs(frozenset(files), frozenset(passed_on))


def _followed(one: Import, root: Path, passed_on: set[str]) -> set[Path]:
    """Return what an import needs; say where it was passed on."""
    files = _modules(one.dotted, root)
    path = _module(one.module, root)
    if path and one.name and (source := Source.read(path, root)).only_passes_on:
        for other in source.imports:
            if other.alias == one.name:
                passed_on.add(f"{one.module}:{one.name}={other.dotted}")
                return (files - {path}) | _followed(other, root, passed_on)
    return files


@cache
def _modules(dotted: str, root: Path) -> set[Path]:
    """Return a module and the packages that it is in; of a name that is none, these alone."""
    parts = dotted.split(".")
    found = (_module(".".join(parts[:end]), root) for end in range(1, len(parts) + 1))
    return {path for path in found if path}


@cache
def _module(dotted: str, root: Path) -> Path | None:
    first, *_ = parts = dotted.split(".")
    if first not in OURS:
        return None
    place = root.joinpath(*parts)
    found = (place.with_suffix(".py"), place / "__init__.py")
    return next((path for path in found if path.is_file()), None)


@cache
def _plugins(root: Path) -> tuple[Path, ...]:
    """Return what pytest loads by itself."""
    settings = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))
    names = settings["project"]["entry-points"]["pytest11"].values()
    return tuple(path for name in names if (path := _module(name, root)))


@cache
def _resources(root: Path) -> dict[str, set[Path]]:
    """Return what is no module, by its name and by that of the folder in grader/ that holds it."""
    found: dict[str, set[Path]] = {}
    for folder in (root / "grader", root / "tests" / "support"):
        for path in folder.rglob("*"):
            is_code = path.suffix == ".py" and "templates" not in path.parts
            if path.is_file() and not is_code and "__pycache__" not in path.parts:
                for name in (path.name, path.relative_to(folder).parts[0]):
                    found.setdefault(name, set()).add(path)
    return found
