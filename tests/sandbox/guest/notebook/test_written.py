"""Files that a notebook writes are imported and run without a disk."""

import importlib
import sys

import pytest

from grader.sandbox.guest.notebook.written import Written


@pytest.fixture
def written(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    before = set(sys.modules)
    yield Written()
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_file_is_a_module_whose_lines_are_those_of_its_cell(written, tmp_path):
    written.add("helpers_a.py", "def f():\n    raise ValueError\n", "code cell 2", 1, append=False)
    written.add("helpers_a.py", "TWO = 2\n", "code cell 4", 1, append=True)
    module = importlib.import_module("helpers_a")
    assert module.TWO == 2
    with pytest.raises(ValueError) as caught:
        module.f()
    frame = caught.traceback[-1]
    assert (str(frame.frame.code.raw.co_filename), frame.lineno + 1) == ("code cell 2", 3)
    assert (tmp_path / "helpers_a.py").read_text().endswith("TWO = 2\n")


def test_a_file_in_a_folder_is_found_with_it_and_without(written):
    written.add("tools_a/inner_a.py", "ONE = 1", "code cell 1", 1, append=False)
    assert importlib.import_module("tools_a.inner_a").ONE == 1
    assert importlib.import_module("inner_a").ONE == 1
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("absent_a")


def test_a_file_that_is_written_again_is_new_and_runs_in_the_notebook(written):
    written.add("run_a.py", "x = 1", "code cell 1", 1, append=False)
    written.add("./run_a.py", "x = y + 1", "code cell 2", 1, append=False)
    names = {"y": 1}
    written.run("-i run_a.py", names)
    assert names["x"] == 2


def test_where_nothing_can_be_written_it_is_imported_all_the_same(written, tmp_path):
    (tmp_path / "closed").write_text("")
    written.add("closed/inside_a.py", "x = torch_device = 'cuda'", "code cell 1", 1, append=False)
    assert importlib.import_module("inside_a").x == "cpu"
