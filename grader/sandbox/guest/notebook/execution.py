"""Run a student's statements one by one: an error in one does not affect the others.

For grading it runs in the sandbox alone, which is what ends a statement that never does.
"""

import __future__

import ast
import asyncio
import inspect
import traceback
from collections.abc import Iterable
from dataclasses import dataclass
from types import CodeType
from typing import Any, NoReturn

from ..saying import Saying
from .cell import cell_number
from .device import retried
from .effects import DEFINITIONS
from .statement import Statement
from .written import WRITTEN

MOST_TEXT = 4000
"""Characters kept of an error's message and of its frames."""


@dataclass(frozen=True)
class Problem:
    """A statement that raised."""

    cell: int
    """Its number: of the student's lines the innermost."""
    line: int
    """Within the cell."""
    error: str
    """Kind and message, e.g. "NameError: name 'x' is not defined"."""
    frames: str
    """The student's part of the traceback."""
    sure: bool = True
    """Whether the statement is known to be needed; see slice.py."""

    @property
    def place(self) -> Saying:
        """Where it was."""
        return Saying("code cell {cell}, line {line}", cell=self.cell, line=self.line)

    @property
    def headline(self) -> Saying:
        """Where it was, and the first line of the error."""
        return Saying("{place}: {error}", place=self.place, error=self.error.partition("\n")[0])

    def __str__(self) -> str:
        return f"{self.place}: {self.error}\n{self.frames}".rstrip()


def run(
    statements: Iterable[Statement], namespace: dict[str, Any],
    sure: Iterable[Statement] | None = None,
) -> list[Problem]:  # fmt: skip
    """Execute in order, as the program `__main__` in a notebook; return what raised.

    Where it is known which are `sure` to be needed, a problem tells.

    23% of public notebooks were run in another order than that of their cells. So a statement
    that lacks a name is tried again after all others, for as long as that helps any, unless what
    it binds was bound since: then it counts no more.
    """
    shell = Shell(namespace)
    namespace.update(__name__="__main__", get_ipython=lambda: shell, display=print)
    statements = list(statements)
    errors = {n: _execute(statement, namespace) for n, statement in enumerate(statements)}
    later: set[str] = set()
    again: list[int] = []
    for number in reversed(errors):
        binds, error = statements[number].binds, errors[number]
        if error is None:
            later |= binds
        elif isinstance(error, NameError) and not binds & later:
            again.insert(0, number)
        elif isinstance(error, NameError) and binds <= later:
            errors[number] = None
    fewer = True
    while fewer:
        errors |= {n: _execute(statements[n], namespace) for n in again}
        left = [n for n in again if isinstance(errors[n], NameError)]
        fewer, again = len(left) < len(again), left
    known = set(statements if sure is None else sure)
    return [
        _problem(statements[n], error, sure=statements[n] in known)
        for n, error in errors.items()
        if error is not None
    ]


def is_cell(filename: str) -> bool:
    """Whether a frame of a traceback is the student's."""
    return cell_number(filename) > 0


class Shell:
    """Stands for IPython: its magics and shell commands do nothing, but for files of Python."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._namespace = namespace

    def __getattr__(self, name: str) -> Any:
        return lambda *_, **__: None

    def write_file(self, name: str, text: str, append: bool, cell: str, line: int) -> None:
        """Write a file, and keep it to be imported: see written.py."""
        WRITTEN.add(name, text, cell, line, append=append)

    def run_line_magic(self, magic: str, given: str, *_: Any, **__: Any) -> None:
        """Run a file that the notebook has written; other magics do nothing."""
        if magic == "run":
            WRITTEN.run(given, self._namespace)

    magic = run_line_magic


class Absent:
    """Stands for an import that failed: importing it is not an error, using it is.

    Every notebook imports some matplotlib or torchvision that no graded name needs.
    """

    def __init__(self, statement: ast.stmt, error: Exception) -> None:
        if isinstance(error, ModuleNotFoundError):
            self._why = Saying(
                "No module named '{name}': it is not installed where grading happens",
                name=error.name,
            )
        else:
            self._why = Saying(
                "`{code}` fails where grading happens ({why})",
                code=ast.unparse(statement),
                why=f"{type(error).__name__}: {str(error)[:MOST_TEXT]}",
            )

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        raise ModuleNotFoundError(self._why)

    __getattr__ = __call__ = __getitem__ = __iter__ = __len__ = __contains__ = _refuse
    __enter__ = __exit__ = __or__ = __ror__ = __mro_entries__ = __instancecheck__ = _refuse


def _execute(statement: Statement, namespace: dict[str, Any]) -> BaseException | None:
    """Run one statement; return what it raised."""
    node, code = statement.node, statement.code
    error = _attempt(code, namespace)
    if isinstance(error, ModuleNotFoundError | NameError) and isinstance(node, DEFINITIONS):
        # perhaps for its annotations alone, so without evaluating them, as in Python 3.14
        flags = __future__.annotations.compiler_flag
        module = ast.Module([node], [])
        error = _attempt(compile(module, code.co_filename, "exec", flags, True), namespace)
    if isinstance(error, Exception) and isinstance(node, ast.Import | ast.ImportFrom):
        namespace.update(dict.fromkeys(statement.binds - {"*"}, Absent(node, error)))
        return None
    return error


def _attempt(code: CodeType, namespace: dict[str, Any]) -> BaseException | None:
    try:
        result = retried(lambda: eval(code, namespace))
        if inspect.iscoroutine(result):  # a top-level await
            asyncio.run(result)
    except BaseException as error:  # also SystemExit and KeyboardInterrupt
        return error
    return None


def _problem(statement: Statement, error: BaseException, *, sure: bool) -> Problem:
    """Describe what was raised, in the student's lines."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if is_cell(f.filename)]
    cell, line = statement.code.co_filename, statement.node.lineno
    if frames:
        cell, line = frames[-1].filename, frames[-1].lineno or line
    try:
        said = "".join(traceback.format_exception_only(error)).strip()
    except BaseException:  # methods of an exception are student code
        said = f"{type(error).__name__}: (its message cannot be shown)"
    return Problem(
        cell_number(cell),
        line,
        said[:MOST_TEXT],
        "".join(traceback.format_list(frames)).rstrip()[-MOST_TEXT:],
        sure,
    )
