"""An author is told of code between questions that every submission would run."""

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.assignment import Assignment
from grader.course.handed import handed_over
from tests.support.own_course import OURS
from tests.support.small_course import SOLUTION, write

HELPERS = """
# %%
class Watch:
    def __init__(self, function):
        self.function = function

    def run(self):
        return [self.function(x) for x in range(9)]

def plot(function):
    return [function(x) for x in range(9)]

"""


def found(tmp_path, code: str) -> list[tuple[int, str]]:
    course, name = write(tmp_path, solution=SOLUTION + HELPERS + code)
    return [*handed_over(Assignment.read(course.solution(name)))]


@pytest.mark.parametrize(
    ("code", "texts"),
    [
        ("watch = Watch(double)\nwatch.run()", ["watch = Watch(double)", "watch.run()"]),
        (
            "both = [double, halve]\nfor f in both: f(1)",
            ["both = [double, halve]", "for f in both:"],
        ),
    ],
)
def test_a_graded_name_that_is_handed_on_is_found_with_its_line(tmp_path, code, texts):
    line = (SOLUTION + HELPERS).count("\n") + 1
    assert found(tmp_path, code) == [(line, texts[0]), (line + 1, texts[1])]


@pytest.mark.parametrize(
    "code",
    [
        "print(double(2))", "y = double(2)", "plot(double)", "torch.manual_seed(0)", "",
        "watch = Watch(lambda x: double(x))\nwatch.run()",
    ],
)  # fmt: skip
def test_what_only_calls_it_is_not(tmp_path, code):
    assert found(tmp_path, code) == []


def test_our_own_hand_nothing_on():
    handed = {name: [*handed_over(Assignment.read(OURS.solution(name)))] for name in OURS.names()}
    assert {name: some for name, some in handed.items() if some} == {}


def test_building_remarks_on_it_and_goes_on(tmp_path):
    solution = SOLUTION + HELPERS + "watch = Watch(double)\nwatch.run()\n"
    course, _ = write(tmp_path, solution=solution)
    said = CliRunner().invoke(main, ["--course", str(course.root), "build"])
    assert said.exit_code == 0 and "every submission will run this" in said.output
    assert "watch = Watch(double)" in said.output
