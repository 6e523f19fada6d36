"""A transcript asks what a hidden check asks, and is carried only where that is fair."""

import pytest
import torch

from grader.checking.solution import Program
from grader.course.assignment import Assignment
from grader.course.settings import AssignmentError
from grader.exchange.transcript import replay
from grader.exchange.transcript.transcript import transcribe
from tests.support.own_course import OURS
from tests.support.small_course import CHECKS, IMPORTS, SOLUTION, write

SCALE = """\
# /// script
# [tool.grader]
# ///

# %%
import torch
from torch import nn

# %% question="Scale"
class Scale(nn.Module):
    def __init__(self, n):
        super().__init__()
        # BEGIN SOLUTION
        self.weight = nn.Parameter(torch.randn(n))
        # END SOLUTION

    def forward(self, x):
        # BEGIN SOLUTION
        return self.weight * x
        # END SOLUTION
"""
SCALES = (
    IMPORTS
    + '''
@question("Scale")
@points(1)
def test_weights_scale(student, draw):
    """Each entry is multiplied by its weight."""
    layer = student.Scale(3)
    draw.fill(layer)
    agree(layer, lambda x: layer.weight * x, draw(2, 3), takes=("x (B, n)",), returns=("y",))
'''
)


def answers(course, name, source):
    """Return what the checks' transcripts say of another solution: the error, or nothing."""
    found = transcribe(course, name)
    names = Program(Assignment.read(course.solution(name))).run_with(source).names
    problems = {}
    for check, calls in found.calls.items():
        try:
            replay.replay(names, calls)
        except Exception as error:
            problems[check] = f"{type(error).__name__}: {error}"
    return problems


def test_the_solution_answers_as_it_did(tmp_path):
    assert answers(*write(tmp_path), "") == {}


def test_wrong_numbers_fail_the_check_that_asks_for_them_and_no_other(tmp_path):
    problems = answers(*write(tmp_path), "def double(x): return 3 * x")
    said = "Otherwise: a result of double has other numbers than the solution's"
    assert problems == {"test_double_is_a_sum": said}


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("def double(x): raise NotImplementedError", "NotImplementedError"),
        ("def double(x): return None", "a NoneType, which is not a tensor"),
        ("def double(x): return (2 * x)[:2]", "is (2,), not (3,)"),
        ("def double(x): return 2 * x, x", "result of double: there should be 1, not 2"),
        ("def double(x): return (2 * x).detach()", "other numbers"),  # no gradient
        ("def double(x): return 2.0001 * x", "other numbers"),
        ("def double(x): return 2 * x + float('nan')", "other numbers"),
    ],
)
def test_a_wrong_answer_is_told_from_a_right_one(tmp_path, source, said):
    (problem,) = answers(*write(tmp_path), source).values()
    assert said in problem


@pytest.mark.parametrize(
    "source",
    [
        "def double(x): return x + x",
        "def double(x): return 2 * x.float()",
        "def double(x): return x @ torch.eye(len(x), dtype=torch.float32) * 2",
        "def double(x):\n    x *= 2\n    return x",
    ],
)
def test_right_answers_in_other_styles_pass(tmp_path, source):
    assert answers(*write(tmp_path), source) == {}


def test_a_module_gets_the_solutions_parameters_and_answers_with_them(tmp_path):
    course, name = write(tmp_path, SCALES, SCALE)
    (call, *_) = transcribe(course, name).calls["test_weights_scale"]
    assert call["state"]["weight"].shape == (3,)
    right = "class Scale(Scale):\n    def forward(self, x): return x * self.weight"
    assert answers(course, name, right) == {}
    wrong = "class Scale(Scale):\n    def forward(self, x): return x + self.weight"
    assert list(answers(course, name, wrong)) == ["test_weights_scale"]


