"""Workers of dask judge as this machine does, also when one of them is killed in the middle."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from grader.course.course import Course
from grader.judging import cluster
from grader.judging.batch import Batch, digest
from grader.judging.bundle import JobBundle
from grader.judging.grade import lost
from grader.judging.job import CannotJudge, Job, Task
from grader.judging.scheduler import Scheduler
from grader.store.as_json import unpack
from grader.store.store import Store
from tests.cli.test_machines import files, grade, run
from tests.support.small_course import RIGHT, SKELETON, notebook, write

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="grading runs on Linux")

SOURCES = {
    "right": RIGHT, "wrong": RIGHT.replace("2 * x", "3 * x"), "skeleton": SKELETON,
    "raises": RIGHT.replace("return 2 * x", "raise RuntimeError('no')"), "syntax": "x = (",
    "hangs": RIGHT.replace("return x / 2", "\n    while True: pass"),
    "prints": "print('\\ud800')\n" + RIGHT,
    **{f"slow{n}": RIGHT + f"import time; double(time.sleep(0.2) or {n})" for n in range(4)},
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A course, and a class of whom one has handed in a link and one nothing."""
    write(tmp_path / "course")
    (tmp_path / "in").mkdir()
    for student, source in SOURCES.items():
        (tmp_path / "in" / f"{student}_doubling.ipynb").write_bytes(notebook(source))
    (tmp_path / "in" / "link_doubling.ipynb").symlink_to("/etc/passwd")
    (tmp_path / "in" / "empty_doubling.ipynb").write_bytes(b"")
    return tmp_path


