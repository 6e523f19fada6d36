"""Where a student stands: what was judged, what people have decided, and how late it came."""

from dataclasses import dataclass, field

from .judgement import Judgement
from .late import EXCUSED, RuleError, reduced
from .translation import NONE, Translations


@dataclass(frozen=True)
class Arrival:
    """What is known of how a file came in; None is not known, and keeps what was known before.

    A field here is remembered by the store, reaches every Standing, and makes its pages anew when
    it changes.
    """

    hours_late: float | None = None
    """Hours after the deadline, 0 before it."""
    moment: float | None = None
    """When it was handed in, in seconds since 1970, as far as the platform says."""
    name: str | None = None
    """Of the student, as the roster says; None as well where pages are to be anonymous."""


UNKNOWN = Arrival()
SUBMISSION = "(submission)"
"""The question of a decision about the whole submission: its points are added, or taken."""


@dataclass(frozen=True)
class Override:
    """A person's decision on a question; it overrides the checks."""

    question: str
    points: float | None = None
    """Points for the whole question, or None for a comment alone; see SUBMISSION and EXCUSED."""
    comment: str = ""
    """For the student."""

    @property
    def line(self) -> str:
        """The comment after the question that it is about, unless that is the submission."""
        return self.comment if self.question == SUBMISSION else f"{self.question}: {self.comment}"


@dataclass(frozen=True)
class Standing:
    """One student: the file that counts, its Judgement, and what people and lateness make of it."""

    student: str
    """Student id as the file name gives it; text that a student may have chosen."""
    file: str
    """Name of the submitted file, without folders."""
    judgement: Judgement
    overrides: tuple[Override, ...] = ()
    """At most one for a question."""
    arrival: Arrival = UNKNOWN
    late_rule: str = ""
    """The formula for what lateness costs, see late.py; empty if it costs nothing."""
    contact: str = ""
    """Address to which students may write about a check; empty if they cannot."""
    translations: Translations = field(default=NONE, repr=False, compare=False)
    """What the author has said, in other languages."""

    @property
    def name(self) -> str:
        """The student's name, or empty if it is not known."""
        return self.arrival.name or ""

    @property
    def hours_late(self) -> float:
        """Hours from the deadline to the submission; 0 as well if no deadline is known."""
        return self.arrival.hours_late or 0.0

    @property
    def hours(self) -> float:
        """The hours after the deadline that count: a person may have excused some."""
        excused = (o.points for o in self.overrides if o.question == EXCUSED)
        return next((h for h in excused if h is not None), self.hours_late)

    @property
    def decided(self) -> dict[str, float]:
        """Points of the questions that a person has decided."""
        given = (o for o in self.overrides if o.question not in (EXCUSED, SUBMISSION))
        return {o.question: o.points for o in given if o.points is not None}

    @property
    def bonus(self) -> float:
        """Points that a person adds to those of the questions, or takes if negative."""
        given = (o.points for o in self.overrides if o.question == SUBMISSION)
        return next((points for points in given if points is not None), 0)

    @property
    def by_hand(self) -> list[str]:
        """What a person has given points for: questions, and SUBMISSION."""
        return [*self.decided, *[SUBMISSION] * bool(self.bonus)]

    @property
    def judged(self) -> bool:
        """False while any result is ours to repair, and no person has decided its question.

        Also where the late rule cannot be computed for these points.
        """
        return self.judgement.faulty <= self.decided.keys() and self._left is not None

    @property
    def score(self) -> float | None:
        """Points that count: those earned and, after the deadline, what the rule leaves of them."""
        return self._left if self.judged else None

    @property
    def earned(self) -> float | None:
        """Points earned or given by a person, or None while a grader_error is undecided."""
        return self._sum if self.judged else None

    @property
    def questions(self) -> list[str]:
        """The questions in order; one outside the assignment's own still gets its place."""
        found = [
            *self.judgement.questions,
            *(r.question for r in self.judgement.results),
            *(o.question for o in self.overrides if o.question not in (EXCUSED, SUBMISSION)),
        ]
        return list(dict.fromkeys(found))

    def points(self, question: str) -> float | None:
        """Return the points of a question, or None while it is neither judged nor decided."""
        decided = self.decided
        return whole(decided[question]) if question in decided else self.judgement.points(question)

    @property
    def _sum(self) -> float:
        decided = self.decided
        earned = sum(r.earned for r in self.judgement.results if r.question not in decided)
        return whole(max(0.0, earned + sum(decided.values()) + self.bonus))

    @property
    def _left(self) -> float | None:
        """What the late rule leaves, or None where it cannot be computed."""
        if not self.late_rule or not self.hours:
            return self._sum
        try:
            most = self.judgement.max_score
            return whole(reduced(self.late_rule, self._sum, most, self.hours))
        except RuleError:
            return None


def whole(points: float) -> float:
    """Return points without a fraction as an int, which people read as ``3``, not ``3.0``."""
    return int(points) if points == int(points) else points
