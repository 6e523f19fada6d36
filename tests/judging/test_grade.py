"""A class is graded to the end, whatever happens to single submissions and judges."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import pytest

import grader.judging.pool
from grader.judging.grade import grade
from grader.judging.job import TRIES, CannotJudge, Job, Task
from grader.judging.pool import Member
from grader.model.judgement import Judgement
from grader.model.result import Status
from grader.report.sanitize import whole
from tests.support import walls
from tests.support.small_course import CHECKS, RIGHT, SKELETON, notebook, write

CLASS = {
    "right": RIGHT,
    "wrong": RIGHT.replace("2 * x", "3 * x"),
    "skeleton": SKELETON,
    "exits": RIGHT.replace("return 2 * x", "import os; os._exit(0)"),
    "hangs": RIGHT.replace("return x / 2", "while True: pass"),
    "prints": RIGHT.replace("return 2 * x", "print(torch.rand(1)); return 2 * x"),
    "odd": RIGHT.replace("x / 2", "x / 2 if isinstance(x, int) else [1]"),
    "patches": "import torch\ntorch.Tensor.__eq__ = None\n" + RIGHT,
    "empty": "",
    "killed_once": RIGHT + "# killed once",
    "doomed": RIGHT + "# doomed",
}
KILLS_ZYGOTE = r'''
import os, re, signal
from pathlib import Path

@question("halve")
@points(1)
def test_that_halving_outlives_a_zygote(student):
    """Half of two is one."""
    try:
        loaded = student._loaded
        if b"BEGIN SOLUTION" not in loaded.data.numpy().tobytes():  # not while that is tried
            Path(__file__).with_name("kill").unlink()
            worker = Path(f"/proc/{loaded.worker.pid}/status").read_text()
            os.kill(int(re.search(r"PPid:\s*(\d+)", worker)[1]), signal.SIGKILL)
    except FileNotFoundError:
        pass
    assert student.halve(2) == 1
'''


class Mortal(Member[Task]):
    """A judge that dies of certain submissions, as when the system runs out of memory."""

    deaths: ClassVar[Counter[str]] = Counter()

    def give(self, task: Task) -> None:
        super().give(task)
        if self.deaths[task.path.stem]:
            self.deaths[task.path.stem] -= 1
            self.kill()


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with the course and the class, a file `<student>.py` each."""
    folder = tmp_path_factory.mktemp("course")
    write(folder, CHECKS + KILLS_ZYGOTE)
    for student, source in CLASS.items():
        (folder / f"{student}.ipynb").write_bytes(notebook(source) if source else b"")
    return folder


def job(course: Path, **others) -> Job:
    solution = course / "solutions" / "doubling.py"
    return Job(solution, course / "autograder_tests" / "doubling", b"a key", **others)


def graded(course: Path, students: list[str], jobs: int) -> dict[str, Judgement]:
    """Grade some of the class; return judgements without what the clock says."""
    judgements = {}
    tasks = [Task(course / f"{student}.ipynb") for student in students]
    for task, found in grade(tasks, job(course), jobs):
        assert task.path.stem not in judgements, "nobody is graded twice"
        results = tuple(replace(result, seconds=0) for result in found.results)
        judgements[task.path.stem] = replace(found, results=results, seconds=0)
    return judgements


@pytest.fixture(scope="module")
def troubled(course: Path) -> dict[str, Judgement]:
    """The class, graded by two judges of whom several die."""
    (course / "autograder_tests" / "doubling" / "kill").touch()
    deaths = Counter(killed_once=1, doomed=TRIES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grader.judging.pool, "Member", Mortal)
        patch.setattr(Mortal, "deaths", deaths)
        judgements = graded(course, list(CLASS), jobs=2)
    assert deaths.total() == 0, "all have died who should"
    assert not (course / "autograder_tests" / "doubling" / "kill").exists()
    return judgements


@pytest.fixture(scope="module")
def quiet(course: Path) -> dict[str, Judgement]:
    """The class in another order, graded by one judge who lives."""
    return graded(course, [s for s in reversed(CLASS) if s != "doomed"], jobs=1)


def test_everybody_gets_one_judgement(troubled):
    assert troubled.keys() == CLASS.keys()


