"""The checks are collected once and run for every submission; nobody's fault becomes another's."""

import re
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from grader.checking.collect import run_session
from grader.checking.explain import Bank
from grader.checking.session import Session
from grader.course.assignment import Assignment
from grader.course.course import Course
from grader.course.settings import AssignmentError
from grader.judging.judge import judge
from grader.model.judgement import Judgement
from grader.model.result import Status
from grader.report.sanitize import whole
from tests.support.small_course import (
    CHECKS,
    IMPORTS,
    RIGHT,
    SKELETON,
    SOLUTION,
    grade,
    notebook,
    write,
)

WRONG = RIGHT.replace("2 * x", "3 * x")


def check(body: str, marks: str = '@question("double")\n@points(1)', name: str = "test_it") -> str:
    """Return a hidden check with this body."""
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f'\n{marks}\ndef {name}(student, draw):\n    """It holds."""\n{lines}\n'


def statuses(judgement: Judgement) -> dict[str, Status]:
    return {result.check: result.status for result in judgement.results}


@pytest.fixture
def outcome(zygote, tmp_path):
    """Return a function that runs a single hidden check on a submission, and gives its Result."""

    def outcome(body: str, submission: str = RIGHT):
        (judgement,) = grade(zygote, tmp_path, IMPORTS + check(body), submission)
        return next(r for r in judgement.results if not r.public)

    return outcome


# the run


def test_one_collection_serves_every_submission(zygote, tmp_path):
    log = tmp_path / "imported"
    checks = f"open({str(log)!r}, 'a').write('once ')\n{CHECKS}"
    judgements = grade(zygote, tmp_path, checks, RIGHT, WRONG, SKELETON, RIGHT)
    assert [r.earned for r in judgements] == [5, 3, 0, 5]
    assert log.read_text() == "once "


def test_results_come_question_by_question_and_public_checks_last(zygote, tmp_path):
    halve = check("pass", '@question("halve")\n@points(1)', "test_a")
    double = check("pass", '@question("double")\n@points(1)', "test_b")
    (judgement,) = grade(zygote, tmp_path, IMPORTS + halve + double, RIGHT)
    found = [(r.question, r.check, r.public) for r in judgement.results]
    assert found == [
        ("double", "test_b", False),
        ("double", "test_one_becomes_two", True),
        ("halve", "test_a", False),
    ]


def test_public_checks_are_run_and_carry_no_points(zygote, tmp_path):
    right, wrong = grade(zygote, tmp_path, IMPORTS + check("pass"), RIGHT, WRONG)
    for judgement, status in ((right, Status.PASSED), (wrong, Status.FAILED)):
        public = next(r for r in judgement.results if r.public)
        assert (public.status, public.points) == (status, 0)
        assert public.sentence == "One becomes two."


def test_a_public_check_that_hands_over_a_model_works_in_the_notebook_only_and_counts_nowhere(
    zygote, tmp_path
):
    public = 'assert student.double(torch.ones(1)).item() == 2, "the public text"'
    solution = SOLUTION.replace(public, "student.double(torch.nn.Linear(1, 1))")
    (judgement,) = grade(zygote, tmp_path, IMPORTS + check("pass"), RIGHT, solution=solution)
    found = {r.check: (r.status, r.counted) for r in judgement.results}
    assert found.pop("test_one_becomes_two") == (Status.NOT_RUN, False)
    assert {counted for _, counted in found.values()} == {True}


def test_public_checks_need_the_first_hidden_check_of_their_question(zygote, tmp_path):
    first = check("assert False", name="test_first")
    second = check("pass", name="test_second")
    (judgement,) = grade(zygote, tmp_path, IMPORTS + first + second, RIGHT)
    assert statuses(judgement) == {
        "test_first": Status.FAILED,
        "test_second": Status.PASSED,
        "test_one_becomes_two": Status.NOT_RUN,
    }


def test_a_public_check_that_names_its_question_belongs_to_that(zygote, tmp_path):
    solution = SOLUTION.replace('tags=["check"]', 'tags=["check"] question="halve"')
    failing = check("assert False", '@question("halve")\n@points(1)', "test_half")
    (judgement,) = grade(
        zygote, tmp_path, IMPORTS + check("pass") + failing, RIGHT, solution=solution
    )
    public = next(result for result in judgement.results if result.public)
    assert (public.question, public.status) == ("halve", Status.NOT_RUN)


