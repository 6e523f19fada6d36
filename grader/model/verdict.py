"""What grading produces: a Result per check, a Report per submission. Plain data, no torch."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from .late import EXCUSED, RuleError, reduced
from .picture import Picture


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


NOT_YET = (
    "This check is not judged yet, for there is a fault of ours in it. It costs you nothing, and "
    "will be judged once that is mended."
)
"""What a student reads of a check that the course's own solution fails."""
CAUSES = (Status.FAILED, Status.STUDENT_ERROR, Status.TIMED_OUT, Status.OUT_OF_MEMORY)
"""What a student can repair; other checks may wait for it."""


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
    hypothesis: str = ""
    """For the course team: what was probably done, as a clause; the message says it, too."""
    notes: tuple[str, ...] = ()
    """Remarks of the check for the student; the Report's notes hold them, too."""
    picture: Picture | None = None
    """Where it is wrong, for the student; never a value."""
    counted: bool = True
    """False for a public check that judges nobody here: it works in the notebook only."""

    @property
    def earned(self) -> int:
        """Points earned."""
        return self.points if self.status is Status.PASSED else 0


def whole(points: float) -> float:
    """Return points without a fraction as an int, which people read as ``3``, not ``3.0``."""
    return int(points) if points == int(points) else points


@dataclass(frozen=True)
class Override:
    """What a person has decided about a question; it counts, whatever the checks say."""

    question: str
    points: float | None = None
    """Points for the whole question, or None for a comment alone."""
    comment: str = ""
    """For the student."""


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
    overrides: tuple[Override, ...] = ()
    """At most one for a question."""
    hours_late: float = 0.0
    """How long after the deadline it was handed in; 0 also where no deadline is known."""
    late_rule: str = ""
    """What that costs, see late.py; empty where it costs nothing."""

    @property
    def hours(self) -> float:
        """The hours after the deadline that count: a person may have excused some."""
        excused = (o.points for o in self.overrides if o.question == EXCUSED)
        return next((h for h in excused if h is not None), self.hours_late)

    @property
    def judged(self) -> bool:
        """False while any result is ours to repair, and no person has decided its question.

        Also where the late rule cannot be computed for these points.
        """
        decided = self.decided
        ours = (r.status is Status.GRADER_ERROR and r.question not in decided for r in self.results)
        return not any(ours) and self._left is not None

    @property
    def score(self) -> float | None:
        """Points that count: those earned and, after the deadline, what the rule leaves of them."""
        return self._left if self.judged else None

    @property
    def earned(self) -> float | None:
        """Points earned or given by a person, or None while a grader_error is undecided."""
        return self._sum if self.judged else None

    @property
    def _sum(self) -> float:
        decided = self.decided
        earned = sum(r.earned for r in self.results if r.question not in decided)
        return whole(earned + sum(decided.values()))

    @property
    def _left(self) -> float | None:
        """What the late rule leaves, or None where it cannot be computed."""
        if not self.late_rule or not self.hours:
            return self._sum
        try:
            return whole(reduced(self.late_rule, self._sum, self.max_score, self.hours))
        except RuleError:
            return None

    @property
    def decided(self) -> dict[str, float]:
        """Points of the questions that a person has decided."""
        given = (o for o in self.overrides if o.question != EXCUSED)
        return {o.question: o.points for o in given if o.points is not None}

    @property
    def counted(self) -> tuple[Result, ...]:
        """Results of the checks that can be passed here."""
        return tuple(r for r in self.results if r.counted)

    @property
    def max_score(self) -> int:
        """Points that all checks are worth together."""
        return sum(r.points for r in self.results)

    def of(self, question: str) -> tuple[Result, ...]:
        """Return the results of one question, in order."""
        return tuple(r for r in self.results if r.question == question)

    @property
    def duration(self) -> float:
        """Seconds of the last judging or, if that took over earlier results, of all of them."""
        return max(self.seconds, sum(r.seconds for r in self.results))

    def points(self, question: str) -> float | None:
        """Return the points of a question, or None while it is neither judged nor decided."""
        results, decided = self.of(question), self.decided
        if question in decided:
            return whole(decided[question])
        if not results or any(r.status is Status.GRADER_ERROR for r in results):
            return None
        return sum(r.earned for r in results)


def questions(reports: Iterable[Report]) -> list[str]:
    """Return the questions in order; a result outside the listed ones still gets its place."""
    names: dict[str, None] = {}
    for r in reports:
        names |= dict.fromkeys(r.questions)
        names |= dict.fromkeys(x.question for x in r.results)
        names |= dict.fromkeys(o.question for o in r.overrides if o.question != EXCUSED)
    return list(names)
