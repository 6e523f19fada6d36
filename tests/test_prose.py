"""What students and TAs read is made of messages; text in the code would be said in English only.

Authors and administrators are spoken to in English: in verify/, in what imports and exports an
assignment, and by `AssignmentError`, `new`, `build`, `doctor` and the like.
"""

import ast
import re
from collections.abc import Iterator

import pytest

from tests.support.catalogue import GRADER

ERRORS = {
    "Failure", "Disagreement", "Remark", "StudentError", "TimedOut", "OutOfMemory", "Refused",
    "IntakeError", "TableError", "RuleError", "StoreError", "Conflict", "CannotJudge", "Unreadable",
    "Overfull", "Unsendable", "Forbidden", "UsageError", "BadParameter", "tell", "refusal",
}  # fmt: skip
"""What speaks to students and TAs."""
PRINTS = {"echo", "print"}
OF_TAS = (
    "cli/main.py", "cli/results.py", "cli/regrade.py", "cli/diff.py", "cli/gradebook.py",
    "cli/machines.py", "cli/run.py", "cli/summary.py",
)  # fmt: skip
ELSEWHERE = (
    "verify/",
    "exchange/otter_import/",
    "exchange/nbgrader_import/",
    "exchange/transcript/",
    "templates/",
)
OURS = {"checking/explain.py", "compare/refusal.py", "course/new.py", "cli/author.py"}
"""Files that speak to authors."""


def prose(argument: ast.expr) -> bool:
    """Whether an argument is English that stands in the code."""
    match argument:
        case ast.Constant(str(text)):
            return re.search(r"[a-z]{2,} [a-z]", re.sub(r"\[/?\w+\]", "", text)) is not None
        case ast.JoinedStr(values=parts):
            text = "".join(p.value for p in parts if isinstance(p, ast.Constant))
            return re.search(r"[a-z]{2,}", text) is not None
        case ast.BinOp(left=left, right=right):
            return prose(left) or prose(right)
        case ast.IfExp(body=body, orelse=orelse):
            return prose(body) or prose(orelse)
    return False


def said(source: str, file: str) -> Iterator[int]:
    """Yield the lines of a source on which prose is said."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args:
            called = node.func
            name = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            speaks = name in ERRORS or (name in PRINTS and file.endswith(OF_TAS))
            if speaks and prose(node.args[0]):
                yield node.lineno


def test_students_and_tas_are_spoken_to_in_messages():
    found = []
    for path in sorted(GRADER.rglob("*.py")):
        file = str(path.relative_to(GRADER))
        if not file.startswith(ELSEWHERE) and file not in OURS:
            found += [f"{file}:{line}" for line in said(path.read_text("utf-8"), file)]
    assert not found


@pytest.mark.parametrize(
    "line",
    [
        'raise Failure("the result is wrong")', 'raise StudentError(f"{name} is missing", "E")',
        'tell("No score" + f"{n} moved")', 'console.print(f"{n} decisions")',
        'raise click.UsageError("none here" if x else y)',
    ],
)  # fmt: skip
def test_a_planted_sentence_is_found(line):
    assert list(said(f"{line}\n", "cli/run.py")) == [1]
    assert not list(said('raise Failure(Message("the result is wrong"))', "compare/x.py"))
