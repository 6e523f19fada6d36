"""Judges who are no processes: what is around judging is tested in no time.

Some give everybody the same report; others judge as the real ones do, without the seconds that a
process and its zygote take to start.
"""

import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from grader.checking.session import Session, run_session
from grader.course.assignment import Assignment
from grader.judging.batch import digest
from grader.judging.job import Orders, Work
from grader.judging.judge import judge
from grader.model.verdict import Report, Result, Status
from grader.sandbox.host.sandbox import Zygote

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


def here(zygote: Zygote) -> Callable[[Iterable[Work], Orders, int], Iterator[Report]]:
    """Return what takes the place of `grade`, and judges in this process."""

    def grade(works: Iterable[Work], orders: Orders, jobs: int) -> Iterator[Report]:
        reports: list[Report] = []

        def attend(session: Session) -> None:
            session.zygote = zygote
            for student, path, kept, refused in works:
                given = (student, path, session, zygote, orders.key, kept, refused)
                reports.append(judge(*given))

        for name, module in list(sys.modules.items()):  # the checks may have changed since
            if (getattr(module, "__file__", None) or "").startswith(str(orders.checks)):
                del sys.modules[name]
        run_session(Assignment.read(orders.solution), orders.checks, attend)
        yield from reports

    return grade
