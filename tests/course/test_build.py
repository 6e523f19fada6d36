"""The students' notebook: nothing of the solution, the same bytes every time, and it runs."""

import json
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
import pytest

from grader.course.assignment import Assignment
from grader.course.build import build, skeleton
from grader.course.settings import AssignmentError
from grader.files import Unwritable
from tests.support.kernel import Kernel, run, said

ROOT = Path(__file__).parents[2]
ATTENTION = ROOT / "solutions" / "attention.py"
Execute = Callable[[nbformat.NotebookNode], list[nbformat.NotebookNode]]

SOURCE = '''\
# /// script
# [tool.grader]
# title = "Doubling"
# ///

# %% [markdown]
# The same words twice.

# %% question="double"
def double(x):
    # BEGIN SOLUTION
    return 2 * x  # secret
    # END SOLUTION

# %% tags=["check", "slow"]
def test_three_becomes_six(student):
    """Three becomes
    six."""
    assert student.double(3) == 6, "yours is not six"


def test_zero_stays_zero(student):
    """Zero stays zero."""
    assert student.double(0) == 0, "zero became something else"

# %% [markdown]
# The same words twice.
'''


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "doubling.py"
    path.write_text(SOURCE)
    return path


def cells_of(source: Path) -> dict[str, dict]:
    return {cell["id"]: cell for cell in skeleton(Assignment.read(source))["cells"]}


@pytest.fixture(scope="module")
def execute() -> Iterator[Execute]:
    """Run a notebook in a real kernel, past its errors, and return all outputs."""
    with Kernel() as kernel:

        def outputs(notebook: nbformat.NotebookNode) -> list[nbformat.NotebookNode]:
            kernel.run(notebook)
            return [output for cell in notebook.cells for output in cell.get("outputs", ())]

        yield outputs


def errors(outputs: list[nbformat.NotebookNode]) -> list[str]:
    return [output.ename for output in outputs if output.output_type == "error"]


def answered(source: Path, answers: dict[str, str]) -> nbformat.NotebookNode:
    """Return the skeleton with answers pasted in by cell id, as a student would."""
    notebook = nbformat.from_dict(skeleton(Assignment.read(source)))
    for cell in notebook.cells:
        cell.source = answers.pop(cell.id, "".join(cell.source))
    assert not answers
    return notebook


def test_nothing_between_the_solution_marks_reaches_students():
    """Not one line of the model assignment's solutions, each of which stands nowhere else."""
    author = ATTENTION.read_text()
    regions = re.findall(r"(?s)# BEGIN SOLUTION\n(.*?)# END SOLUTION", author)
    elsewhere = re.sub(r"(?s)# BEGIN SOLUTION\n.*?# END SOLUTION", "", author)
    secret = {line.strip() for region in regions for line in region.splitlines() if line.strip()}
    assert len(secret) > 15
    assert not any(line in elsewhere for line in secret)
    students = "\n".join("".join(cell["source"]) for cell in cells_of(ATTENTION).values())
    assert not any(line in students for line in secret)
    assert "SOLUTION" not in students
    assert len(re.findall(r"(?m)^ +raise NotImplementedError$", students)) == len(regions)


def test_the_committed_notebook_is_up_to_date():
    assert build(ATTENTION, ROOT / "assignments" / "attention.ipynb", check=True)


def test_building_twice_gives_the_same_bytes(source, tmp_path):
    first, second = tmp_path / "first.ipynb", tmp_path / "second.ipynb"
    build(source, first)
    build(source, second)
    assert first.read_bytes() == second.read_bytes()
    assert first.read_bytes().endswith(b"}\n")


def test_bytes_are_those_that_jupyter_saves(source, tmp_path):
    target = tmp_path / "doubling.ipynb"
    build(source, target)
    assert nbformat.writes(nbformat.read(target, as_version=4)) + "\n" == target.read_text()


def test_build_says_whether_the_target_was_up_to_date(source, tmp_path):
    target = tmp_path / "new folder" / "doubling.ipynb"
    assert not build(source, target)
    assert build(source, target)
    source.write_text(SOURCE.replace("same words", "other words"))
    assert not build(source, target)
    assert build(source, target)


def test_who_edits_a_notebook_edits_no_other(source):
    first = skeleton(Assignment.read(source))
    fresh = json.dumps(first)
    for cell in first["cells"]:
        cell["metadata"].setdefault("tags", []).append("mine")
        cell["metadata"]["collapsed"] = True
    assert json.dumps(skeleton(Assignment.read(source))) == fresh


def test_check_writes_nothing(source, tmp_path):
    target = tmp_path / "doubling.ipynb"
    assert not build(source, target, check=True)
    assert not target.exists()
    target.write_text("stale")
    assert not build(source, target, check=True)
    assert target.read_text() == "stale"
    build(source, target)
    assert build(source, target, check=True)


