"""What has been read of another tool's notebook, whichever tool that is."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from ...course.notebook_format import nbformat
from ...course.settings import AssignmentError
from .question import Question
from .solution_marks import Line


@dataclass
class Piece:
    """One cell of the notebook that students get."""

    kind: Literal["markdown", "code", "checks"]
    """Checks: the place where students check a question."""
    lines: list[Line]
    place: str
    """Where it stands in the master, for messages."""
    question: Question | None = None
    """Of code in a solution block: whose answer it is; of checks: whose they are."""

    @property
    def source(self) -> str:
        """The text, solution included."""
        return "\n".join(text for text, _ in self.lines)


class Master:
    """A notebook with solutions and tests. Raises AssignmentError where it is not one."""

    tool: ClassVar[str]
    tests_are: ClassVar[str]
    """Where its tests stand, for those who have none."""
    takes: ClassVar[str]
    """What the tool does with it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.config: dict[str, Any] = {}
        self.pieces: list[Piece] = []
        self.questions: list[Question] = []
        self.notes: list[str] = []
        """What is not carried over, in words."""
        try:
            self.book = nbformat.read(path, 4)  # type: ignore[no-untyped-call]
        except Exception as error:
            remedy = f"Name the notebook that {self.takes} takes"
            raise AssignmentError(path, 1, f"this is not a notebook: {error}", remedy) from None
        language = self.book.metadata.get("kernelspec", {}).get("language", "python")
        if language.lower() != "python":
            raise AssignmentError(path, 1, f"it is written in {language}", "Only Python is graded")

    @property
    def title(self) -> str:
        """What the assignment is called."""
        return str(self.config.get("name") or self.path.stem)

    def wrong(self, number: int, what: str, remedy: str) -> AssignmentError:
        """Point at a cell, counted from 1."""
        return AssignmentError(Path(f"{self.path}, cell {number}"), 1, what, remedy)
