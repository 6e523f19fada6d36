"""A failure is explained by the known mistake that ends in the same, and by no other."""

import json
import tomllib
from itertools import count
from pathlib import Path

import pytest

from grader.checking.collect import run_session
from grader.checking.explain import Bank
from grader.checking.session import Session
from grader.checking.solution import Program
from grader.course.assignment import Assignment
from grader.model.result import Result, Status
from grader.report.sanitize import whole
from grader.sandbox.host.loaded import Loaded
from grader.sandbox.host.student import Student
from grader.verify.candidate import Candidate
from tests.support.small_course import write

CHECKS = '''
import torch
from grader.checks import Failure, agree, call, points, question

@question("double")
@points(1)
def test_shape(student, draw):
    """The shape stays."""
    call(student.double, draw(3), shapes={"twice (n)": (3,)})

@question("double")
@points(1)
def test_double(student, draw):
    """The result is the input plus itself."""
    agree(student.double, lambda x: x + x, draw(3), takes=("x (n)",), returns=("twice (n)",))

@question("double")
@points(1)
def test_any_size(student, draw):
    """One number will do."""
    agree(student.double, lambda x: x + x, draw(1), takes=("x (n)",), returns=("twice (n)",))

@question("halve")
@points(1)
def test_halve(student, draw):
    """Half, and nothing is printed."""
    agree(student.halve, lambda x: x / 2, draw(3), takes=("x (n)",), returns=("half (n)",))
    if "noise" in student.names:
        raise Failure("It prints.")
'''


def entry(name: str, new: str, sentence: str = "", old: str = "2 * x", more: str = "") -> str:
    """Return one [[mistake]] in `double`."""
    return f"""
[[mistake]]
name = "{name}"
question = "double"
sentence = "{sentence or name}"
replace = {json.dumps(old)}
with = {json.dumps(new)}
{more}
"""


TRIPLED = entry("tripled", "3 * x", "x is tripled")
SHIFTED = entry("shifted", "    return 1 + ", "1 is added", old="    return ")
SQUEEZED = entry("squeezed", "(2 * x).squeeze()", "squeeze() is used")
EMPTIED = entry("emptied", "(2 * x).squeeze() if len(x) == 1 else x[0]", "only one is left")


@pytest.fixture
def results(tmp_path):
    """Return a function that judges a `double` with this expression, and gives all Results."""

    numbers = count()

    def results(
        expression: str, mistakes: str = "", more: str = "", checks: str = CHECKS, wrap=lambda s: s
    ) -> dict[str, Result]:
        course, name = write(tmp_path / str(next(numbers)), checks)
        assignment, found = Assignment.read(course.solution(name)), {}
        (course.checks(name) / "mistakes.toml").write_text(mistakes, "utf-8")

        def work(session: Session) -> None:
            student = Program(assignment).run_with(f"def double(x): return {expression}\n{more}")
            found.update({r.check: r for r in session.results(wrap(student), b"a key", [])})

        run_session(assignment, course.checks(name), work)
        return found

    return results


def test_without_a_file_there_are_no_mistakes(tmp_path):
    course, name = write(tmp_path)
    assignment = Assignment.read(course.solution(name))
    assert Bank.read(course.checks(name) / "mistakes.toml", assignment).mistakes == ()


def test_the_mistake_that_gives_the_same_numbers_is_the_hypothesis(results):
    found = results("x + x + x", SQUEEZED + TRIPLED)["test_double"]
    assert whole(found).endswith(
        "\nHypothesis: x is tripled. That gives exactly your numbers."
    ) and whole(found).startswith("double with `x` (n=3): `twice` is 1.5 ×")
    assert found.mistake == "tripled"


def test_other_numbers_have_no_hypothesis(results):
    found = results("4 * x", TRIPLED)["test_double"]
    assert found.status is Status.FAILED and whole(found)
    assert "Hypothesis" not in whole(found) and not found.mistake


def test_two_mistakes_may_come_together(results):
    found = results("1 + 3 * x", SQUEEZED + SHIFTED + TRIPLED)["test_double"]
    assert "Hypothesis: 1 is added, and x is tripled." in whole(found)
    assert found.mistake == "shifted + tripled"


def test_mistakes_that_cannot_come_together_are_left_out(results):
    four = entry("quadrupled", "4 * x")
    found = results("1 + 4 * x", TRIPLED + four + SHIFTED)["test_double"]
    assert found.mistake == "quadrupled + shifted"


def test_mistakes_that_never_end_hold_up_no_judge(results, monkeypatch):
    monkeypatch.setattr(Bank, "_seconds", lambda self, mistakes: 0.05)
    endless = entry("endless", "sum(0 for _ in iter(int, 1))", "it is counted for ever")
    found = results("x + x + x", endless + TRIPLED)["test_double"]
    assert (found.status, found.mistake) == (Status.FAILED, "tripled")


