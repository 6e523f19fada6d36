"""Files are a function of the store: the same bytes twice, and written only where needed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grader.files import Unwritable
from grader.model.result import Status
from grader.model.standing import Override
from grader.report.export import STUDENTS, Export
from grader.report.row import Row
from grader.store.store import Store
from tests.store.test_store import STANDING, keep
from tests.support.standings import changed


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "out" / "grades.sqlite", make=True) as made:
        keep(made, STANDING, "kim", "lee")
        keep(made, changed(STANDING, student="park", sha256="cd" * 32))
        yield made


def contents(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and "sqlite" not in path.name)
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_two_exports_are_the_same_byte_for_byte(store, tmp_path):
    for name in ("one", "two"):
        assert Export(store, tmp_path / name).write() == 8
    one = contents(tmp_path / "one")
    assert one == contents(tmp_path / "two")
    pages = {f"{s}/{page}" for s in ("kim", "lee", "park") for page in STUDENTS}
    assert one.keys() == {"grades.csv", "report.html"} | pages


def test_what_is_up_to_date_is_not_written_again(store, tmp_path):
    Export(store, tmp_path / "out").write()
    assert Export(store, tmp_path / "out").write() == 0


def test_a_file_that_was_changed_or_deleted_is_made_anew(store, tmp_path):
    out = tmp_path / "out"
    Export(store, out).write()
    before = contents(out)
    (out / "kim" / "feedback.html").write_text("full marks!")
    (out / "lee" / "results.json").unlink()
    (out / "grades.csv").write_text("")
    assert Export(store, out).write() == 6
    assert contents(out) == before


def test_a_decision_changes_the_files_of_its_student_and_of_the_class(store, tmp_path):
    out = tmp_path / "out"
    Export(store, out).write()
    before = contents(out)
    store.override([("kim", Override("two", 3.0, "Well argued."))])
    assert Export(store, out).write() == 4
    after = contents(out)
    assert {name for name in after if after[name] != before[name]} == {
        "kim/results.json", "kim/feedback.html", "grades.csv", "report.html",
    }  # fmt: skip
    assert b"Well argued." in after["kim/feedback.html"]


def test_pages_follow_the_code_that_makes_them(store, tmp_path, monkeypatch):
    Export(store, tmp_path / "out").write()
    monkeypatch.setattr("grader.report.export._recipe", lambda: "another template")
    assert Export(store, tmp_path / "out").write() == 8


@pytest.mark.parametrize(
    ("setting", "have"), [("", ["kim", "lee", "park"]), ("failed", ["kim", "lee"]), ("none", [])]
)
def test_pages_are_written_of_those_who_are_to_have_them_and_only_these_are_linked(
    store, tmp_path, setting, have
):
    full = tuple(replace(r, status=Status.PASSED) for r in STANDING.judgement.results)
    keep(store, changed(STANDING, student="park", sha256="cd" * 32, results=full))
    out = tmp_path / "out"
    Export(store, out).write()
    store.set("pages", setting)
    for _ in range(2):  # those who had them until now, and then once more: nothing is left to do
        Export(store, out).write()
        found = {path.parent.name for path in out.glob("*/*")}
        assert found == set(have)
        page = (out / "report.html").read_text()
        linked = {s for s in ("kim", "lee", "park") if f'<a href="{s}/feedback.html">' in page}
        assert linked == set(have)
        assert "park" in page and "park" in (out / "grades.csv").read_text()
    assert Export(store, out).write() == 0
    before = contents(out)
    store.set("pages", "")
    Export(store, out).write()
    assert {path.parent.name for path in out.glob("*/feedback.html")} == {"kim", "lee", "park"}
    store.set("pages", setting)
    Export(store, out).write()
    assert contents(out) == before


def test_rows_are_kept_as_they_come_also_where_no_pages_are_written(store, tmp_path, monkeypatch):
    monkeypatch.setattr("grader.report.export.PAGE", 2)
    store.set("pages", "none")
    export = Export(store, tmp_path / "out")
    for entry in store.entries():
        export.write_student(entry)
    assert [student for student, _, _ in store.roll()] == ["kim", "lee"], "a page, and not yet park"
    monkeypatch.setattr(Row, "of", None)  # nothing that a row says is gathered twice
    export.write()
    assert [student for student, _, _ in store.roll()] == ["kim", "lee", "park"]


def test_one_who_earns_full_marks_at_last_loses_a_page_that_would_be_out_of_date(store, tmp_path):
    out = tmp_path / "out"
    store.set("pages", "failed")
    Export(store, out).write()
    assert (out / "kim" / "feedback.html").exists()
    (out / "kim" / "notes.txt").write_text("a TA's own")
    points = [("kim", Override(q, 9.0)) for q in STANDING.judgement.questions]
    store.override(points)
    Export(store, out).write({"kim"})
    assert [path.name for path in (out / "kim").iterdir()] == ["notes.txt"]


def test_a_page_that_cannot_be_taken_away_is_named(store, tmp_path, monkeypatch):
    out = tmp_path / "out"
    Export(store, out).write()
    store.set("pages", "none")

    def denied(path: Path, missing_ok: bool = False) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(Path, "unlink", denied)
    with pytest.raises(Unwritable, match="kim"):
        Export(store, out).write()