def test_what_builds_on_a_failed_check_is_not_run_and_says_on_which(zygote, tmp_path):
    checks = (
        IMPORTS
        + '''
@question("double")
@points(1)
def test_first(student):
    """The first
    thing holds."""
    assert student.double(1) == 2

@question("double")
@points(1)
@needs(test_first)
def test_second(student):
    """The second thing holds."""

@question("double")
@points(1)
@needs(test_second)
def test_third(student):
    """The third thing holds."""
'''
    )
    right, wrong = grade(zygote, tmp_path, checks, RIGHT, WRONG)
    assert set(statuses(right).values()) == {Status.PASSED}
    first, second, third, _ = wrong.results
    assert (first.status, second.status, third.status) == ("failed", "not_run", "not_run")
    assert whole(second) == "Cannot be judged until this holds: The first thing holds."
    assert whole(third) == "Cannot be judged until this holds: The second thing holds."
    assert wrong.earned == 0


def test_a_check_of_many_cases_counts_as_held_when_every_case_does(zygote, tmp_path):
    marks = '@question("double")\n@points(1)\n@pytest.mark.parametrize("n", [1, 2, 3])'
    many = check("assert n != 2", marks, "test_many").replace("student, draw", "student, draw, n")
    other = check("pass", '@question("double")\n@points(1)\n@needs(test_many)', "test_other")
    (judgement,) = grade(zygote, tmp_path, "import pytest\n" + IMPORTS + many + other, RIGHT)
    assert statuses(judgement) == {
        "test_many[1]": Status.PASSED,
        "test_many[2]": Status.FAILED,
        "test_many[3]": Status.PASSED,
        "test_other": Status.NOT_RUN,
        "test_one_becomes_two": Status.NOT_RUN,
    }


def test_what_stands_in_the_cell_of_a_solved_question_needs_no_stand_in():
    assignment = Course(Path(__file__).parents[2]).solution("lstm_mnist")
    session = Session(Assignment.read(assignment), None)
    assert session.made_for(["LSTMCell"]) == {"LSTMCell", "lstm_step"}
    assert session.made_for([]) == set()


def test_torchs_defaults_are_as_they_were_after_a_check(zygote, tmp_path):
    import torch

    body = "assert torch.get_default_dtype() == torch.float64"
    (judgement,) = grade(zygote, tmp_path, IMPORTS + check(body), RIGHT)
    assert statuses(judgement)["test_it"] is Status.PASSED
    assert torch.get_default_dtype() == torch.float32


def test_a_judge_has_one_thread_whatever_the_machine_has(tmp_path):
    import torch

    before = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        found = []
        course, name = write(tmp_path, IMPORTS + check("pass"))
        assignment = Assignment.read(course.solution(name))
        run_session(
            assignment, course.checks(name), lambda _: found.append(torch.get_num_threads())
        )
        assert found == [1]
    finally:
        torch.set_num_threads(before)


# whose fault


def test_a_plain_assertion_tells_the_course_team_only(outcome):
    result = outcome("assert student.double(2) == 5, 'the secret is 5'")
    assert (result.status, whole(result)) == (Status.FAILED, "")
    assert "the secret is 5" in result.detail


def test_a_failure_is_told_to_the_student(outcome):
    result = outcome("raise Failure('It is too large.')")
    assert (result.status, whole(result), result.detail) == ("failed", "It is too large.", "")


def test_a_remark_becomes_a_note_and_costs_nothing(zygote, tmp_path):
    body = (
        "import warnings\nwarnings.warn(Remark('By the way.'))\nwarnings.warn('not for students')"
    )
    (judgement,) = grade(
        zygote, tmp_path, IMPORTS + check(body) + check(body, name="test_b"), RIGHT
    )
    assert judgement.notes == ("By the way.",)
    assert judgement.earned == judgement.max_score == 2


def test_the_students_error_is_shown_with_their_lines(outcome):
    result = outcome("student.double('x')", "def double(x):\n    return x / 2")
    assert (result.status, result.detail) == (Status.STUDENT_ERROR, "")
    assert whole(result).splitlines()[-1].startswith("TypeError: ")
    assert 'File "code cell 1", line 2, in double' in whole(result)


def test_what_is_not_implemented_says_so_first(outcome):
    result = outcome("student.double(1)", SKELETON)
    assert result.status is Status.STUDENT_ERROR
    assert whole(result).startswith("Not filled in yet.\n")


def test_a_question_that_trains_may_compute_for_longer_than_others(zygote, tmp_path):
    slow = "import time\ndef {}(x):\n    end = time.process_time() + 0.4\n"
    slow += "    while time.process_time() < end: pass\n    return x\n"
    checks = (
        IMPORTS
        + check("student.double(1.0)")
        + check("student.halve(1.0)", '@question("halve")\n@points(1)', "test_slow")
    )
    solution = SOLUTION.replace("seconds = 1.0", 'seconds = { "*" = 0.2, halve = 5 }')
    submission = slow.format("double") + slow.format("halve")
    (judgement,) = grade(zygote, tmp_path, checks, submission, solution=solution)
    found = statuses(judgement)
    assert (found["test_it"], found["test_slow"]) == (Status.TIMED_OUT, Status.PASSED)


