"""Files follow decisions by themselves; what cannot be written is said, and tried again."""

from grader.model.standing import Override
from grader.store.store import NAME, Store
from grader.view import writer as writing
from grader.view.writer import Writer
from tests.view.conftest import CLASS, fill


def test_files_are_written_at_the_end_at_the_latest(tmp_path):
    fill(tmp_path, CLASS)
    writer = Writer(tmp_path)
    writer.ask()
    writer.close()
    assert (tmp_path / "report.html").exists() and (tmp_path / "ada" / "feedback.html").exists()
    with Store(tmp_path / NAME) as store:
        assert store.db.execute("SELECT count(*) FROM marks").fetchone() == (1,), "for `diff`"


def test_what_cannot_be_written_is_said_and_written_once_it_can(tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "SECONDS", 0)
    fill(tmp_path, CLASS)
    (tmp_path / "ada").write_text("in the way")
    writer = Writer(tmp_path)
    writer._due = True
    writer._write()
    assert "ada" in f"{writer.problem}"
    (tmp_path / "ada").unlink()
    with Store(tmp_path / NAME) as store:
        store.override([("bob", Override("split_heads", 4))])
    writer.close()
    assert writer.problem == "" and (tmp_path / "ada" / "feedback.html").exists()
    assert '"score": 4' in (tmp_path / "bob" / "results.json").read_text("utf-8")
