"""What is examined, and what came of it."""

from dataclasses import dataclass
from typing import Literal

from ..checking.explain import Hypothesis
from ..compare.margin import Margin
from ..model.result import Result

MISTAKES, VARIANTS, REFERENCES = "mistakes.toml", "variants", "references.py"
"""What an author writes for this beside the hidden checks."""

Kind = Literal[
    "solution", "skeleton", "barred", "trial", "mistake", "pair", "variant", "stub", "reference"
]
AND = " + "
"""Joins the names of a pair."""


@dataclass(frozen=True)
class Case:
    """One candidate with one draw of inputs, or one comparison of references with many."""

    kind: Kind
    name: str = ""
    """Of the question that is barred, the mistake or pair, the variant's file, the stub, or the
    function in references.py."""
    draw: int = 0
    draws: int = 1
    """How many draws are compared, from `draw` on; only references take more than one."""
    unknown: frozenset[str] = frozenset()
    """For a mistake or a pair: mistakes that explain nothing, because they cannot be examined."""
    kept: tuple[Result, ...] = ()
    """For a mistake: results of checks that it cannot touch."""


@dataclass(frozen=True)
class Outcome:
    """What came of a case."""

    case: Case
    results: tuple[Result, ...] = ()
    margins: tuple[Margin, ...] = ()
    problem: str = ""
    """Why there are no results or, for references, how they differ; empty if all is well."""
    told: Hypothesis | None = None
    """Of a mistake or a pair: what students would read."""
