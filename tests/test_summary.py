"""A class in numbers, for people at the terminal and for machines."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli import main
from grader.run import INTERRUPTED, NOT_ALL_JUDGED
from grader.store import Store
from grader.summary import FULL, MEANINGS, PERSON, Summary, outcome
from grader.terminal import console, outcomes, watched
from grader.verdict import Status
from grader.words import speaker
from tests.judges import RESULTS as OTHERS
from tests.judges import Judges
from tests.reports import RESULTS, a_class, a_report, ours, with_results
from tests.test_cli import Result

FAULTY = (replace(OTHERS[0], status=Status.GRADER_ERROR), *OTHERS[1:])


def grade(folder: Path, *options: str) -> Result:
    files = [str(path) for path in sorted(folder.glob("*.ipynb"))]
    words = ["grade", *files, "-a", "doubling", "-o", str(folder / "out"), "-j", "1", *options]
    result = CliRunner().invoke(main, ["--course", str(folder), *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


@pytest.mark.parametrize(
    ("report", "ending"),
    [
        (with_results(Status.PASSED), FULL),
        (a_report(), Status.FAILED),
        (a_report(results=RESULTS[3:]), Status.STUDENT_ERROR),
        (with_results(Status.TIMED_OUT), Status.TIMED_OUT),
        (with_results(Status.NOT_RUN), Status.NOT_RUN),
        (with_results(Status.NOT_RUN, message="?"), Status.NOT_RUN),
        (replace(with_results(Status.NOT_RUN), problem="No notebook."), PERSON),
        (ours(), PERSON),
    ],
)
def test_a_submission_ends_as_its_first_failure_does(report, ending):
    assert outcome(report) == ending
    assert ending in outcomes(str) and ending in outcomes(speaker("ko"))


def test_counts_say_how_submissions_and_checks_ended():
    summary = Summary()
    for report in (*a_class(4), ours()):
        summary.add(report)
    said = json.loads(summary.as_json("attention", Path("out"), 3, NOT_ALL_JUDGED))
    assert said["submissions"] == 5 and said["judged_now"] == 3
    assert said["outcomes"] == {"failed": 2, "for_a_person": 1, "full_marks": 2}
    assert said["checks"]["passed"] == 15 and said["checks"]["grader_error"] == 1
    assert said["for_a_person"] == ["oh.jimin"]
    assert said["mean_score"] == 5.5 and said["max_score"] == 10


def test_a_class_without_scores_has_no_mean():
    said = json.loads(Summary().as_json("attention", Path("out"), 0, 0))
    assert said["mean_score"] is None and said["submissions"] == 0


def test_every_exit_code_of_a_run_has_a_meaning():
    assert MEANINGS.keys() == {0, NOT_ALL_JUDGED, INTERRUPTED}


def test_json_is_all_that_stdout_gets(folder, judges):
    result = grade(folder, "--json")
    (line,) = result.stdout.splitlines()
    said = json.loads(line)
    assert result.exit_code == said["exit_code"] == 0 and said["meaning"] == MEANINGS[0]
    assert said["assignment"] == "doubling" and said["judged_now"] == 2  # two have handed in one
    assert said["submissions"] == 3 and said["outcomes"] == {"full_marks": 3}
    for name in ("scores", "report", "store"):
        assert Path(said[name]).is_file()
    assert "3 of 3 submissions" in result.stderr and "Results" in result.stderr
    assert json.loads(grade(folder, "--json").stdout)["judged_now"] == 0


def test_json_says_who_needs_a_person(folder, monkeypatch):
    monkeypatch.setattr("grader.batch.grade", Judges(results=FAULTY).grade)
    result = grade(folder, "--json")
    said = json.loads(result.stdout)
    assert result.exit_code == said["exit_code"] == NOT_ALL_JUDGED
    assert said["for_a_person"] == ["kim", "lee", "park"]


def test_after_json_the_terminal_is_as_before(folder, judges):
    grade(folder, "--json")
    assert "3 of 3 submissions" in grade(folder).stdout


def test_where_grading_cannot_begin_stdout_stays_empty(folder, judges):
    (folder / "out").mkdir()
    (folder / "out" / "grades.sqlite").write_text("no database, but long enough to be one" * 9)
    result = grade(folder, "--json")
    assert result.exit_code == 4 and result.stdout == "" and "no store of grades" in result.stderr


def test_the_folder_remembers_its_language(folder, judges):
    out = folder / "out"
    assert "제출물 3개 중 3개" in grade(folder, "--lang", "ko").stdout
    page = out / "kim" / "feedback.html"
    assert '<html lang="ko">' in page.read_text() and "검사 3개 중" in page.read_text()
    table = folder / "decisions.csv"
    table.write_text("id,question,points,comment\nkim,double,0,Well.\n")
    command = ["--course", str(folder), "override", str(out), str(table)]
    assert CliRunner().invoke(main, command).exit_code == 0
    assert '<html lang="ko">' in page.read_text() and "Well." in page.read_text()
    assert "이미 채점됨 2개" in grade(folder).stdout
    assert "3 of 3 submissions" in grade(folder, "--lang", "en").stdout
    assert '<html lang="en">' in page.read_text()
    assert '<html lang="en">' in (out / "report.html").read_text()


def test_the_language_changes_neither_grades_nor_what_gradescope_reads(folder, judges):
    grade(folder)
    names = ("grades.csv", "kim/results.json")
    before = [(folder / "out" / name).read_bytes() for name in names]
    grade(folder, "--lang", "ko")
    assert [(folder / "out" / name).read_bytes() for name in names] == before


def test_a_store_speaks_english_until_it_is_told(tmp_path):
    with Store(tmp_path / "grades.sqlite", make=True) as store:
        assert store.language == "en"
        store.language = "ko"
    with Store(tmp_path / "grades.sqlite") as store:
        assert store.language == "ko"


def test_the_progress_line_shows_rate_and_how_submissions_ended(monkeypatch, capsys):
    monkeypatch.setattr(console, "_force_terminal", True, raising=False)
    monkeypatch.setattr("grader.terminal.console.width", 160)
    reports = [*a_class(4), ours()]
    assert list(watched(reports, "Attention", 5)) == reports
    said = capsys.readouterr().out
    assert "5/5" in said and "/s" in said
    assert "2 full marks" in said and "2 not right yet" in said and "1 for a person" in said
