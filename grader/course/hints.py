"""Hints of an author on a check: comments in it, which students unfold one by one.

    def test_rows_sum_to_one(student):
        \"\"\"The weights of each query sum to 1.\"\"\"
        # Hint: Print `weights.sum(dim=-1)`: which axis sums to 1?
        # Hint: The softmax runs over the keys,
        #   which are the last axis.

Those of a public check are not in the cell that students read, but in the folded one that runs the
checks.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from .assignment import Assignment
from .cell import tells
from .settings import AssignmentError

CHECK = re.compile(r"^def (test_\w+)\(")
HINT = re.compile(r"^[ \t]*# Hint: *(?P<text>.*(?:\n[ \t]*#   +.*)*)\n?", re.MULTILINE)
"""Lines that go on are indented further."""
A_HINT = re.compile(r"[ \t]*# Hint: *\S")
NEARLY_A_HINT = re.compile(r"(?i)[ \t]*#+[ \t]*hints?[ \t]*\d*[ \t]*(?::|$)")
LONGEST = 400
"""Letters of a hint: one that is longer explains, where it should ask."""


def hints(source: str) -> dict[str, list[str]]:
    """Return the hints of each check of a cell that has some, in order."""
    found: dict[str, list[str]] = {}
    for check, _, hint in _hints(source):
        found.setdefault(check, []).append(hint)
    return found


def hints_at(source: str) -> Iterator[tuple[int, str]]:
    """Yield each hint in a source, and its line there, from 1 on."""
    return ((line + 1, text) for _, line, text in _hints(source))


def _hints(source: str) -> Iterator[tuple[str, int, str]]:
    """Yield each hint of a check: the check's name, the line from 0 on, and what it says."""
    above = 0
    for part in re.split(r"(?m)^(?=def )", source):
        if check := CHECK.match(part):
            for hint in HINT.finditer(part):
                text = " ".join(re.sub(r"\n[ \t]*#", " ", hint["text"]).split())
                yield check[1], above + part.count("\n", 0, hint.start("text")), text
        above += part.count("\n")


def without_hints(source: str) -> str:
    """Return a cell as students read it."""
    return HINT.sub("", source)


def fault(hint: str, source: str) -> str:
    """Say what is wrong with a hint on what the source of a cell answers, if something is."""
    if not hint.strip():
        return "a hint is empty"
    if len(hint) > LONGEST:
        return f"a hint has {len(hint)} letters, and {LONGEST} are the most"
    if told := tells(hint, source):
        return f"a hint holds a line of the solution: {told}"
    return ""


def refuse_hints(path: Path, first: int, source: str, answers: Mapping[str, str]) -> None:
    """Raise AssignmentError where a hint would not be read, or tells the answer.

    Args:
        path: Of the file that holds the source.
        first: Line on which the source begins there.
        source: Of checks.
        answers: For each check, the source of the cell that answers its question.
    """
    for line, text in enumerate(source.split("\n"), first):
        if NEARLY_A_HINT.match(text) and not A_HINT.match(text):
            remedy = "Write # Hint: and what it says, on a line of its own"
            raise AssignmentError(path, line, f"{text.strip()!r} is not a hint", remedy)
    for check, line, hint in _hints(source):
        if wrong := fault(hint, answers.get(check, "")):
            remedy = "Say what to look at, and not what to write"
            raise AssignmentError(path, first + line, f"{check}: {wrong}", remedy)


def refuse_public_hints(assignment: Assignment) -> None:
    """Raise AssignmentError at the first hint of a public check that cannot be used."""
    answers = {cell.question: cell.source for cell in assignment.cells if cell.question}
    by_check = {check: answers.get(question, "") for check, question in assignment.public.items()}
    for cell in assignment.cells:
        if cell.is_check:
            refuse_hints(assignment.path, cell.line_of(1), cell.source, by_check)
