"""What a hand-in after the deadline costs: one formula, which the course can print in its rules.

    score * (1 - 0.1 * days)              a tenth for every day begun
    score if hours <= 1 else 0            an hour of grace
    min(score, 0.8 * max_score)           at most 80 %

It knows `score` (points earned), `max_score`, `hours` (after the deadline) and `days` (begun), the
four operations, comparisons, `if … else`, `min` and `max`. What it gives is kept between 0 and
`score`.
"""

import ast
import math
from functools import cache
from types import CodeType

EXCUSED = "(late)"
"""In a table of decisions the question that stands for the hours; no function is called so."""
NAMES = ("score", "max_score", "hours", "days", "min", "max")
SYNTAX = (
    ast.Expression, ast.BinOp, ast.UnaryOp, ast.IfExp, ast.Compare, ast.BoolOp, ast.Call, ast.Name,
    ast.Constant, ast.Load, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.USub, ast.cmpop, ast.boolop,
    ast.Not,
)  # fmt: skip
LONGEST = 200
TRIED_HOURS = (0.01, 1.0, 23.0, 24.0, 25.0, 48.0, 1000.0)


class RuleError(Exception):
    """A rule cannot be used; the message says why."""


def require(rule: str) -> None:
    """Try a rule on some hours. Raises RuleError."""
    for hours in TRIED_HOURS:
        for score in (0.0, 7.5, 10.0):
            reduced(rule, score, 10, hours)


def reduced(rule: str, score: float, max_score: int, hours: float) -> float:
    """Return what is left of `score` so many `hours` after the deadline. Raises RuleError."""
    values = {
        "score": score, "max_score": max_score, "hours": hours, "days": math.ceil(hours / 24),
        "min": min, "max": max, "__builtins__": {},
    }  # fmt: skip
    try:
        left: float = eval(_compiled(rule), values)
        if isinstance(left, bool) or not math.isfinite(left):
            raise RuleError(f"{rule!r} gives {left} for {hours:g} hours")
    except (ArithmeticError, TypeError, ValueError) as error:
        raise RuleError(f"{rule!r} cannot be computed for {hours:g} hours: {error}") from None
    return round(min(max(left, 0.0), score), 2)


@cache
def _compiled(rule: str) -> CodeType:
    """Compile a rule that holds nothing but arithmetic. Raises RuleError."""
    knows = f"a rule is such as 'score * (1 - 0.1 * days)', of {', '.join(NAMES)}"
    try:
        tree = ast.parse(rule.strip()[: LONGEST + 1], mode="eval")
    except (SyntaxError, ValueError):
        raise RuleError(f"{rule!r} is no formula; {knows}") from None
    for node in ast.walk(tree):
        called = isinstance(node, ast.Call) and not (
            isinstance(node.func, ast.Name) and node.func.id in ("min", "max") and not node.keywords
        )
        named = isinstance(node, ast.Name) and node.id not in NAMES
        number = not isinstance(node, ast.Constant) or type(node.value) in (int, float)
        if called or named or not number or not isinstance(node, SYNTAX) or len(rule) > LONGEST:
            raise RuleError(f"{rule!r} holds what no rule knows; {knows}")
    return compile(tree, "the late rule", "eval")
