"""From the wheel alone, in an empty folder: everything that the documentation promises works."""

import http.client
import json
import re
import signal
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.classroom import notebook, script_of
from tests.support.own_course import OURS
from tests.support.wheel import Installed, wheel

pytestmark = pytest.mark.whole
RIGHT, WRONG = "kim_1_attention.ipynb", "lee_2_attention.ipynb"


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> Installed:
    folder = tmp_path_factory.mktemp("alone")
    return Installed.of(wheel(folder), folder / "venv")


@pytest.fixture(scope="module")
def course(alone, tmp_path_factory) -> Path:
    """A course that was made by the wheel, and three files that were handed in and judged."""
    empty = tmp_path_factory.mktemp("course")
    made = alone.run("grader", "new", "attention", "--from", "attention", folder=empty)
    assert made.returncode == 0, made.stdout + made.stderr
    handed_in = empty / "handed_in"
    handed_in.mkdir()
    for file, sample in ((RIGHT, "right/plain"), (WRONG, "wrong/no_scale")):
        (handed_in / file).write_bytes(notebook(script_of(sample)))
    (handed_in / "park_3_attention.ipynb").write_text("{}")
    return empty


@pytest.fixture(scope="module")
def graded(alone, course) -> subprocess.CompletedProcess[str]:
    """The class, judged."""
    words = ["grader", "grade", "handed_in", "-a", "attention", "-o", "results", "--json"]
    return alone.run(*words, folder=course)


def said(alone: Installed, course: Path, *words: object, ends: int = 0) -> str:
    done = alone.run("grader", *words, folder=course)
    assert done.returncode == ends, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


def test_the_code_that_runs_is_that_of_the_wheel(alone, tmp_path):
    where = alone.run("python", "-c", "import grader; print(grader.__file__)", folder=tmp_path)
    assert Path(where.stdout.strip()).is_relative_to(alone.place)


def test_the_gallery_is_listed_whole(alone, tmp_path):
    lines = said(alone, tmp_path, "new", "--list").splitlines()
    assert {line.split()[0] for line in lines} == {*OURS.names()}


def test_a_folder_without_a_course_is_told_apart(alone, tmp_path):
    said(alone, tmp_path, "build", ends=2)


def test_a_small_assignment_verifies_in_an_empty_folder(alone, tmp_path):
    said(alone, tmp_path, "new", "layer_norm", "--title", "Layer normalization")
    told = said(alone, tmp_path, "verify", "layer_norm")
    assert "mistakes killed" in told and (tmp_path / "build" / "verify" / "verify.html").exists()


def test_a_notebook_of_the_gallery_verifies_where_it_was_copied(alone, tmp_path):
    said(alone, tmp_path, "new", "mine", "--from", "rnn")
    told = said(alone, tmp_path, "verify", "mine", "--seeds", "1")
    assert re.search(r"(\d+) of \1 mistakes killed", told)


def test_the_notebook_is_built_and_is_up_to_date(alone, course):
    said(alone, course, "build")
    said(alone, course, "build", "--check")
    notebook = course / "assignments" / "attention.ipynb"
    before = notebook.read_bytes()
    notebook.write_bytes(before.replace(b"attention", b"attentoin"))
    said(alone, course, "build", "--check", ends=1)
    notebook.write_bytes(before)


def test_a_class_is_judged_and_who_needs_a_person_is_told(course, graded):
    assert graded.returncode == 3, graded.stderr
    told = json.loads(graded.stdout)
    assert (told["submissions"], told["outcomes"]["full_marks"]) == (3, 1)
    assert told["for_a_person"] == ["park_3"]
    assert "scale" in (course / "results" / "lee_2" / "feedback.html").read_text()


def test_feedback_and_tables_leave_the_folder(alone, course, graded):
    said(alone, course, "feedback", "results", "--for", "files", "-o", "pages.zip")
    said(alone, course, "results", "results", "class.jsonl")
    assert len((course / "class.jsonl").read_text().splitlines()) == 3


def test_the_page_for_review_starts_answers_and_ends(alone, course, graded):
    words = [alone.place / "bin" / "grader", "view", "results", "--no-browser"]
    server = subprocess.Popen(
        words, cwd=course, env=alone.environment, stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )  # fmt: skip
    with server:
        try:
            assert server.stdout is not None
            address = urlsplit(server.stdout.readline().strip())
            browser = http.client.HTTPConnection(address.netloc)
            browser.request("GET", f"{address.path}?{address.query}")
            answer = browser.getresponse()
            answer.read()
            cookie = answer.headers["set-cookie"].partition(";")[0]
            browser.request("GET", "/?by=name", headers={"Cookie": cookie})
            page = browser.getresponse().read().decode()
            assert "kim_1" in page and "lee_2" in page
        finally:
            server.send_signal(signal.SIGINT)
    assert server.returncode == 0


def test_a_student_checks_their_own_notebook(alone, course, tmp_path):
    done = tmp_path / "attention.ipynb"
    done.write_bytes(notebook((course / "solutions" / "attention.py").read_text()))
    said(alone, tmp_path, "check", done)
    said(alone, tmp_path, "check", course / "assignments" / "attention.ipynb", ends=1)
    said(alone, tmp_path, "check", course / "handed_in" / "park_3_attention.ipynb", ends=2)


def test_what_students_get_is_packed_and_printed(alone, course):
    said(alone, course, "release", "attention", "-o", "attention.zip")
    said(alone, course, "handout", "attention")
    assert (course / "build" / "handout" / "attention.html").exists()


@pytest.mark.parametrize("to", ["gradescope", "otter", "nbgrader"])
def test_it_is_exported_for_others(alone, course, to):
    said(alone, course, "export", to, "attention", "-o", f"{to}.zip" if to == "gradescope" else to)


def test_the_sandbox_holds_in_an_environment_of_its_own(alone, tmp_path):
    assert "can keep submissions locked in" in said(alone, tmp_path, "doctor")
