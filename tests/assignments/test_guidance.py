"""Who is stuck in an assignment of this course finds hints that unfold, and small examples.

All of it is found without lists, so that a later assignment is not forgotten. That no hint tells
the answer is said in tests/checking/test_written_hints.py.
"""

import pytest

from grader.checking.explain import Bank
from grader.checking.limit import limited
from grader.checking.mistake import Mistake
from grader.checking.plugin import solution
from grader.checking.proof import handed_in, notebook
from grader.course.assignment import Assignment
from grader.course.hints import hints
from grader.model.subject import Beginning
from grader.sandbox.host.zygote import Zygote
from tests.support.own_course import OURS

MISTAKES_WITH_HINTS = 12
PUBLIC_CHECKS_WITH_HINTS, HIDDEN_CHECKS_WITH_HINTS = 4, 2
MAY_BE_HIDDEN = 0.05
"""Share of the mistakes with hints that no example shows: they change a tensor in place, take
gradients or memory that they should not."""
SECONDS = 2.0
"""In which an example ends; some mistakes do not."""


@pytest.fixture(params=OURS.names())
def assignment(request: pytest.FixtureRequest) -> Assignment:
    return Assignment.read(OURS.solution(request.param))


@pytest.fixture
def bank(assignment: Assignment) -> Bank:
    return Bank.read(OURS.checks(assignment.name) / "mistakes.toml", assignment)


def of_public_checks(assignment: Assignment) -> dict[str, list[str]]:
    """Return the hints of public checks."""
    return {name: told for cell in assignment.cells for name, told in hints(cell.source).items()}


def of_hidden_checks(assignment: Assignment) -> dict[str, list[str]]:
    """Return the hints of hidden checks."""
    files = [path.read_text("utf-8") for path in OURS.checks(assignment.name).glob("test_*.py")]
    return {name: told for source in files for name, told in hints(source).items()}


def test_the_mistakes_that_students_make_have_hints_in_every_question(assignment, bank):
    told = [mistake for mistake in bank.mistakes if mistake.hints]
    assert len(told) >= MISTAKES_WITH_HINTS
    assert not {*assignment.questions} - {mistake.question for mistake in told}


def test_who_makes_another_mistake_finds_hints_at_some_checks(assignment):
    assert len(of_public_checks(assignment)) >= PUBLIC_CHECKS_WITH_HINTS
    assert len(of_hidden_checks(assignment)) >= HIDDEN_CHECKS_WITH_HINTS


def test_every_question_has_a_worked_example(assignment, bank):
    assert not {*assignment.questions} - {worked.question for worked in bank.examples}


def test_nearly_all_mistakes_that_students_make_show_in_an_example(assignment, bank):
    """So whoever makes one that nobody has foreseen mostly sees where the numbers differ."""
    told = [mistake for mistake in bank.mistakes if mistake.hints and not mistake.equivalent]
    hidden = [mistake.name for mistake in told if not shows(mistake, bank)]
    assert len(hidden) <= MAY_BE_HIDDEN * len(told), hidden


def shows(mistake: Mistake, bank: Bank) -> bool:
    """Tell whether the numbers of an example are wrong with a mistake."""
    code = bank.solution(mistake)
    asked = [(w, bank.due(w)) for w in bank.examples if w.question == mistake.question]
    with limited(SECONDS):  # without what is due, whose first call imports half of torch
        return not all(worked.worked(due, code, Beginning(1)).right for worked, due in asked)


def test_no_hint_is_said_twice_in_one_assignment(assignment, bank):
    said = [hint for mistake in bank.mistakes for hint in mistake.hints]
    for checks in (of_public_checks(assignment), of_hidden_checks(assignment)):
        said += [hint for told in checks.values() for hint in told]
    assert len(said) == len({*said})


def test_what_is_right_gives_what_each_example_says(assignment, bank, training_zygote: Zygote):
    """In the sandbox, as what a student hands in does."""
    wrong = {}
    with handed_in(training_zygote, assignment, notebook(assignment.cells)) as own:
        for worked in bank.examples:
            forbid = assignment.forbid.get(worked.question, ())
            beginning = Beginning(1, forbid, seconds=assignment.limits.of(worked.question))
            shown = worked.worked(worked.due(solution(assignment.path)), own, beginning)
            wrong |= {} if shown.right else {worked: shown.rows}
    assert not wrong
