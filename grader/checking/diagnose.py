"""Explain a failure by a known mistake: one that, made in the solution, gives the same numbers.

The course team writes mistakes.toml beside the hidden checks. A mistake is a patch on the cell of
its question, and a clause for the student:

    [[mistake]]
    name = "no_scale"
    question = "ScaledDotProductAttention"
    sentence = "the scores are not divided by √d"
    replace = " / math.sqrt(Q.size(-1))"
    with = ""

`replace` and `with` may be lists, for pairs that are applied one after the other. Mistakes whose
numbers cannot be told apart share one sentence. Frequent ones stand first: pairs are sought among
the first of each question. What is `equivalent = true` is no mistake, and no check may fail it.
"""

import ast
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any, Self

from torch import Tensor

from ..border.limits import StudentError
from ..course.assignment import Assignment, AssignmentError, Cell
from .agreement import Unlike, recorded, same
from .solution import Solution
from .trial import Failure

MOST_PAIRED = 14
"""Of a question's mistakes, how many are tried in pairs: 91, at 0.5 to 2 ms each. A number, and no
time limit: a regrade says the same on a slower machine."""
MOST_SENTENCES = 2
"""How many hypotheses a student reads, where several give the same numbers."""
SAME_NUMBERS = "That gives exactly your numbers."
SAME_ERROR = "That gives exactly your error."
SAME_FAILURE = "That fails in exactly the same way."
KEYS = {"name", "question", "sentence", "replace", "with", "equivalent"}
ENTRY = re.compile(r"\s*\[\[\s*mistake\s*\]\]")

Run = Callable[[Solution], BaseException | None]
"""Runs a check again, on the inputs that it had, and returns what it raised."""


@dataclass(frozen=True)
class Mistake:
    """One known mistake in the answer to one question."""

    name: str
    question: str
    sentence: str
    """What was probably done, as a clause: "the scores are not divided by √d"."""
    patches: tuple[tuple[str, str], ...]
    """What to replace in the question's cell, each exactly once, and by what."""
    equivalent: bool = False
    """Whether the results are right all the same."""

    def made_in(self, source: str) -> str:
        """Return the source with this mistake in it. Raises ValueError where it does not fit."""
        for old, new in self.patches:
            if (count := source.count(old)) != 1:
                raise ValueError(f"{old!r} stands {count} times in the cell of {self.question}")
            source = source.replace(old, new)
        return source

    def made_among(self, cells: Iterable[Cell]) -> Iterator[Cell]:
        """Yield the cells of the solution with this mistake in that of its question."""
        for cell in cells:
            mine = cell.question == self.question
            yield replace(cell, source=self.made_in(cell.source)) if mine else cell


@dataclass(frozen=True)
class Hypothesis:
    """What was probably done, since it ends as the student's code does."""

    sentence: str
    mistakes: tuple[str, ...]
    """Names of the mistakes: any of them will do; of "a + b" both are needed."""

    likeness: str
    """How it is like the student's code."""

    def __str__(self) -> str:
        return f"Hypothesis: {self.sentence}. {self.likeness}"


def read_mistakes(path: Path, assignment: Assignment) -> tuple[Mistake, ...]:
    """Read a mistakes.toml. Raises AssignmentError, and OSError for a missing file."""
    data = path.read_bytes()
    remedy = "Write one [[mistake]] after the other, each on a line of its own, in UTF-8"
    try:
        text = data.decode("utf-8")
        table = tomllib.loads(text)
    except ValueError as error:  # no UTF-8, or no TOML
        at = re.search(r"line (\d+)", str(error))  # absent when it says "at end of document"
        line = int(at[1]) if at else data.count(b"\n") + 1
        raise AssignmentError(path, line, f"this cannot be read: {error}", remedy) from None
    entries = table.pop("mistake", [])
    lines = [number for number, line in enumerate(text.split("\n"), 1) if ENTRY.match(line)]
    if table or not isinstance(entries, list) or len(entries) != len(lines):
        raise AssignmentError(path, 1, "this is no list of mistakes", remedy)
    sources = {cell.question: cell.source for cell in assignment.cells if cell.question}
    mistakes: dict[str, Mistake] = {}
    for line, entry in zip(lines, entries, strict=True):
        try:
            mistake = _mistake(entry, sources)
            if mistake.name in mistakes:
                raise ValueError(f"{mistake.name} is already the name of another one")
        except (ValueError, SyntaxError) as error:
            what = f"this mistake cannot be made: {error}"
            remedy = "Correct it, or follow the solution if that has changed"
            raise AssignmentError(path, line, what, remedy) from None
        mistakes[mistake.name] = mistake
    return tuple(mistakes.values())


