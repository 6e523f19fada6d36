"""`grader grade` speaks to machines in JSON, and to people in the language of the folder."""

import json
from dataclasses import replace
from pathlib import Path

from click.testing import CliRunner

from grader.cli.main import main
from grader.model.errors import ExitCode
from grader.model.message import Message
from grader.model.result import Status
from grader.store.store import Store
from tests.cli.test_main import Result
from tests.support.judges import RESULTS as OTHERS
from tests.support.judges import Judges

FAULTY = (replace(OTHERS[0], status=Status.GRADER_ERROR), *OTHERS[1:])


def grade(folder: Path, *options: str) -> Result:
    files = [str(path) for path in sorted(folder.glob("*.ipynb"))]
    words = ["grade", *files, "-a", "doubling", "-o", str(folder / "out"), "-j", "1", *options]
    result = CliRunner().invoke(main, ["--course", str(folder), *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_json_is_all_that_stdout_gets(folder, judges):
    result = grade(folder, "--json")
    (line,) = result.stdout.splitlines()
    said = json.loads(line)
    assert result.exit_code == said["exit_code"] == 0 and said["meaning"] == ExitCode.FINE.meaning
    assert said["assignment"] == "doubling" and said["judged_now"] == 2  # two have handed in one
    assert said["submissions"] == 3 and said["outcomes"] == {"full_marks": 3}
    for name in ("scores", "report", "store"):
        assert Path(said[name]).is_file()
    assert "3 of 3 submissions" in result.stderr and "Results" in result.stderr
    assert json.loads(grade(folder, "--json").stdout)["judged_now"] == 0


def test_json_says_who_needs_a_person(folder, monkeypatch):
    monkeypatch.setattr("grader.judging.batch.grade", Judges(results=FAULTY).grade)
    result = grade(folder, "--json")
    said = json.loads(result.stdout)
    assert result.exit_code == said["exit_code"] == ExitCode.PERSON
    assert said["for_a_person"] == ["kim", "lee", "park"]


def test_after_json_the_terminal_is_as_before(folder, judges):
    grade(folder, "--json")
    assert "3 of 3 submissions" in grade(folder).stdout


def test_where_grading_cannot_begin_stdout_stays_empty(folder, judges):
    (folder / "out").mkdir()
    (folder / "out" / "grades.sqlite").write_text("no database, but long enough to be one" * 9)
    result = grade(folder, "--json")
    assert result.exit_code == 4 and result.stdout == "" and "not a store" in result.stderr


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


def test_the_language_changes_words_and_no_score(folder, monkeypatch):
    message = Message("Not filled in yet.")
    unwritten = replace(OTHERS[0], status=Status.STUDENT_ERROR, message=message)
    ours = Judges(results=(unwritten, *OTHERS[1:]))
    monkeypatch.setattr("grader.judging.batch.grade", ours.grade)
    seen = []
    for language in ("en", "ko", "en"):
        grade(folder, "--lang", language)
        texts = [(folder / "out" / name).read_text() for name in ("grades.csv", "kim/results.json")]
        found = json.loads(texts[1])
        scores = [found["score"], *(test.get("score") for test in found["tests"])]
        seen.append((texts[0], scores, found["tests"][0]["output"]))
    assert seen[0] == seen[2] and seen[0][:2] == seen[1][:2]
    assert (seen[0][2], seen[1][2]) == ("Not filled in yet.", "아직 작성하지 않았습니다.")


def test_a_store_speaks_english_until_it_is_told(tmp_path):
    with Store(tmp_path / "grades.sqlite", make=True) as store:
        assert store.language == "en"
        store.language = "ko"
    with Store(tmp_path / "grades.sqlite") as store:
        assert store.language == "ko"
