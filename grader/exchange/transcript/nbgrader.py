"""Write an assignment as nbgrader's source notebook, which `nbgrader generate_assignment` takes.

A question is a solution cell with our own regions; a cell of public checks is a locked test cell;
each hidden check is a locked test cell whose hidden region replays its transcript. nbgrader would
release every other file to students, so the transcripts also lie in a hidden region of a cell. It
has points per cell, not per check. nbgrader need not be installed.
"""

from collections.abc import Iterator
from pathlib import Path

from ...course.build import Json
from ...course.cell import REGION, Cell
from ...course.course import Course
from . import replay
from .plan import Carried, Question, carry, cell, write

SCHEMA = 3
"""Version of nbgrader's cell metadata, as of nbgrader 0.6 to 0.9."""
STUDENT = "import __main__ as student  # the checks look here for what you define"
PLACE = "# Hidden tests stand here when your notebook is graded."
HIDDEN = f"""\
{PLACE}
### BEGIN HIDDEN TESTS
{{source}}
### END HIDDEN TESTS"""
SETUP = """\
import types

_hidden = types.ModuleType("_hidden")
exec(r'''
{replay}''', vars(_hidden))
_hidden.calls = _hidden.load("{data}")"""


def nbgrader(course: Course, name: str, folder: Path) -> Carried:
    """Write source/NAME/NAME.ipynb into `folder`, an nbgrader course.

    Returns what is carried. Raises AssignmentError and CourseError.
    """
    carried = carry(course, name)
    write(list(source(carried)), folder / "source" / name / f"{name}.ipynb")
    return carried


def source(carried: Carried) -> Iterator[Json]:
    """Yield the cells of the source notebook."""
    about = carried.assignment
    yield _locked("markdown", "title", f"# {about.title}")
    yield _locked("code", "student", STUDENT)
    if calls := carried.transcripts.calls:
        own = Path(replay.__file__).read_text("utf-8")
        hidden = SETUP.format(replay=own, data=replay.dump(calls))
        yield _test("hidden-tests", HIDDEN.format(source=hidden), 0)
    yield from _cells("start", carried.before)
    for question in carried.questions:
        yield from _question(question)


def _question(question: Question) -> Iterator[Json]:
    yield cell("code", question.cell.source, _about(question.id, solution=True))
    share = question.points / max(1, sum(c.is_check for c in question.between))
    yield from _cells(question.id, question.between, share)
    for number, check in enumerate(question.hidden, 1):
        text = f'# {check.sentence}\n_hidden.replay(globals(), _hidden.calls["{check.check}"])'
        yield _test(f"{question.id}-hidden-{number}", HIDDEN.format(source=text), check.points)
    yield from _cells(f"{question.id}-after", question.after)


def _cells(prefix: str, cells: tuple[Cell, ...], points: float = 0) -> Iterator[Json]:
    """Yield the author's other cells; `points` are those of each cell of public checks."""
    for number, given in enumerate(cells, 1):
        id = f"{prefix}-{number}"
        if given.is_check:
            calls = "\n".join(f"{check}(student)" for check in given.checks)
            yield _test(id, f"{given.source}\n\n\n{calls}", points)
        elif REGION.search(given.source):
            yield cell("code", given.source, _about(id, solution=True))
        else:
            yield _locked(given.kind, id, given.source)


def _test(id: str, source: str, points: float) -> Json:
    return cell("code", source, _about(id, grade=True, locked=True, points=points))


def _locked(kind: str, id: str, source: str) -> Json:
    return cell(kind, source, _about(id, locked=True))


def _about(
    id: str, *, grade: bool = False, solution: bool = False, locked: bool = False,
    points: float | None = None,
) -> Json:  # fmt: skip
    """Return nbgrader's metadata of a cell."""
    about: Json = {
        "schema_version": SCHEMA, "grade_id": id, "grade": grade, "solution": solution,
        "locked": locked, "task": False,
    }  # fmt: skip
    return {"nbgrader": about | ({} if points is None else {"points": points})}
