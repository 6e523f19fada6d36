"""Write an assignment as a master notebook of otter-grader, which `otter assign` takes.

    BEGIN QUESTION  q1                 a question of ours
      BEGIN SOLUTION … END SOLUTION    its cell, with our own solution regions
      BEGIN TESTS … END TESTS          its public checks, and transcripts of its hidden ones
    END QUESTION

otter-grader itself is not needed to write one.
"""

import ast
import builtins
import json
import re
from collections.abc import Iterator
from copy import copy
from pathlib import Path

from ...course.assignment import Assignment
from ...course.build import Json
from ...course.cell import REGION, Cell, without_solution
from ...course.course import Course
from ...files import replace_file
from ...sandbox.guest.notebook import cell as notebook
from ...sandbox.guest.notebook.slice import needed, statements
from ...sandbox.guest.notebook.web import How
from . import replay
from .plan import Carried, Question, carry, cell, write

IMPORTS = (ast.Import, ast.ImportFrom)

ONE = 1
"""Point that the public tests of a question share where hidden ones have all of ours: `otter check`
divides by the sum of the public ones."""
CONFIG = """\
# ASSIGNMENT CONFIG
name: {name}
requirements: requirements.txt
tests:
    ok_format: false
export_cell:
    pdf: false
autograder_files:
    - replay.py
    - transcript.txt
strip_solutions_from_all_cells: {everywhere}"""
TEST = '''\
""" # BEGIN TEST CONFIG
points: {points}
hidden: {hidden}
failure_message: {message}
""" # END TEST CONFIG
{source}'''
HIDDEN = """\
def {name}(env):
    from replay import read, replay
    replay(env, read("transcript.txt")["{check}"])"""


def otter(course: Course, name: str, folder: Path) -> Carried:
    """Write the master of an assignment, and what it needs, into `folder`.

    Returns what is carried. Raises AssignmentError and CourseError.
    """
    carried = carry(course, name)
    write(master(carried), folder / "master.ipynb")
    replace_file(folder / "transcript.txt", replay.dump(carried.transcripts.calls) + "\n")
    replace_file(folder / "replay.py", Path(replay.__file__).read_bytes())
    replace_file(folder / "requirements.txt", (f"{p}\n" for p in carried.packages))
    return carried


def master(carried: Carried) -> list[Json]:
    """Return the cells of the master notebook."""
    about = carried.assignment
    everywhere = any(REGION.search(c.source) for c in about.cells if not c.question)
    config = CONFIG.format(name=json.dumps(about.name), everywhere=str(everywhere).lower())
    cells = [cell("raw", config), cell("markdown", f"# {about.title}")]
    cells += map(_plain, carried.before)
    for question in carried.questions:
        cells += _question(question, about)
    return cells


def _question(question: Question, assignment: Assignment) -> Iterator[Json]:
    """Yield a question's cells; its tests stand where its last public check stood."""
    yield cell("raw", f"# BEGIN QUESTION\nname: {question.id}")
    yield cell("raw", "# BEGIN SOLUTION")
    yield _plain(question.cell)
    yield cell("raw", "# END SOLUTION")
    yield from (_plain(other) for other in question.between if not other.is_check)
    if tests := list(_tests(question, assignment)):
        yield cell("raw", "# BEGIN TESTS")
        yield from (cell("code", test) for test in tests)
        yield cell("raw", "# END TESTS")
    yield cell("raw", "# END QUESTION")
    yield from map(_plain, question.after)


def _plain(given: Cell) -> Json:
    if given.kind == "markdown":
        return cell("markdown", given.source)
    return cell("code", REGION.sub(_with_prompt, given.source))


def _with_prompt(region: re.Match[str]) -> str:
    """Give a solution region the text that students find in its place."""
    dent, solution = region[1], region[0].split("\n")[1:-1]
    return "\n".join(
        [
            f"{dent}# BEGIN SOLUTION NO PROMPT",
            *solution,
            f"{dent}# END SOLUTION",
            f'{dent}""" # BEGIN PROMPT',
            *without_solution(region[0]).split("\n"),
            f'{dent}""" # END PROMPT',
        ]
    )


def _tests(question: Question, assignment: Assignment) -> Iterator[str]:
    """Yield the source of every test of a question."""
    share = max(ONE, question.points) / max(1, len(question.public))
    for name in question.public:
        function = public(assignment, name)
        sentence = ast.get_docstring(function) or ""
        function.body = function.body[1:] or [ast.Pass()]
        yield _test(share, False, sentence, ast.unparse(function))
    for check in question.hidden:
        name = re.sub(r"\W", "_", check.check)  # parameters stand in brackets
        source = HIDDEN.format(name=name, check=check.check)
        yield _test(check.points, True, check.sentence, source)


def _test(points: float, hidden: bool, sentence: str, source: str) -> str:
    # otter assign pastes the message between quotation marks as it is
    message = json.dumps(" ".join(sentence.split()), ensure_ascii=False)[1:-1]
    return TEST.format(
        points=f"{points:.6g}",
        hidden=str(hidden).lower(),
        message=json.dumps(message, ensure_ascii=False),
        source=source,
    )


def public(assignment: Assignment, name: str) -> ast.FunctionDef:
    """Return a public check as a function of `env`, the names that a notebook defines.

    What it uses of its own cell, and imports, come along; all else is looked up in the notebook.
    """
    cells = [c for c in assignment.cells if c.kind == "code"]
    read = [statements([notebook.Cell(0, c.source)])[0] for c in cells]
    own = next(found for c, found in zip(cells, read, strict=True) if name in c.checks)
    imports = [s for found in read for s in found if isinstance(s.node, IMPORTS)]
    used = needed([*imports, *own], [name], How.SURE)
    function = next(s.node for s in used if name in s.binds)
    assert isinstance(function, ast.FunctionDef)
    bound = {name for statement in used for name in statement.binds}
    free = {name for statement in used for name in statement.uses} - bound - set(dir(builtins))
    before = [ast.parse(f"{name} = env[{name!r}]").body[0] for name in sorted(free)]
    before += [s.node for s in used if s.node is not function]
    before += ast.parse("import types\nstudent = types.SimpleNamespace(**env)").body
    made = copy(function)
    made.args = copy(function.args)
    made.args.args = [ast.arg("env")]
    made.body = [*function.body[:1], *before, *function.body[1:]]
    return ast.fix_missing_locations(made)
