"""Run the public checks in a student's own notebook, on their own machine, without a sandbox."""

import re
import traceback
import types
from collections.abc import Iterator
from pathlib import Path

from . import execution, notebook, slice

CHECKED = re.compile(r"\bstudent\.(\w+)")


def practise(path: Path) -> Iterator[tuple[str, str]]:
    """Yield (sentence, problem) for each check in the notebook; no problem means that it passed.

    Only what the checks depend on is run. Raises notebook.Unreadable.
    """
    cells = notebook.read(path.read_bytes())
    statements, notes = slice.statements(cells)
    checks = [n for s in statements for n in sorted(s.binds) if n.startswith("test_")]
    if not checks:
        yield "The notebook has check cells.", "None is left; get a fresh copy of the notebook."
    student = types.ModuleType("__main__")
    wanted = {name for cell in cells for name in CHECKED.findall(cell.source)}
    problems = execution.run(slice.needed(statements, [*wanted, *checks]), student.__dict__)
    for remark in [*notes, *map(str, problems)]:
        yield "The code that the checks depend on can be run.", remark
    for name in dict.fromkeys(checks):
        check = vars(student)[name]
        sentence = " ".join((check.__doc__ or name).split())
        try:
            check(student)
        except NotImplementedError:
            yield sentence, "not implemented yet"
        except AttributeError as error:
            missing = error.obj is student
            yield sentence, f"`{error.name}` is not defined" if missing else _last_lines(error)
        except Exception as error:
            yield sentence, _last_lines(error)
        else:
            yield sentence, ""


def _last_lines(error: Exception) -> str:
    """Return the part of a traceback that lies in the student's cells."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if execution.is_cell(f.filename)]
    return "".join([*traceback.format_list(frames), f"{type(error).__name__}: {error}"])
