"""The columns of grades.csv beside those of the questions: one entry is one column.

A column from new data takes a field where the fact belongs (of how a file came in: `Arrival`; of
what was found about its bytes: `Judgement`), the line that finds it, and an entry here. The store
keeps such fields as they are, and pages are made anew where one changes.
"""

from collections.abc import Callable, Mapping

from ..model.result import Status
from ..model.standing import SUBMISSION, Standing

Cell = str | float | None
Columns = Mapping[str, Callable[[Standing], Cell]]


def _ended(status: Status) -> Callable[[Standing], Cell]:
    return lambda s: sum(result.status is status for result in s.judgement.counted)


BEFORE: Columns = {
    "student": lambda s: s.student,
    "file": lambda s: s.file,
    "sha256": lambda s: s.judgement.sha256,
    "score": lambda s: s.score,
    "max": lambda s: s.judgement.max_score,
}
"""What stands before the points of each question."""
AFTER: Columns = {
    **{status: _ended(status) for status in Status},
    SUBMISSION: lambda s: s.bonus or None,
    "name": lambda s: s.name,
    "hours late": lambda s: s.hours or None,
    "decided by hand": lambda s: " ".join(s.by_hand),
    "comments": lambda s: "; ".join(o.line for o in s.overrides if o.comment),
    "problem": lambda s: f"{s.judgement.problem}",
}
"""And what stands behind them."""


def cells(columns: Columns, standing: Standing) -> tuple[Cell, ...]:
    """Return what a student has in these columns."""
    return tuple(cell(standing) for cell in columns.values())