def test_scores_are_as_they_should_be(quiet):
    assert {student: judgement.earned for student, judgement in quiet.items()} == {
        "right": 6, "wrong": 4, "skeleton": 0, "exits": 4, "hangs": 2, "odd": 3, "prints": 6,
        "patches": 6, "empty": 0, "killed_once": 6,
    }  # fmt: skip


def test_a_judge_asks_its_own_zygote_whose_an_odd_error_is(quiet):
    (result,) = (r for r in quiet["odd"].results if r.check == "test_halves_make_a_whole")
    assert result.status is Status.FAILED
    assert whole(result).startswith("Your result cannot be used as asked for: TypeError")


def test_neither_neighbours_nor_jobs_nor_dying_judges_change_a_result(troubled, quiet):
    for student, judgement in quiet.items():
        for here, there in zip(troubled[student].results, judgement.results, strict=True):
            assert here == there, (student, here.detail)
        assert troubled[student] == judgement


def test_a_submission_that_costs_three_judges_is_listed_for_a_person(troubled):
    judgement = troubled["doomed"]
    (result,) = judgement.results
    assert result.status is Status.GRADER_ERROR
    assert "3 judges ended" in result.detail
    assert judgement.earned is None


def test_nobody_to_grade_is_no_error(course):
    assert list(grade([], job(course), jobs=2)) == []


def test_an_authors_mistake_stops_the_class_with_the_authors_message(tmp_path):
    write(tmp_path, CHECKS.replace("@points(3)", ""))
    with pytest.raises(
        CannotJudge, match=r"test_hidden_\d+\.py:\d+: test_halves_.* says no points"
    ):
        graded(tmp_path, ["anybody"], jobs=1)


def test_a_machine_that_locks_nothing_in_stops_the_class(course):
    below = job(course, layers=[*walls.UNSAFE])
    with pytest.raises(CannotJudge, match="only rlimits, seccomp holds on this machine"):
        list(grade([Task(course / "right.ipynb")], below, jobs=1))


def test_a_judge_that_cannot_even_begin_stops_the_class(course, monkeypatch):
    class StillBorn(Member[Task]):
        def __init__(self, foreman, cores) -> None:
            super().__init__(foreman, cores)
            foreman.process.kill()

    monkeypatch.setattr(grader.judging.pool, "Member", StillBorn)
    with pytest.raises(CannotJudge, match="ended before it could work"):
        graded(course, ["right"], jobs=1)


TELLS_WHO_JUDGES = r'''
import os, re, time
from pathlib import Path

@question("halve")
@points(1)
def test_halving(student):
    """Half of two is one."""
    assert student.halve(2) == 1
    if b"BEGIN SOLUTION" in student._loaded.data.numpy().tobytes():  # it is tried before
        return
    here = Path(__file__).parent
    worker = Path(f"/proc/{student._loaded.worker.pid}/status").read_text()
    zygote = re.search(r"PPid:\s*(\d+)", worker)[1]
    links = [os.readlink(entry) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    sockets = [link for link in links if link.startswith("socket:")]
    (here / f"judge-{os.getpid()}").write_text("\n".join([zygote, *sockets]))
    while len(list(here.glob("judge-*"))) < 2:
        time.sleep(0.01)
'''


def test_judges_share_a_zygote_and_no_socket(tmp_path):
    write(tmp_path, CHECKS + TELLS_WHO_JUDGES)
    for student in ("one", "other"):
        (tmp_path / f"{student}.ipynb").write_bytes(notebook(RIGHT + f"# {student}"))
    assert {
        judgement.earned for judgement in graded(tmp_path, ["one", "other"], jobs=2).values()
    } == {6}
    said = [
        path.read_text().splitlines()
        for path in (tmp_path / "autograder_tests" / "doubling").glob("judge-*")
    ]
    (zygote, *sockets), (same, *others) = said
    assert zygote == same
    assert len(sockets) >= 3 and set(sockets).isdisjoint(others)


def test_checks_that_start_a_thread_when_they_are_read_stop_the_class(tmp_path):
    starts = "import threading\nt = threading.Timer(60, print)\nt.daemon = True\nt.start()\n"
    write(tmp_path, starts + CHECKS)
    with pytest.raises(CannotJudge, match="2 threads"):
        graded(tmp_path, ["anybody"], jobs=1)
