"""Files are found in a fixed order, links are not followed, and what is left out is named."""

import pytest

from grader.intake.walk import walk


def test_every_file_below_a_folder_is_found_in_a_fixed_order(tmp_path):
    for name in ("b/deep/er/kim.ipynb", "a/lee.ipynb", "cho.pdf", "node_modules/x.js"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = walk([tmp_path, tmp_path / "cho.pdf"])
    assert [parts for _, parts in found.files] == [
        ("a", "lee.ipynb"), ("b", "deep", "er", "kim.ipynb"), ("cho.pdf",), ("cho.pdf",),
    ]  # fmt: skip


def test_a_hidden_file_that_is_given_is_taken(tmp_path):
    (tmp_path / ".kim.ipynb").touch()
    assert walk([tmp_path / ".kim.ipynb"]).files == [(tmp_path / ".kim.ipynb", (".kim.ipynb",))]
    assert walk([tmp_path]).hidden == [".kim.ipynb"]


def test_notebooks_in_hidden_folders_are_named_but_for_copies_that_programs_made(tmp_path):
    copies = (".git/a.ipynb", ".Trash-0/b.ipynb", "kim/.ipynb_checkpoints/c.ipynb")
    for name in ("kim/.work/deep/d.ipynb", "kim/.work/e.txt", "lee/.f.py", *copies):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (tmp_path / ".link").symlink_to(tmp_path / "kim")
    assert walk([tmp_path]).hidden == ["kim/.work/deep/d.ipynb", "lee/.f.py"]


def test_results_among_what_was_handed_in_are_not_looked_into(tmp_path):
    for name in ("kim.ipynb", "out/grades.sqlite", "out/kim/feedback.html", "out/handed_in/a.py"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    found = walk([tmp_path])
    assert [parts for _, parts in found.files] == [("kim.ipynb",)]
    assert found.results == [tmp_path / "out"]
    assert len(walk([tmp_path / "out"]).files) == 3, "if it is given, it is meant"


def test_links_are_found_and_not_followed_and_those_to_folders_are_named(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.ipynb").touch()
    (tmp_path / "in" / "folder").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "in" / "kim.ipynb").symlink_to(tmp_path / "elsewhere" / "secret.ipynb")
    (tmp_path / "in" / "lee.ipynb").symlink_to(tmp_path / "nowhere")
    found = walk([tmp_path / "in"])
    assert [parts for _, parts in found.files] == [("kim.ipynb",), ("lee.ipynb",)]
    assert list(map(str, found.closed)) == [f"{tmp_path / 'in' / 'folder'} (it is a link)"]


def test_a_path_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(FileNotFoundError, match="gone"):
        walk([tmp_path / "gone"])
