"""Run the public checks in a student's own notebook, on their own machine, without a sandbox."""

import ast
import re
import traceback
import types
from collections.abc import Iterator
from pathlib import Path

from ..model.message import Message, Text
from ..sandbox.guest.notebook import execution, slice
from ..sandbox.guest.notebook import read as notebook
from ..sandbox.host.reply import text

CHECKED = re.compile(r"\bstudent\.(\w+)")


def practise(path: Path) -> Iterator[tuple[Text, Text | None]]:
    """Yield (sentence, problem) for each check in the notebook; an empty problem: it passed.

    A remark on how the notebook was read comes before them, and has None for a problem. Only what
    the checks depend on is run. Raises notebook.Unreadable.
    """
    cells = notebook.read(path.read_bytes())
    statements, notes = slice.statements(cells)
    checks = dict.fromkeys(name for s in statements if (name := _check(s.node)))
    if not checks:
        fresh = Message("None is left; get a fresh copy of the notebook.")
        yield Message("The notebook has check cells."), fresh
    student = types.ModuleType("__main__")
    wanted = {name for cell in cells for name in CHECKED.findall(cell.source)}
    problems = execution.run(slice.needed(statements, [*wanted, *checks]), student.__dict__)
    for remark in [*map(text, notes), *map(str, problems)]:
        yield remark, None
    for name in checks:
        check = vars(student)[name]
        sentence = " ".join((check.__doc__ or name).split())
        try:
            check(student)
        except NotImplementedError:
            yield sentence, Message("not implemented yet")
        except AttributeError as error:
            missing = error.obj is student
            undefined = Message("`{name}` is not defined", name=error.name)
            yield sentence, undefined if missing else _last_lines(error)
        except (Exception, SystemExit) as error:
            yield sentence, _last_lines(error)
        else:
            yield sentence, ""


def _check(node: ast.stmt) -> str:
    """Return the name of a check; `test_loader = …` and a student's own tests are not checks."""
    match node:
        case ast.FunctionDef(name=name, args=args) if ast.unparse(args) == "student":
            return name if name.startswith("test_") else ""
    return ""


def _last_lines(error: BaseException) -> str:
    """Return the part of a traceback that lies in the student's cells."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if execution.is_cell(f.filename)]
    return "".join([*traceback.format_list(frames), f"{type(error).__name__}: {error}"])
