"""Run the public checks in a student's own notebook, on their own machine, without a sandbox."""

import ast
import re
import traceback
import types
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..model.message import Message, Text
from ..model.translation import NONE, Translations
from ..sandbox.guest.notebook import execution, slice
from ..sandbox.guest.notebook import read as notebook
from ..sandbox.guest.notebook.shown import definitions
from ..sandbox.guest.notebook.statement import Statement
from ..sandbox.host.reply import text

CHECKED = re.compile(r"\bstudent\.(\w+)")
NAMELESS = "…"
"""Stands for a question whose name the notebook does not say."""
Cause = tuple[str, ...]
Lines = dict[str, tuple[str, range]]
"""Of each question that is defined, the cell as tracebacks call it, and its lines there."""


@dataclass(frozen=True)
class Tried:
    """A check, and how it went."""

    sentence: Text
    question: str = ""
    """Empty where the notebook does not say."""
    problem: Text = ""
    """What is wrong; empty where it passed."""
    where: tuple[str, ...] = ()
    """The student's lines that it has gone through, the innermost last."""
    blank: str = ""
    """The question that is not filled in; nothing else is wrong."""
    hints: tuple[str, ...] = ()

    @property
    def cause(self) -> Cause:
        """The same for whatever fails for one reason: what was raised, and in which line."""
        return self.blank, f"{self.problem}", *self.where[-1:]

    @property
    def passed(self) -> bool:
        """Whether it holds."""
        return not self.problem and not self.blank


@dataclass(frozen=True)
class Practice:
    """How all checks of a notebook went, those of a question together."""

    tried: tuple[Tried, ...]
    remarks: tuple[Text, ...] = ()
    """On how the notebook was read."""
    translations: Translations = NONE
    """Of what the checks say."""

    @property
    def passed(self) -> bool:
        """Whether there are checks, and all hold."""
        return bool(self.tried) and all(one.passed for one in self.tried)


def practise(path: Path) -> Practice:
    """Run the checks of a notebook, and of the rest what they depend on.

    Raises notebook.Unreadable.
    """
    cells = notebook.read(path.read_bytes())
    read, notes = slice.statements(cells)
    statements = [one for one in read if not _runs(one.node)]
    checks = dict.fromkeys(name for s in statements if (name := _check(s.node)))
    questions, hints = (_texts(_table(statements, name)) for name in ("QUESTIONS", "HINTS"))
    student = types.ModuleType("__main__")
    wanted = {name for cell in cells for name in CHECKED.findall(cell.source)}
    problems = execution.run(slice.needed(statements, [*wanted, *checks]), student.__dict__)
    about = {check: question for question, names in questions.items() for check in names}
    lines: Lines = {
        name: (f"code cell {cell}", range(first, first + source.count("\n") + 1))
        for name, cell, first, source in definitions(cells, statements, [*questions])
    }
    order = [*filter(checks.__contains__, about), *(name for name in checks if name not in about)]
    tried = [
        _try(vars(student)[name], student, about.get(name, ""), hints.get(name, ()), lines)
        for name in order
    ]
    remarks = (*map(text, notes), *map(str, problems))
    return Practice(tuple(tried), remarks, _words(_table(statements, "TRANSLATIONS")))


def _try(
    check: Any, student: types.ModuleType, question: str, hints: Iterable[str], lines: Lines
) -> Tried:
    """Run a check, and say how it went."""
    sentence = " ".join((check.__doc__ or check.__name__).split())
    try:
        check(student)
    except (Exception, SystemExit) as error:
        own = check.__code__
        frames = [
            frame
            for frame in traceback.extract_tb(error.__traceback__)
            if execution.is_cell(frame.filename) and frame.name != own.co_name
        ]
        where = tuple(f"{f.filename}, line {f.lineno}, in {f.name}: {f.line}" for f in frames)
        if isinstance(error, NotImplementedError):
            return Tried(sentence, question, blank=_blank(frames, lines) or question or NAMELESS)
        return Tried(sentence, question, _problem(error, student), where, hints=tuple(hints))
    return Tried(sentence, question)


def _problem(error: BaseException, student: types.ModuleType) -> Text:
    """Say what a check has raised: in its words, if it has any."""
    if isinstance(error, AttributeError) and error.obj is student:
        return Message("`{name}` is not defined", name=error.name)
    if isinstance(error, AssertionError):
        return str(error) or traceback.extract_tb(error.__traceback__)[-1].line or "assert"
    return f"{type(error).__name__}: {error}"


def _blank(frames: Sequence[traceback.FrameSummary], lines: Lines) -> str:
    """Return the question in whose lines the code has stopped, or nothing."""
    if not frames:
        return ""
    file, line = frames[-1].filename, frames[-1].lineno or 0
    return next((name for name, (cell, its) in lines.items() if file == cell and line in its), "")


def _check(node: ast.stmt) -> str:
    """Return the name of a check; `test_loader = …` and a student's own tests are not checks."""
    match node:
        case ast.FunctionDef(name=name, args=args) if ast.unparse(args) == "student":
            return name if name.startswith("test_") else ""
    return ""


def _runs(node: ast.stmt) -> bool:
    """Whether it is one of the calls with which a notebook runs its checks itself."""
    match node:
        case ast.Expr(value=ast.Call(func=ast.Name(id="run_checks" | "check_all"))):
            return True
    return False


def _table(statements: Iterable[Statement], name: str) -> Mapping[object, object]:
    """Return a table that `grader build` has written; empty where a student has changed its form.

    They are the names of checks by question, hints by check, and translations by language.
    """
    for one in statements:
        match one.node:
            case ast.Assign(targets=[ast.Name(id=found)], value=ast.Dict() as table):
                if found == name:
                    try:
                        read: dict[object, object] = ast.literal_eval(table)
                    except (ValueError, TypeError):  # a list as a key
                        return {}
                    return read
    return {}


def _texts(table: Mapping[object, object]) -> dict[str, list[str]]:
    """Return a table of lists of texts; nothing where it is something else."""
    found = {}
    for key, value in table.items():
        if not isinstance(key, str) or not isinstance(value, list):
            return {}
        if not all(isinstance(text, str) for text in value):
            return {}
        found[key] = value
    return found


def _words(table: Mapping[object, object]) -> Translations:
    """Return what is a translation in a table."""
    found: dict[str, dict[str, str]] = {}
    for language, words in table.items():
        if isinstance(language, str) and isinstance(words, dict):
            pairs = ((k, v) for k, v in words.items() if isinstance(k, str) and isinstance(v, str))
            found[language] = dict(pairs)
    return Translations(found)