def test_one_sentence_for_the_same_numbers_is_said_once(results):
    also = entry("also_tripled", "x + x + x", "x is tripled")
    found = results("3 * x", TRIPLED + also)["test_double"]
    assert whole(found).count("x is tripled") == 1 and " or " not in whole(found)
    assert found.mistake == "tripled / also_tripled"


def test_sentences_that_no_check_tells_apart_are_all_said(results):
    others = "".join(entry(name, "x + x + x") for name in ("second", "third"))
    found = results("3 * x", TRIPLED + others)["test_double"]
    assert "Hypothesis: x is tripled, or second, or third. That" in whole(found)


LATER = entry("later", "3 * x if len(x) > 1 else 4 * x", "one number is taken four times")


def test_mistakes_with_the_same_numbers_are_told_apart_by_the_checks_that_were_not_run(results):
    assert results("3 * x", LATER + TRIPLED)["test_double"].mistake == "tripled"
    assert results(LATER_CODE, LATER + TRIPLED)["test_double"].mistake == "later"
    found = results("3 * x if len(x) > 1 else x", LATER + TRIPLED)["test_double"]
    assert not found.mistake and "Known" not in whole(found)


LATER_CODE = "3 * x if len(x) > 1 else 4 * x"
TWO = '''
import torch
from grader.checks import call, equal, points, question

@question("double")
@points(1)
def test_double(student, draw):
    """The first result is the input plus itself."""
    x = draw(3)
    twice, _ = call(student.double, x, shapes={"twice (n)": (3,), "more": (3,)})
    equal(twice, x + x, "It is wrong", "twice")
'''


def test_numbers_that_the_check_does_not_look_at_tell_nothing_against_a_mistake(results):
    pair = entry("tripled", "3 * x, x", "x is tripled")
    assert results("3 * x, 5 * x", pair, checks=TWO)["test_double"].mistake == "tripled"


def test_of_mistakes_that_look_alike_one_with_all_numbers_is_preferred(results):
    pair = entry("tripled", "3 * x, x") + entry("both", "3 * x, 5 * x")
    assert results("3 * x, 5 * x", pair, checks=TWO)["test_double"].mistake == "both"


def test_what_is_equivalent_is_no_hypothesis(results):
    assert not results("3 * x", TRIPLED + "equivalent = true\n")["test_double"].mistake


def test_a_mistake_that_fails_what_was_passed_is_no_hypothesis(results):
    found = results("(2 * x).squeeze()", EMPTIED + SQUEEZED)["test_any_size"]
    assert "an axis of size 1 has disappeared" in whole(found)  # a wrong shape is explained, too
    assert found.mistake == "squeezed"


SILENT = entry("silent", "x * 0.5", old="x / 2").replace('"double"', '"halve"')
NOISY = entry("noisy", "noise = True\ndef halve", old="def halve").replace('"double"', '"halve"')


def test_right_numbers_alone_explain_nothing(results):
    found = results("2 * x", SILENT, "noise = True")["test_halve"]
    assert whole(found) == "It prints." and not found.mistake


def test_an_equal_finding_is_not_called_the_cause(results):
    found = results("2 * x", SILENT + NOISY, "noise = True")["test_halve"]
    assert whole(found) == (
        "It prints.\nKnown to end like this: noisy. Yours may have another cause."
    )
    assert not found.mistake and not found.hypothesis


CRASHES = "undefined * x if len(x) > 1 else 2 * x"


def test_what_crashes_alike_is_known_to_end_so_if_everything_else_ends_alike(results):
    crash = entry("crash", CRASHES)
    found = results(CRASHES, crash, wrap=Candidate)["test_shape"]
    said = "Known to end like this: crash. Yours may have another cause."
    assert whole(found) == f"{said}\nNameError: name 'undefined' is not defined"
    other = results("undefined * x", crash, wrap=Candidate)["test_shape"]
    assert "NameError" in whole(other) and "Known" not in whole(other), (
        "it ends otherwise for one number"
    )


def test_a_question_is_explained_once(results):
    found = results("3 * x", TRIPLED)
    assert found["test_double"].mistake and found["test_any_size"].status is Status.FAILED
    assert not found["test_any_size"].mistake


def test_what_passes_costs_nothing(results, monkeypatch):
    monkeypatch.delattr(Bank, "explain")
    assert all(r.status is Status.PASSED for r in results("x + x", TRIPLED).values())


def test_after_the_first_submission_only_likely_mistakes_are_tried(tmp_path, monkeypatch):
    course, name = write(tmp_path, CHECKS)
    bank = [TRIPLED, SHIFTED, *(entry(f"times_{n}", f"{n} * x") for n in range(4, 30))]
    (course.checks(name) / "mistakes.toml").write_text("".join(bank), "utf-8")
    assignment, tried, found = Assignment.read(course.solution(name)), [], []
    ending = Bank._ending

    def counted(self, *given, **more):
        tried[-1] += 1
        return ending(self, *given, **more)

    def work(session: Session) -> None:
        for number, expression in enumerate(("3 * x", "7 * x", "x / 7", "8 * x", "x / 7")):
            tried.append(0)
            student = Program(assignment).run_with(f"def double(x): return {expression}")
            results = session.results(student, b"key %d" % number, [])
            found.append(next(r.mistake for r in results if r.status is Status.FAILED))

    monkeypatch.setattr(Bank, "_ending", counted)
    run_session(assignment, course.checks(name), work)
    assert found == ["tripled", "times_7", "", "times_8", ""]
    first, second, unknown, third, again = tried
    assert first > len(bank) and unknown > 91, "each is known after it has been run once"
    assert max(second, third, again) < 5


