"""Code is read in the sandbox alone, and what a worker says of it is taken for text and numbers."""

import threading
from pathlib import Path

import pytest
import torch

from grader.intake.submission import Submission
from grader.model.message import Message
from grader.sandbox.host.reader import Reader
from grader.store.entry import Entry
from grader.view import source
from grader.view.source import Sources, _lines
from tests.view.conftest import CODE, Reading

NAMES = ("split_heads", "merge_heads")


@pytest.fixture
def entry(tmp_path: Path) -> Entry:
    path = tmp_path / "kim.ipynb"
    path.write_bytes(CODE)
    return Entry("kim", path, Submission.read(path).sha256)


def test_a_worker_in_the_sandbox_reads_it_and_runs_nothing(zygote, monkeypatch, entry):
    monkeypatch.setattr("grader.sandbox.host.reader.Zygote", lambda: zygote)
    reader = Reader()
    monkeypatch.setattr(source, "_start", lambda: reader)
    sources = Sources()
    found = sources.of(entry, NAMES)
    assert found.problem == "" and ["".join(w for _, w in line.words) for line in found.lines] == [
        "import torch", "def merge_heads(x):", "    return x.nope()", "def split_heads(x): 0"
    ]  # fmt: skip
    assert [(line.cell, line.number) for line in found.lines] == [(1, 1), (2, 1), (2, 2), (2, 3)]
    assert [sorted(line.counts) for line in found.lines] == [
        [], ["merge_heads"], ["merge_heads"], ["split_heads"]
    ]  # fmt: skip
    assert found.lines[1].words[0] == ("keyword", "def")
    assert sources.of(entry, NAMES) is found, "once"
    worker = reader._worker
    assert worker is not None and worker.printed() == ""
    worker.__exit__(None, None, None)


def test_what_is_read_ahead_is_not_read_again_when_it_is_looked_at(monkeypatch, entry):
    read: list[str] = []

    class Noted(Reading):
        def read(self, how, data, **more):
            read.append(how)
            return super().read(how, data, **more)

    monkeypatch.setattr(source, "_start", Noted)
    sources = Sources()
    sources.ahead(entry, NAMES)
    found = sources.of(entry, NAMES)
    sources.ahead(entry, NAMES)
    assert found.counted("merge_heads") and sources.of(entry, NAMES) is found
    sources.close()
    assert read == ["shown"]


def test_a_file_that_is_no_notebook_says_so(monkeypatch, tmp_path):
    monkeypatch.setattr(source, "_start", Reading)
    path = tmp_path / "x.ipynb"
    path.write_bytes(b"%PDF-1.7")
    found = Sources().of(Entry("x", path, Submission.read(path).sha256), NAMES)
    assert "PDF" in f"{found.problem}" and found.lines == ()


def test_without_a_sandbox_it_is_said_and_nothing_is_parsed_here(monkeypatch, entry):
    def none() -> Reader:
        raise RuntimeError(Message("no layer holds"))

    monkeypatch.setattr(source, "_start", none)
    sources = Sources()
    assert "read only in the sandbox: no layer holds" in f"{sources.of(entry, NAMES).problem}"
    sources.close()


def answer(**changes: torch.Tensor) -> dict[str, object]:
    """Return a worker's answer about the code `a\\nb`, or what it became."""
    code = torch.tensor(list(b"a\nb"), dtype=torch.uint8)
    return {
        "code": code, "places": torch.tensor([[1, 1], [1, 2]]), "counting": [torch.tensor([1])],
        "words": torch.tensor([[1, 0], [2, 0], [3, 1]]), **changes,
    }  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {}, {"words": torch.tensor([[9, 0]])}, {"words": torch.tensor([[3, 0], [1, 0], [3, 0]])},
        {"words": torch.tensor([[-5, 0], [3, 0]])}, {"words": torch.tensor([[3, 99]])},
        {"words": torch.empty(0, dtype=torch.int64)}, {"counting": [torch.tensor([-1, 1, 70])]},
        {"counting": []}, {"places": torch.tensor([[1, 1], [1, 2], [3, 3]])},
    ],
)  # fmt: skip
def test_an_answer_that_does_not_fit_together_still_shows_all_code(changes):
    found = _lines(answer(**changes), ["q"])
    assert ["".join(word for _, word in line.words) for line in found.lines] == ["a", "b"]
    assert {kind for line in found.lines for kind, _ in line.words} <= {"", "keyword"}


def test_signs_that_hide_what_is_read_are_shown():
    code = torch.tensor(list("a\u202e\x1b[1mb\r".encode()), dtype=torch.uint8)
    found = _lines(answer(code=code, places=torch.tensor([[1, 1]])), ["q"])
    assert [word for _, word in found.lines[0].words] == ["a⟨U+202E⟩b"]


def test_what_has_been_read_does_not_wait_for_what_is_being_read(monkeypatch, entry):
    monkeypatch.setattr(source, "_start", Reading)
    sources, go_on = Sources(), threading.Event()
    found = sources.of(entry, NAMES)
    sources._thread.submit(go_on.wait)
    assert sources.of(entry, NAMES) is found
    go_on.set()
    sources.close()