def test_a_misspelt_name_that_is_forbidden_is_the_authors_fault(zygote, tmp_path):
    solution = SOLUTION.replace("# limits", '# forbid = ["torch.nn.functional.sofmax"]\n# limits')
    with pytest.raises(
        AssignmentError, match=r"no torch\.nn\.functional\.sofmax to forbid"
    ) as caught:
        grade(zygote, tmp_path, CHECKS, solution=solution)
    line = int(str(caught.value).split(":")[1])
    assert "sofmax" in solution.split("\n")[line - 1]


def test_an_operator_that_is_forbidden_fails_the_check(zygote, tmp_path):
    solution = SOLUTION.replace("# limits", '# forbid = {halve = ["torch.exp"]}\n# limits')
    submission = RIGHT.replace("2 * x", "2 * torch.exp(x).log()").replace("x / 2", "torch.exp(x)")
    (judgement,) = grade(zygote, tmp_path, CHECKS, submission, solution=solution)
    double, _, halve = judgement.results
    assert double.status is Status.PASSED
    assert halve.status is Status.FAILED
    assert "torch.exp is not allowed in this question" in whole(halve)


@pytest.mark.parametrize(
    "body",
    [
        "student.double(2).no_such_method()",
        "raise RuntimeError('a bug of the author')",
        "unknown_name",
        "student.double(object())",
        "import pytest; pytest.skip('never mind')",
    ],
)
def test_a_bug_in_a_check_is_ours_and_never_a_score(zygote, tmp_path, body):
    (judgement,) = grade(zygote, tmp_path, IMPORTS + check(body), RIGHT)
    result = next(r for r in judgement.results if not r.public)
    assert (result.status, whole(result)) == (Status.GRADER_ERROR, "")
    assert "in test_it" in result.detail
    assert body.split("; ")[-1] in result.detail
    assert judgement.earned is None


def test_what_cannot_be_sent_is_no_fault_of_the_students(outcome):
    result = outcome("student.double(lambda: 1) if hasattr(student, '_loaded') else None")
    assert result.status is Status.GRADER_ERROR


@pytest.mark.parametrize(
    ("body", "odd"),
    [
        ("first, second = student.double(draw(2))", "def double(x): return x[:1]"),
        ("student.double(draw(2))[1]", "def double(x): return x[:1]"),
        ("student.double(draw(2)).shape", "def double(x): return None"),
        ("student.double(draw(2)) + draw(2)", "import torch\ndef double(x): return torch.ones(5)"),
    ],
)
def test_an_odd_result_is_the_students_where_the_solution_has_none(zygote, tmp_path, body, odd):
    right, wrong = grade(zygote, tmp_path, IMPORTS + check(body), RIGHT, odd)
    assert statuses(right)["test_it"] is Status.PASSED
    result = wrong.results[0]
    assert result.status is Status.FAILED
    assert whole(result).startswith("Your result cannot be used as asked for: ")
    assert "test_hidden" not in whole(result)


# the course around it


def test_the_courses_own_pytest_settings_do_not_disturb(zygote, tmp_path, monkeypatch):
    loud = "raise RuntimeError('a conftest.py that is not for the checks')"
    for folder in (tmp_path, tmp_path / "course"):
        folder.mkdir(exist_ok=True)
        (folder / "conftest.py").write_text(loud)
        (folder / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\n")
        (folder / "pyproject.toml").write_text("[tool.pytest.ini_options]\nminversion = '99'\n")
    monkeypatch.setenv("PYTEST_ADDOPTS", "--also-no-option")
    monkeypatch.setenv("PYTEST_PLUGINS", "no_such_plugin")
    (judgement,) = grade(zygote, tmp_path / "course", CHECKS, RIGHT)
    assert judgement.earned == 5


def test_a_conftest_beside_the_checks_may_hold_their_fixtures(zygote, tmp_path):
    checks = IMPORTS + check("assert three == 3").replace("student, draw", "student, three")
    beside = tmp_path / "autograder_tests" / "fixtures"
    beside.mkdir(parents=True)
    (beside / "conftest.py").write_text("import pytest\n@pytest.fixture\ndef three(): return 3\n")
    (beside / "test_with_fixture.py").write_text(checks)
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "fixtures.py").write_text(SOLUTION)
    names = []

    def work(session):
        names.extend(name for check in session.checks for name in check.item.fixturenames)

    run_session(Assignment.read(tmp_path / "solutions" / "fixtures.py"), beside, work)
    assert "three" in names


