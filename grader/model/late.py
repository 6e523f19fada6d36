"""What a late submission costs: one formula, which the course can print in its rules.

    score * (1 - 0.1 * days)              a tenth for every day begun
    score if hours <= 1 else 0            an hour of grace
    min(score, 0.8 * max_score)           at most 80 %

It knows `score` (points earned), `max_score`, `hours` (after the deadline) and `days` (begun), the
four operations, comparisons, `if … else`, `min` and `max`. Its value is clamped to 0 … `score`. A
rule that cannot be computed for some hours, or that leaves more to a later or lower-scored
submission, is rejected before anything is judged.
"""

import ast
import math
from functools import cache
from types import CodeType

from .errors import GraderError
from .message import Message

EXCUSED = "(late)"
"""The question that stands for the hours in a table of decisions; no function has this name."""
NAMES = ("score", "max_score", "hours", "days", "min", "max")
SYNTAX = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.IfExp, ast.Compare, ast.BoolOp, ast.Call, ast.Name,
    ast.Constant, ast.Load, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub, ast.cmpop, ast.boolop,
    ast.Not,
)  # fmt: skip
LONGEST = 200
TRIED = (0.0, 0.5, 7.5, 10.0, 37.0, 100.0)
"""Points on which a rule is tried, in rising order; each also serves as the maximum."""
FINE, COARSE, LAST = 100, 4, 2000
"""Hours on which it is tried: all hundredths, as lateness is counted, of the first 100; quarters
until 2000, which is 12 weeks; and the neighbours of each number in the rule."""


class RuleError(GraderError):
    """A rule is not valid; the message says why."""


def require(rule: str) -> None:
    """Try a rule on hours and points. Raises RuleError."""
    _compiled(rule)
    hours = _hours(rule)
    for max_score in TRIED[1:]:
        points = [score for score in TRIED if score <= max_score]
        kept = points  # of each, if not late
        for late in hours if max_score == TRIED[-1] else hours[:: 1 + len(hours) // 300]:
            left = [reduced(rule, score, max_score, late) for score in points]
            if any(more > before for more, before in zip(left, kept, strict=True)):
                raise RuleError(
                    Message(
                        "{rule} leaves more after {hours} hours than to who is earlier",
                        rule=repr(rule),
                        hours=f"{late:g}",
                    )
                )
            if left != sorted(left):
                raise RuleError(
                    Message(
                        "{rule} leaves less, after {hours} hours, to who earned more",
                        rule=repr(rule),
                        hours=f"{late:g}",
                    )
                )
            kept = left
        if _raw(rule, points[-1], max_score, hours[-1]) > points[-1]:
            raise RuleError(
                Message(
                    "{rule} adds points, and a late submission may only lose some", rule=repr(rule)
                )
            )


def _hours(rule: str) -> list[float]:
    """Return the hours on which to try a rule."""
    fine = (n / 100 for n in range(1, FINE * 100))
    coarse = (n / COARSE for n in range(FINE * COARSE, LAST * COARSE + 1))
    nodes = ast.walk(ast.parse(rule.strip()))
    numbers = (n.value for n in nodes if isinstance(n, ast.Constant))
    near = (
        around + by
        for number in numbers
        if isinstance(number, int | float)
        for around in (number, 24 * number)
        for by in (-0.01, 0, 0.01)
    )
    return sorted({round(hour, 2) for hour in (*fine, *coarse, *near) if 0 < hour < 1e6})


def reduced(rule: str, score: float, max_score: float, hours: float) -> float:
    """Return what is left of `score` at `hours` after the deadline. Raises RuleError."""
    return round(min(max(_raw(rule, score, max_score, hours), 0.0), score), 2)


def _raw(rule: str, score: float, max_score: float, hours: float) -> float:
    """Evaluate the formula. Raises RuleError."""
    values = {
        "score": score, "max_score": max_score, "hours": hours, "days": math.ceil(hours / 24),
        "min": min, "max": max, "__builtins__": {},
    }  # fmt: skip
    try:
        left: float = eval(_compiled(rule), values)
        if isinstance(left, bool) or not math.isfinite(left):
            raise RuleError(
                Message(
                    "{rule} gives {value} for {hours} hours",
                    rule=repr(rule),
                    value=f"{left}",
                    hours=f"{hours:g}",
                )
            )
    except (ArithmeticError, TypeError, ValueError) as error:
        raise RuleError(
            Message(
                "{rule} cannot be computed for {hours} hours and {score} points: {error}",
                rule=repr(rule),
                hours=f"{hours:g}",
                score=f"{score:g}",
                error=error,
            )
        ) from None
    return left


@cache
def _compiled(rule: str) -> CodeType:
    """Compile a rule, which may hold arithmetic only. Raises RuleError."""
    knows = Message(
        "a rule is such as {example}, of {names}",
        example="'score * (1 - 0.1 * days)'",
        names=list(NAMES),
    )
    try:
        tree = ast.parse(rule.strip()[: LONGEST + 1], mode="eval")
    except (SyntaxError, ValueError):
        raise RuleError(
            Message("{rule} is not a formula; {knows}", rule=repr(rule), knows=knows)
        ) from None
    for node in ast.walk(tree):
        called = isinstance(node, ast.Call) and not (
            isinstance(node.func, ast.Name) and node.func.id in ("min", "max") and not node.keywords
        )
        named = isinstance(node, ast.Name) and node.id not in NAMES
        number = not isinstance(node, ast.Constant) or type(node.value) in (int, float)
        if called or named or not number or not isinstance(node, SYNTAX) or len(rule) > LONGEST:
            raise RuleError(
                Message("{rule} holds what no rule knows; {knows}", rule=repr(rule), knows=knows)
            )
    return compile(tree, "the late rule", "eval")