def test_numbers_in_float32_are_recognised(results):
    assert results("(x.float() * 3).double()", TRIPLED)["test_double"].mistake == "tripled"


def test_nan_shows_no_cause(results):
    broken = entry("broken", "2 * x / 0 * 0")
    found = results("x * float('nan')", broken)["test_double"]
    assert "Known to end like this: broken." in whole(found) and not found.mistake


def test_a_mistake_that_cannot_be_loaded_costs_no_grade(results):
    broken = (
        entry("broken", "    raise_at_once()\n    return ", old="    return ")
        .replace('"    return "', '"def double(x):"')
        .replace('"    raise_at_once()\\n    return "', '"1 / 0\\ndef double(x):"')
    )
    assert results("3 * x", broken + TRIPLED)["test_double"].mistake == "tripled"


# the bank of attention

ROOT = Path(__file__).parents[2]
HIDDEN = ROOT / "autograder_tests" / "attention"
ENTRIES = {e["name"]: e for e in tomllib.loads((HIDDEN / "mistakes.toml").read_text())["mistake"]}
MISTAKES = [name for name, e in ENTRIES.items() if not e.get("equivalent")]
VARIANTS = [path.stem for path in sorted(HIDDEN.glob("variants/*.py"))]
SAMPLE = [
    "scale_d", "softmax_over_axis_1", "mask_fills_tiny", "scale_floor_division",
    "dropout_never_off", "output_and_weights_squeezed", "output_and_scores",
    "gradient_of_keys_cut", "half_precision",
    "split_by_view_alone", "split_squeezed", "merge_interleaved", "merge_adds_heads",
    "scale_d_model", "merged_without_transpose", "value_from_key_input", "one_projection",
    "dropout_in_evaluation", "dropout_on_heads", "linear_made_in_forward", "keys_mixed",
]  # fmt: skip


@pytest.fixture(scope="module")
def attention() -> dict[str, list[Result]]:
    """What comes of a sample of mistakes; `grader verify attention` makes all, and the variants."""
    assignment, found = Assignment.read(ROOT / "solutions" / "attention.py"), {}

    def work(session: Session) -> None:
        for mistake in session.bank.mistakes:
            if mistake.name in SAMPLE:
                student = session.bank.solution(mistake)
                found[mistake.name] = list(session.results(student, b"a key", []))

    run_session(assignment, HIDDEN, work)
    return found


@pytest.mark.parametrize("name", SAMPLE)
def test_a_mistake_costs_points_in_its_own_question_only(attention, name):
    lost = {r.question for r in attention[name] if r.earned < r.points}
    assert lost == {ENTRIES[name]["question"]}
    assert all(r.status is not Status.GRADER_ERROR for r in attention[name])


@pytest.mark.parametrize("name", SAMPLE)
def test_a_mistake_is_explained_by_its_own_sentence(attention, name):
    (said,) = (r for r in attention[name] if r.mistake)
    assert f"Hypothesis: {ENTRIES[name]['sentence']}. That " in whole(said)
    assert name in said.mistake.split(" / ")


def test_the_bank_is_as_large_as_it_should_be():
    def count(*questions: str) -> int:
        return sum(ENTRIES[name]["question"] in questions for name in MISTAKES)

    assert count("ScaledDotProductAttention") >= 35
    assert count("split_heads", "merge_heads", "MultiHeadAttention") >= 40
    assert len(VARIANTS) >= 8


@pytest.mark.parametrize(
    ("name", "words"),
    [("dropout_in_evaluation", "Hypothesis: "), ("mask_bool_only", "Known to end like this: ")],
)
def test_code_in_the_sandbox_is_explained_even_where_it_is_random_or_crashes(zygote, name, words):
    assignment, found = Assignment.read(ROOT / "solutions" / "attention.py"), []

    def work(session: Session) -> None:
        (mistake,) = (m for m in session.bank.mistakes if m.name == name)
        code = [c for c in assignment.cells if c.kind == "code" and not c.is_check]
        cells = [
            {"cell_type": "code", "source": source, "metadata": {}, "outputs": []}
            for source in (
                mistake.made_in(c.source) if c.question == mistake.question else c.source
                for c in code
            )
        ]
        book = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        data = json.dumps(book).encode()
        with Loaded(zygote, data, assignment.questions, assignment.limits) as loaded:
            found.extend(session.results(Student(loaded), b"a key", []))

    run_session(assignment, HIDDEN, work)
    said = words + ENTRIES[name]["sentence"]
    assert sum(said in whole(r) for r in found) == 1
