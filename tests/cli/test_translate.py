"""`grader translate` begins a catalogue and follows its assignment; pages follow the catalogue."""

import json
import zipfile
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.assignment import Assignment
from grader.course.course import Course
from grader.course.release import leaks
from grader.course.versions import Versions
from grader.verify.finding import digest
from tests.cli.test_language import grade
from tests.cli.test_main import Result
from tests.support.small_course import NAME

KOREAN = {
    "One becomes two.": "하나는 둘이 됩니다.",
    "The result is the input plus itself.": "결과는 입력에 입력을 더한 것입니다.",
    "Two halves make a whole.": "반쪽 둘은 하나가 되어야 한다고 숨은 검사가 말합니다.",
}


@pytest.fixture
def catalogue(folder: Path) -> Path:
    return Course(folder).checks(NAME) / "ko.po"


def run(folder: Path, *words: str) -> Result:
    result = CliRunner().invoke(main, ["--course", str(folder), *words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def translate(folder: Path) -> Result:
    return run(folder, "translate", NAME, "ko")


def fill(catalogue: Path, words: dict[str, str] = KOREAN) -> None:
    text = catalogue.read_text("utf-8")
    for english, korean in words.items():
        head, found, rest = text.partition(f'msgid "{english}"\nmsgstr "')
        assert found, english
        text = head + found + korean + '"' + rest.partition('"')[2]
    catalogue.write_text(text, "utf-8")


def test_it_begins_a_catalogue_and_says_what_is_left(folder, catalogue):
    begun = translate(folder)
    assert begun.exit_code == 1 and "6 of 6 sentences are still said in English" in begun.stdout
    text = catalogue.read_text("utf-8")
    assert "#: solutions/doubling.py\n" in text and 'msgid "the hidden text"\nmsgstr ""' in text
    assert translate(folder).exit_code == 1 and catalogue.read_text("utf-8") == text


def test_what_is_translated_stays_and_what_has_changed_is_marked(folder, catalogue):
    translate(folder)
    everything = {"Doubling and halving": "두 배", "the public text": "ㄱ", "the hidden text": "ㄴ"}
    fill(catalogue, {**KOREAN, **everything})
    done = translate(folder)
    assert done.exit_code == 0 and "all 6 sentences are translated" in done.stdout
    (checks,) = catalogue.parent.glob("test_*.py")
    checks.write_text(
        checks.read_text().replace("Two halves make a whole.", "Two halves make one.")
    )
    renewed = translate(folder)
    assert renewed.exit_code == 1 and "1 of 6" in renewed.stdout and "1 of them" in renewed.stdout
    text = catalogue.read_text("utf-8")
    assert "#, fuzzy" in text and '#| msgid "Two halves make a whole."' in text
    checks.write_text(checks.read_text().replace("Two halves make one.", "Nothing alike, 3 + 4."))
    translate(folder)
    assert f'#~ msgstr "{everything["the hidden text"]}"' not in catalogue.read_text("utf-8")
    assert '#~ msgid "Two halves make one."' in catalogue.read_text("utf-8")


def test_a_language_that_pages_do_not_speak_is_refused(folder, catalogue):
    refused = run(folder, "translate", NAME, "xx")
    assert refused.exit_code == 2 and "xx" in refused.stderr and not catalogue.exists()


def test_build_says_what_is_missing_and_what_nobody_says_any_more(folder, catalogue):
    assert "translate" not in run(folder, "build").stdout
    translate(folder)
    fill(catalogue)
    catalogue.write_text(
        catalogue.read_text("utf-8") + '\nmsgid "Gone."\nmsgstr "없음."\n', "utf-8"
    )
    said = run(folder, "build")
    line = len(catalogue.read_text("utf-8").splitlines()) - 1
    assert said.exit_code == 0 and f"ko.po:{line}: nobody says “Gone.” any more" in said.stdout
    assert "3 of 6 sentences are still said in English" in said.stdout
    assert "`grader translate doubling ko`" in said.stdout


def test_a_catalogue_that_cannot_be_read_ends_build_and_grade_with_its_line(folder, catalogue):
    catalogue.write_text('msgid "a"\nmsgstr b\n', "utf-8")
    for command in (
        ["build"],
        ["grade", str(folder / "kim.ipynb"), "-a", NAME, "-o", str(folder / "out")],
    ):
        refused = run(folder, *command)
        assert refused.exit_code != 0 and "ko.po:2" in refused.output


def test_pages_say_what_the_author_has_translated_and_nobody_is_judged_again(
    folder, catalogue, judges
):
    from dataclasses import replace

    judges.results = tuple(
        replace(result, sentence=sentence)
        for result, sentence in zip(judges.results, KOREAN, strict=True)
    )
    page, report = (folder / "out" / name for name in ("kim/feedback.html", "report.html"))
    grade(folder, "--lang", "ko")
    assert "One becomes two." in page.read_text() and len(judges.tasks) == 2
    translate(folder)
    fill(catalogue)
    assert json.loads(grade(folder, "--json").stdout)["judged_now"] == 0
    assert len(judges.tasks) == 2
    for english, korean in KOREAN.items():
        assert english not in page.read_text() and korean in page.read_text()
    found = json.loads((page.parent / "results.json").read_text())
    assert found["tests"][0]["name"].endswith(KOREAN["One becomes two."])
    catalogue.unlink()  # pages are made where no course is at hand
    table = folder / "decisions.csv"
    table.write_text("id,question,points,comment\nkim,double,0,Well.\n")
    assert run(Path("/"), "override", str(folder / "out"), str(table)).exit_code == 0
    assert "Well." in page.read_text() and KOREAN["One becomes two."] in page.read_text()
    pages = folder / "pages.zip"
    run(Path("/"), "feedback", str(folder / "out"), "--for", "files", "-o", str(pages))
    with zipfile.ZipFile(pages) as archive:
        assert KOREAN["One becomes two."].encode() in archive.read("park/feedback.html")
    grade(folder, "--lang", "en")
    assert "One becomes two." in page.read_text() and report.exists()


def test_a_translation_changes_no_version_of_a_check_and_no_finding_of_verify(folder, catalogue):
    course = Course(folder)
    assignment = Assignment.read(course.solution(NAME))

    def depends() -> tuple[Versions, str]:
        return Versions.read(assignment, course.checks(NAME), b"a key"), digest(course, NAME, 3)

    before = depends()
    translate(folder)
    assert catalogue.exists() and depends() == before
    catalogue.rename(catalogue.with_suffix(".txt"))  # any other file counts
    assert depends()[0] != before[0] and depends()[1] != before[1]


def test_students_get_what_public_checks_say_and_nothing_of_hidden_ones(folder, catalogue):
    translate(folder)
    fill(catalogue)
    run(folder, "build")
    course = Course(folder)
    given = course.notebook(NAME).read_text("utf-8")
    one, summed, halves = KOREAN.values()
    assert "TRANSLATIONS = {" in given and one in given
    assert summed not in given and halves not in given
    assignment = Assignment.read(course.solution(NAME))
    assert not leaks(assignment, course.checks(NAME), given.encode())
    told = given.replace(one, halves).encode()
    assert leaks(assignment, course.checks(NAME), told) == [halves]


def test_check_says_them_to_students_in_their_language(folder, catalogue):
    translate(folder)
    fill(catalogue, {**KOREAN, "the public text": "공개된 말"})
    run(folder, "build")
    given = Course(folder).notebook(NAME)
    text = given.read_text("utf-8").replace("raise NotImplementedError", "return x")
    given.write_text(text, "utf-8")
    korean = run(folder, "check", str(given), "--lang", "ko")
    assert f"✗ {KOREAN['One becomes two.']}" in korean.stdout and "공개된 말" in korean.stdout
    assert f"다음: “{KOREAN['One becomes two.']}”" in korean.stdout
    english = run(folder, "check", str(given))
    assert "✗ One becomes two." in english.stdout and "the public text" in english.stdout
