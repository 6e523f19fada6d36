"""Write a test of otter-grader as a check of ours: across the border, or beside the student's code.

    @question("square")                        @question("square")
    @points(1)                                 @points(1)
    def test_q1_1(student):                    def test_q1_1(student):
        '''Nine is three squared.'''               '''Nine is three squared.'''
        square = student.square                    assert student.beside(q1_1)()
        assert square(3) == 9

On the left, the sandbox answers and the check judges. On the right, where what is tested cannot
cross (an array, a table, an exception), the test runs in the sandbox as well, no safer from the
student's code than in otter-grader.
"""

import ast
import builtins
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import indent

from ...sandbox.guest.notebook.cell import Cell
from ...sandbox.guest.notebook.slice import needed, statements
from ...sandbox.guest.notebook.statement import Statement
from ...sandbox.guest.notebook.web import How
from .question import OtterTest

BESIDE = """\
def {name}(names):
{setup}
    try:
{body}
    except AssertionError:
        return False
    return True


"""
MARKS = '@question("{question}")\n@points({points})\n{needs}'
ASKED = re.compile(r"""\benv(?:\[|\.get\()\s*(["'])(\w+)\1""")


class Uncarried(Exception):
    """A test has no form here; the message says why."""


@dataclass(frozen=True)
class Case:
    """A test, with what it needs."""

    test: OtterTest
    asked: tuple[str, ...]
    """Names of answers that it uses, in the order of the notebook."""
    context: str
    """Statements of the master's other cells that it needs."""
    body: str
    """What it does, the names above given."""
    about: str
    """The answer whose question it belongs to."""

    @property
    def name(self) -> str:
        """Name of the check."""
        return "test_" + re.sub(r"\W", "_", f"{self.test.question}_{self.test.number}")

    @property
    def sentence(self) -> str:
        """What students read of it."""
        said = self.test.sentence or f"Test {self.test.number} of {self.test.question} passes."
        return " ".join(said.replace("\\", "\\\\").replace('"', "'").split())

    def public(self) -> str:
        """Return the check that students have in their notebook."""
        return self._function(f"{self.name}_here", self._bind("student"))

    def by_hand(self) -> str:
        """Return a cell in which students run it themselves, where it cannot be a check."""
        return re.sub(r"\btest_", "try_", self.body)  # what is called test_… is taken for a check

    def across(self, points: int, needs: Iterable[str] = ()) -> str:
        """Return the check that counts, judging outside of the sandbox."""
        marks = self._marks(points, needs)
        return marks + self._function(self.name, self._bind("student"))

    def beside(self, points: int, needs: Iterable[str] = ()) -> str:
        """Return the check that counts, run beside the student's code."""
        helper = self.name.removeprefix("test_")
        setup = "\n".join(filter(None, (self.context, self._bind("names"))))
        moved = BESIDE.format(
            name=helper, setup=indent(setup, " " * 4), body=indent(self.body, " " * 8)
        )
        call = f"assert student.beside({helper})()"
        return moved + self._marks(points, needs) + self._function(self.name, "", call)

    def _marks(self, points: int, needs: Iterable[str]) -> str:
        given = ", ".join(needs)
        needed = f"@needs({given})\n" if given else ""
        return MARKS.format(question=self.about, points=points, needs=needed)

    def _bind(self, owner: str) -> str:
        return "\n".join(f"{name} = {owner}.{name}" for name in self.asked)

    def _function(self, name: str, setup: str, body: str = "") -> str:
        text = "\n".join(filter(None, (f'"""{self.sentence}"""', setup, body or self.body)))
        return worded(f"def {name}(student):\n{indent(text, ' ' * 4)}\n")


def read(
    test: OtterTest, answers: Sequence[str], own: Sequence[str], others: Sequence[Statement]
) -> Case:
    """Find out what a test needs of the `answers` and of the statements in `others` cells.

    It is about the last answer of its `own` question, since that builds on those before it.
    Raises Uncarried.
    """
    found, _ = statements([Cell(0, test.source)])
    used = {name for s in found for name in s.uses} - {name for s in found for name in s.binds}
    parameters = _parameters(test)
    named = {name for _, name in ASKED.findall(test.source)}
    used |= set(parameters) | (set(answers) if "env" in parameters and not named else named)
    asked = tuple(name for name in answers if name in used)
    if not asked:
        raise Uncarried("it uses nothing that students write")
    rest = used - set(asked) - set(dir(builtins)) - {"env"}
    needs = [s for s in needed(others, rest, How.SURE) if not s.binds & set(answers)]
    context = "\n".join(ast.unparse(statement.node) for statement in needs)
    body = _called(test, parameters, asked) if test.is_function else _asserted(test)
    about = [name for name in asked if name in own] or asked
    return Case(test, asked, context, body, about[-1])


def _parameters(test: OtterTest) -> list[str]:
    if not test.is_function:
        return []
    (function, *_) = ast.parse(test.source).body
    assert isinstance(function, ast.FunctionDef)
    return [argument.arg for argument in function.args.args]


def _called(test: OtterTest, parameters: list[str], asked: tuple[str, ...]) -> str:
    """Return an exception-based test with a call of it."""
    (function, *_) = ast.parse(test.source).body
    assert isinstance(function, ast.FunctionDef)
    values = {parameter: parameter for parameter in parameters}
    values["env"] = "{" + ", ".join(f'"{name}": {name}' for name in asked) + "}"
    given = ", ".join(f"{parameter}={values[parameter]}" for parameter in parameters)
    text = "\n".join(test.source.split("\n")[: function.end_lineno])
    return f"{text}\n\n{function.name}({given})"


def _asserted(test: OtterTest) -> str:
    """Return a doctest as statements: what it would print at its end becomes an assertion."""
    if test.is_plain:
        return test.source
    body = ast.parse(test.source).body
    last = body[-1] if body else None
    if not isinstance(last, ast.Expr):
        if test.output:
            raise Uncarried("it compares what is printed")
        return test.source
    before = test.source.split("\n")[: last.lineno - 1]
    said, value = ast.unparse(last.value), last.value
    match value:
        case ast.Call(func=ast.Name(id="print"), args=args, keywords=[]):
            printed = ", ".join(map(ast.unparse, args))
            claim = f'" ".join(map(str, [{printed}])) == {test.output!r}'
        case _ if test.output in ("True", "np.True_") or (not test.output and _is_claim(value)):
            claim = said
        case _ if test.output:
            claim = f"repr({said}) == {test.output!r}"
        case _:
            return test.source
    return "\n".join([*before, f"assert {claim}"])


def worded(source: str) -> str:
    """Return a check in which each assert says what it claims, unless it says something else."""
    lines = source.encode().split(b"\n")  # Python counts columns in bytes
    bare = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Assert) and node.msg is None
    ]
    for node in sorted(bare, key=lambda node: -(node.end_lineno or 0)):
        line, column = (node.end_lineno or 1) - 1, node.end_col_offset or 0
        words = f", {'this does not hold: ' + ast.unparse(node.test)!r}".encode()
        lines[line] = lines[line][:column] + words + lines[line][column:]
    return b"\n".join(lines).decode()


def _is_claim(value: ast.expr) -> bool:
    return isinstance(value, ast.Compare | ast.BoolOp)
