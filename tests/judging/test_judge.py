"""A submission gets one Judgement, whatever it is; a fault of ours is tried again, and no score."""

import hashlib

import pytest

from grader.judging import judge
from grader.judging.judge import TRIES
from grader.model.result import Status
from grader.report.sanitize import whole
from tests.support import walls
from tests.support.small_course import CHECKS, IMPORTS, RIGHT, SOLUTION, grade, notebook

KILLS_WORKER = """
import os, signal
deaths = {deaths}

@question("double")
@points(2)
def test_double(student):
    \"\"\"It doubles.\"\"\"
    global deaths
    import warnings
    warnings.warn(Remark("Seen."))
    if deaths:
        deaths -= 1
        os.kill(student._loaded.worker.pid, signal.SIGKILL)
    assert student.double(1) == 2


@question("double")
@points(1)
def test_double_again(student):
    \"\"\"It doubles again.\"\"\"
    assert student.double(2) == 4
"""


def test_a_judgement_says_what_and_how_it_was_judged(zygote, tmp_path):
    data = notebook(
        "import torch", "print('hello from the notebook')", RIGHT, "double(1", "halve = halve"
    )
    (judgement,) = grade(zygote, tmp_path, CHECKS, data)
    assert (judgement.assignment, judgement.title) == ("doubling", "Doubling and halving")
    assert judgement.sha256 == hashlib.sha256(data).hexdigest()
    assert judgement.questions == ("double", "halve")
    assert judgement.layers == zygote.walls()
    assert (judgement.earned, judgement.max_score, judgement.problem) == (5, 5, "")
    (note,) = judgement.notes
    assert "code cell 4, line 1 is not valid Python" in str(note)


def test_a_check_for_the_notebook_only_is_not_a_reason_to_run_all_cells(zygote, tmp_path):
    public = 'assert student.double(torch.ones(1)).item() == 2, "the public text"'
    solution = SOLUTION.replace(public, "student.double(torch.nn.Linear(1, 1))")
    data = notebook(RIGHT, "names = []\nnames.append(double)")
    right, wrong = grade(
        zygote, tmp_path, CHECKS, data, data.replace(b"2 * x", b"3 * x"), solution=solution
    )
    tried = [any("all cells were run" in str(note) for note in j.notes) for j in (right, wrong)]
    assert right.earned == 5 and tried == [False, True]


def test_results_of_a_machine_without_walls_are_marked(start, tmp_path):
    (judgement,) = grade(start(walls.UNSAFE), tmp_path, CHECKS, RIGHT)
    assert judgement.layers[0] == "UNSANDBOXED" and judgement.earned == 5


def test_what_the_code_printed_is_for_the_course_team(zygote, tmp_path):
    talks = RIGHT.replace("return 2 * x", "print('my secret'); return 2 * x")
    (judgement,) = grade(zygote, tmp_path, CHECKS, talks)
    assert judgement.output.startswith("my secret\n")


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n", b'{"cells": []}', b"<html></html>"])
def test_a_file_that_is_no_notebook_is_a_problem_and_no_error(zygote, tmp_path, data):
    (judgement,) = grade(zygote, tmp_path, CHECKS, data)
    assert judgement.problem and "Traceback" not in f"{judgement.problem}"
    assert {r.status for r in judgement.results} == {Status.NOT_RUN}
    assert (judgement.earned, judgement.max_score) == (0, 5)


@pytest.mark.parametrize(
    ("cell", "status", "words"),
    [
        ("while True: double = halve = 1", Status.TIMED_OUT, "computed for more than 1 s"),
        (
            "import os\ndouble = halve = os._exit(3)",
            Status.STUDENT_ERROR,
            "ended the Python process",
        ),
    ],
)
def test_a_notebook_that_cannot_be_loaded_is_blamed_once_per_question(
    zygote, tmp_path, cell, status, words, monkeypatch
):
    monkeypatch.setattr("grader.model.limits.WALL", 1000)  # this machine may be busy
    (judgement,) = grade(zygote, tmp_path, CHECKS, notebook(cell))
    double, public, halve = judgement.results
    assert double.status == halve.status == status
    assert whole(double).startswith("While your notebook was being read: ")
    assert words in whole(double)
    assert public.status is Status.NOT_RUN
    assert judgement.earned == 0


def test_a_fault_of_ours_is_tried_again(zygote, tmp_path):
    checks = IMPORTS + KILLS_WORKER.format(deaths=TRIES - 1)
    (judgement,) = grade(zygote, tmp_path, checks, RIGHT)
    assert (judgement.earned, judgement.max_score) == (3, 3)
    assert judgement.notes == ("Seen.",)


def test_a_fault_of_ours_that_stays_has_no_score(zygote, tmp_path):
    checks = IMPORTS + KILLS_WORKER.format(deaths=TRIES)
    first, second = grade(zygote, tmp_path, checks, RIGHT, RIGHT)
    killed, again, _ = first.results
    assert killed.status is Status.GRADER_ERROR
    assert "killed from outside" in killed.detail and whole(killed) == ""
    assert again.status is Status.PASSED
    assert first.earned is None and first.faulty
    assert second.earned == 3


def test_what_a_submission_leaves_behind_does_not_reach_the_next(zygote, tmp_path):
    poisons = "import torch\ntorch.equal = lambda *_: True\n" + RIGHT.replace("2 * x", "x")
    alone, after = [
        grade(zygote, tmp_path / order, CHECKS, *submissions)[-1]
        for order, submissions in (("alone", [RIGHT]), ("after", [poisons, RIGHT]))
    ]
    assert [r.status for r in alone.results] == [r.status for r in after.results]


def test_a_public_check_alone_makes_a_report_without_points(zygote, tmp_path):
    solution = SOLUTION[: SOLUTION.index('# %% question="halve"')]
    (judgement,) = grade(zygote, tmp_path, "", RIGHT, solution=solution)
    assert (judgement.earned, judgement.max_score) == (0, 0)
    assert [r.status for r in judgement.results] == [Status.PASSED]


def test_any_fault_of_ours_costs_one_submission_and_no_class(zygote, tmp_path, monkeypatch):
    numbers = [2, 1]
    monkeypatch.setattr(judge, "_hints", lambda *_: [][0] if numbers.pop() == 1 else [])
    first, second = grade(zygote, tmp_path, CHECKS, RIGHT, RIGHT)
    assert {r.status for r in first.results} == {Status.GRADER_ERROR} and first.earned is None
    assert "IndexError" in first.results[0].detail
    assert second.earned == second.max_score