@pytest.mark.parametrize(
    ("checks", "line", "words"),
    [
        (check("pass", "@points(1)"), 2, 'about no question. Mark it @question("…")'),
        (check("pass", '@question("no_such")\n@points(1)'), 2, "with one of double, halve"),
        (check("pass", "@question\n@points(1)"), 2, "about no question"),
        (check("pass", '@question("doble")\n@points(1)'), 2, 'about "doble", which is not a quest'),
        (check("pass", '@question("double")'), 2, "says no points"),
        (check("pass", '@question("double")\n@points(-1)'), 2, "says -1 points"),
        (check("pass", '@question("double")\n@points'), 2, "says no points"),
        (check("pass", '@question("double")\n@points(-1)'), 2, "a whole number from 0 on"),
        (check("pass", '@question("double")\n@points(0.5)'), 2, "a whole number from 0 on"),
        (check("pass", "@assuming()"), 2, "about no question"),
        (check("pass").replace('"""It holds."""', ""), 2, "has no docstring"),
        (check("pass").replace("draw)", "drawn)"), 2, "takes `drawn`, which is not a fixture"),
        (check("pass", name="test_a") + check("pass", name="test_a"), 10, "never run. Give each"),
        (
            "def later(): pass" + check("pass", '@question("double")\n@points(1)\n@needs(later)'),
            2,
            "needs later, which is not run before it",
        ),
        (
            check("pass", '@question("halve")\n@points(1)', "test_a")
            + check("pass", '@question("double")\n@points(1)\n@needs(test_a)', "test_b"),
            8,
            "needs test_a, which is not run before it",
        ),
        ("\ndef test_it(:\n", 2, "SyntaxError"),
        ("\n\nimport no_such_module\n", 3, "ModuleNotFoundError"),
        ("x = [\n1 / 0]\n", 2, "ZeroDivisionError"),
    ],
)
def test_an_authors_mistake_is_told_with_file_line_and_remedy(tmp_path, checks, line, words):
    course, name = write(tmp_path, IMPORTS + checks)
    (file,) = course.checks(name).iterdir()
    with pytest.raises(AssignmentError) as caught:
        run_session(Assignment.read(course.solution(name)), course.checks(name), pytest.fail)
    place = f"{file}:{IMPORTS.count(chr(10)) + line}: "
    assert str(caught.value).startswith(place)
    assert words in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_two_checks_of_one_name_are_the_authors_mistake_also_where_one_is_public(tmp_path):
    hidden = check("pass", '@question("double")\n@points(1)', "test_one_becomes_two")
    course, name = write(tmp_path, IMPORTS + hidden)
    said = r"solutions/doubling\.py:\d+: test_one_becomes_two is the name of another check as well"
    with pytest.raises(AssignmentError, match=said):
        run_session(Assignment.read(course.solution(name)), course.checks(name), pytest.fail)


def test_an_assignment_without_checks_is_the_authors_mistake(tmp_path):
    solution = re.sub(r'# %% tags=\["check"\].*?(?=# %%)', "", SOLUTION, flags=re.DOTALL)
    course, name = write(tmp_path, "x = 1\n", solution)
    with pytest.raises(AssignmentError, match="there is no check"):
        run_session(Assignment.read(course.solution(name)), course.checks(name), pytest.fail)


def test_a_solution_that_raises_is_the_authors_mistake(tmp_path):
    course, name = write(
        tmp_path, CHECKS, SOLUTION.replace("import torch", "import torch\n1 / 0\nhalve = 1 / 0")
    )
    with pytest.raises(AssignmentError, match=r"solutions/doubling\.py:\d+: ZeroDivisionError"):
        run_session(Assignment.read(course.solution(name)), course.checks(name), pytest.fail)


def test_what_the_work_raises_comes_out(tmp_path):
    course, name = write(tmp_path)

    def work(session):
        raise EOFError("the employer hung up")

    with pytest.raises(EOFError, match="hung up"):
        run_session(Assignment.read(course.solution(name)), course.checks(name), work)


# seeds

NOISE = SOLUTION.replace("double", "noise").replace("2 * x", "torch.rand(x)")
DRAWS = IMPORTS + check(
    "raise Failure(f'{draw(1).item()} {student.noise(1).item()}')",
    '@question("noise")\n@points(1)',
)


