"""A worked example is its author's: it shows what is due for it, and nothing that is hidden."""

import re
from dataclasses import replace

import pytest

from grader.checking.collect import run_session
from grader.course.assignment import Assignment
from grader.course.settings import AssignmentError
from grader.judging.judge import judge
from grader.model.guidance import Guidance, Row
from grader.model.standing import Standing
from grader.report.pages import feedback_html
from grader.report.results_json import results_json
from tests.support.small_course import IMPORTS, SOLUTION, notebook, write

CANARY = "424242"
CHECKS = (
    IMPORTS
    + f"""
@question("double")
@points(2)
def test_double_is_a_sum(student, draw):
    \"\"\"The result is the input plus itself.\"\"\"
    # Hint: What is twice two?
    # Hint: And twice
    #   three?
    secret = torch.tensor([{CANARY}.0, 1.0])
    agree(student.double, lambda x: x + x, secret, takes=("x (n)",), returns=("twice (n)",))


@question("halve")
@points(3)
def test_halves_make_a_whole(student, draw):
    \"\"\"Two halves make a whole.\"\"\"
    assert torch.equal(student.halve(draw(3)) * 2, draw(3)), "the hidden text"
"""
)
TRIPLED = """
[[mistake]]
name = "tripled"
question = "double"
sentence = "x is tripled"
replace = "2 * x"
with = "3 * x"
hints = ["How often is x in it?", "Count again."]
"""
EXAMPLE = """
[[example]]
question = "double"
code = "student.double(torch.tensor([1.0, 2.5]))"
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory, zygote):
    """Return a function that judges notebooks by a course with these mistakes and examples."""
    folder = tmp_path_factory.mktemp("course")
    numbers = iter(range(100))

    def judged(toml: str, *sources: str, prove=False, checks=CHECKS, solution=SOLUTION):
        root = folder / f"{next(numbers)}"
        root.mkdir()
        course, name = write(root, checks, solution)
        (course.checks(name) / "mistakes.toml").write_text(toml)
        found = []

        def work(session):
            if prove:
                session.prove(zygote, b"a key")
            for source in sources:
                path = root / "kim.ipynb"
                path.write_bytes(notebook(source))
                found.append(judge(path, session, zygote, b"a key"))

        run_session(Assignment.read(course.solution(name)), course.checks(name), work)
        return found

    return judged


@pytest.fixture(scope="module")
def judged(session):
    """A right answer, one that is a known mistake, and others."""
    names = ("right", "tripled", "odd", "scalar", "raises", "asks")
    codes = ("2 * x", "3 * x", "x + 7", "'four'", "x.nope()", "1 / 0 if x.sum() > 4000 else 2 * x")
    rest = "\ndef halve(x): return x / 2"
    sources = (f"def double(x): return {code}{rest}" for code in codes)
    return dict(zip(names, session(TRIPLED + EXAMPLE, *sources, prove=True), strict=True))


def guidance(judgement) -> Guidance | None:
    return judgement.results[0].guidance


def test_who_makes_a_known_mistake_gets_its_hints_and_no_example(judged):
    assert guidance(judged["tripled"]) == Guidance(("How often is x in it?", "Count again."))


def test_others_get_the_hints_of_the_check_and_the_example(judged):
    found = guidance(judged["odd"])
    assert found.hints == ("What is twice two?", "And twice three?")
    assert found.example.code == "student.double(torch.tensor([1.0, 2.5]))"
    assert found.example.rows == (Row("", "(2): [2, 5]", "(2): [8, 9.5]", False),)


def test_who_ends_like_a_known_mistake_gets_its_hints_and_the_example(session):
    """It is not proved, and its hints help to find out; so its sentence is said with a doubt."""
    words = 'if student.double(draw(1)).item() < 1e9: raise Failure("It is too small.")'
    checks = CHECKS.replace("    secret = ", f"    {words}\n    secret = ")
    solution = SOLUTION.replace("return 2 * x", "return 2 * x + 1e10")
    toml = (TRIPLED + EXAMPLE).replace("2 * x", "2 * x + 1e10").replace("3 * x", "3 * x + 1e8")
    answer = "def double(x): return 5 * x\ndef halve(x): return x / 2"
    (ends_alike,) = session(toml, answer, checks=checks, solution=solution)
    result = ends_alike.results[0]
    assert "Known to end like this: x is tripled" in str(result.message) and not result.mistake
    assert result.guidance.hints == ("How often is x in it?", "Count again.")
    assert result.guidance.example


def test_the_first_example_in_which_a_student_is_wrong_is_shown(session):
    other = EXAMPLE.replace("[1.0, 2.5]", "[3.0]")
    third = EXAMPLE.replace("[1.0, 2.5]", "[5000.0]")
    codes = ("2 * x if x.sum() == 3.5 else x + 1", "1 / 0 if 4e5 < x.sum() < 5e5 else 2 * x")
    sources = (f"def double(x): return {code}\ndef halve(x): return x / 2" for code in codes)
    wrong, right = map(guidance, session(EXAMPLE + other + third, *sources, prove=True))
    assert wrong.example.rows == (Row("", "(1): [6]", "(1): [4]", False),)
    assert wrong.example.others == 0
    assert right.example.right and right.example.others == 2
    assert right.example.code == "student.double(torch.tensor([1.0, 2.5]))"


def test_who_is_right_is_told_nothing(judged):
    assert all(result.guidance is None for result in judged["right"].results)


def test_whatever_comes_instead_of_numbers_is_shown_as_what_it_is(judged):
    assert guidance(judged["scalar"]).example.rows[0].own == "str"
    own = guidance(judged["raises"]).example.rows[0].own
    assert own == "AttributeError: 'Tensor' object has no attribute 'nope'"
    assert guidance(judged["asks"]).example.right, "the example is right, and the check asks more"


def test_nothing_of_a_hidden_check_gets_into_what_students_read(judged):
    """The canary stands in the hidden check, whose worker has seen it."""
    for judgement in judged.values():
        standing = Standing("kim", "kim.ipynb", judgement)
        for said in (feedback_html(standing), results_json(standing)):
            assert CANARY not in said
        assert CANARY not in repr(replace(judgement, sha256=""))


@pytest.mark.parametrize(
    ("toml", "line", "why"),
    [
        ("[[example]]\nquestion = 'double'", 1, "an example has a question, code"),
        (EXAMPLE + "more = 1", 2, "an example has a question, code"),
        (EXAMPLE + "shows = 'out'", 2, "a list of names"),
        (EXAMPLE + EXAMPLE, 6, "this example stands on line 2 already"),
        (EXAMPLE.replace("double", "treble"), 2, "question must be one of double, halve"),
        (EXAMPLE.replace("student.double", "student.halve"), 2, "does not call student.double"),
        (EXAMPLE.replace('"student', '"x = student'), 2, "the last line of this example"),
        (EXAMPLE.replace("(torch", "((torch"), 2, "Python cannot read this example"),
        (TRIPLED.replace('["How often is x in it?", "Count again."]', '"One."'), 2, "a list"),
        (TRIPLED.replace('"Count again."', '" "'), 2, "a hint is empty"),
        (TRIPLED.replace('"Count again."', '""').replace('"How', '1, "How'), 2, "a list of texts"),
        (TRIPLED.replace("Count again.", "long " * 81), 2, "a hint has 405 letters"),
        (
            TRIPLED.replace('"Count again."', '"Count again.", ' * 5),
            2,
            "a list of texts, 5 at most",
        ),
        (TRIPLED.replace("Count again.", "Try  return 2 *x  here"), 2, "holds a line of the sol"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_line(session, toml, line, why):
    with pytest.raises(AssignmentError, match=rf"mistakes\.toml:{line}: .*{why}"):
        session(toml)


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("student.double(hidden)", "fails on the solution: name 'hidden' is not defined"),
        ("student.double(torch.randn(2))", "is random"),
        ("student.double(torch.ones(37))", "36 of each at most"),
        ("student.double(torch.ones(2)); 'text'", "shows numbers"),
    ],
)
def test_an_example_that_the_solution_cannot_show_is_refused_before_anybody_is_judged(
    session, code, why
):
    with pytest.raises(AssignmentError, match=rf"mistakes\.toml:2: .*{why}"):
        session(EXAMPLE.replace("student.double(torch.tensor([1.0, 2.5]))", code), prove=True)


@pytest.mark.parametrize(
    ("hint", "why"),
    [
        ("# hint: What is twice two?", "'# hint: What is twice two?' is not a hint"),
        ("# Hint:", "'# Hint:' is not a hint"),
        ("# Hint 1: Twice.", "is not a hint"),
        ("# Hint: Try `return 2 * x`.", "_sum: a hint holds a line of the solution: return 2 "),
        (f"# Hint: {'long ' * 81}", "a hint has 404 letters, and 400 are the most"),
    ],
)
def test_a_hint_that_nobody_would_read_or_that_tells_the_answer_is_refused(session, hint, why):
    checks = CHECKS.replace("# Hint: What is twice two?", hint)
    with pytest.raises(AssignmentError, match=re.escape(why)) as refused:
        session("", checks=checks)
    line = checks.split("\n").index(f"    {hint}") + 1
    assert f":{line}: " in str(refused.value)


def test_a_hint_of_a_public_check_is_found_on_its_line_of_the_file(session):
    public = '\n# %% tags=["check"]\ndef test_one(student):\n    """One."""\n    # hint: One?\n'
    solution = f"{SOLUTION}{public}    assert student.double(1) == 2\n"
    with pytest.raises(AssignmentError, match=r"hint: One.* is not a hint") as refused:
        session("", solution=solution)
    line = solution.split("\n").index("    # hint: One?") + 1
    assert f"doubling.py:{line}: " in str(refused.value)
    session("", solution=solution.replace("# hint:", "# Hint:"))


BESIDE = """
[[example]]
question = "double"
code = '''
def of_a_model(student, x):
    import torch

    return student.double(torch.nn.Identity()(x))


student.beside(of_a_model)(torch.tensor([1.0, 2.5]))
'''
"""


def test_an_example_may_make_what_it_needs_beside_the_code(session):
    (odd,) = session(BESIDE, "def double(x): return x + 7\ndef halve(x): return x / 2", prove=True)
    assert guidance(odd).example.rows == (Row("", "(2): [2, 5]", "(2): [8, 9.5]", False),)


def test_an_example_that_cannot_be_sent_is_refused_before_anybody_is_judged(session):
    solution = SOLUTION.replace("return 2 * x", "return 2 * x(1.0)")
    lost = EXAMPLE.replace("torch.tensor([1.0, 2.5])", "float")
    with pytest.raises(
        AssignmentError, match=r"mistakes\.toml:2: .*gives Unsendable.* for 2"
    ) as no:
        session(lost, prove=True, solution=solution)
    assert "student.beside(function)" in no.value.remedy


def test_names_of_an_example_must_be_as_many_as_its_values(session):
    with pytest.raises(AssignmentError, match="shows names 2 values, and there are 1"):
        session(EXAMPLE + 'shows = ["a", "b"]', prove=True)
