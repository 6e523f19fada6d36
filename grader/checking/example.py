"""Worked examples of an author's: small computations that everybody may see, in mistakes.toml.

    [[example]]
    question = "ScaledDotProductAttention"
    code = '''
    Q = torch.tensor([[2.0, 0.0]])
    K = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    student.ScaledDotProductAttention()(Q, K, V=K)
    '''
    shows = ["out", "weights"]

It is run on the solution and on what a student has written, and a page shows both, where no known
mistake explains a failure: the first example of the question in which the two differ. It knows what
stands in it, torch, nn and math: nothing hidden, whatever it computes. `shows` names the parts of
the value of its last line. What cannot be sent to where a student's code is, such as a model, is
made there by a function: `student.beside(function)(…)`.
"""

import ast
import linecache
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from ..course.assignment import Assignment
from ..course.settings import AssignmentError
from ..model.guidance import Example, Row
from ..model.limits import StudentError
from ..model.subject import Beginning, Subject
from ..sandbox.host.sandbox import SandboxError
from .entries import Entries
from .plugin import double

KEYS = {"question", "code", "shows"}
TINY, LONGEST = 36, 400
"""Numbers in one value of an example, and letters of one value."""
NEAR = 1e-4
ACROSS = "Let a function make there what cannot be sent: student.beside(function)(…)"
REMEDY = "Correct it: an example is code whose last line calls student.NAME on numbers of its own"


@dataclass(frozen=True)
class Worked:
    """An example as its author has written it."""

    path: Path
    line: int
    question: str
    code: str
    shows: tuple[str, ...]

    def run(self, subject: Subject, beginning: Beginning) -> Any:
        """Return the value of the last line. Raises what the code of the subject raises."""
        subject.begin(beginning)
        *before, last = ast.parse(self.code).body
        names: dict[str, Any] = {"torch": torch, "nn": nn, "math": math, "student": subject}
        file = f"<example of {self.question}>"  # beside() finds a function's text by this name
        linecache.cache[file] = (len(self.code), None, self.code.splitlines(keepends=True), file)
        with double():
            exec(compile(ast.Module(before, []), file, "exec"), names)
            assert isinstance(last, ast.Expr)
            return eval(compile(ast.Expression(last.value), file, "eval"), names)

    def due(self, solution: Subject) -> dict[str, Any]:
        """Return what the solution gives, by name. Raises AssignmentError unless it is tiny."""
        try:
            found, again = (self.run(solution, Beginning(seed)) for seed in (1, 2))
        except Exception as error:
            raise self._refused(f"this example fails on the solution: {error}") from error
        parts = self._parts(found)
        if not all(map(_tiny, parts.values())):
            raise self._refused(f"an example shows numbers, {TINY} of each at most")
        several = len(found) if isinstance(found, tuple | list) else 1
        if self.shows and len(self.shows) != several:
            raise self._refused(f"shows names {len(self.shows)} values, and there are {several}")
        if not all(map(_alike, parts.values(), self._parts(again).values())):
            raise self._refused("what this example gives is random")
        return parts

    def worked(self, due: Mapping[str, Any], student: Subject, beginning: Beginning) -> Example:
        """Return what a student's code gives beside what is due. Raises SandboxError."""
        try:
            own = self._parts(self.run(student, beginning))
        except SandboxError:
            raise
        except Exception as error:  # theirs, as the solution raises none
            said = f"{error}".partition("\n")[0]
            kind = error.kind if isinstance(error, StudentError) else type(error).__name__
            own = dict.fromkeys(due, Stopped(f"{kind}: {said}"[:LONGEST]))
        rows = (
            Row(name, words(value), words(own.get(name)), _alike(value, own.get(name)))
            for name, value in due.items()
        )
        return Example(self.code, tuple(rows))

    def refuse_unless_right(self, shown: Example) -> None:
        """Raise AssignmentError unless the solution gives what is due where students are judged."""
        for row in shown.rows:
            if not row.right:
                what = f"where students are judged, the solution gives {row.own} for {row.due}"
                raise AssignmentError(self.path, self.line, what, ACROSS)

    def _parts(self, value: Any) -> dict[str, Any]:
        several = isinstance(value, tuple | list)
        parts = list(value) if several else [value]
        names = self.shows or [f"[{n}]" if several else "" for n in range(len(parts))]
        return dict(zip(names, parts, strict=False))

    def _refused(self, what: str) -> AssignmentError:
        return AssignmentError(self.path, self.line, what, REMEDY)


class Stopped(str):
    """What a student's code has raised, in the place of its value."""


def examples_of(path: Path, tables: Entries, assignment: Assignment) -> tuple[Worked, ...]:
    """Return the examples, in their order. Raises AssignmentError."""
    found: dict[str, Worked] = {}
    for line, entry in tables["example"]:
        example = _example(path, line, entry)
        if (question := example.question) not in assignment.questions:
            what = f"question must be one of {', '.join(assignment.questions)}"
        elif example.code in found:
            what = f"this example stands on line {found[example.code].line} already"
        elif f"student.{question}" not in example.code:
            what = f"this example does not call student.{question}"
        else:
            found[example.code] = example
            continue
        raise AssignmentError(path, line, what, REMEDY)
    return tuple(found.values())


def _example(path: Path, line: int, entry: dict[str, Any]) -> Worked:
    shows = entry.get("shows", [])
    named = isinstance(shows, list) and all(isinstance(name, str) and name for name in shows)
    match entry:
        case {"question": str(question), "code": str(code)} if named and entry.keys() <= KEYS:
            pass
        case _:
            what = "an example has a question, code and, if it likes, a list of names that it shows"
            raise AssignmentError(path, line, what, REMEDY)
    try:
        body = ast.parse(code.strip()).body
    except SyntaxError as error:
        what = f"Python cannot read this example: {error.msg}"
        raise AssignmentError(path, line, what, REMEDY) from None
    if not body or not isinstance(body[-1], ast.Expr):
        raise AssignmentError(path, line, "the last line of this example has no value", REMEDY)
    return Worked(path, line, question, code.strip(), tuple(shows))


def words(value: Any) -> str:
    """Return a value as a student reads it: its shape, if it has one, and its numbers."""
    match value:
        case Stopped():
            return str(value)
        case Tensor() if value.numel() > TINY:
            return _shape(value)
        case Tensor() if value.dim():
            return f"{_shape(value)}: {_listed(value.tolist())}"
        case Tensor() | bool() | int() | float():
            return _number(value.item() if isinstance(value, Tensor) else value)
    return "–" if value is None else type(value).__name__


def _shape(value: Tensor) -> str:
    return f"({', '.join(map(str, value.shape))})"


def _listed(value: Any) -> str:
    return f"[{', '.join(map(_listed, value))}]" if isinstance(value, list) else _number(value)


def _number(value: Any) -> str:
    return f"{value + 0.0:.4g}" if isinstance(value, float) else str(value)  # no -0


def _tiny(value: Any) -> bool:
    return value.numel() <= TINY if isinstance(value, Tensor) else isinstance(value, int | float)


def _alike(due: Any, own: Any) -> bool:
    """Whether two values are the same to a student's eye."""
    try:
        one, other = (torch.as_tensor(v).detach().to(torch.float64) for v in (due, own))
    except (TypeError, ValueError, RuntimeError, OverflowError):
        return False
    return one.shape == other.shape and torch.allclose(one, other, atol=NEAR, equal_nan=True)
