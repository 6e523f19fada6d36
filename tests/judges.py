"""Judges who give everybody the same report: what is around judging is tested in no time."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from grader.grading.batch import digest
from grader.grading.orders import Orders, Work
from grader.verdict import Report, Result, Status

RESULTS = (
    Result("test_double_is_a_sum", "double", Status.PASSED, 2, "A sum.", seconds=0.1),
    Result("test_one_becomes_two", "double", Status.FAILED, 0, "Two.", seconds=0.1, public=True),
    Result("test_halves_make_a_whole", "halve", Status.PASSED, 3, "A whole.", seconds=0.1),
)


@dataclass
class Judges:
    """Judges who give everybody the same report, and remember what they were given."""

    results: tuple[Result, ...] = RESULTS
    layers: tuple[str, ...] = ("landlock", "seccomp")
    works: list[Work] = field(default_factory=list)

    def grade(self, works: Iterable[Work], orders: Orders, jobs: int) -> Iterator[Report]:
        for work in works:
            self.works.append(work)
            known = digest(work.path)
            sha256 = "" if known.startswith("refused") else known
            yield Report(
                "doubling", "Doubling", work.student, work.path.name, sha256, ("double", "halve"),
                self.results, layers=self.layers,
            )  # fmt: skip
