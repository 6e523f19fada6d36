"""What a judge has found about some bytes, whoever handed them in. Plain data, no torch."""

from dataclasses import dataclass

from .code import Code
from .message import Text
from .result import Result, Status

UNSANDBOXED = "UNSANDBOXED"
"""Stands first among the layers of a judgement that was made without a sandbox."""


@dataclass(frozen=True)
class Judgement:
    """All results of one submission, and what else was seen of it: facts, which never change."""

    assignment: str
    title: str
    sha256: str
    """Of the bytes; empty where they could not be read."""
    questions: tuple[str, ...]
    """Question names in the order of the notebook."""
    results: tuple[Result, ...]
    notes: tuple[Text, ...] = ()
    """Remarks for the student on what was read and how, e.g. a cell that is not valid Python."""
    problem: Text = ""
    """Why nothing could be graded (an empty file, not a notebook, ...), or empty."""
    layers: tuple[str, ...] = ()
    """What the sandbox was, e.g. ``("namespaces", "landlock 7", "seccomp")``; see UNSANDBOXED."""
    uses: tuple[str, ...] = ()
    """Names of torch in the code of the answers, for the course team."""
    output: str = ""
    """What the student's code printed (capped), for the course team."""
    seconds: float = 0.0
    """Wall time of the judging."""
    code: tuple[Code, ...] = ()
    """The answers to questions that are not right yet, as far as the notebook has them."""

    @property
    def faulty(self) -> set[str]:
        """The questions that are ours to repair."""
        return {r.question for r in self.results if r.status is Status.GRADER_ERROR}

    @property
    def earned(self) -> int | None:
        """Points that the checks give, or None while any question is ours to repair."""
        return None if self.faulty else sum(r.earned for r in self.results)

    @property
    def max_score(self) -> int:
        """Points that all checks are worth together."""
        return sum(r.points for r in self.results)

    @property
    def counted(self) -> tuple[Result, ...]:
        """Results of the checks that can be passed here."""
        return tuple(r for r in self.results if r.counted)

    @property
    def duration(self) -> float:
        """Seconds of the last judging or, if that took over earlier results, of all of them."""
        return max(self.seconds, sum(r.seconds for r in self.results))

    def of(self, question: str) -> tuple[Result, ...]:
        """Return the results of one question, in order."""
        return tuple(r for r in self.results if r.question == question)

    def points(self, question: str) -> int | None:
        """Return what the checks of a question give, or None while it is not judged."""
        results = self.of(question)
        return sum(r.earned for r in results) if results and question not in self.faulty else None
