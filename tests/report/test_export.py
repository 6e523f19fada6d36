"""Files are a function of the store: the same bytes twice, and written only where needed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.model.standing import Override
from grader.report.export import STUDENTS, Export
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
