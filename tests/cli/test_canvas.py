"""`grader canvas`: from submissions to grades in Canvas, as a TA gives the commands."""

import builtins
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.exchange.canvas import line
from tests.support.canvas import TOKEN, Canvas, Fault, serving
from tests.support.commands import run
from tests.support.small_course import RIGHT, notebook, write


@pytest.fixture(scope="module")
def server() -> Iterator[Canvas]:
    with serving() as canvas:
        yield canvas


@pytest.fixture
def canvas(server: Canvas, monkeypatch) -> Canvas:
    monkeypatch.setenv("CANVAS_TOKEN", TOKEN)
    monkeypatch.setattr(line, "WAITS", (0, 0))
    server.empty()
    server.hand_in(4711, "Kim Minjun", ("doubling.ipynb", notebook(RIGHT)))
    late = {"submitted_at": "2026-11-20T16:00:00Z", "late": True}
    server.hand_in(4712, "Lee [Seoyeon]", ("doubling.ipynb", notebook(RIGHT)), **late)
    return server


@pytest.fixture
def course(tmp_path: Path, judges) -> Path:
    write(tmp_path)
    return tmp_path


def graded(canvas: Canvas, course: Path) -> Path:
    run(course, "canvas", "fetch", canvas.address, "-o", course / "hw")
    words = ("-a", "doubling", "--names", "canvas", "--roster", course / "hw" / "roster.csv")
    words = (*words, "--late", "score - 1", "-o", course / "out")
    run(course, "grade", course / "hw" / "handed_in", *words)
    return course / "out"


def test_the_whole_way_there_and_back(canvas, course):
    out = graded(canvas, course)
    said = run(course, "canvas", "push", out, canvas.address)
    assert "4711 Kim Minjun — 5 new" in said and "4712 Lee [Seoyeon] — 4 new" in said
    assert "Nothing was sent: add --send." in said
    assert canvas.uploads == {}
    said = run(course, "canvas", "push", out, canvas.address, "--send")
    assert "2 students have score and feedback in Canvas now." in said
    assert [canvas.submissions[user]["score"] for user in (4711, 4712)] == [5, 4]
    said = run(course, "canvas", "push", out, canvas.address, "--send")
    assert "4711 Kim Minjun 5 5 sent before" in said and len(canvas.uploads) == 2
    assert f"the scores were sent to {canvas.address}" in run(course, "diff", out)


def test_grades_of_others_are_named_with_what_to_do(canvas, course):
    out = graded(canvas, course)
    canvas.grade_by_hand(4711, 1)
    said = run(course, "canvas", "push", out, canvas.address, "--send", code=3)
    assert "4711 Kim Minjun 1 5 kept: graded in Canvas by somebody else" in said
    assert "What somebody has graded in Canvas stays." in said


@pytest.mark.parametrize(
    "fault",
    [
        None,
        Fault("GET .*", 401, times=99),
        Fault("GET .*", 200, b"<html>", {"Content-Type": "text/html"}, times=99),
        Fault("GET .*/submissions", 500, TOKEN.encode()[:0], times=99),
        Fault("PUT .*", 0, times=99),
        Fault("POST .*", 422),
    ],
    ids=lambda fault: f"{fault.fits}-{fault.status}" if fault else "none",
)
def test_the_token_is_in_no_file_and_in_no_output(canvas, course, fault, caplog):
    caplog.set_level("DEBUG")
    out = graded(canvas, course)
    canvas.faults = [fault] if fault else []
    address, runner = canvas.address, CliRunner()
    for words in (
        ["fetch", address, "-o", f"{course / 'hw'}"],
        ["push", f"{out}", address, "--send"],
    ):
        result = runner.invoke(main, ["--course", str(course), "canvas", *words])
        assert isinstance(result.exception, SystemExit | None), result.exception
        assert TOKEN not in result.output + caplog.text
    files = [path for path in course.rglob("*") if path.is_file()]
    assert len(files) > 8 and not [path for path in files if TOKEN.encode() in path.read_bytes()]


def test_an_interruption_says_that_the_same_command_goes_on(canvas, course, monkeypatch):
    from grader.exchange.canvas.desk import Desk

    out = graded(canvas, course)
    grade = Desk.grade

    def stop(desk, user, *rest):
        if user == 4712:
            raise KeyboardInterrupt
        return grade(desk, user, *rest)

    monkeypatch.setattr(Desk, "grade", stop)
    said = run(course, "canvas", "push", out, canvas.address, "--send", code=130)
    assert "Interrupted. What Canvas has acknowledged is in the journal" in said
    assert "1 student has score and feedback in Canvas now." in said
    monkeypatch.setattr(Desk, "grade", grade)
    said = run(course, "canvas", "push", out, canvas.address, "--send")
    assert "1 student has score and feedback in Canvas now." in said
    assert [len(canvas.comments(user)) for user in (4711, 4712)] == [1, 1]


def test_a_canvas_that_does_not_answer_ends_with_4(canvas, course):
    out = graded(canvas, course)
    canvas.faults = [Fault("PUT .*", 0)]
    said = run(course, "canvas", "push", out, canvas.address, "--send", code=4)
    assert "does not answer" in said and "the same command goes on" in said


@pytest.mark.parametrize("address", ["http://canvas.example.edu/courses/1/assignments/2", "12"])
def test_a_wrong_address_is_a_usage_error(canvas, course, address):
    assert "canvas.example.edu" in run(
        course, "canvas", "fetch", address, "-o", course / "hw", code=2
    )


def test_without_canvasapi_a_sentence_says_what_to_install(canvas, course, monkeypatch):
    import sys

    for name in [n for n in sys.modules if n.startswith(("canvasapi", "grader.exchange.canvas."))]:
        monkeypatch.delitem(sys.modules, name)
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("canvasapi"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    said = run(course, "canvas", "fetch", canvas.address, "-o", course / "hw", code=2)
    assert "pip install 'torch-grader[canvas]'" in said
