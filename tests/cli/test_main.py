"""The command line: what it prints, what it writes, and its exit codes."""

import csv
import html
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from grader import __version__
from grader.cli.main import main
from grader.course.assignment import Assignment
from grader.course.build import skeleton
from grader.course.cell import REGION
from grader.course.course import Course
from tests import classroom
from tests.support.small_course import CHECKS, RIGHT, SOLUTION, notebook, write

ROOT = Path(__file__).parents[2]
SAMPLES = (
    *("wrong/" + name for name in (
        "bool_masks_only", "crashes_when_lengths_differ", "float_head_size", "floor_division",
        "heads_not_transposed_back", "name_error_with_mask", "no_scale", "returns_no_weights",
        "scales_queries_in_place", "skeleton_untouched", "split_by_view_alone", "torch_attention",
    )),
    *("hostile/" + name for name in (
        "leaks_the_tests", "reads_the_solution", "spies_on_the_grader", "walks_the_frames",
    )),
)  # fmt: skip
"""Samples that fail in all ways, or look for secrets, and are quick to grade."""


def run(*arguments: object) -> Result:
    """Run `grader` in this process; anything but an exit is an error of ours."""
    result = CliRunner().invoke(main, [str(a) for a in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


# help


HELPS = """
import sys
from grader.cli.main import main
for name in ("", *main.commands):
    main([*filter(None, [name]), "--help"], standalone_mode=False)
heavy = {"asyncio", "jinja2", "jupytext", "IPython", "nbformat", "numpy", "pytest", "torch", "yaml"}
print(heavy & {*sys.modules}, len(main.commands))
"""


def test_no_help_waits_for_what_it_does_not_need():
    """Each of these takes 0.02 to 1.5 s, which every command would wait for at its start."""
    command = [sys.executable, "-c", HELPS]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == f"set() {len(main.commands)}"


def test_the_version_is_the_packages():
    assert run("--version").output == f"grader, version {__version__}\n"


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ("", ["grader build", "grader grade PATH... -a attention -o results", "grader check"]),
        ("build", ["assignments/NAME.ipynb", "solutions/NAME.py", "--check", "out of date"]),
        ("grade", ["kim_12345_attention.ipynb", "results.json", "feedback.html", "grades.csv",
                   "report.html", "one per core", "Exit codes: 0", "UNSANDBOXED"]),
        ("check", ["public checks", "without a sandbox", "Exit codes: 0"]),
        ("doctor", ["sandbox", "layers", "escape"]),
    ],
)  # fmt: skip
def test_help_says_what_goes_in_and_what_comes_out(command, words):
    for flag in ("--help", "-h"):
        result = run(*command.split(), flag)
        assert result.exit_code == 0
        said = " ".join(result.output.split())
        assert not [word for word in words if word not in said]


def test_every_command_and_option_explains_itself_by_an_example():
    groups = [c for c in main.commands.values() if isinstance(c, click.Group)]
    leaves = [c for g in (main, *groups) for c in g.commands.values() if c not in groups]
    for command in (main, *groups, *leaves):
        assert command.help
        options = [p for p in command.params if isinstance(p, click.Option)]
        assert all(option.help for option in options), command.name
    for command in leaves:
        assert (
            not command.params
            or f"grader {command.name} " in command.help
            or (any(f"grader {g.name} {command.name} " in command.help for g in groups))
        ), command.name


def test_the_list_of_commands_cuts_no_sentence_short():
    commands = run("--help").output.partition("Commands:")[2]
    assert [line for line in commands.splitlines() if line.endswith("...")] == []


# wrong usage: exit code 2 and a sentence


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """The folder of a small course."""
    write(tmp_path / "course")
    return tmp_path / "course"


def refused(*arguments: object) -> str:
    """Run `grader`, which must refuse, and return the sentence that it says."""
    result = run(*arguments)
    assert result.exit_code == 2
    return " ".join(result.output.partition("Error: ")[2].split())


def test_an_assignment_that_does_not_exist_names_those_that_do(course, tmp_path):
    said = "There is no assignment 'atention'; the course has doubling."
    assert refused("--course", course, "build", "atention") == said
    assert refused("--course", course, "grade", course, "-a", "atention", "-o", tmp_path) == said


