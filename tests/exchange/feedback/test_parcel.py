"""Feedback reaches whom it is for, on each platform, and who is not reached is named."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.exchange.feedback.forms import FORMS
from grader.model.result import Status
from grader.model.standing import Arrival, Override
from grader.store.store import NAME, Store
from tests.exchange.feedback import platforms
from tests.support import exports
from tests.support.commands import run
from tests.support.judges import RESULTS, Judges
from tests.support.small_course import write

HIDDEN = "test_double_is_a_sum"


@pytest.fixture
def course(tmp_path: Path, judges: Judges) -> Path:
    write(tmp_path)
    return tmp_path


def graded(course: Path, files: dict[str, str | None], names: str, *options: object) -> Path:
    """Grade an export; return the folder of results."""
    handed_in = exports.folder(course / "handed_in", files)
    words = ["grade", str(handed_in), "-a", "doubling", "--names", names, "-j", "1"]
    words += map(str, options)
    CliRunner().invoke(main, ["--course", str(course), *words, "-o", str(course / "out")])
    return course / "out"


def decide(out: Path, student: str, points: float) -> None:
    with Store(out / NAME) as store:
        store.override([(student, Override("double", points, "Well argued."))])


def test_moodle_attaches_each_page_to_its_participant(course):
    out = graded(course, exports.moodle(), "moodle")
    run(course, "feedback", out, "--for", "moodle", "-o", course / "up.zip")
    people = {4711, 4712, 4713, 4714, 4715, 4716, 17}
    found = platforms.moodle(course / "up.zip", people)
    assert {number: [*pages] for number, pages in found.items()} == {
        number: ["feedback.html"] for number in people
    }
    for number, pages in found.items():
        assert f"– {number}</title>" in pages["feedback.html"]


def test_moodle_finds_the_participant_behind_a_name_with_underscores(course):
    files = {"Kim_7_Min_4711_assignsubmission_file_/attention.ipynb": None}
    out = graded(course, files, "moodle")
    run(course, "feedback", out, "--for", "moodle", "-o", course / "up.zip")
    assert [*platforms.moodle(course / "up.zip", {4711, 7})] == [4711]


def test_canvas_adds_a_notebook_to_each_submission_and_the_others_are_named(course):
    out = graded(course, exports.canvas(), "canvas")
    said = run(course, "feedback", out, "--for", "canvas", "-o", course / "up.zip", code=3)
    handed_in = {
        4711: {9001: "attention.ipynb"},
        4712: {9002: "a.ipynb"},
        4713: {9003: "과제.ipynb"},
    }
    handed_in |= {4714: {9005: "x.ipynb"}, 4715: {9006: "a.ipynb"}, 4716: {10008: "a-1.ipynb"}}
    handed_in |= {4717: {9010: "a.ipynb"}}
    found = platforms.canvas(course / "up.zip", handed_in)
    assert found.keys() == handed_in.keys()
    (text,) = found[4713].values()
    assert "4713" in text and "A sum." in text and '"cell_type": "code"' not in text
    assert "not returned: 4718, x7Yz1: Canvas' numbers of student and file are not in" in said


def test_gradescope_runs_an_autograder_that_has_graded_already(course, tmp_path):
    out = graded(course, exports.gradescope(), "gradescope")
    run(course, "feedback", out, "--for", "gradescope", "-o", course / "up.zip")
    found = platforms.gradescope(course / "up.zip", 12, tmp_path)
    assert found["score"] == 5 and len(found["tests"]) == 3


def test_gradescope_gives_no_score_to_a_submission_made_later(course, tmp_path):
    out = graded(course, exports.gradescope(), "gradescope")
    run(course, "feedback", out, "--for", "gradescope", "-o", course / "up.zip")
    found = platforms.gradescope(course / "up.zip", 99, tmp_path)
    assert "score" not in found and "after the class was graded" in found["output"]


def with_results(files: dict[str, str | None]) -> dict[str, str | None]:
    """Add what Classroom 50's runner writes, and a student's own claim to be somebody else."""
    about = {"schema": "classroom50/result/v1", "score": 0, "max-score": 0, "tests": []}
    about |= dict.fromkeys(("classroom", "assignment", "commit", "release", "review"), "…")
    top = "deep-attention_submissions_2026_11_22_T_09_00_00/deep-attention"
    said = {
        f"{top}-{who}/result.json": json.dumps(
            about | {"submission": f"submit/{who}", "datetime": "2026-11-20T10:00:00Z"}
        )
        for who in ("kim-minjun", "lee")
    }
    forged = json.dumps(about | {"submission": "submit/eve", "datetime": "2020-01-01T00:00:00Z"})
    return files | said | {f"{top}-lee/hw/result.json": forged}


def test_classroom50_gets_whole_points_and_no_hidden_check(course):
    out = graded(course, with_results(exports.classroom50()), "classroom50")
    said = run(course, "feedback", out, "--for", "classroom50", "-o", course / "up", code=3)
    result = json.loads((course / "up" / "deep-attention-lee" / "result.json").read_text())
    assert result["submission"] == "submit/lee" and result["datetime"] == "2026-11-20T10:00:00Z"
    assert (result["score"], result["max-score"]) == (5, 5)
    assert [test["test-name"] for test in result["tests"]] == ["double", "halve"]
    assert all(type(test["score"]) is int for test in result["tests"])
    everything = "".join(path.read_text() for path in (course / "up").rglob("*.json"))
    assert HIDDEN not in everything and "A sum." not in everything
    assert "not returned: eve: No result.json of Classroom 50" in said


def test_classroom50_gets_no_fraction_of_a_point(course):
    out = graded(course, with_results(exports.classroom50()), "classroom50")
    decide(out, "kim-minjun", 1.5)
    said = run(course, "feedback", out, "--for", "classroom50", "-o", course / "up", code=3)
    assert (
        "kim-minjun: Classroom 50 takes whole points only, and these have a fraction: 1.5" in said
    )
    assert not (course / "up" / "deep-attention-kim-minjun").exists()


def test_a_group_gets_one_page_with_all_names(course):
    out = graded(course, exports.gradescope(), "gradescope")
    run(course, "feedback", out, "--for", "files", "-o", course / "files.zip")
    run(course, "feedback", out, "--for", "gradescope", "-o", course / "up.zip")
    assert len([n for n in platforms.members(course / "up.zip") if n.startswith("graded/")]) == 4
    assert len(platforms.members(course / "files.zip")) == 5


def test_a_group_with_names_gets_one_page_with_all_of_them(course):
    files = {"Team A_17_assignsubmission_file_/attention.ipynb": None}
    (course / "roster.csv").write_text("id,name,group\n4711,Kim,17\n4712,Lee,17\n")
    out = graded(course, files, "moodle", "--roster", course / "roster.csv")
    run(course, "feedback", out, "--for", "moodle", "-o", course / "up.zip")
    (page,) = platforms.moodle(course / "up.zip", {17})[17].values()
    assert "Feedback for Kim, Lee · 4711, 4712" in page


def test_classroom50_tells_a_bonus_from_what_lateness_costs(course):
    out = graded(course, with_results(exports.classroom50()), "classroom50")
    with Store(out / NAME) as store:
        store.late_rule = "score - 2"
        entry = store.entry("kim-minjun")
        store.hand_in([replace(entry, arrival=Arrival(hours_late=1.0))])
        store.override([("kim-minjun", Override("(submission)", 3))])
    run(course, "feedback", out, "--for", "classroom50", "-o", course / "up", code=3)
    result = json.loads((course / "up" / "deep-attention-kim-minjun" / "result.json").read_text())
    beside = {t["test-name"]: t["score"] for t in result["tests"] if not t["max-score"]}
    assert beside == {"(submission)": 3, "(late)": -2} and result["score"] == 6


def test_a_group_whose_members_differ_is_named_and_gets_nothing(course):
    out = graded(course, exports.gradescope(), "gradescope")
    decide(out, "4711", 1)
    said = run(course, "feedback", out, "--for", "gradescope", "-o", course / "up.zip", code=3)
    assert "not returned: 4711, 4712: They handed in together" in said
    assert "graded/11.json" not in platforms.members(course / "up.zip")


def test_who_has_no_score_is_named_and_gets_nothing(course, judges):
    judges.results = (*RESULTS[:2], replace(RESULTS[2], status=Status.GRADER_ERROR))
    out = graded(course, {"Kim_4711_assignsubmission_file_/a.ipynb": None}, "moodle")
    said = run(course, "feedback", out, "--for", "moodle", "-o", course / "up.zip", code=2)
    assert "no score yet: 4711" in said and "Nothing can be returned" in said
    assert not (course / "up.zip").exists()


@pytest.mark.parametrize("form", sorted({*FORMS} - {"files"}))
def test_files_of_another_platform_are_named_in_one_line(course, form):
    out = graded(course, {"kim.ipynb": None, "lee.ipynb": None}, "{id}.ipynb")
    said = run(course, "feedback", out, "--for", form, "-o", course / "up", code=2)
    assert "not returned: kim, lee: " in said and "Nothing can be returned" in said


def test_the_same_class_gives_the_same_bytes(course):
    out = graded(course, exports.moodle(), "moodle")
    for name in ("one.zip", "two.zip"):
        run(course, "feedback", out, "--for", "moodle", "-o", course / name)
    assert (course / "one.zip").read_bytes() == (course / "two.zip").read_bytes()


def test_diff_goes_back_to_when_feedback_was_returned(course):
    out = graded(course, exports.moodle(), "moodle")
    run(course, "feedback", out, "--for", "moodle", "-o", course / "up.zip")
    decide(out, "17", 1)
    said = run(course, "diff", out, code=1)
    assert "Since the scores were written into" in said and "17: 5 → 4" in said


def test_hostile_text_stays_text(course, judges):
    hostile = "<script>alert(1)</script>\x1b]0;x\x07"
    judges.results = (replace(RESULTS[1], status=Status.FAILED, message=hostile), *RESULTS[2:])
    out = graded(course, {"kim_4711_9001_a.ipynb": None}, "canvas")
    run(course, "feedback", out, "--for", "canvas", "-o", course / "up.zip")
    run(course, "feedback", out, "--for", "files", "-o", course / "files.zip")
    (notebook,) = platforms.members(course / "up.zip").values()
    assert {cell["cell_type"] for cell in json.loads(notebook)["cells"]} == {"raw"}
    assert b"\\u001b" not in notebook
    (page,) = platforms.members(course / "files.zip").values()
    assert b"<script>alert" not in page


def test_the_command_offers_every_form():
    from grader.cli.feedback import NAMES

    assert list(NAMES) == list(FORMS)
