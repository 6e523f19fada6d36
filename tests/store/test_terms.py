"""A folder of results remembers how it was asked for, says so, and names whom a change concerns."""

import csv
import json
import os
from datetime import datetime
from pathlib import Path

import pytest

from grader.store.store import Store
from grader.store.terms import Terms
from tests.support.commands import run
from tests.support.judges import Judges

RULE = "score * (1 - 0.1 * days)"


@pytest.fixture
def course(folder: Path, judges: Judges) -> Path:
    """A course; kim has handed in on time and once more two days later, lee on time."""
    for number, name in enumerate(("kim_1_7_a.ipynb", "kim_1_8_a-1.ipynb", "lee_2_9_a.ipynb")):
        path = folder / "in" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)
        moment = datetime(2026, 11, 22 if number == 1 else 19, 12).timestamp()
        os.utime(path, (moment, moment))
    return folder


def grade(course: Path, *options: object, code: int = 0) -> str:
    return run(
        course, "grade", course / "in", "-a", "doubling", "-o", course / "out", "-j", 1, *options,
        code=code,
    )  # fmt: skip


def files(course: Path) -> dict[str, str]:
    with (course / "out" / "grades.csv").open(encoding="utf-8") as table:
        return {row["student"]: row["file"] for row in csv.DictReader(table)}


ASKED = ("--names", "canvas", "--deadline", "2026-11-20 23:59 UTC", "--late", RULE)


def test_what_is_not_said_again_is_as_before_and_is_printed(course):
    (course / "roster.csv").write_text("id,name\n1,Kim\n3,Park\n")
    assert "As before" not in grade(course, *ASKED, "--roster", course / "roster.csv")
    assert files(course) == {"1": "kim_1_7_a.ipynb", "2": "lee_2_9_a.ipynb"}
    said = grade(course)
    assert "As before: --names canvas, --deadline '2026-11-20 23:59 UTC'" in said
    assert f"--late '{RULE}'" in said and "roster.csv (2)" in said
    assert "nothing submitted: 3 Park" in said and "not in the roster: 2" in said
    assert files(course) == {"1": "kim_1_7_a.ipynb", "2": "lee_2_9_a.ipynb"}
    assert run(course, "diff", course / "out") == "No score moved."


def test_what_is_said_anew_counts_from_then_on_and_the_change_is_printed(course):
    grade(course, *ASKED)
    said = grade(course, "--late", "score / 2", "--lang", "en")
    assert f"changed: --late 'score / 2', before: '{RULE}'" in said
    assert "As before: --names canvas, --deadline" in said and "--late 'score / 2'" in grade(course)


def test_another_file_than_before_is_named_with_exit_code_3_and_in_the_diff(course):
    grade(course, *ASKED)
    said = grade(course, "--deadline", "none", code=3)
    assert "changed: --deadline none, before: '2026-11-20 23:59 UTC'" in said
    moved = "kim_1_7_a.ipynb (2026-11-19 12:00:00) → kim_1_8_a-1.ipynb (2026-11-22 12:00:00)"
    assert f"another file of 1 counts than before: {moved}" in said
    assert "1 has another file that counts than before: look at `grader diff`." in said
    assert files(course)["1"] == "kim_1_8_a-1.ipynb"
    said = run(course, "diff", course / "out", code=1)
    assert f"1: 5 → 5 handed in another file: {moved}" in said
    assert said.endswith("0 moved, and 1 handed in otherwise")
    assert "another file" not in grade(course).replace("another file of 1, ", "")


def test_a_deadline_that_is_forgotten_makes_nobody_late(course):
    late = ("--deadline", "2026-11-18", *ASKED[:2], *ASKED[4:])
    grade(course, *late)
    with Store(course / "out" / "grades.sqlite") as store:
        assert {standing.student: standing.hours for standing in store.standings()}["2"] > 12
    grade(course, "--deadline", "none", code=0)
    with Store(course / "out" / "grades.sqlite") as store:
        assert {standing.hours for standing in store.standings()} == {0}
        assert Terms.of(store) == Terms("canvas", "", RULE)
    assert "2: 4.5 → 5" in run(course, "diff", course / "out", code=1)


def test_machines_are_told_of_whom_another_file_counts(course):
    grade(course, *ASKED)
    said = grade(course, "--deadline", "none", "--json", code=3)
    (found, _) = json.JSONDecoder().raw_decode(said[said.index('{"assignment"') :])
    assert found["another_file"] == ["1"] and found["exit_code"] == 3


def test_a_roster_is_read_anew_and_outlives_its_file(course):
    roster = course / "roster.csv"
    roster.write_text("id,name\n1,Kim\n")
    assert "not in the roster: 2" in grade(course, *ASKED, "--roster", roster)
    roster.write_text("id,name\n1,Kim\n2,Lee\n3,Park\n")
    said = grade(course)
    assert "roster: 2" not in said and "nothing submitted: 3 Park" in said
    roster.unlink()
    said = grade(course)
    assert "roster.csv is gone: the roster is as it was" in said
    assert "nothing submitted: 3 Park" in said
    assert "Park" not in grade(course, "--roster", "none")
    assert "is not a file" in grade(course, "--roster", course / "nowhere.csv", code=2)


def test_who_is_not_among_the_files_of_today_is_said(course):
    grade(course, *ASKED)
    (course / "in" / "lee_2_9_a.ipynb").unlink()
    assert "not among these files, and as before: 1 (2)" in grade(course)
    assert files(course).keys() == {"1", "2"}


def test_a_deadline_that_cannot_be_read_is_refused_with_an_example(course):
    said = grade(course, "--deadline", "next week", code=2)
    assert "not a deadline; one is such as 2026-11-20 23:59" in said
    assert not (course / "out").exists()


def names(course) -> dict[str, str]:
    with (course / "out" / "grades.csv").open(newline="") as table:
        return {row["student"]: row["name"] for row in csv.DictReader(table)}


def test_names_of_the_roster_are_shown_until_they_are_not_wanted(course):
    (course / "roster.csv").write_text("id,name\n1,Kim\n3,Park\n")
    grade(course, *ASKED, "--roster", course / "roster.csv")
    page = course / "out" / "1" / "feedback.html"
    assert names(course) == {"1": "Kim", "2": ""} and "Kim" in page.read_text()
    assert "--anonymous" in grade(course, *ASKED, "--anonymous") + grade(course, *ASKED)
    assert names(course) == {"1": "", "2": ""} and "Kim" not in page.read_text()
    grade(course, *ASKED, "--with-names")
    assert names(course)["1"] == "Kim" and "Kim" in page.read_text()


def test_an_address_for_requests_is_in_every_page_until_it_is_cleared(course):
    grade(course, *ASKED, "--contact", "ta@course.edu")
    page = course / "out" / "1" / "feedback.html"
    assert "mailto:ta@course.edu?" in page.read_text()
    assert "--contact ta@course.edu" in grade(course)
    assert "mailto:ta@course.edu?" in page.read_text()
    grade(course, "--contact", "none")
    assert "mailto:" not in page.read_text()
    for wrong in ("ta", "a@b?bcc=c@d", "Ta <ta@course.edu>", "a@b\nc"):
        assert "is not an address like" in grade(course, "--contact", wrong, code=2)
