"""Read a master notebook of otter-grader: what `otter assign` reads, by the same marks.

Marks are raw cells, or fenced ones in markdown (```otter): `# ASSIGNMENT CONFIG`, and `# BEGIN` and
`# END` of QUESTION, PROMPT, SOLUTION and TESTS. Inside the code of a solution, lines are marked
`# SOLUTION`, `# BEGIN SOLUTION` … `# END SOLUTION`, each also with NO PROMPT; a prompt is what
stands between `# BEGIN PROMPT` and `# END PROMPT`. Reading executes nothing.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .master import Master, Piece
from .question import OtterTest, Question, fraction
from .solution_marks import Line, solution_marks

FENCE = re.compile(r"(?ms)^```otter[ \t]*\n(.*?)^```[ \t]*$\n?")
BOUNDARY = re.compile(r"(?i)#\s+(begin|end)\s+(question|prompt|solution|tests)\b")
CONFIG = re.compile(r"(?i)#\s+assignment\s+config\b")
IGNORED = re.compile(r"(?i)(##\s*ignore\s*##|#\s*ignore\b)")
TEST_CONFIG = re.compile(
    r'(?is)\A(?:.\s*=\s*)?"{1,3}\s*#\s*BEGIN\s*TEST\s*CONFIG[^\n]*\n(.*?)^"{1,3}\s*#\s*END\s*TEST\s*CONFIG[^\n]*\n?',
    re.MULTILINE,
)


class OtterNotebook(Master):
    """A master notebook. Raises AssignmentError where otter-grader itself would not take it."""

    tool = "otter-grader"
    tests_are = "Tests stand between # BEGIN TESTS and # END TESTS, and use what students write"
    takes = "`otter assign`"

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self._blocks: list[tuple[str, int]] = []
        for number, cell in enumerate(self.book.cells, 1):
            for kind, source in _unfenced(cell.cell_type, cell.source):
                self._take(number, kind, source, cell)
        if self._blocks:
            name, number = self._blocks[-1]
            raise self.wrong(number, f"this {name} block is never closed", f"Add # END {name}")

    def _yaml(self, number: int, text: str) -> dict[str, Any]:
        try:
            found = yaml.safe_load(text) or {}
        except yaml.YAMLError as error:
            what = f"its settings are not valid YAML: {' '.join(str(error).split())}"
            raise self.wrong(number, what, "Write them as `name: q1`") from None
        if not isinstance(found, dict):
            raise self.wrong(number, "its settings are not a table", "Write them as `name: q1`")
        return found

    def _take(self, number: int, kind: str, source: str, cell: Any) -> None:
        """Read one cell."""
        first = source.lstrip("\n").partition("\n")[0]
        if IGNORED.match(first):
            return
        if kind == "raw":
            if CONFIG.match(first):
                self.config |= self._yaml(number, source)
            elif mark := BOUNDARY.match(first):
                self._boundary(number, mark[1].upper(), mark[2].upper(), source)
            elif source.strip():
                self.notes.append(f"Cell {number} is raw and was left out: {first}")
            return
        block = self._blocks[-1][0] if self._blocks else ""
        question = self.questions[-1] if self._blocks else None
        source = _not_ignored(source)
        if block == "TESTS" and question:
            if kind != "code":
                remedy = "Put the text above # BEGIN TESTS"
                raise self.wrong(number, "text stands among the tests", remedy)
            question.tests.append(self._test(number, question, source, cell))
        elif block == "SOLUTION" and question and kind == "code":
            lines = self._marked(number, source)
            self.pieces.append(Piece("code", lines, f"cell {number}", question))
        elif block == "SOLUTION" and question:
            self.notes.append(f"{question.name}: the model answer in words was left out.")
        elif kind in ("markdown", "code"):
            everywhere = self.config.get("strip_solutions_from_all_cells") and kind == "code"
            plain = [(line, False) for line in source.split("\n")]
            lines = self._marked(number, source) if everywhere else plain
            self.pieces.append(
                Piece("code" if kind == "code" else "markdown", lines, f"cell {number}")
            )

    def _boundary(self, number: int, side: str, name: str, source: str) -> None:
        """Open or close a block."""
        if side == "END":
            if not self._blocks or self._blocks[-1][0] != name:
                inner = f" before {self._blocks[-1][0]}" if self._blocks else ""
                what = f"{name} ends here{inner}, and has not begun"
                remedy = f"Put a raw cell # BEGIN {name} above it, or close what is open first"
                raise self.wrong(number, what, remedy)
            self._blocks.pop()
            if name == "QUESTION":
                self.pieces.append(Piece("checks", [], f"cell {number}", self.questions[-1]))
            return
        if (name == "QUESTION") == bool(self._blocks) or len(self._blocks) > 1:
            where = f"inside {self._blocks[-1][0]}" if self._blocks else "outside of a question"
            remedy = "Close what is open first, and put it inside of a question"
            raise self.wrong(number, f"{name} begins {where}", remedy)
        if name == "QUESTION":
            config = self._yaml(number, source)
            if "name" not in config:
                raise self.wrong(number, "the question has no name", "Add a line name: q1")
            known = {
                key: config[key] for key in ("points", "manual", "all_or_nothing") if key in config
            }
            self.questions.append(Question(str(config["name"]), **known))
        self._blocks.append((name, number))

    def _test(self, number: int, question: Question, source: str, cell: Any) -> OtterTest:
        config, hidden = {}, False
        if found := TEST_CONFIG.match(source):
            config, source = self._yaml(number, found[1]), source[found.end() :]
        elif re.match(r"(?i)\s*#.*\bhidden\b", source):
            hidden, source = True, source.partition("\n")[2]
        try:
            body = ast.parse(source).body
        except SyntaxError as error:
            remedy = "Correct the test"
            raise self.wrong(number, f"Python cannot read it: {error.msg}", remedy) from None
        exceptions = not self._tests.get("ok_format", True)
        if exceptions and not (body and isinstance(body[0], ast.FunctionDef)):
            remedy = "Write one function, or set ok_format: true"
            raise self.wrong(number, "the test is not a function, though ok_format is off", remedy)
        points = config.get("points")
        return OtterTest(
            question.name, len(question.tests) + 1, source.strip("\n"), _output(cell), exceptions,
            bool(config.get("hidden", hidden)), None if points is None else fraction(points),
            str(config.get("failure_message") or config.get("success_message") or ""),
        )  # fmt: skip

    def _marked(self, number: int, source: str) -> list[Line]:
        if re.search("(?m)# SEED *$", source):
            self.notes.append(f"Cell {number}: the seed is the same for everybody.")
        try:
            return solution_marks(source)
        except ValueError as error:
            what, _, remedy = str(error).partition(". ")
            raise self.wrong(number, what, remedy) from None

    @property
    def _tests(self) -> dict[str, Any]:
        found = self.config.get("tests") or {}
        return found if isinstance(found, dict) else {}


def _unfenced(kind: str, source: str) -> Iterator[tuple[str, str]]:
    """Yield a cell's parts: what is fenced in markdown counts as a raw cell."""
    if kind != "markdown":
        yield kind, source
        return
    for number, part in enumerate(FENCE.split(source)):
        if part.strip():
            yield ("raw" if number % 2 else "markdown"), part.strip("\n")


def _not_ignored(source: str) -> str:
    """Leave out what otter assign leaves out of both versions."""
    block = r"(?ims)^[ \t]*#\s*BEGIN\s*IGNORE.*?#\s*END\s*IGNORE[ \t]*$\n?"
    source = re.sub(block, "", source)
    return "\n".join(s for s in source.split("\n") if not s.rstrip().endswith("# IGNORE"))


def _output(cell: Any) -> str:
    parts = []
    for output in cell.get("outputs", []):
        parts.append(output.get("text", "") or output.get("data", {}).get("text/plain", ""))
    return "".join("".join(part) for part in parts).strip("\n")