def test_a_target_that_is_up_to_date_is_not_touched(source, tmp_path):
    target = tmp_path / "doubling.ipynb"
    build(source, target)
    os.utime(target, (0, 0))
    build(source, target)
    assert target.stat().st_mtime == 0


def test_a_write_that_fails_leaves_the_old_notebook(source, tmp_path, monkeypatch):
    target = tmp_path / "doubling.ipynb"
    target.write_text("old")

    def disk_full(path: Path, data: bytes) -> int:
        path.open("wb").write(data[: len(data) // 2])
        raise OSError("no space left on device")

    monkeypatch.setattr(Path, "write_bytes", disk_full)
    with pytest.raises(Unwritable, match="no space"):
        build(source, target)
    assert target.read_text() == "old"


def test_metadata_names_assignment_questions_and_tags(source):
    notebook = skeleton(Assignment.read(source))
    assert notebook["metadata"]["grader"] == {"assignment": "doubling"}
    assert notebook["metadata"]["kernelspec"]["name"] == "python3"
    cells = cells_of(source)
    goes_on = "raises-exception"
    assert cells["double"]["metadata"] == {"grader": {"question": "double"}, "tags": [goes_on]}
    assert cells["test_three_becomes_six"]["metadata"] == {"tags": ["check", "slow", goes_on]}


def test_the_first_cell_says_what_to_hand_in(source):
    welcome, *_ = cells_of(source).values()
    text = "".join(welcome["source"])
    assert welcome["cell_type"] == "markdown"
    assert text.startswith("# Doubling\n")
    assert "submit this one file, `doubling.ipynb`" in text
    assert "File → Download → Download .ipynb" in text  # in Colab
    assert "Keep these names as they are, for they are what is graded: `double`." in text
    assert "`grader check doubling.ipynb`" in text


def test_a_new_cell_changes_the_id_of_no_other(source):
    before = cells_of(source)
    source.write_text(SOURCE.replace("# %% question", "# %%\nx = 1\n\n# %% question"))
    after = cells_of(source)
    assert [id for id in after if id in before] == list(before)
    assert len(after) == len(before) + 1


def test_ids_are_unique_and_fit_the_format_whatever_the_names(source):
    """Names in other alphabets and long ones are legal Python, but not legal cell ids."""
    long = "test_" + "very_" * 20 + "long"
    text = SOURCE.replace("double", "두배").replace("test_three_becomes_six", long)
    more = (
        '# %% question="세배"\ndef 세배(x):\n    # BEGIN SOLUTION\n    pass\n    # END SOLUTION\n'
    )
    source.write_text(text + "\n" + more)
    notebook = skeleton(Assignment.read(source))  # validates what the format demands
    ids = [cell["id"] for cell in notebook["cells"]]
    assert len(set(ids)) == len(ids) == 9


def test_check_cells_are_given_whole(source):
    text = "".join(cells_of(source)["test_three_becomes_six"]["source"])
    checks = Assignment.read(source).cells[2].source
    assert text == checks + "\n\n\nrun_checks(test_three_becomes_six, test_zero_stays_zero)"


def test_running_the_skeleton_raises_nothing_but_not_implemented(execute):
    """The checks go on, and say so; only what the author's plot needs is missing."""
    outputs = execute(answered(ATTENTION, {}))
    assert set(errors(outputs)) == {"NotImplementedError"}
    checks = [name for cell in Assignment.read(ATTENTION).cells for name in cell.checks]
    assert said(outputs).count("not filled in yet\n") == 2 * len(checks)  # below, and at the end
    assert said(outputs).endswith(f"0 of {len(checks)} checks pass.\n")


def test_running_it_with_the_solution_passes_every_check_and_draws(execute):
    assignment = Assignment.read(ATTENTION)
    answers = {cell.question: cell.source for cell in assignment.cells if cell.question}
    outputs = execute(answered(ATTENTION, answers))
    assert errors(outputs) == []
    checks = [name for cell in assignment.cells for name in cell.checks]
    assert said(outputs).count("✓") == 2 * len(checks)
    assert "✗" not in said(outputs)
    assert said(outputs).endswith(f"{len(checks)} of {len(checks)} checks pass.\n")
    assert any("image/png" in output.get("data", {}) for output in outputs)


def test_a_check_prints_its_sentence_and_what_went_wrong(execute, source):
    outputs = execute(answered(source, {"double": "def double(x):\n    return x + 1"}))
    assert errors(outputs) == []
    lines = (
        "  ✗ Three becomes six.\n      yours is not six\n"
        "  ✗ Zero stays zero.\n      zero became something else\n"
    )
    below = f"{lines}0 of 1 questions pass their checks.\n"
    assert said(outputs) == f"{below}double\n{lines}0 of 1 questions, 0 of 2 checks pass.\n"


def test_checks_are_shown_in_colour_and_what_they_say_is_only_text(execute, source):
    """Green or red at the edge; a message with markup in it stays a message."""
    broken = "def double(x):\n    assert x, '<b>zero</b>'\n    return 2 * x"
    outputs = execute(answered(source, {"double": broken}))
    first, *_ = [o.data["text/html"] for o in outputs if "text/html" in o.get("data", {})]
    assert "&lt;b&gt;zero" in first and "<b>zero" not in first and "#c2410c" in first
    outputs = execute(answered(source, {"double": "def double(x):\n    return 2 * x"}))
    pages = [o.data["text/html"] for o in outputs if "text/html" in o.get("data", {})]
    assert len(pages) == 2 and not [page for page in pages if "#c2410c" in page]
    assert "1 of 1 questions pass their checks." in pages[0]


def test_an_assignment_in_korean_has_its_texts_in_korean(source):
    source.write_text(SOURCE.replace('"Doubling"', '"Doubling"\n# language = "ko"'))
    cells = cells_of(source)
    for name in ("welcome", "run-checks", "all-checks"):
        assert re.search("[가-힣]", "".join(cells[name]["source"])), name
    assert "`double`" in "".join(cells["welcome"]["source"])
    source.write_text(SOURCE.replace('"Doubling"', '"Doubling"\n# language = "xx"'))
    with pytest.raises(AssignmentError, match="language cannot be 'xx'"):
        cells_of(source)


def test_hints_are_in_the_folded_cell_alone(source):
    hint = "    # Hint: What is\n    #   twice three?\n    # Hint: Six.\n"
    source.write_text(
        SOURCE.replace("    assert student.double(3)", f"{hint}    assert student.double(3)")
    )
    cells = cells_of(source)
    assert "Hint" not in "".join(cells["test_three_becomes_six"]["source"])
    machinery = "".join(cells["run-checks"]["source"])
    assert (
        '"test_three_becomes_six": [\n        "What is twice three?",\n        "Six."' in machinery
    )


def test_the_cell_that_checks_is_folded_and_comes_after_the_first_sentence(source):
    first, second, *_ = skeleton(Assignment.read(source))["cells"]
    assert first["cell_type"] == "markdown" and second["metadata"]["cellView"] == "form"
    assert second["metadata"]["jupyter"]["source_hidden"]


def test_no_check_stops_a_run_whatever_it_raises(execute, source):
    """An error is a line with its place in the student's code; also a cell that was not run."""
    broken = "def double(x):\n    if x:\n        raise ValueError('no\\nnumber')\n    return 0"
    outputs = execute(answered(source, {"double": broken}))
    assert errors(outputs) == []
    lines = (
        "  ✗ Three becomes six.\n      ValueError: no\n      number\n"
        "      double, line 3: raise ValueError('no\\nnumber')\n"
        "  ✓ Zero stays zero.\n"
    )
    below = f"{lines}0 of 1 questions pass their checks.\n"
    assert said(outputs) == f"{below}double\n{lines}0 of 1 questions, 1 of 2 checks pass.\n"
    notebook = answered(source, {"double": "def double(x):\n    return 2 * x"})
    notebook.cells = [cell for cell in notebook.cells if cell.id != "test_three_becomes_six"]
    outputs = execute(notebook)
    assert errors(outputs) == []
    assert said(outputs).startswith(
        "double\n  ✗ test_three_becomes_six\n      run its cell first, further up\n"
    )


def test_an_assignment_without_checks_has_no_cell_for_them(source):
    source.write_text(SOURCE[: SOURCE.index("# %% tags")])
    assert "check-all" not in cells_of(source)


def test_a_students_own_error_surfaces_with_its_line(execute, source):
    outputs = execute(answered(source, {"double": "def double(x):\n    return x + undefined"}))
    assert errors(outputs) == []
    problem = "NameError: name 'undefined' is not defined\n"
    assert f"{problem}      double, line 2: return x + undefined\n" in said(outputs)


def test_a_cell_that_fails_does_not_end_the_run(source):
    """Even where errors are not allowed, the last cell comes: as in Jupyter's “Run All”."""
    notebook = answered(source, {"double": "def double(x) return"})
    run(notebook, allow_errors=False)
    assert notebook.cells[-1].outputs


def test_the_notebook_is_plain_json(source, tmp_path):
    target = tmp_path / "doubling.ipynb"
    build(source, target)
    assert json.loads(target.read_bytes()) == skeleton(Assignment.read(source))
