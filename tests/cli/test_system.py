"""On Windows and macOS a command works, or says in a sentence that it needs Linux; none raises."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from grader.cli import system
from grader.cli.main import main
from tests.support.small_course import NAME as ASSIGNMENT
from tests.support.small_course import write
from tests.view.conftest import CLASS, fill

ROOT = Path(__file__).parents[2]
Ends = dict[str, tuple[int, str, str]]
"""Exit code, output, and what was raised beside an exit, of each command."""


def commands(group: click.Group = main, above: str = "") -> Iterator[str]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{above}{name} ")
        else:
            yield f"{above}{name}"


WORK = {
    "new": ["--list"], "build": [ASSIGNMENT], "check": [f"assignments/{ASSIGNMENT}.ipynb"],
    "release": [ASSIGNMENT, "-o", "a.zip"], "handout": [ASSIGNMENT],
    "translate": [ASSIGNMENT, "ko"],
    "export gradescope": [ASSIGNMENT, "-o", "gradescope.zip"],
    "export prairielearn": [ASSIGNMENT, "--image", "our/grader", "-o", "questions"],
    "results": ["out", "table.csv"], "diff": ["out"], "backup": ["out", "copy.sqlite"],
    "override": ["out", "decisions.csv"], "merge": ["merged", "out"],
    "gradebook": ["out", "gradebook.csv", "--column", "Score", "-o", "filled.csv"],
    "feedback": ["out", "--for", "files", "-o", "pages.zip"],
}  # fmt: skip
"""What works everywhere, and how it is tried."""
CANVAS = "https://canvas.example.edu/courses/1/assignments/2"
ASK = {"canvas fetch": [CANVAS, "-o", "canvas"], "canvas push": ["out", CANVAS]}
"""What asks for a token before anything else, here as there."""
SUBMISSION = f"assignments/{ASSIGNMENT}.ipynb"
LOCKED_IN = {
    "grade": [SUBMISSION, "-a", ASSIGNMENT, "-o", "new"], "regrade": ["out"], "view": ["out"],
    "similarity": [SUBMISSION, "-a", ASSIGNMENT, "-o", "similar"], "verify": [], "doctor": [],
    "export otter": [ASSIGNMENT, "-o", "otter"], "import otter": [SUBMISSION],
    "import nbgrader": [SUBMISSION],
    "export nbgrader": [ASSIGNMENT, "-o", "nbgrader"],
}  # fmt: skip
"""What opens submissions, or runs code as it would run them."""
ALL = WORK | ASK | LOCKED_IN


@pytest.fixture(scope="module", params=["win32", "darwin"])
def ends(request, tmp_path_factory) -> Ends:
    """How every command ends there, all tried in one process."""
    folder = tmp_path_factory.mktemp(request.param)
    write(folder)
    fill(folder / "out", CLASS)
    (folder / "decisions.csv").write_text("id,question,points,comment\n")
    (folder / "gradebook.csv").write_text("ID,Score\n1,\n")
    tried = [[*name.split(), *words] for name, words in ALL.items()]
    words = [sys.executable, "-m", "tests.support.elsewhere", request.param, json.dumps(tried)]
    done = subprocess.run(words, cwd=folder, env={"PYTHONPATH": str(ROOT)}, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    return dict(zip(ALL, json.loads(done.stdout.splitlines()[-1]), strict=True))


def test_every_command_is_tried():
    assert {*commands()} == {*ALL}


@pytest.mark.parametrize("name", WORK)
def test_what_opens_no_submission_works_elsewhere(ends, name):
    code, output, raised = ends[name]
    assert (code in (0, 1, 3), raised) == (True, ""), output


@pytest.mark.parametrize("name", ASK)
def test_what_talks_to_canvas_begins_elsewhere(ends, name):
    code, output, raised = ends[name]
    assert (code, raised) == (2, "") and "CANVAS_TOKEN" in output


@pytest.mark.parametrize("name", LOCKED_IN)
def test_what_opens_submissions_says_in_one_sentence_that_it_needs_linux(ends, name):
    code, output, raised = ends[name]
    assert (code, raised) == (2, "")
    assert output.startswith(f"Error: `grader {name}` needs Linux") and output.count("\n") == 1


def test_nothing_is_written_by_a_command_that_needs_linux(monkeypatch, tmp_path):
    monkeypatch.setattr(system.sys, "platform", "darwin")
    words = ["grade", __file__, "-a", ASSIGNMENT, "-o", str(tmp_path / "out")]
    with pytest.raises(SystemExit) as end:
        main(words)
    assert end.value.code == 2 and not [*tmp_path.iterdir()]


def test_a_machine_that_counts_no_cores_for_a_process_counts_its_own(monkeypatch):
    monkeypatch.delattr(system.os, "sched_getaffinity")
    monkeypatch.setattr(system.os, "cpu_count", lambda: None)
    assert system.cores() == 1
