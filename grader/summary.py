"""What has become of a class, in numbers: for the terminal, and for machines as JSON."""

import json
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from .verdict import CAUSES, Report, Status

MEANINGS = {
    0: "all were judged",
    3: "some submissions could not be judged, or are no notebooks: a person should look",
    130: "interrupted; what was judged is kept, and the same command goes on",
}
"""What the exit codes of a run say."""

FULL, PERSON = "full_marks", "for_a_person"


def for_a_person(report: Report) -> bool:
    """Whether somebody must look at a submission."""
    return bool(report.problem) or not report.judged


def outcome(report: Report) -> str:
    """Return how a submission ended: FULL, PERSON, or the status of the first thing to repair."""
    if for_a_person(report):
        return PERSON
    if report.score == report.max_score:
        return FULL
    lost = [r.status for r in report.results if r.status is not Status.PASSED]
    return next((status for status in lost if status in CAUSES), Status.NOT_RUN)


@dataclass
class Summary:
    """Counts of a class. Give it every Report with `add`."""

    outcomes: Counter[str] = field(default_factory=Counter)
    checks: Counter[str] = field(default_factory=Counter)
    """How checks ended, over all submissions."""
    people: list[str] = field(default_factory=list)
    """Students whose submission needs a person."""
    scores: list[float] = field(default_factory=list)
    max_score: int = 0

    def add(self, report: Report) -> None:
        """Count a submission."""
        self.outcomes[outcome(report)] += 1
        self.checks.update(result.status for result in report.results)
        self.max_score = max(self.max_score, report.max_score)
        if report.score is not None:
            self.scores.append(report.score)
        if for_a_person(report):
            self.people.append(report.student)

    def as_json(self, assignment: str, folder: Path, judged: int, code: int) -> str:
        """Return one JSON object on one line, with where the scores are and what the code means."""
        mean = sum(self.scores) / len(self.scores) if self.scores else None
        whole = {
            "assignment": assignment,
            "submissions": self.outcomes.total(),
            "judged_now": judged,
            "outcomes": dict(sorted(self.outcomes.items())),
            "checks": dict(sorted(self.checks.items())),
            "for_a_person": self.people,
            "mean_score": mean,
            "max_score": self.max_score,
            "scores": str(folder / "grades.csv"),
            "report": str(folder / "report.html"),
            "store": str(folder / "grades.sqlite"),
            "exit_code": code,
            "meaning": MEANINGS[code],
        }
        return json.dumps(whole)
