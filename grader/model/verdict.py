"""All Results of one submission, and what they come to. Plain data, no torch."""

from collections.abc import Iterable
from dataclasses import dataclass

from .late import EXCUSED, RuleError, reduced
from .message import Text
from .result import Result, Status


def whole(points: float) -> float:
    """Return points without a fraction as an int, which people read as ``3``, not ``3.0``."""
    return int(points) if points == int(points) else points


@dataclass(frozen=True)
class Override:
    """A person's decision on a question; it overrides the checks."""

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
    notes: tuple[Text, ...] = ()
    """Remarks for the student on what was read and how, e.g. a cell that is not valid Python."""
    problem: Text = ""
    """Why nothing could be graded (an empty file, not a notebook, ...), or empty."""
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
    """Hours from the deadline to the submission; 0 as well if no deadline is known."""
    late_rule: str = ""
    """The formula for what that costs, see late.py; empty if it costs nothing."""

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