def _mistake(entry: dict[str, Any], sources: dict[str, str]) -> Mistake:
    """Read one entry and make the mistake once. Raises ValueError and SyntaxError."""
    if unknown := entry.keys() - KEYS:
        raise ValueError(f"there is no {' and no '.join(sorted(unknown))} in a mistake")
    match entry:
        case {"name": str(name), "question": str(question), "sentence": str(sentence)}:
            equivalent = entry.get("equivalent", False)
        case _:
            raise ValueError("name, question and sentence must be texts")
    if question not in sources:
        raise ValueError(f"question must be one of {', '.join(sources)}")
    if not isinstance(equivalent, bool):
        raise ValueError("equivalent must be true or false")
    old, new = _texts(entry.get("replace")), _texts(entry.get("with"))
    if not old or len(old) != len(new):
        raise ValueError("replace and with must be two texts, or two lists of as many texts")
    mistake = Mistake(name, question, sentence, tuple(zip(old, new, strict=True)), equivalent)
    ast.parse(mistake.made_in(sources[question]))
    return mistake


def _texts(value: object) -> list[str]:
    """Return a text, or a list of texts, as a list; what is neither is empty."""
    match value:
        case str():
            return [value]
        case list() if all(isinstance(text, str) for text in value):
            return value
    return []


class Bank:
    """The known mistakes of an assignment, each made in its solution when it is first needed."""

    def __init__(self, assignment: Assignment, mistakes: Sequence[Mistake] = ()) -> None:
        self.mistakes = mistakes
        self._sources = {cell.question: cell.source for cell in assignment.cells}
        self._right = cache(lambda: Solution(assignment))
        self.solution = cache(self._make)

    @classmethod
    def read(cls, path: Path, assignment: Assignment) -> Self:
        """Read a mistakes.toml; without one, nothing can be explained. Raises AssignmentError."""
        return cls(assignment, read_mistakes(path, assignment) if path.exists() else ())

    def _make(self, *mistakes: Mistake) -> Solution:
        """Return the solution with mistakes in one question. Raises ValueError if that cannot be.

        Two mistakes may patch the same place.
        """
        source = self._sources[mistakes[0].question]
        for mistake in mistakes:
            source = mistake.made_in(source)
        try:
            return self._right()._with(source)
        except Exception as error:
            raise ValueError(f"{' and '.join(m.name for m in mistakes)}: {error}") from error

    def explain(
        self,
        question: str,
        numbers: Sequence[Tensor],
        error: BaseException,
        failed: Run,
        passed: Sequence[Run] = (),
    ) -> Hypothesis | None:
        """Return what ends as the student's code does, in a check that they failed.

        `numbers` are those that `agreement.recorded` has collected, and `error` is a Failure or
        what their code raised; `passed` are checks that the student has passed before. Wrong
        numbers must be the same. Where they are right, or there are none, because of a crash, a
        missing parameter or a changed input, the error must be the same. None where no mistake
        fits, nor, for wrong numbers, two of them together.
        """

        def given_by(solution: Solution) -> tuple[list[Tensor], BaseException | None]:
            with recorded(numbers) as found:
                ending = failed(solution)
            return found, ending

        def fits(*mistakes: Mistake) -> bool:
            try:
                solution = self.solution(*mistakes)
            except ValueError:
                return False
            found, ending = given_by(solution)
            if isinstance(ending, Unlike):
                return False
            if not (same(numbers, found) if numbers else not found):
                return False
            if not wrong and _described(ending) != _described(error):
                return False
            return all(run(solution) is None for run in passed)

        known = [m for m in self.mistakes if m.question == question and not m.equivalent]
        if not known:
            return None
        crashed = not isinstance(error, Failure)
        due = given_by(self._right())[0][: len(numbers)]
        wrong = bool(numbers) and not crashed and not same(numbers, due)
        likeness = SAME_NUMBERS if wrong else SAME_ERROR if crashed else SAME_FAILURE
        if found := [mistake for mistake in known if fits(mistake)]:
            sentences = list(dict.fromkeys(m.sentence for m in found))[:MOST_SENTENCES]
            names = tuple(m.name for m in found if m.sentence in sentences)
            return Hypothesis(", or ".join(sentences), names, likeness)
        if not wrong:
            return None  # the first of two hides the second
        for one, other in combinations(known[:MOST_PAIRED], 2):
            if fits(one, other):
                sentence = f"{one.sentence}, and {other.sentence}"
                return Hypothesis(sentence, (f"{one.name} + {other.name}",), likeness)
        return None


def _described(error: BaseException | None) -> tuple[str, str]:
    """Return kind and message of an error, raised here or reported from the sandbox."""
    kind = error.kind if isinstance(error, StudentError) else type(error).__name__
    return kind, str(error)
