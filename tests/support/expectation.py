"""What a fair grader makes of a sample, as the sample's first line says it."""

import re
from dataclasses import dataclass

from grader.model.judgement import Judgement
from grader.model.result import Status
from grader.report.sanitize import whole

STATUSES = {
    "passes": {"passed"},
    "fails": {"failed"},
    "errors": {"student_error"},
    "times out": {"timed_out"},
    "runs out of memory": {"out_of_memory"},
    "loses": {"failed", "student_error", "timed_out", "out_of_memory"},
    "unreadable": {"not_run"},
}
"""For every outcome, what the first check that is not passed may be, in the words of Status."""

FIRST_LINE = re.compile(
    rf"# (?P<outcome>{'|'.join(STATUSES)})(?P<questions>( \w+,?)*): (?P<why>.+)"
)


@dataclass(frozen=True)
class Expectation:
    """What a fair grader makes of a sample."""

    outcome: str
    """One of STATUSES."""
    questions: tuple[str, ...]
    """The questions that lose points in that way; all others earn all of theirs."""
    why: str

    @classmethod
    def read(cls, line: str) -> "Expectation":
        """Read the first line of a sample. Raises ValueError."""
        if not (found := FIRST_LINE.fullmatch(line)):
            raise ValueError(f"says no outcome: {line!r}")
        questions = tuple(re.findall(r"\w+", found["questions"]))
        if bool(questions) == (found["outcome"] in ("passes", "unreadable")):
            raise ValueError(f"'passes' and 'unreadable' name no question, all others do: {line!r}")
        return cls(found["outcome"], questions, found["why"])

    def differs(self, judgement: Judgement) -> str:
        """Say where a judgement is another; empty where it is this."""
        if judgement.faulty:
            return str([r.detail for r in judgement.results if r.status is Status.GRADER_ERROR])
        if self.outcome == "unreadable":
            earned = judgement.earned
            return "" if judgement.problem and earned == 0 else f"is worth {earned}"
        firsts: dict[str, Status] = {}
        for result in judgement.results:
            if result.points and result.status is not Status.PASSED:
                firsts.setdefault(result.question, result.status)
        fits = firsts.keys() == set(self.questions) and STATUSES[self.outcome].issuperset(
            firsts.values()
        )
        unusual = [r for r in judgement.results if r.status not in (Status.PASSED, Status.NOT_RUN)]
        said = [(r.question, r.check, str(r.status), whole(r), r.detail) for r in unusual]
        return "" if fits else f"is {said or 'full marks'}"
