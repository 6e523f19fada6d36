"""What a TA does with a graded class: regrade, compare, decide, keep safe."""

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from grader.model.result import Status
from grader.store.store import Store
from tests.intake.test_archive import packed
from tests.judging.test_batch import edit
from tests.support.commands import run
from tests.support.judges import RESULTS, Judges

FAILED = RESULTS[1]


def grade(where: Path, code: int = 0) -> str:
    files = sorted(where.glob("*.ipynb"))
    return run(where, "grade", *files, "-a", "doubling", "-o", where / "out", "-j", 1, code=code)


@pytest.fixture
def out(folder: Path, judges: Judges) -> Path:
    """The results of the class; judges have forgotten them."""
    grade(folder)
    judges.tasks.clear()
    return folder / "out"


def scores(out: Path) -> dict[str, float | None]:
    with Store(out / "grades.sqlite") as store:
        return {standing.student: standing.score for standing in store.standings()}


@pytest.mark.parametrize(
    ("options", "students", "kept"),
    [
        ([], ["lee", "park"], ()),
        (["-q", "halve"], ["lee", "park"], RESULTS[:2]),
        (["-s", "park"], ["park"], ()),
        (["-s", "park", "-q", "double"], ["park"], RESULTS[2:]),
        (["--failures"], ["lee", "park"], (RESULTS[0], RESULTS[2])),
        (["--failures", "-q", "halve"], [], None),
        (["--faults"], [], None),
    ],
)
def test_a_regrade_judges_what_is_asked_for(out, judges, options, students, kept):
    said = run(out.parent, "regrade", out, "-j", 1, *options)
    assert [task.path.stem.partition("_")[0] for task in judges.tasks] == students
    assert {task.kept for task in judges.tasks} == ({kept} if students else set())
    assert f"{len(students)} to judge again" in said or "Nothing to judge again." in said


def test_only_what_our_fault_has_spoiled_is_regraded(folder, judges):
    judges.results = (*RESULTS[:2], replace(RESULTS[2], status=Status.GRADER_ERROR))
    grade(folder, code=3)
    judges.tasks.clear()
    judges.results = RESULTS
    run(folder, "regrade", folder / "out", "--faults", "-j", 1)
    assert {task.kept for task in judges.tasks} == {RESULTS[:2]}
    assert scores(folder / "out") == {"kim": 5, "lee": 5, "park": 5}


def test_a_regrade_judges_changed_checks_too(out, judges):
    edit(out.parent, "x + x", "2 * x")
    run(out.parent, "regrade", out, "-j", 1, "-q", "halve")
    assert {task.kept for task in judges.tasks} == {(FAILED,)}


def test_a_regrade_names_what_is_unknown(out):
    assert "There is no student 'nobody'; there are kim, lee" in run(
        out.parent, "regrade", out, "-s", "nobody", code=2
    )
    assert "There is no question 'triple'; there are double, halve." in run(
        out.parent, "regrade", out, "-q", "triple", code=2
    )


def test_a_file_that_has_changed_since_is_not_regraded(out):
    (out.parent / "park.ipynb").write_text("another one")
    said = run(out.parent, "regrade", out, "-j", 1, code=2)
    assert "park.ipynb has changed or is gone since it was judged" in said


def test_a_diff_tells_what_a_regrade_has_moved(out, judges):
    assert run(out.parent, "diff", out) == "No score moved."
    run(out.parent, "backup", out, out / "before.sqlite")
    edit(out.parent, "x = draw(3)", "x = draw(4)")
    judges.results = (*RESULTS[:2], replace(RESULTS[2], status=Status.FAILED))
    grade(out.parent)
    for words in ([out], [out / "before.sqlite", out]):
        said = run(out.parent, "diff", *words, code=1)
        assert "park: 5 → 2 halve, test_halves_make_a_whole: passed (3 of 3) → failed" in said
        assert "because the check has changed" in said and said.endswith("3 moved")