def test_a_folder_in_no_course_says_what_a_course_is(tmp_path):
    said = refused("--course", tmp_path, "build")
    assert "a course is a folder with solutions/ and autograder_tests/" in said


def test_a_path_that_does_not_exist_is_named(course, tmp_path):
    gone = tmp_path / "gone"
    grade = ("--course", course, "grade", gone, "-a", "doubling", "-o", tmp_path)
    assert refused(*grade) == f"{gone} does not exist."
    assert "gone" in refused("check", gone)
    assert "gone" in refused("--course", gone, "build")


def test_a_folder_without_files_is_no_class(course, tmp_path):
    (tmp_path / "empty").mkdir()
    grade = ("grade", tmp_path / "empty", "-a", "doubling", "-o", tmp_path / "out")
    assert refused("--course", course, *grade) == "There is no file that can be graded."


def test_an_authors_mistake_is_a_sentence_and_no_traceback(course, tmp_path):
    (course / "solutions" / "doubling.py").write_text("x = 1\n")
    said = refused("--course", course, "build")
    assert "solutions/doubling.py:1: there is no settings block" in said
    assert "Traceback" not in said


def test_checks_that_cannot_be_used_stop_before_anybody_is_graded(course, tmp_path):
    (checks,) = (course / "autograder_tests" / "doubling").glob("test_*.py")
    checks.write_text("import torch\ndef test_it(student:\n")
    out = tmp_path / "out"
    said = refused("--course", course, "grade", checks, "-a", "doubling", "-o", out, "-j", 1)
    assert f"{checks}:2: pytest cannot read this file: SyntaxError" in said
    assert {path.name for path in out.iterdir()} == {"grades.sqlite"}


# build


def test_build_writes_what_is_stale_and_check_only_says_so(course):
    build = ("--course", course, "build")
    target = course / "assignments" / "doubling.ipynb"
    stale = run(*build, "--check")
    assert stale.exit_code == 1 and not target.exists()
    assert "doubling.ipynb is stale: run `grader build doubling`" in stale.output
    assert "was written" in run(*build).output
    fresh = run(*build, "doubling", "--check")
    assert fresh.exit_code == 0 and "is up to date" in fresh.output
    target.write_text(target.read_text() + " ")
    assert run(*build, "--check").exit_code == 1


# check


@pytest.fixture(scope="module")
def attention() -> Assignment:
    return Assignment.read(ROOT / "solutions" / "attention.py")


def test_the_skeleton_is_not_filled_in_yet(attention, tmp_path):
    path = tmp_path / "attention.ipynb"
    path.write_text(json.dumps(skeleton(attention)))
    result = run("check", path)
    assert result.exit_code == 1
    assert result.output.count("  – not filled in yet\n") == len(attention.questions)
    assert "✗" not in result.output and "✓" not in result.output
    assert "Next: write ScaledDotProductAttention." in result.output


def test_the_solution_pasted_into_the_skeleton_passes_every_check(attention, tmp_path):
    book = skeleton(attention)
    solved = {cell.question: cell.source for cell in attention.cells if cell.question}
    for cell in book["cells"]:
        if question := cell["metadata"].get("grader", {}).get("question"):
            cell["source"] = solved[question]
    path = tmp_path / "attention.ipynb"
    path.write_text(json.dumps(book))
    result = run("check", path)
    assert result.exit_code == 0
    assert result.output.count("✓ ") == sum(len(cell.checks) for cell in attention.cells)
    assert "✗" not in result.output


def test_a_file_that_is_no_notebook_says_so(tmp_path):
    path = tmp_path / "picture.ipynb"
    path.write_bytes(b"\x89PNG\r\n")
    assert refused("check", path).startswith("This file is an image, not a notebook.")


def test_brackets_in_a_sentence_are_no_markup(tmp_path):
    path = tmp_path / "one.py"
    path.write_text('def f(): pass\ndef test_f(student):\n    """Axes [bold] and [/] stay."""\n')
    assert "✓ Axes [bold] and [/] stay." in run("check", path).output


# grade


