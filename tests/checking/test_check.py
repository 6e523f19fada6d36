"""A check that needs nothing of pytest is called without it; any other has all of it."""

import pytest

from grader.checking.collect import run_session
from grader.checking.solution import Program
from grader.course.assignment import Assignment
from tests.support.small_course import IMPORTS, NAME, write

ABOUT = '@question("double")\n@points(1)\n'
BODY = '    """It holds."""\n    ran.append(0)\n'
CHECKS = f"""{IMPORTS}
import pytest
ran = []

@pytest.fixture
def doubled(request):
    return 2 * request.param

@pytest.fixture
def own():
    yield 3
    ran.append("torn down")

{ABOUT}def test_alone(student, draw):
{BODY}    assert torch.get_default_dtype() == torch.float64 and draw(2).dtype == torch.float64

{ABOUT}@pytest.mark.parametrize("n", [1, 2])
def test_of_cases(n, student):
{BODY}    assert n in (1, 2)

{ABOUT}@pytest.mark.parametrize("doubled", [2], indirect=True)
def test_of_prepared_cases(student, doubled):
{BODY}    assert doubled == 4

{ABOUT}def test_with_a_fixture(student, own):
{BODY}    assert own == 3

{ABOUT}@pytest.mark.skip
def test_put_aside(student):
{BODY}

{ABOUT}async def test_that_waits(student):
{BODY}

class TestGroup:
    {ABOUT.replace("@points", "    @points")}    def test_in_a_class(self, student):
        {BODY.lstrip().replace("    ", "        ")}
"""
BEFORE_EACH = f"""{IMPORTS}
ready = []
def setup_function(function): ready.append(function)

{ABOUT}def test_prepared(student):
    \"\"\"It holds.\"\"\"
    assert ready
"""


@pytest.fixture(scope="module")
def seen(tmp_path_factory):
    """Which checks are plain, what each raises on the solution, and what ran in them."""
    folder = tmp_path_factory.mktemp("course")
    write(folder, CHECKS)
    checks = folder / "autograder_tests" / NAME
    (checks / "test_prepared.py").write_text(BEFORE_EACH)
    assignment = Assignment.read(folder / "solutions" / f"{NAME}.py")
    plain, raised, ran = {}, {}, []

    def work(session):
        student = Program(assignment).run()
        for check in session.checks:
            if not check.public:
                plain[check.name] = check.plain
                raised[check.name] = session.run(check, student, b"a key", [])
        ran.extend(session.checks[0].item.module.ran)

    run_session(assignment, checks, work)
    return plain, raised, ran


def test_what_uses_nothing_of_pytest_but_our_fixtures_and_parameters_is_plain(seen):
    plain, _, _ = seen
    assert [name for name in plain if plain[name]] == [
        "test_alone", "test_of_cases[1]", "test_of_cases[2]",
    ]  # fmt: skip
    assert len(plain) == 9


def test_fixtures_marks_and_classes_mean_what_they_mean_to_pytest(seen):
    _, raised, ran = seen
    assert type(raised.pop("test_put_aside")).__name__ == "Skipped"
    assert "async" in str(raised.pop("test_that_waits"))
    assert set(raised.values()) == {None}
    assert ran.count(0) == 6 and "torn down" in ran