def test_decisions_count_and_survive_grading_and_regrading(out, judges):
    table = out.parent / "decisions.csv"
    table.write_text('id,question,points,comment\nkim,halve,1.5,"=Nearly"\n')
    assert "1 decision counts." in run(out.parent, "override", out, table)
    judges.results = (replace(RESULTS[0], status=Status.FAILED), *RESULTS[1:])
    run(out.parent, "regrade", out, "-j", 1)
    grade(out.parent)
    assert scores(out) == {"kim": 1.5, "lee": 3, "park": 3}
    kim = next(csv.DictReader(io.StringIO((out / "grades.csv").read_text("utf-8"))))
    assert (kim["score"], kim["halve"], kim["decided by hand"]) == ("1.5", "1.5", "halve")
    assert "=Nearly" in (out / "kim" / "feedback.html").read_text("utf-8")
    assert "halve: 3 → 1.5, set by a person" not in run(out.parent, "diff", out, code=1)


def test_a_table_with_a_wrong_line_changes_nothing(out):
    before = (out / "grades.csv").read_bytes()
    table = out.parent / "decisions.csv"
    table.write_text("id,question,points,comment\nkim,halve,1,\nkim,double,99,\n")
    said = run(out.parent, "override", out, table, code=2)
    assert ":3: double is worth 2 points, so 99 is too many." in said
    assert scores(out)["kim"] == 5 and (out / "grades.csv").read_bytes() == before


def test_a_backup_is_a_store_and_overwrites_nothing(out):
    run(out.parent, "backup", out, out / "backup.sqlite")
    assert run(out.parent, "diff", out / "backup.sqlite", out) == "No score moved."
    assert "exists" in run(out.parent, "backup", out, out / "backup.sqlite", code=4)


@pytest.mark.parametrize("command", ["regrade", "diff", "override", "backup"])
def test_a_folder_without_a_store_is_a_sentence(folder, command):
    (folder / "table.csv").touch()
    more = {"override": [folder / "table.csv"], "backup": [folder / "b"]}.get(command, [])
    assert "There is no " in run(folder, command, folder, *more, code=4)


def test_from_the_zip_of_the_class_to_the_table_that_is_uploaded(folder, judges):
    """The whole way of a TA: zip, roster, grades, gradebook."""
    members = [zipfile.ZipInfo(f"kim_{n}_88_a.ipynb", (2026, 5, 4, 3, 2, 0)) for n in (4711, 4712)]
    archive = packed(folder / "submissions.zip", *members, "notes.txt", data=b"one")
    roster, table = folder / "roster.csv", folder / "canvas.csv"
    roster.write_text("id,name\n4711,Kim\n4713,Park\n")
    table.write_text("Student,ID,Doubling (7)\nPoints Possible,,5\nKim,4711,\nPark,4713,\n")
    out = folder / "out"
    given = ("--names", "canvas", "--roster", roster, "--deadline", "2026-05-04 12:00")
    said = run(folder, "grade", archive, "-a", "doubling", "-o", out, "-j", 1, *given)
    assert "notes.txt" in said and "nothing submitted: 4713 Park" in said
    assert "not in the roster: 4712" in said and "0 judged before; 1 to judge: 1 new" in said
    fill = ("gradebook", out, table, "--column", "Doubling", "-o", folder / "up.csv")
    said = run(folder, *fill, code=3)
    assert "not in the table: 4712" in said and "1 of 2 scores are in" in said
    assert (folder / "up.csv").read_text() == table.read_text().replace("4711,", "4711,5")
    assert "no column is called 'Nr'" in run(folder, *fill, "--id", "Nr", code=2)
    judges.tasks.clear()
    run(folder, "regrade", out, "-s", "4712", "-j", 1)
    assert [task.path.name for task in judges.tasks] == ["kim_4712_88_a.ipynb"]


def test_a_zip_that_cannot_be_used_is_a_sentence(folder):
    archive = packed(folder / "submissions.zip", "kim.ipynb")
    archive.write_bytes(archive.read_bytes()[:-1])
    said = run(folder, "grade", archive, "-a", "doubling", "-o", folder / "out", code=2)
    assert "cannot be unpacked" in said and not list((folder / "out").rglob("kim*"))


@pytest.mark.parametrize("end", ["jsonl", "xml", "csv"])
def test_an_export_is_the_same_twice(out, end):
    files = [out.parent / f"{n}.{end}" for n in (1, 2)]
    for file in files:
        run(out.parent, "results", out, file)
    assert files[0].read_bytes() == files[1].read_bytes() and files[0].stat().st_size > 100
    assert "must end in .jsonl, .xml, .csv" in run(out.parent, "results", out, "x.pdf", code=2)