@dataclass(frozen=True)
class Batch:
    """What `grader grade` has left behind."""

    result: Result
    out: Path
    sources: dict[str, str]
    """What every student submitted, by id."""

    def pages(self) -> Iterator[tuple[str, str]]:
        """Yield (student, text) for every file that students get, decoded to what they read."""
        for student in self.sources:
            page = (self.out / student / "feedback.html").read_text("utf-8")
            yield student, html.unescape(re.sub(r"<[^>]*>", "", page))
            results = json.loads((self.out / student / "results.json").read_text("utf-8"))
            yield student, "\n".join(texts(results))


def texts(value: object) -> Iterator[str]:
    """Yield every string in a JSON value."""
    match value:
        case str():
            yield value
        case list():
            for item in value:
                yield from texts(item)
        case dict():
            yield from texts(list(value.items()))
        case tuple():
            yield from texts(list(value))


@pytest.fixture(scope="module")
def batch(tmp_path_factory: pytest.TempPathFactory) -> Batch:
    """Wrong samples, and some that look for secrets, graded by the command."""
    folder = tmp_path_factory.mktemp("batch")
    course, handed_in = folder / "course", folder / "in"
    for part in ("solutions", "autograder_tests"):
        shutil.copytree(ROOT / part, course / part)
    handed_in.mkdir()
    sources = {}
    for name in SAMPLES:
        script, student = classroom.script_of(name), name.replace("/", "_")
        (handed_in / f"{student}_attention.ipynb").write_bytes(classroom.notebook(script))
        sources[student] = script
    out = folder / "out"
    grade = ("grade", handed_in, "-a", "attention", "-o", out, "-j", 2)
    return Batch(run("--course", course, *grade), out, sources)


def test_everybody_is_judged_and_who_has_written_nothing_goes_to_a_person(batch):
    assert batch.result.exit_code == 3
    untouched = json.loads((batch.out / "wrong_skeleton_untouched" / "results.json").read_text())
    assert untouched["score"] == 0 and "as it was handed out" in untouched["output"]
    n = len(batch.sources)
    assert f"{n} of {n} submissions in " in batch.result.output


def test_every_student_gets_both_files_and_the_class_gets_both(batch):
    assert {path.name for path in batch.out.iterdir()} == {
        *batch.sources, "grades.csv", "grades.sqlite", "report.html",
    }  # fmt: skip
    for student in batch.sources:
        files = {path.name for path in (batch.out / student).iterdir()}
        assert files == {"feedback.html", "results.json"}


def test_the_table_of_grades_agrees_with_the_files_of_the_students(batch):
    rows = list(csv.DictReader(io.StringIO((batch.out / "grades.csv").read_text("utf-8"))))
    assert [row["student"] for row in rows] == sorted(batch.sources)
    for row in rows:
        results = json.loads((batch.out / row["student"] / "results.json").read_text())
        if row["score"] == "":  # a person decides
            assert "score" not in results
            continue
        assert int(row["score"]) == results["score"] == sum(t["score"] for t in results["tests"])
        assert 0 <= results["score"] < int(row["max"])
        assert f'href="{row["student"]}/feedback.html' in (batch.out / "report.html").read_text()


def test_no_line_of_hidden_checks_or_solutions_reaches_a_student(batch):
    checks = (ROOT / "autograder_tests" / "attention").rglob("*.py")
    regions = REGION.finditer((ROOT / "solutions" / "attention.py").read_text("utf-8"))
    hidden = [*(path.read_text("utf-8") for path in checks), *(region[0] for region in regions)]
    lines = [line.strip() for text in hidden for line in text.splitlines()]
    secrets = {line for line in lines if len(line) >= 15 and "SOLUTION" not in line}
    assert len(secrets) > 300
    for student, page in batch.pages():
        own = batch.sources[student]  # a traceback shows the student's lines, perhaps the same
        assert not [secret for secret in secrets if secret in page and secret not in own]