@pytest.fixture
def draws(zygote, tmp_path):
    """Return a function: for submissions that differ by a comment, draws here and over there."""
    runs = count()

    def draws(*comments: str, key: bytes = b"a key") -> list[tuple[str, ...]]:
        folder = tmp_path / f"run_{next(runs)}"
        source = "import torch\ndef noise(x): return torch.rand(x)\n# "
        judgements = grade(
            zygote, folder, DRAWS, *(source + c for c in comments), key=key, solution=NOISE
        )
        return [tuple(whole(judgement.results[0]).split()) for judgement in judgements]

    return draws


def test_draws_are_the_same_at_every_regrade(draws):
    assert draws("one") == draws("one")


def test_draws_depend_on_the_key_and_on_the_submission(draws):
    found = [*draws("one", "two"), *draws("one", key=b"another key")]
    here, there = zip(*found, strict=True)
    assert len(set(here)) == len(set(there)) == 3


def test_draws_do_not_depend_on_who_was_graded_before(draws):
    assert draws("one", "two", "three") == draws("three", "two", "one")[::-1]


# results that are kept of an earlier time

CHAIN = (
    IMPORTS
    + """
import warnings
ran = []

@question("double")
@points(2)
def test_double(student):
    \"\"\"It doubles.\"\"\"
    ran.append("double")
    warnings.warn(Remark("Seen."))
    assert student.double(1) == 2


@question("double")
@points(1)
@needs(test_double)
def test_double_again(student):
    \"\"\"It doubles again.\"\"\"
    ran.append("double again")
    assert student.double(2) == 4


@question("halve")
@points(3)
def test_halve(student):
    \"\"\"It halves.\"\"\"
    ran.append("halve")
    assert student.halve(4) == 2
"""
)


def judged_again(zygote, folder, submission, keep) -> tuple[Judgement, Judgement, list[str]]:
    """Judge a submission, then again with some results kept; return also what ran then.

    `keep` makes from the first results what is kept.
    """
    course, name = write(folder, CHAIN)
    path = folder / "kim.ipynb"
    path.write_bytes(notebook(submission))
    found = []

    def work(session: Session) -> None:
        first = judge(path, session, zygote, b"a key")
        ran = session.checks[0].item.module.ran
        ran.clear()
        kept = tuple(keep({result.check: result for result in first.results}))
        found.extend([first, judge(path, session, zygote, b"a key", kept), list(ran)])

    run_session(Assignment.read(course.solution(name)), course.checks(name), work)
    return tuple(found)


def test_kept_results_are_taken_over_whole_and_their_checks_do_not_run(zygote, tmp_path):
    def keep(results):
        return [result for name, result in results.items() if name != "test_halve"]

    first, second, ran = judged_again(zygote, tmp_path, RIGHT, keep)
    assert ran == ["halve"]
    assert second.results[:2] == first.results[:2], "with their seconds"
    assert second.notes == first.notes == ("Seen.",)
    assert second.earned == first.earned == 6


def test_a_kept_result_is_not_run_when_what_it_builds_on_fails_now(zygote, tmp_path):
    def keep(results):
        yield replace(results["test_double_again"], status=Status.PASSED)

    _, second, ran = judged_again(zygote, tmp_path, WRONG, keep)
    assert ran == ["double", "halve"]
    assert second.results[1].status is Status.NOT_RUN


def test_what_was_not_run_is_run_when_what_it_builds_on_passes_now(zygote, tmp_path):
    def keep(results):
        yield replace(results["test_double_again"], status=Status.NOT_RUN)
        yield results["test_halve"]

    _, second, ran = judged_again(zygote, tmp_path, RIGHT, keep)
    assert ran == ["double", "double again"]
    assert second.earned == 6


@pytest.mark.parametrize("broken", ["sketch", "explain"])
def test_a_fault_of_what_explains_or_draws_is_ours_and_of_one_submission(
    zygote, tmp_path, monkeypatch, broken
):
    sketch = "(lambda: [][1])" if broken == "sketch" else None
    body = f"if student.double(1) != 2: raise Failure('It is wrong.', {sketch})"
    if broken == "explain":
        monkeypatch.setattr(Bank, "explain", lambda *_: [][1])
    checks = IMPORTS + check(body, name="test_it") + check("pass", name="test_other")
    wrong, right = grade(zygote, tmp_path, checks, RIGHT.replace("2 * x", "x"), RIGHT)
    found = {r.check: r for r in wrong.results}
    assert found["test_it"].status is Status.GRADER_ERROR and not whole(found["test_it"])
    assert "IndexError" in found["test_it"].detail
    assert found["test_other"].status is Status.PASSED
    assert wrong.earned is None and right.earned == right.max_score
