"""Which file counts, and how much memory there is, in a container of a platform."""

from pathlib import Path

import pytest

from grader.exchange.container import choose, container_mb, within
from grader.model.limits import Limits
from tests.support.small_course import NAME


def test_the_named_notebook_is_chosen_among_several(tmp_path):
    for name in ("doubling.ipynb", "scratch.ipynb", "notes.txt", "__MACOSX/._doubling.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert choose(tmp_path, NAME) == (tmp_path / "doubling.ipynb", "")


def test_a_single_notebook_may_have_any_name(tmp_path):
    (tmp_path / "Copy of Doubling (1).ipynb").touch()
    (tmp_path / "doubling.py").touch()
    assert choose(tmp_path, NAME) == (tmp_path / "Copy of Doubling (1).ipynb", "")


def test_several_notebooks_are_the_students_to_choose_from(tmp_path):
    for name in ("a.ipynb", "b.ipynb"):
        (tmp_path / name).touch()
    _, problem = choose(tmp_path, NAME)
    assert str(problem) == "Hand in one notebook, doubling.ipynb. You submitted a.ipynb, b.ipynb."


def test_an_absent_folder_is_no_notebook(tmp_path):
    assert "There is no notebook" in f"{choose(tmp_path / 'submission', NAME)[1]}"


@pytest.mark.parametrize(
    ("name", "text", "megabytes"),
    [
        ("memory.max", "805306368\n", 768),
        ("memory.max", "max\n", None),
        ("memory/memory.limit_in_bytes", "805306368\n", 768),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n", None),
        ("other", "", None),
    ],
)
def test_the_containers_memory_is_read(tmp_path: Path, name, text, megabytes):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text(text)
    assert container_mb(tmp_path) == megabytes


@pytest.mark.parametrize(
    ("megabytes", "left"), [(None, 2048), (768, 318), (4096, 2048), (400, 128)]
)
def test_a_submission_meets_its_own_limit_before_the_containers(megabytes, left):
    assert within(Limits(memory_mb=2048), megabytes).memory_mb == left
