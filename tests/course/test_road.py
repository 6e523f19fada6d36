"""A course's notebooks stand in an order in which they can be done, read from their settings."""

import subprocess
import sys

import pytest

from grader.course.course import Course
from grader.course.road import road
from grader.course.settings import AssignmentError
from tests.support.own_course import OURS

HEAD = "# /// script\n# [tool.grader]\n{}# ///\n\n"
BODY = '# %% question="f"\ndef f(x):\n    # BEGIN SOLUTION\n    return x\n    # END SOLUTION\n'


def course(folder, **settings) -> Course:
    for name, lines in settings.items():
        path = folder / "solutions" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        (folder / "autograder_tests" / name).mkdir(parents=True)
        path.write_text(HEAD.format("".join(f"# {line}\n" for line in lines)) + BODY)
    return Course(folder)


def test_each_notebook_comes_after_those_that_it_builds_on(tmp_path):
    made = course(
        tmp_path, a=['builds_on = ["b"]', "level = 1"], b=["level = 2"], c=[],
        d=['builds_on = ["a", "b"]'],
    )  # fmt: skip
    stops = road(made)
    assert [(s.name, s.place, s.builds_on) for s in stops] == [
        ("c", 0, ()), ("b", 0, ()), ("a", 1, ("b",)), ("d", 2, ("a",)),
    ]  # fmt: skip


def test_what_is_included_is_built_on(tmp_path):
    made = course(tmp_path, a=[], b=[])
    b = made.solution("b")
    b.write_text(b.read_text() + '\n# %% tags=["include"]\nfrom a import f\n')
    assert [(s.name, s.builds_on) for s in road(made)] == [("a", ()), ("b", ("a",))]


def test_what_is_said_and_counted_of_a_notebook_is_read(tmp_path):
    made = course(tmp_path, a=['title = "T"', 'learns = "L."', "hours = 2.5", "level = 3"])
    checks = made.checks("a") / "test_f.py"
    checks.write_text(
        "@points(3)\ndef test_a(): pass\n@points(2)\n@pytest.mark.parametrize('n', [1, 2])\n"
        "def test_b(n): pass\n@points(9)\ndef helper(): pass\n"
    )
    source = made.solution("a")
    source.write_text(source.read_text() + '\n# %% tags=["check"] question="f"\n')
    (stop,) = road(made)
    assert (stop.title, stop.learns, stop.hours, stop.level) == ("T", "L.", 2.5, 3)
    assert (stop.questions, stop.points) == (1, 7)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"a": ['builds_on = ["z"]'], "b": []}, r"a\.py:1: builds_on names z.* There are b\."),
        ({"a": ['builds_on = ["b"]'], "b": ['builds_on = ["a"]']}, "build on each other"),
    ],
)
def test_a_road_that_leads_nowhere_is_the_authors_error(tmp_path, settings, words):
    with pytest.raises(AssignmentError, match=words):
        road(course(tmp_path, **settings))


def test_our_own_notebooks_say_all_of_it_and_have_100_points():
    stops = road(OURS)
    assert [stop.name for stop in stops if not (stop.learns and stop.hours and stop.level)] == []
    assert {stop.points for stop in stops} == {100}


def test_it_needs_no_torch():
    code = (
        "import sys\nfrom pathlib import Path\nfrom grader.course.course import Course\n"
        "from grader.course.road import road\nroad(Course(Path('.')))\n"
        "print({'torch', 'jupytext'} & {*sys.modules})"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=OURS.root
    )
    assert run.stdout.strip() == "set()"
