"""How an exception ends a check, or a whole submission: in a status, and in words."""

import traceback
from dataclasses import dataclass
from typing import Any, Self

from ..compare.trial import Failure
from ..course.settings import AssignmentError
from ..model.limits import StudentError
from ..model.message import Message, Text, lines, said
from ..model.result import Result, Status
from .check import Check

NOT_FILLED_IN = Message("Not filled in yet.")


@dataclass(frozen=True)
class Conclusion:
    """How an exception ends a check, or a whole submission."""

    status: Status
    message: Text = ""
    traceback: str = ""
    error: str = ""
    """Kind of the student's error."""
    detail: str = ""
    """For the course team."""

    @classmethod
    def of(cls, error: BaseException | None) -> Self:
        """Tell apart three kinds: a student's own errors, what a check found, and our faults."""
        if error is None:
            return cls(Status.PASSED)
        if isinstance(error, StudentError):
            return cls._by_student(error)
        if isinstance(error, Failure):
            return cls(Status.FAILED, said(error))
        if isinstance(error, AssertionError):
            return cls(Status.FAILED, detail=str(error))
        if isinstance(error, AssignmentError):
            cause = "".join(traceback.format_exception(error.__cause__))
            return cls(Status.GRADER_ERROR, detail=f"{cause}\n{error}")
        return cls(Status.GRADER_ERROR, detail="".join(traceback.format_exception(error)))

    @classmethod
    def _by_student(cls, error: StudentError) -> Self:
        """Say what is ours to say; what the student's code said stands at its traceback's end."""
        status = Status.FAILED if error.kind == "Forbidden" else error.status
        message = said(error)
        if error.kind == "NotImplementedError":
            message = NOT_FILLED_IN
        elif isinstance(message, str):
            message = "" if error.traceback else f"{error.kind}: {message}"
        return cls(status, message, error.traceback, error.kind)

    def result(self, check: Check, also: Text = "", **fields: Any) -> Result:
        """Return the Result of a check, with its marks, what is said also, and further fields."""
        return Result(
            check.name, check.question, self.status, check.points, check.sentence,
            lines(self.message, also), self.detail, check.public, self.traceback, self.error,
            **fields,
        )  # fmt: skip
