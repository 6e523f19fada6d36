"""Colab, VS Code and JupyterLab rewrite a notebook when they save it; its score stays.

What they do is imitated here from files that they have saved: tags and unknown metadata go, ids
change or move, outputs and their own keys come, and the source of a cell is one text or many lines.
"""

import ast
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jupytext
import nbformat
import pytest

from grader.cli.practice import practise
from grader.course.assignment import Assignment
from grader.course.build import ADDED, machinery, skeleton
from grader.course.course import Course
from grader.judging.grade import grade
from grader.judging.job import Job, Task
from grader.model.judgement import Judgement
from grader.model.result import Status
from grader.sandbox.guest.notebook import read as notebook
from grader.sandbox.guest.notebook import slice

Notebook = dict[str, Any]
COURSE = Course.find(Path(__file__).parent)
RIGHT, SLIP = "x.transpose(1, 2).reshape(B, T, H * d_head)", "x.reshape(B, T, H * d_head)"
"""Of merge_heads; with the slip in it, the score is neither nothing nor everything."""
STREAM = {"output_type": "stream", "name": "stdout", "text": ["def merge_heads(x): return 1\n"]}
PICTURE = {
    "output_type": "display_data", "metadata": {}, "data": {"image/png": "iVBORw0KGgo="},
}  # fmt: skip


def answered(name: str, right: str = "") -> Notebook:
    """Return the students' notebook with the author's answers in it, one of them wrong."""
    assignment = Assignment.read(COURSE.solution(name))
    answers = {cell.question: cell.source for cell in assignment.cells if cell.question}
    made = skeleton(assignment)
    for cell in made["cells"]:
        if question := cell["metadata"].get("grader", {}).get("question"):
            answer = answers[question]
            cell["source"] = answer.replace(right, SLIP) if right else answer
    return made


def code(made: Notebook) -> list[Notebook]:
    return [cell for cell in made["cells"] if cell["cell_type"] == "code"]


def colab(made: Notebook) -> bytes:
    """nbformat 4.0, ids in the metadata, a person's name beside every output."""
    made["metadata"] = {
        "colab": {"provenance": [], "toc_visible": True, "gpuType": "T4"},
        "kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"},
        "language_info": {"name": "python"},
        "accelerator": "GPU",
        "widgets": {"application/vnd.jupyter.widget-state+json": {"a": {"state": {}}}},
    }
    made["nbformat_minor"] = 0
    for number, cell in enumerate(made["cells"]):
        cell.pop("id")
        cell["metadata"] = {"id": f"Xy{number}_qW-zzz"}
    for number, cell in enumerate(code(made)):
        cell["execution_count"] = number
        cell["outputs"] = [STREAM, PICTURE]
        cell["metadata"] |= {
            "colab": {"base_uri": "https://localhost:8080/", "height": 430},
            "outputId": f"c0ffee-{number}",
            "executionInfo": {
                "status": "ok", "timestamp": 1700000000000 + number, "user_tz": -540,
                "elapsed": 412, "user": {"displayName": "Kim Minjun", "userId": "0123"},
            },
        }  # fmt: skip
    made["cells"].append({
        "cell_type": "code", "source": [], "metadata": {"id": "last"}, "outputs": [],
        "execution_count": None,
    })  # fmt: skip
    return json.dumps(made, ensure_ascii=True).encode()  # in one line, 김 as \uae40


def vs_code(made: Notebook) -> bytes:
    """Other ids, its own key beside the language, Windows line ends, source as one text."""
    made["metadata"] = {
        "kernelspec": {"name": "python3", "display_name": ".venv (3.13.1)", "language": "python"},
        "language_info": {
            "name": "python", "version": "3.13.1", "file_extension": ".py",
            "codemirror_mode": {"name": "ipython", "version": 3},
        },
        "orig_nbformat": 4,
    }  # fmt: skip
    for number, cell in enumerate(made["cells"]):
        cell["id"] = f"{number:08x}"
        cell["metadata"] = {"vscode": {"languageId": "python"}}
        cell["source"] = "".join(cell["source"]).replace("\n", "\r\n")
    for cell in code(made):
        cell["outputs"] = [STREAM]
    return json.dumps(made, indent=4).replace("\n", "\r\n").encode()


def jupyterlab(made: Notebook) -> bytes:
    """Every line of its own, keys for slides and hidden inputs, an empty cell at the end."""
    made["metadata"]["kernelspec"]["display_name"] = "conda env: dl"
    made["metadata"]["toc-autonumbering"] = False
    for cell in made["cells"]:
        cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
        cell["metadata"] |= {
            "editable": True, "slideshow": {"slide_type": ""}, "tags": [], "collapsed": True,
            "jupyter": {"source_hidden": True, "outputs_hidden": False},
        }  # fmt: skip
    for cell in code(made):
        cell["outputs"] = [STREAM]
        cell["metadata"]["execution"] = {"iopub.execute_input": "2026-11-20T10:00:00.000Z"}
    made["cells"].append(nbformat.v4.new_code_cell())
    return nbformat.writes(nbformat.from_dict(made)).encode()


