"""Every hostile sample succeeds against the naive grader: the attacks are real."""

import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests import classroom
from tests.support import naive

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grading runs on Linux")

EARN_FULL_MARKS = {
    "patches_comparisons",
    "patches_pytest",
    "lies_about_equality",
    "reads_the_solution",
    "walks_the_frames",
    "answers_nan",
    "forges_the_score",
}
LEAVE_NO_SCORE = {"exits_early", "exits_on_load"}
HAVE_A_TEST_OF_THEIR_OWN = {
    "leaks_the_tests",
    "spies_on_the_grader",
    "never_returns",
    "memory_bomb",
    "output_flood",
    "phones_home",
    "fork_bomb",
    "writes_files",
}
CANARY = "canary-5f1c0e"
MEMORY_BYTES = 8 << 30
CPU_SECONDS = 60
WALL_SECONDS = 240


@dataclass(frozen=True)
class Outcome:
    """What the naive grader was brought to."""

    score: dict[str, Any] | None
    """What its channel said first, or None if it never said anything."""
    exit_code: int
    """Negative: the signal that ended it."""
    output: Path
    left_behind: int
    """Processes of its session that were still there when it had ended."""


Grade = Callable[..., Outcome]


@pytest.fixture
def grade(tmp_path: Path) -> Grade:
    """Return a function that runs the naive grader on one sample."""
    course = tmp_path / "course"
    naive.plant(course, classroom.script_of("right/plain"), CANARY)

    def run(sample: str, cpu_seconds: int = CPU_SECONDS) -> Outcome:
        notebook = tmp_path / "submission.ipynb"
        notebook.write_bytes(classroom.notebook(classroom.script_of(sample)))
        (tmp_path / "tmp").mkdir()
        ours, theirs = socket.socketpair()
        output = tmp_path / "output.txt"
        with ours, output.open("wb") as file:
            with theirs:
                process = subprocess.Popen(
                    [sys.executable, naive.__file__, notebook, course, str(theirs.fileno())],
                    pass_fds=[theirs.fileno()],
                    cwd=course,
                    env=environment(tmp_path),
                    stdin=subprocess.DEVNULL,
                    stdout=file,
                    stderr=file,
                    start_new_session=True,
                    preexec_fn=partial(limit, cpu_seconds),
                )
            try:
                exit_code = process.wait(WALL_SECONDS)
            finally:
                process.kill()
            left_behind = members(process.pid)
            for pid in left_behind:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return Outcome(first_line(ours), exit_code, output, len(left_behind))

    return run


def environment(home: Path) -> dict[str, str]:
    """Return an environment that holds a secret, and a home where writing does no harm."""
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home / "tmp"),
        "OMP_NUM_THREADS": "1",
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "COURSE_SECRET": CANARY,
    }


def limit(cpu_seconds: int) -> None:
    """Bound what an attack can cost this machine; the naive grader itself knows no limits."""
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))


def first_line(channel: socket.socket) -> dict[str, Any] | None:
    """Return the first line that waits in the channel, or None."""
    channel.setblocking(False)
    try:
        return json.loads(channel.recv(1 << 20).split(b"\n")[0])
    except (BlockingIOError, ConnectionError, json.JSONDecodeError):
        return None


def members(session: int) -> list[int]:
    """Return the processes of a session."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it has ended meanwhile
            state, _, _, its_session = stat.read_text().rpartition(")")[2].split()[:4]
            if state != "Z" and int(its_session) == session:
                found.append(int(stat.parent.name))
    return found


def test_every_hostile_sample_has_a_control() -> None:
    samples = {path.stem for path in (classroom.SAMPLES / "attention" / "hostile").glob("*.py")}
    assert samples == EARN_FULL_MARKS | LEAVE_NO_SCORE | HAVE_A_TEST_OF_THEIR_OWN


def test_right_submission_earns_full_marks_without_an_attack(grade: Grade) -> None:
    outcome = grade("right/plain")
    assert outcome.score is not None
    assert (outcome.score["score"], outcome.score["of"]) == (4, 4)
    assert outcome.left_behind == 0


@pytest.mark.whole
def test_wrong_submission_loses_marks_without_an_attack(grade: Grade) -> None:
    outcome = grade("wrong/no_scale")
    assert outcome.score is not None
    assert outcome.score["score"] < outcome.score["of"]
    assert CANARY not in outcome.score["feedback"]


@pytest.mark.whole
@pytest.mark.parametrize("sample", sorted(EARN_FULL_MARKS))
def test_cheats_earn_full_marks(grade: Grade, sample: str) -> None:
    score = grade(f"hostile/{sample}").score
    assert score is not None
    assert (score["score"], score["of"]) == (4, 4), score["feedback"]


@pytest.mark.whole
@pytest.mark.parametrize("sample", sorted(LEAVE_NO_SCORE))
def test_early_exits_look_like_success(grade: Grade, sample: str) -> None:
    outcome = grade(f"hostile/{sample}")
    assert (outcome.exit_code, outcome.score) == (0, None)


@pytest.mark.whole
def test_hidden_tests_come_home_as_feedback(grade: Grade) -> None:
    score = grade("hostile/leaks_the_tests").score
    assert score is not None
    assert CANARY in score["feedback"]
    assert "def test_multi_head_attention" in score["feedback"]


@pytest.mark.whole
def test_secrets_of_the_environment_come_home_as_feedback(grade: Grade) -> None:
    score = grade("hostile/spies_on_the_grader").score
    assert score is not None
    assert f"COURSE_SECRET={CANARY}" in score["feedback"]
    assert "the grader can be signalled" in score["feedback"]


@pytest.mark.whole
def test_endless_loop_keeps_the_grader_waiting(grade: Grade) -> None:
    outcome = grade("hostile/never_returns", cpu_seconds=10)  # an honest notebook takes 2
    assert "this will take a while" in outcome.output.read_text()
    assert (outcome.exit_code, outcome.score) == (-signal.SIGKILL, None)


@pytest.mark.whole
def test_memory_bomb_takes_gigabytes(grade: Grade) -> None:
    score = grade("hostile/memory_bomb").score
    assert score is not None
    assert score["peak_mb"] > 3072


@pytest.mark.whole
def test_flood_reaches_the_log(grade: Grade) -> None:
    assert grade("hostile/output_flood").output.stat().st_size > 16 << 20


def test_stranger_gets_a_call(grade: Grade) -> None:
    home = ("127.0.0.1", 47806)
    with (
        socket.create_server(home) as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
    ):
        udp.bind(home)
        udp.settimeout(5)
        tcp.settimeout(5)
        grade("hostile/phones_home")
        line, _ = tcp.accept()
        with line:
            assert line.recv(100).startswith(b"what is torch.Size")
        assert udp.recv(100).startswith(b"what is torch.Size")


@pytest.mark.whole
def test_forks_outlive_the_grader(grade: Grade) -> None:
    assert grade("hostile/fork_bomb").left_behind > 0


@pytest.mark.whole
def test_files_are_left_everywhere(grade: Grade, tmp_path: Path) -> None:
    grade("hostile/writes_files")
    places = [tmp_path, tmp_path / "tmp", tmp_path / "course", Path("/dev/shm")]
    markers = [place / "attention_was_here.txt" for place in places]
    try:
        assert [marker for marker in markers if not marker.exists()] == []
    finally:
        for marker in markers:
            marker.unlink(missing_ok=True)