def test_a_gradient_that_does_not_arrive_is_missed(tmp_path):
    cut = "class Scale(Scale):\n    def forward(self, x): return self.weight.detach() * x"
    assert "other numbers" in answers(*write(tmp_path, SCALES, SCALE), cut)["test_weights_scale"]


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("student.beside(lambda names: 1)()", "code of its own beside"),
        ("student.double(torch.nn.Linear(1, 1).weight.sum)", "hands over a builtin"),
        ("assert True", "calls nothing"),
    ],
)
def test_what_cannot_be_written_down_says_why(tmp_path, body, why):
    double = SOLUTION.replace("return 2 * x", "return 2 * x if torch.is_tensor(x) else x()")
    check = f'''
@question("double")
@points(1)
def test_odd(student):
    """Something odd."""
    {body}
'''
    (odd,) = transcribe(*write(tmp_path, IMPORTS + check, double)).checks
    assert why in odd.obstacle


def test_random_answers_are_not_asked_for(tmp_path):
    course, name = write(
        tmp_path, solution=SOLUTION.replace("half = x / 2", "half = x / 2\n    torch.rand(1)")
    )
    assert "test_halves_make_a_whole" in transcribe(course, name).calls
    random = SOLUTION.replace("half = x / 2", "half = torch.rand_like(x)")
    lax = CHECKS.replace(
        "assert torch.equal(student.halve(x) * 2, x)", "assert len(student.halve(x)) == 3"
    )
    found = transcribe(*write(tmp_path / "random", lax, random))
    assert [c.obstacle for c in found.checks if c.question == "halve"] == ["its answers are random"]


def test_what_correct_code_answers_otherwise_is_not_asked_for(tmp_path):
    lax = CHECKS.replace(
        "assert torch.equal(student.halve(x) * 2, x)", "assert len(student.halve(x)) == 3"
    )
    course, name = write(tmp_path, lax)
    variants = course.checks(name) / "variants"
    variants.mkdir()
    (variants / "another.py").write_text("def halve(x): return x / 3\n")
    found = transcribe(course, name)
    assert "test_halves_make_a_whole" not in found.calls
    (why,) = (check.obstacle for check in found.checks if check.obstacle)
    assert why.startswith("variants/another.py, correct code, answers otherwise")


def test_a_solution_that_fails_its_own_check_is_the_authors_error(tmp_path):
    wrong = SOLUTION.replace("return 2 * x", "return 3 * x")
    with pytest.raises(AssignmentError, match="does not pass test_double_is_a_sum"):
        transcribe(*write(tmp_path, solution=wrong))


def test_the_same_course_gives_the_same_transcripts_and_another_one_others(tmp_path):
    course, name = write(tmp_path / "one")
    once, again = (replay.dump(transcribe(course, name).calls) for _ in range(2))
    assert once == again
    other, _ = write(tmp_path / "other")
    assert replay.dump(transcribe(other, name).calls) != once


def test_what_is_written_can_be_read(tmp_path):
    calls = transcribe(*write(tmp_path)).calls
    (read,) = replay.load(replay.dump(calls))["test_double_is_a_sum"]
    (call,) = calls["test_double_is_a_sum"]
    assert torch.equal(read["answers"][0][0], call["answers"][0][0])
    assert read["kwargs"] == call["kwargs"] == {}


def test_most_of_the_strength_on_attention_is_kept():
    found = transcribe(OURS, "attention")
    assert found.mistakes > 150
    assert found.caught > 0.9 * found.mistakes
    assert [c.check for c in found.checks if c.obstacle] == [
        "test_there_are_no_other_parameters", "test_dropout_acts_on_the_weights_in_training",
    ]  # fmt: skip


def test_texts_are_told_apart_and_dicts_are_read_by_their_keys():
    def said(value):
        return [tensor.tolist() for tensor in replay._tensors(value)]

    assert said(["ab", 3]) == [[97.0, 98.0], 3.0]
    assert said("ab") != said("ba") and said("") == [[]]
    assert said({"b": 2, "a": 1}) == said({"a": 1, "b": 2}) == [1.0, 2.0]
