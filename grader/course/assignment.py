"""An Assignment as its author writes it: one runnable notebook in solutions/, solution inside.

The file is ordinary Python in jupytext's py:percent format, with five marks of ours:

    # /// script … # ///                 the settings, TOML under [tool.grader] (PEP 723)
    # %% question="Name"                 a cell in which students define ``Name``
    # BEGIN SOLUTION … # END SOLUTION    lines that students do not get
    # %% tags=["check"]                  a cell of public checks, ``def test_…(student)``, about the
                                         question above or, with question="Name", another one
    # %% tags=["include"]                a cell of imports from other solutions; see include.py

Reading executes nothing, needs no torch, and rejects whatever would surprise students later.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from ..model.language import DEFAULT
from ..model.limits import Limits
from ..model.subject import RESERVED
from .cell import Cell, read_cells
from .include import filled
from .settings import AssignmentError, read_settings, read_text


@dataclass(frozen=True)
class Assignment:
    """One assignment: its settings and the author's cells."""

    path: Path
    name: str
    title: str
    questions: tuple[str, ...]
    """Names that a submission must define, in the order of the notebook."""
    forbid: dict[str, tuple[str, ...]]
    """For each question, names that it may not use, e.g. ``torch.nn.MultiheadAttention``."""
    limits: Limits
    values: tuple[str, ...]
    """The questions whose answer may be a value instead of a function or class."""
    visibility: dict[str, str]
    """When Gradescope shows hidden checks, by patterns of their names; the first match counts."""
    cells: tuple[Cell, ...]
    language: str = DEFAULT
    """Of the texts that are added to the notebook."""

    @property
    def trains(self) -> bool:
        """Whether it constructs an optimizer, so that workers should warm these up."""
        return any("torch.optim." in cell.source for cell in self.cells)

    @property
    def classes(self) -> tuple[str, ...]:
        """The questions whose answer is a class of modules."""
        return tuple(cell.question for cell in self.cells if cell.question and cell.is_class)

    @property
    def public(self) -> dict[str, str]:
        """The question of each public check: the one that its cell says, or the one above it."""
        above, found = self.questions[0], dict[str, str]()
        for cell in self.cells:
            above = cell.question or above
            found |= dict.fromkeys(cell.checks, cell.about or above)
        return found

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read solutions/<name>.py. Raises AssignmentError, and OSError for a missing file."""
        text = read_text(path)
        settings = read_settings(path, text)
        cells = tuple(filled(path, read_cells(path, text)))
        _refuse_reserved(path, cells)
        _refuse_duplicates(path, cells)
        questions = tuple(cell.question for cell in cells if cell.question)
        if not questions:
            remedy = 'Begin the cell that students complete with # %% question="Name"'
            raise AssignmentError(path, 1, "the file has no question", remedy)
        for cell in cells:
            _refuse_unknown(path, "the mark", filter(None, [cell.about]), questions, cell.line)
        return cls(
            path=path,
            name=path.stem,
            title=settings.get("title", path.stem),
            questions=questions,
            forbid=_forbid(path, settings.get("forbid", []), questions),
            limits=_limits(path, settings.get("limits", {}), questions),
            values=tuple(cell.question for cell in cells if cell.question and cell.is_value),
            visibility=_visibility(settings.get("visibility", {})),
            cells=cells,
            language=settings.get("language", DEFAULT),
        )


def _forbid(
    path: Path, names: list[str] | dict[str, list[str]], questions: tuple[str, ...]
) -> dict[str, tuple[str, ...]]:
    """Return the forbidden names of each question; a list applies to all of them."""
    table = names if isinstance(names, dict) else dict.fromkeys(questions, names)
    _refuse_unknown(path, "forbid", table, questions)
    return {question: tuple(table[question]) for question in table}


def _limits(path: Path, limits: dict[str, Any], questions: tuple[str, ...]) -> Limits:
    """Return the limits; seconds may be a number for each question, and "*" for all others."""
    if not isinstance(limits.get("seconds"), dict):
        return Limits(**limits)
    table = dict(limits["seconds"])
    seconds = table.pop("*", Limits.seconds)
    _refuse_unknown(path, "seconds", table, questions)
    return Limits(**limits | {"seconds": seconds, "questions": table})


def _refuse_unknown(
    path: Path, key: str, named: Iterable[str], questions: tuple[str, ...], line: int = 1
) -> None:
    for question in named:
        if question not in questions:
            remedy = f"There are {', '.join(questions)}"
            what = f"{key} names a question {question} that is not here"
            raise AssignmentError(path, line, what, remedy)


def _visibility(levels: str | dict[str, str]) -> dict[str, str]:
    return {"*": levels} if isinstance(levels, str) else levels


def _refuse_reserved(path: Path, cells: tuple[Cell, ...]) -> None:
    for cell in cells:
        if cell.question in RESERVED:
            what = f"student.{cell.question} is of ours, so no check could ask for this question"
            raise AssignmentError(path, cell.line, what, "Give the question another name")


def _refuse_duplicates(path: Path, cells: tuple[Cell, ...]) -> None:
    seen: dict[str, int] = {}
    for cell in cells:
        for name in (*cell.checks, *([cell.question] if cell.question else []), *cell.gives):
            if name in seen:
                what = f"{name} is already the name of a question or check in line {seen[name]}"
                raise AssignmentError(path, cell.line, what, "Give this one another name")
            seen[name] = cell.line