def split(made: Notebook) -> bytes:
    """Cut every cell of code in two where a definition begins, and give none of them an id."""
    cells = []
    for cell in made["cells"]:
        parts = "".join(cell["source"]).split("\n\n\n")
        kept = {k: cell[k] for k in ("cell_type", "outputs", "execution_count") if k in cell}
        cells += [{**kept, "metadata": {}, "source": part} for part in parts]
    return json.dumps({**made, "cells": cells}).encode()


def joined(made: Notebook) -> bytes:
    """Put all code into one cell."""
    source = "\n\n".join("".join(cell["source"]) for cell in code(made))
    return json.dumps({**made, "cells": [{"cell_type": "code", "source": source}]}).encode()


def bare(made: Notebook) -> bytes:
    """Delete every cell that checks, explains or sums up."""
    kept = [
        c
        for c in code(made)
        if "check" not in c["metadata"].get("tags", ()) and c["id"] not in ADDED
    ]
    return json.dumps({**made, "cells": kept}).encode()


def py_percent(made: Notebook) -> bytes:
    """Save it as a script, as jupytext does."""
    text: str = jupytext.writes(nbformat.reads(json.dumps(made), 4), fmt="py:percent")
    return text.encode()


REWRITERS: tuple[Callable[[Notebook], bytes], ...] = (
    colab, vs_code, jupyterlab, split, joined, bare, py_percent,
)  # fmt: skip


@pytest.fixture(scope="module")
def judgements(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Judgement]:
    """What is made of the notebook as it was built and answered, and on what became of it."""
    folder = tmp_path_factory.mktemp("handed_in")
    made = answered("attention", RIGHT)
    (folder / "unchanged.ipynb").write_text(json.dumps(made))
    for rewrite in REWRITERS:
        (folder / f"{rewrite.__name__}.ipynb").write_bytes(rewrite(copy.deepcopy(made)))
    job = Job(COURSE.solution("attention"), COURSE.checks("attention"), b"a key")
    tasks = [Task(path) for path in sorted(folder.iterdir())]
    return {task.path.stem: judgement for task, judgement in grade(tasks, job, jobs=2)}


def test_the_unchanged_notebook_loses_one_question(judgements):
    judgement = judgements["unchanged"]
    assert 0 < judgement.earned < judgement.max_score
    lost = {r.question for r in judgement.results if r.status is not Status.PASSED}
    assert lost == {"merge_heads"}


@pytest.mark.parametrize("rewrite", REWRITERS, ids=lambda rewrite: rewrite.__name__)
def test_a_rewritten_notebook_is_judged_as_before(judgements, rewrite):
    before, after = judgements["unchanged"], judgements[rewrite.__name__]
    assert not after.problem and after.notes == before.notes
    assert after.earned == before.earned
    assert [(r.check, r.status) for r in after.results] == [
        (r.check, r.status) for r in before.results
    ]


@pytest.mark.parametrize("rewrite", [colab, vs_code, jupyterlab, split, joined, py_percent])
def test_grader_check_says_of_it_what_it_said_before(tmp_path, rewrite):
    made, path = answered("attention", RIGHT), tmp_path / "mine.ipynb"
    path.write_text(json.dumps(made))
    before = practise(path)
    path.write_bytes(rewrite(made))
    after = practise(path)
    assert [(one.sentence, one.passed) for one in after.tried] == [
        (one.sentence, one.passed) for one in before.tried
    ]
    assert len(after.tried) == 19 and sum(not one.passed for one in after.tried) == 2


@pytest.mark.parametrize("name", COURSE.names())
def test_grading_takes_nothing_of_the_cells_that_check(name):
    """They cost nothing: neither the checks nor what runs and sums them up is in the slice."""
    assignment = Assignment.read(COURSE.solution(name))
    cells = notebook.read(json.dumps(answered(name)).encode())
    statements, _ = slice.statements(cells)
    taken = slice.needed(statements, assignment.questions)
    code = ast.parse(machinery({}))
    functions = {node.name for node in code.body if isinstance(node, ast.FunctionDef)}
    ours = functions | {"QUESTIONS", "HINTS", "SAYS", "traceback"}
    checks = {check for cell in assignment.cells for check in cell.checks}
    assert not slice.dynamic(statements)
    assert not {name for s in taken for name in s.binds | s.calls} & (ours | checks)
    assert set(assignment.questions) <= {name for s in taken for name in s.binds}
