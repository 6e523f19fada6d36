"""The version of each check: a digest of everything that its verdict depends on.

It covers the check's own source; its file without the other checks; the other files in its folder,
such as references and known mistakes; the assignment's code and settings; the course's key; and the
versions of grader and torch. Comments and layout do not count. Nothing is imported or run, so it
takes milliseconds and no torch.
"""

import ast
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Self

from .. import __version__
from .assignment import Assignment

CHECKS = ("test_*.py", "*_test.py")  # what pytest collects
NO_PART = {"variants", "__pycache__"}  # other right answers, for `grader verify` alone
TRANSLATED = ".po"  # what is said, in another language: it changes no verdict


@dataclass(frozen=True)
class Versions:
    """The versions of an assignment's checks, by the name of their functions."""

    checks: dict[str, str]
    other: str
    """Version of a check whose function is not defined by `def test_…`."""
    plan: str
    """Changes with any of them: submissions judged under the same plan are up to date."""

    @classmethod
    def read(cls, assignment: Assignment, folder: Path, key: bytes) -> Self:
        """Read the hidden checks in `folder` and the public ones of the assignment."""
        files = [path for path in sorted(folder.rglob("*")) if _is_part(path, folder)]
        tests = [path for path in files if any(path.match(pattern) for pattern in CHECKS)]
        common = _digest(
            __version__, torch_version(), hashlib.sha256(key).hexdigest(), assignment.name,
            json.dumps([assignment.questions, assignment.forbid, asdict(assignment.limits)]),
            *(meaning(c.source) for c in assignment.cells if c.kind == "code" and not c.is_check),
            *(part for path in files if path not in tests for part in _contents(path, folder)),
        )  # fmt: skip
        parts = [part for path in tests for part in _parts(path.read_text("utf-8", "replace"))]
        parts += [(name, meaning(c.source)) for c in assignment.cells for name in c.checks]
        checks: dict[str, str] = {}
        for name, source in parts:  # of two checks with the same name, each is in the version
            if name:
                checks[name] = _digest(common, checks.get(name, ""), source)
        everything = _digest(common, *(source for _, source in parts))
        return cls(checks, everything, _digest(everything, assignment.title, *checks))

    def of(self, check: str) -> str:
        """Return the version of a check, whose name may end in parameters: ``test_x[2-3]``."""
        return self.checks.get(check.partition("[")[0], self.other)


@cache
def torch_version() -> str:
    """Return the installed version of torch, without importing it, which takes 0.5 ms."""
    from importlib.metadata import PackageNotFoundError, version  # 0.02 s

    try:
        return version("torch")
    except PackageNotFoundError:
        return ""


def meaning(source: str) -> str:
    """Return Python code without comments and layout, and other text unchanged."""
    try:
        return ast.unparse(ast.parse(source))
    except (SyntaxError, ValueError, RecursionError):
        return source


def _parts(source: str) -> Iterator[tuple[str, str]]:
    """Yield each check of a file by its name, with the rest of the file."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        yield "", source
        return
    own = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name.startswith("test_")]
    rest = ast.unparse(ast.Module([n for n in tree.body if n not in own], []))
    yield "", rest
    for node in own:
        yield node.name, f"{rest}\n\n{ast.unparse(node)}"


def _contents(path: Path, folder: Path) -> tuple[str, str]:
    """Return the name and content of a file."""
    data = path.read_bytes()
    text = meaning(data.decode("utf-8", "replace")) if path.suffix == ".py" else ""
    return path.relative_to(folder).as_posix(), text or hashlib.sha256(data).hexdigest()


def _is_part(path: Path, folder: Path) -> bool:
    """Whether a file can affect a verdict."""
    names = path.relative_to(folder).parts
    hidden = any(n in NO_PART or n.startswith(".") for n in names)
    return path.is_file() and path.suffix != TRANSLATED and not hidden


def _digest(*texts: str) -> str:
    """Return a short digest of texts that also depends on where they are split."""
    return hashlib.sha256(json.dumps(texts).encode()).hexdigest()[:16]
