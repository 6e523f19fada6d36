"""What `grader check` says: a heading for each question, each cause once, and what to do next."""

import io

from rich.console import Console

from grader.cli.practice import Practice, Tried
from grader.cli.practised import show
from grader.model.language import speaker

HELD = Tried("It holds.", "f")
OFF = Tried("It is six.", "f", "yours is five", hints=("Count.", "Again."))
RAISES = Tried("It runs.", "f", "TypeError: no", ("code cell 1, line 2, in f: x()",))
AGAIN = Tried("It runs twice.", "f", "TypeError: no", RAISES.where)
BLANK = Tried("It is there.", "g", blank="g")


def said(*tried: Tried, hints: int = 0, language: str = "en", **more) -> list[str]:
    out = io.StringIO()
    console = Console(file=out, width=40)
    show(Practice(tried, **more), console, speaker(language), hints)
    return out.getvalue().rstrip().split("\n")


def test_each_question_has_its_heading_with_a_count_and_the_whole_has_one():
    assert said(HELD, OFF, BLANK) == [
        "", "f · 1 of 2", "  ✓ It holds.", "  ✗ It is six.", "      yours is five",
        "", "g · 0 of 1", "  – not filled in yet", "      1 check waits for this",
        "", "1 of 3 checks pass.", "0 of 2 questions pass their checks.",
        "Next: “It is six.” Run this check in your notebook, where you can print what you get. "
        "It has 2 hints: add --hints 1.",
    ]  # fmt: skip


def test_one_cause_is_told_once_wherever_it_strikes():
    elsewhere = (
        Tried("Then.", "h", "TypeError: no", ("code cell 3, line 1, in h: f()", *RAISES.where)),
        Tried("There.", "h", blank="g"), Tried("Too.", "h", blank="g"),
    )  # fmt: skip
    found = said(RAISES, AGAIN, *elsewhere)
    assert found[1:12] == [
        "f · 0 of 2", "  ✗ It runs.", "      TypeError: no",
        "      code cell 1, line 2, in f: x()", "      1 check waits for this",
        "", "h · 0 of 3", "  ✗ The same as in f.", "      1 check waits for this",
        "  – g is not filled in yet", "      2 checks wait for this",
    ]  # fmt: skip


def test_hints_come_as_many_as_are_asked_for_and_then_no_more_are_offered():
    assert "      Hint 1 of 2" in said(OFF, hints=1) and "        Count." in said(OFF, hints=1)
    assert "      Hint 2 of 2" not in said(OFF, hints=1)
    assert said(OFF, hints=1)[-1].endswith("add --hints 2.")
    assert "Hint 2 of 2" in "".join(said(OFF, hints=2)) and "--hints" not in said(OFF, hints=2)[-1]


def test_a_blank_is_the_next_thing_to_write_and_what_is_right_is_handed_in():
    assert said(BLANK, OFF)[-1] == "Next: write g."
    assert said(HELD)[-2:] == [
        "1 of 1 questions pass their checks.",
        "Next: hand it in. Grading may ask more than these checks do.",
    ]


def test_of_a_notebook_without_checks_a_fresh_copy_is_the_next_thing():
    (line,) = said()
    assert "no check cells any more" in line and "Next: get a fresh copy" in line


def test_a_notebook_that_names_no_questions_has_no_headings():
    assert said(Tried("It holds."), remarks=("odd",)) == [
        "! odd", "  ✓ It holds.", "", "1 of 1 checks pass.",
        "Next: hand it in. Grading may ask more than these checks do.",
    ]  # fmt: skip


def test_what_a_student_has_written_is_harmless_and_no_markup():
    odd = Tried("[bold] x", "f", "\x1b[2J[red]two\nlines")
    assert said(odd)[2:5] == ["  ✗ [bold] x", "      [red]two", "      lines"]


def test_all_of_it_is_korean_as_well():
    tried = [Tried("ㄱ", "ㄴ", "ㄷ", hints=("ㄹ",)), Tried("ㄱ", "ㅁ", blank="ㅁ"),
             Tried("ㄱ", "ㅂ", "ㄷ", ("ㅅ",)), Tried("ㅇ", "ㅈ", blank="ㅁ"),
             Tried("ㅊ", "ㅈ", "ㄷ", ("ㅅ",))]  # fmt: skip
    for hints in (0, 1):
        text = "".join(said(*tried, hints=hints, language="ko")).replace("--hints", "")
        assert not any(letter.isascii() and letter.isalpha() for letter in text), text
