"""What `grader verify` has found holds until something changes that it depends on."""

import json
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner, Result

from grader.cli.main import main
from grader.course.course import Course
from grader.verify import finding
from grader.verify.finding import Finding, digest, write
from tests.support.small_course import write as write_course

PAGE = "<main><!-- assignments --><p>{}</p><!-- end of assignments --></main>"
ASKS = """
import sys
from grader.cli.main import main
try:
    main()
except SystemExit as end:
    print("code", end.code, "torch" in sys.modules)
"""
SUITES = '<testsuite name="{}"/>'


def found(name: str, *defects: str, digest: str = "") -> Finding:
    results = json.dumps({name: {"defects": defects}})
    summary = f"{len(defects)} of 9 claims fail"
    return Finding(name, digest, summary, defects, PAGE.format(name), SUITES.format(name), results)


@pytest.fixture
def course(tmp_path: Path) -> Course:
    made, name = write_course(tmp_path / "course")
    (made.checks(name) / "variants").mkdir()
    (made.checks(name) / "variants" / "v.py").write_text("one")
    return made


@pytest.fixture
def examined(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of what is examined; nothing is, and no assignment has a defect."""
    names: list[str] = []

    def make(course: Course, name: str, *, draws: int, jobs: int, show: object) -> Finding:
        names.append(name)
        made = found(name, digest=digest(course, name, draws))
        return finding.keep(made, course)

    monkeypatch.setattr(Finding, "make", make)
    return names


def verify(course: Course, *options: str) -> Result:
    words = ["--course", str(course.root), "verify", *options, "-o", str(course.root / "out")]
    return CliRunner().invoke(main, words)


def test_what_has_not_changed_is_not_examined_again_and_that_is_said(course, examined):
    assert "(found before" not in verify(course).output
    again = verify(course)
    assert again.exit_code == 0 and examined == ["doubling"]
    assert "doubling: 0 of 9 claims fail (found before; nothing that it depends" in again.output
    assert (course.root / "out" / "verify.html").read_text() == PAGE.format("doubling")


@pytest.mark.parametrize(
    "change",
    [
        lambda course: course.solution("doubling").open("a").write("\n# a comment"),
        lambda course: (course.checks("doubling") / "variants" / "v.py").write_text("two"),
        lambda course: (course.checks("doubling") / "mistakes.toml").write_text(""),
        lambda course: next(course.checks("doubling").glob("test_*.py")).unlink(),
        lambda course: (course.root / ".grader" / "verified" / "doubling.json").write_text("{"),
        lambda course: (course.root / ".grader" / "verified" / "doubling.json").write_text("{}"),
    ],
    ids=["the solution", "a variant", "a new file", "a file is gone", "it is damaged", "another's"],
)
def test_whatever_has_changed_it_is_examined_again(course, examined, change):
    verify(course)
    change(course)
    verify(course)
    assert examined == ["doubling"] * 2


def test_other_draws_other_packages_and_another_grader_are_a_change(course, tmp_path, monkeypatch):
    known = {digest(course, "doubling", 3), digest(course, "doubling", 4)}
    (tmp_path / "site" / "torch-3.0.dist-info").mkdir(parents=True)
    monkeypatch.setattr(sys, "path", [*sys.path, str(tmp_path / "site")])
    known.add(digest(course, "doubling", 3))
    (tmp_path / "ours").mkdir()
    (tmp_path / "ours" / "judge.py").write_text("x = 1\n")
    monkeypatch.setattr(finding, "CODE", tmp_path / "ours")
    known.add(digest(course, "doubling", 3))
    (tmp_path / "ours" / "judge.py").write_text("x = 2\n")
    known.add(digest(course, "doubling", 3))
    assert len(known) == 5


def test_what_has_a_defect_is_examined_each_time(course):
    defect = found("doubling", "a defect", digest=digest(course, "doubling", 3))
    finding.keep(defect, course)
    assert Finding.kept(course, "doubling", 3) is None


def test_a_course_that_cannot_be_written_to_is_examined_each_time(course):
    (course.root / ".grader").write_text("no folder")
    sound = found("doubling", digest=digest(course, "doubling", 3))
    assert finding.keep(sound, course) == sound
    assert Finding.kept(course, "doubling", 3) is None


def test_several_assignments_are_in_one_page_one_xml_and_one_json(tmp_path):
    write([found("one"), found("two", "a defect")], tmp_path)
    page = (tmp_path / "verify.html").read_text()
    assert page == PAGE.format("one</p><p>two")
    suites = ElementTree.parse(tmp_path / "junit.xml").getroot()
    assert [suite.get("name") for suite in suites] == ["one", "two"]
    results = json.loads((tmp_path / "results.json").read_text())
    assert results == {"one": {"defects": []}, "two": {"defects": ["a defect"]}}


def test_what_holds_is_read_without_torch(course, examined):
    verify(course)
    words = ["--course", str(course.root), "verify", "-o", str(course.root / "out")]
    done = subprocess.run([sys.executable, "-c", ASKS, *words], capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "code 0 False", done.stdout + done.stderr
