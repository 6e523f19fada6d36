"""What grading produces: a Result per check, a Report per submission. Plain data, no torch."""

from dataclasses import dataclass
from enum import StrEnum


class Status(StrEnum):
    """How one check ended on one submission."""

    PASSED = "passed"
    FAILED = "failed"
    """The values, shapes or gradients are wrong."""
    STUDENT_ERROR = "student_error"
    """The student's code raised; the message holds their own traceback."""
    TIMED_OUT = "timed_out"
    OUT_OF_MEMORY = "out_of_memory"
    NOT_RUN = "not_run"
    """Could not be judged, because something that it builds on is missing or wrong."""
    GRADER_ERROR = "grader_error"
    """Our fault (disk, worker lost, bug): retried, then listed for a person, never a score."""


@dataclass(frozen=True)
class Result:
    """One check on one submission."""

    check: str
    """Name of the pytest function, e.g. ``test_masked_keys_have_no_influence``."""
    question: str
    status: Status
    points: int
    """What the check is worth; all of it is earned, or nothing."""
    sentence: str
    """The property that the check is about, in the words of its docstring."""
    message: str = ""
    """What happened instead, for the student (empty when passed)."""
    detail: str = ""
    """For the course team only: assertion text, our traceback. Never shown to the student."""
    public: bool = False
    """Whether students can read the check in their notebook."""
    seconds: float = 0.0
    """Wall time of the check, in seconds."""
    mistake: str = ""
    """For the course team: names of the mistakes in mistakes.toml that explain the numbers."""

    @property
    def earned(self) -> int:
        """Points earned."""
        return self.points if self.status is Status.PASSED else 0


@dataclass(frozen=True)
class Report:
    """All results of one submission."""

    assignment: str
    title: str
    student: str
    """Student id as the file name gives it; text that a student may have chosen."""
    file: str
    """Name of the submitted file, without folders."""
    sha256: str
    questions: tuple[str, ...]
    """Question names in the order of the notebook."""
    results: tuple[Result, ...]
    notes: tuple[str, ...] = ()
    """Remarks for the student on what was read and how, e.g. a cell that is not valid Python."""
    problem: str = ""
    """Why nothing could be graded (empty file, no notebook, ...), or empty."""
    layers: tuple[str, ...] = ()
    """Sandbox layers that were in force, e.g. ``("namespaces", "landlock", "seccomp")``."""
    uses: tuple[str, ...] = ()
    """Names of torch in the code of the answers, for the course team."""
    output: str = ""
    """What the student's code printed (capped), for the course team."""
    seconds: float = 0.0

    @property
    def judged(self) -> bool:
        """False while any result is ours to repair."""
        return all(r.status is not Status.GRADER_ERROR for r in self.results)

    @property
    def score(self) -> int | None:
        """Points earned, or None while any result is a grader_error."""
        return sum(r.earned for r in self.results) if self.judged else None

    @property
    def max_score(self) -> int:
        """Points that all checks are worth together."""
        return sum(r.points for r in self.results)

    def of(self, question: str) -> tuple[Result, ...]:
        """Return the results of one question, in order."""
        return tuple(r for r in self.results if r.question == question)