class Machines:
    """A scheduler and its workers, each a program of its own."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.about = folder / "scheduler.json"
        self.folder = folder
        self.options = ("--host", "127.0.0.1", *options)
        self.processes: list[subprocess.Popen[bytes]] = []
        self.start("scheduler", "--port", "0", "--dashboard-address", "127.0.0.1:0")
        wait(self.about.exists)
        time.sleep(0.1)  # it is being written
        self.address = json.loads(self.about.read_text())["address"]

    def start(self, what: str, *options: str) -> subprocess.Popen[bytes]:
        words = [sys.executable, "-m", "distributed.cli.dask_" + what, "--scheduler-file"]
        log = (self.folder / f"{what}{len(self.processes)}.log").open("w")
        process = subprocess.Popen(
            [*words, str(self.about), *self.options, *options], stdout=log, stderr=log,
            cwd=self.folder,
            start_new_session=True,  # a worker has a nanny, and both are to be ended
            env={**os.environ, "DASK_TEMPORARY_DIRECTORY": str(self.folder)},
        )  # fmt: skip
        self.processes.append(process)
        return process

    def worker(self, *options: str) -> subprocess.Popen[bytes]:
        return self.start("worker", "--nthreads", "1", "--no-dashboard", *options)

    def close(self) -> None:
        for process in self.processes[::-1]:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


@pytest.fixture
def machines(tmp_path: Path) -> Iterator[Machines]:
    (tmp_path / "dask").mkdir()
    with contextlib.closing(Machines(tmp_path / "dask")) as made:
        yield made


def wait(happens) -> None:
    deadline = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def scores(folder: Path) -> bytes:
    return (folder / "grades.csv").read_bytes()


@pytest.mark.whole
def test_the_schedulers_dashboard_can_be_looked_at(machines):
    from distributed import Client

    with Client(machines.address) as client:
        port = client.scheduler_info()["services"]["dashboard"]
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/status", timeout=30) as page:
        assert "Dask Diagnostic UI" in page.read().decode()  # without bokeh, an excuse


@pytest.mark.whole
def test_a_cluster_judges_as_this_machine_does_though_a_worker_is_killed(folder, machines):
    grade(folder, "local")
    victim = machines.worker("--no-nanny", "--name", "victim")
    machines.worker("--name", "survivor")  # with a nanny, whose workers are daemons
    seen: list[str] = []

    from distributed import Client

    with Client(machines.address) as client:
        client.wait_for_workers(2, timeout=60)
    with Store(folder / "cluster" / "grades.sqlite", make=True) as store:
        course = Course(folder / "course")
        job = Job(course.solution("doubling"), course.checks("doubling"), course.key())
        batch = Batch.open(store, job, Scheduler(machines.address))
        handed_in = [(p.name.partition("_")[0], p) for p in sorted((folder / "in").iterdir())]
        to_do, _ = batch.to_do(batch.take_in(handed_in).students)
        for judgement in batch.judge(to_do, 1):
            seen.append(judgement.sha256 or f"{judgement.problem}")
            if len(seen) == 3:
                os.kill(victim.pid, signal.SIGKILL)
    assert victim.wait(10) == -signal.SIGKILL
    assert sorted(seen) == sorted(digest(path).removeprefix("refused: ") for _, path in handed_in)

    said = grade(folder, "cluster")
    assert f"{len(seen)} judged before; 0 to judge" in said
    assert files(folder / "cluster") == files(folder / "local")
    assert scores(folder / "cluster") == scores(folder / "local")


def test_the_command_hands_out_to_a_cluster(folder, machines):
    for path in sorted((folder / "in").iterdir())[3:]:
        path.unlink()
    machines.worker()
    grade(folder, "cluster", "--cluster", machines.address)
    grade(folder, "local")
    assert files(folder / "cluster") == files(folder / "local")


@pytest.mark.whole
def test_machines_with_certificates_judge_as_this_one_and_hear_nobody_else(folder, tmp_path):
    ours, others = certificate(tmp_path / "ours"), certificate(tmp_path / "others")
    for student in SOURCES.keys() - {"right", "wrong"}:
        (folder / "in" / f"{student}_doubling.ipynb").unlink()
    (tmp_path / "dask").mkdir()
    with contextlib.closing(Machines(tmp_path / "dask", "--protocol", "tls", *ours)) as machines:
        assert machines.address.startswith("tls://")
        machines.worker()
        grade(folder, "cluster", "--cluster", machines.address, *ours)
        assert "certificate does not match" in refused(folder, machines.address, *others)
        assert "needs certificates: --tls-ca-file" in refused(folder, machines.address)
        plain = machines.address.replace("tls", "tcp")
        assert "no dask scheduler answers" in refused(folder, plain)
    grade(folder, "local")
    assert files(folder / "cluster") == files(folder / "local")


def certificate(folder: Path) -> list[str]:
    """Make a certificate as docs/scale.md says, and return the options that name it."""
    folder.mkdir()
    scale = Path(__file__).parents[2] / "docs" / "scale.md"
    (made,) = re.findall(r"^    (openssl .*\n.*)", scale.read_text("utf-8"), re.M)
    words = made.replace("/shared/tls", f"{folder}")
    subprocess.run(words, shell=True, check=True, capture_output=True)
    options = {"--tls-ca-file": "cert.pem", "--tls-cert": "cert.pem", "--tls-key": "key.pem"}
    return [word for option, name in options.items() for word in (option, f"{folder / name}")]


def refused(folder: Path, address: str, *options: str) -> str:
    """Return what `grader grade` says where it can judge nobody."""
    words = ["--course", folder / "course", "grade", folder / "in", "-a", "doubling"]
    code, said = run(*words, "-o", folder / "out", "--cluster", address, *options)
    assert code == 2 and not (folder / "out" / "grades.csv").exists()
    return " ".join(said.split())


def test_plain_tcp_to_another_machine_is_refused_unless_it_is_said(folder, monkeypatch):
    monkeypatch.setattr(cluster, "WAIT_SECONDS", 0.01)
    address = "tcp://192.0.2.7:8786"  # nobody's: RFC 5737
    said = refused(folder, address)
    assert f"{address} is another machine, and tcp is not encrypted" in said
    assert "say --plain-tcp in a network of the course team alone" in said
    assert "no dask scheduler answers" in refused(folder, address, "--plain-tcp")


def test_options_of_a_cluster_without_one_are_refused(folder):
    words = ["--course", folder / "course", "grade", folder / "in", "-a", "doubling"]
    code, said = run(*words, "-o", folder / "out", "--plain-tcp")
    assert code == 2 and "go with --cluster ADDRESS" in said


def test_a_scheduler_that_does_not_answer_is_named(folder, monkeypatch):
    monkeypatch.setattr(cluster, "WAIT_SECONDS", 1)
    said = refused(folder, "tcp://127.0.0.1:9")
    assert "no dask scheduler answers at tcp://127.0.0.1:9" in said


@pytest.mark.whole
def test_a_scheduler_without_workers_is_a_sentence(folder, machines, monkeypatch):
    monkeypatch.setattr(cluster, "WAIT_SECONDS", 5)
    course = Course(folder / "course")
    job = Job(course.solution("doubling"), course.checks("doubling"), b"a key")
    with pytest.raises(CannotJudge, match="has no worker"):
        next(cluster.grade_on(Scheduler(machines.address), iter(()), job))


@pytest.mark.whole
def test_a_scheduler_that_is_gone_is_a_sentence_and_what_was_judged_is_kept(
    folder, machines, monkeypatch
):
    monkeypatch.setattr(cluster, "WAIT_SECONDS", 10)
    machines.worker()
    course = Course(folder / "course")
    job = Job(course.solution("doubling"), course.checks("doubling"), course.key())
    with Store(folder / "out" / "grades.sqlite", make=True) as store:
        batch = Batch.open(store, job, Scheduler(machines.address))
        handed_in = [(p.name.partition("_")[0], p) for p in sorted((folder / "in").iterdir())]
        judged = batch.judge(batch.take_in(handed_in).students, 1)
        first = next(judged)
        machines.processes[0].kill()
        with pytest.raises(CannotJudge, match=r"the scheduler at .* is gone"):
            list(judged)
        assert first in [standing.judgement for standing in store.standings()]


def test_a_bundle_holds_what_judges_need_and_its_digest_tells_it_from_others(folder, tmp_path):
    course = Course(folder / "course")
    checks = course.checks("doubling")
    (checks / "variants").mkdir()
    (checks / "variants" / "other.py").write_text("another right answer")
    job = Job(course.solution("doubling"), checks, b"a key")
    bundle = JobBundle.pack(job)
    assert bundle.digest == JobBundle.pack(job).digest
    assert bundle.digest != JobBundle.pack(replace(job, key=b"another")).digest
    there = bundle.unpack(tmp_path / "there")
    assert there == replace(job, solution=there.solution, checks=there.checks)
    assert there.solution.read_bytes() == job.solution.read_bytes()
    hidden = next(checks.glob("test_*.py"))
    assert (there.checks / hidden.name).read_bytes() == hidden.read_bytes()
    assert not (there.checks / "variants").exists()
    hidden.write_text("pass")
    assert bundle.digest != JobBundle.pack(job).digest


def test_a_worker_with_another_torch_refuses(folder, tmp_path):
    course = Course(folder / "course")
    job = Job(course.solution("doubling"), course.checks("doubling"), b"a key")
    bundle = replace(JobBundle.pack(job), made_with=("0", "1.13"))
    with pytest.raises(CannotJudge, match=r"judged with grader 0, torch 1\.13: install the same"):
        bundle.unpack(tmp_path / "there")


def test_a_file_that_the_client_cannot_read_is_judged_as_our_fault_and_not_as_a_lost_scheduler(
    tmp_path, monkeypatch
):
    class Client:
        def submit(self, function, *asked, **_):
            return asked

    class Judges:
        def judge(self, task):
            assert not task.path.exists() and not task.refused
            return lost(Job(tmp_path / "doubling.py", tmp_path, b"k"))

    worker = SimpleNamespace(plugins={"grader-d": Judges()})
    monkeypatch.setattr(cluster, "get_worker", lambda: worker)
    asked = cluster._submit(Client(), Task(tmp_path / "gone.ipynb"), "d")
    assert unpack(cluster.judge(*asked)).assignment == "doubling"