def test_what_students_read_names_no_file_or_frame_of_ours(batch):
    for _, page in batch.pages():
        for ours in ("autograder_tests", "solutions/", "grader/", "site-packages", str(ROOT)):
            assert ours not in page
    assert any("Traceback (most recent call last)" in page for _, page in batch.pages())


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Path]:
    """A small class with an empty file, a link, and a student whom our fault keeps from a score."""
    folder = tmp_path_factory.mktemp("troubled")
    bug = CHECKS.replace("x = draw(3)\n", "x = draw(3)\n    student.halve(x).no_such_method()\n")
    write(folder / "course", bug)
    handed_in = folder / "in"
    handed_in.mkdir()
    (handed_in / "right_doubling.ipynb").write_bytes(notebook(RIGHT))
    (handed_in / "empty_doubling.ipynb").write_bytes(b"")
    (handed_in / "link_doubling.ipynb").symlink_to(handed_in / "right_doubling.ipynb")
    (folder / "alone.ipynb").write_bytes(notebook(RIGHT))
    grade = ("grade", handed_in, folder / "alone.ipynb", "-a", "doubling", "-o", folder / "out")
    return run("--course", folder / "course", *grade), folder


def test_what_needs_a_person_exits_with_3_and_has_no_score(troubled):
    result, folder = troubled
    assert result.exit_code == 3
    rows = csv.DictReader(io.StringIO((folder / "out" / "grades.csv").read_text("utf-8")))
    scores = {row["student"]: (row["score"], bool(row["problem"])) for row in rows}
    assert scores == {
        "right": ("", False), "alone": ("", False), "empty": ("0", True), "link": ("0", True),
    }  # fmt: skip
    results = json.loads((folder / "out" / "right" / "results.json").read_text())
    assert "score" not in results
    assert "no_such_method" not in json.dumps(results)
    assert "no_such_method" in (folder / "out" / "report.html").read_text("utf-8")


def test_the_key_is_made_once_and_is_for_its_owner_alone(troubled):
    key = troubled[1] / "course" / ".grader" / "key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert Course(troubled[1] / "course").key() == bytes.fromhex(key.read_text())


# Ctrl-C


def descendants(pid: int) -> list[int]:
    """Return the processes that this one has started, and theirs."""
    children: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = stat.read_text().rpartition(")")[2].split()[1]
        except OSError:  # it has just ended
            continue
        children.setdefault(int(parent), []).append(int(stat.parent.name))
    found = [pid]
    for one in found:
        found += children.get(one, [])
    return found


def running(pid: int) -> bool:
    """Whether a process runs; one that waits to be reaped does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="grading runs on Linux")
def test_an_interrupt_keeps_what_is_graded_and_leaves_no_process(tmp_path):
    write(tmp_path, CHECKS, SOLUTION.replace("seconds = 1.0", "seconds = 100.0"))
    handed_in, out = tmp_path / "in", tmp_path / "out"
    handed_in.mkdir()
    (handed_in / "a_doubling.ipynb").write_bytes(notebook(RIGHT))
    for name in ("b", "c", "d"):
        sleeps = RIGHT.replace("return x / 2", "import time; time.sleep(1000)")
        (handed_in / f"{name}_doubling.ipynb").write_bytes(notebook(sleeps))
    command = [sys.executable, "-c", "from grader.cli.main import main; main()"]
    command += ["--course", tmp_path, "grade", handed_in, "-a", "doubling", "-o", out, "-j", "2"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),  # CI may ignore Ctrl-C
    ) as process:  # fmt: skip
        while not (out / "a" / "feedback.html").exists():
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.05)
        everybody = descendants(process.pid)
        assert len(everybody) >= 5, "two judges, two zygotes and at least two workers"
        os.killpg(process.pid, signal.SIGINT)
        said, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "1 of 4 submissions" in said and "Interrupted." in said
    assert errors == ""
    rows = list(csv.DictReader(io.StringIO((out / "grades.csv").read_text("utf-8"))))
    assert [(row["student"], row["score"]) for row in rows] == [("a", "5")]
    assert {p.name for p in out.iterdir()} == {"a", "grades.csv", "grades.sqlite", "report.html"}
    deadline = time.monotonic() + 30
    while (left := [pid for pid in everybody if running(pid)]) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not left


def test_no_command_takes_the_name_of_another():
    for command in list(main.commands.values()):
        with pytest.raises(ValueError, match=f"two commands {command.name}"):
            main.add_command(command)
