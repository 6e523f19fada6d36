"""Cut the answers in a master notebook into our questions: one name that is asked for per cell."""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...course.cell import without_solution
from ...course.settings import AssignmentError
from .master import Master, Piece
from .solution_marks import Line, with_regions

MAGIC = re.compile(r"(?m)^([ \t]*)([%!])")


@dataclass
class Answer:
    """A cell of the notebook to be, and the question that it is the answer to."""

    lines: list[Line]
    name: str = ""
    """Name that students define in it; empty if it is not a question."""

    @property
    def source(self) -> str:
        """The text, with solution regions."""
        return with_regions(self.lines)


def bound(source: str) -> dict[str, int]:
    """Return the names that the top level of a cell binds, each with the line on which its last
    binding ends."""
    found: dict[str, int] = {}
    for node in tree(source).body:
        for name in _names(node):
            found[name] = node.end_lineno or node.lineno
    return found


def tree(source: str) -> ast.Module:
    """Parse a cell, its magics left out. Raises SyntaxError."""
    return ast.parse(MAGIC.sub(r"\1pass  # \2", source))


def cut(master: Master, piece: Piece, wanted: Sequence[str]) -> Iterator[Answer]:
    """Cut a cell behind each of the wanted names, so that every one has a cell of its own.

    Raises AssignmentError where that is not possible.
    """
    ends = sorted((line, name) for name, line in bound(piece.source).items() if name in wanted)
    answers: list[Answer] = []
    start = 0
    for line, name in ends:
        if line == start:
            remedy = f"Assign {name} in a statement of its own"
            raise _wrong(master, piece, f"{name} is assigned together with another answer", remedy)
        answers.append(Answer(piece.lines[start:line], name))
        start = line
    rest = piece.lines[start:]
    if answers and any(hidden for _, hidden in rest):
        answers[-1].lines += rest
    elif any(text.strip() for text, _ in rest):
        answers.append(Answer(rest))
    for answer in answers:
        yield _checked(master, piece, answer)


def _checked(master: Master, piece: Piece, answer: Answer) -> Answer:
    """Bind the answer's name outside of the solution as well. Raises AssignmentError."""
    if not any(hidden for _, hidden in answer.lines):
        return Answer(answer.lines)  # students get it: it asks for nothing
    try:
        if answer.name and answer.name not in bound(without_solution(answer.source)):
            answer.lines.insert(0, (f"{answer.name} = ...", False))
        ast.parse(MAGIC.sub(r"\1pass  # \2", without_solution(answer.source)))
    except SyntaxError:
        remedy = "Let each solution hold whole statements of one block"
        what = "without its solution this cell is not valid Python"
        raise _wrong(master, piece, what, remedy) from None
    return answer


def _wrong(master: Master, piece: Piece, what: str, remedy: str) -> AssignmentError:
    return AssignmentError(Path(f"{master.path}, {piece.place}"), 1, what, remedy)


def _names(node: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement binds, also inside of `if`, `for` and `with`."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        yield node.name
        return
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
            yield inner.id
