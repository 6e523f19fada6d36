"""The recipes of docs/scale.md on a real Slurm of two nodes give the grades of one machine."""

import json
import re
import subprocess
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from grader.judging.batch import digest
from grader.judging.shard import Shard
from grader.store.store import NAME, Store
from tests.cli.test_machines import files, run
from tests.support.slurm import PATIENCE, Slurm, missing
from tests.support.small_course import RIGHT, SKELETON, notebook, write

pytestmark = [pytest.mark.whole, pytest.mark.skipif(bool(missing()), reason=missing())]

SCALE = (Path(__file__).parents[2] / "docs" / "scale.md").read_text("utf-8")
SHARDS = 4
SLOW = "import time  # {}\n" + RIGHT.replace("return", "time.sleep(0.8); return")
SLOW_ONES = 4
"""Of each shard, 2 to 3 s each: enough to end a task in the middle of its work."""
OTHERS = [
    RIGHT, RIGHT.replace("2 * x", "3 * x"), SKELETON, "x = (",
    RIGHT.replace("return 2 * x", "raise RuntimeError('no')"), RIGHT,
]  # fmt: skip


def recipe(heading: str, folder: Path) -> list[str]:
    """Return the code in a section of docs/scale.md, with another folder and number of shards."""
    section = SCALE.partition(f"### {heading}\n")[2].partition("\n##")[0]
    blocks = re.findall(r"^```\w+\n(.*?)^```|((?:^    [^\n]+\n)+)", section, re.M | re.S)
    code = [fenced or re.sub("(?m)^    ", "", indented) for fenced, indented in blocks]
    return [re.sub(r"\b16\b", f"{SHARDS}", c).replace("/shared", f"{folder}") for c in code]


def grade(folder: Path, out: Path, *options: object) -> None:
    words = ["--course", folder / "course", "grade", folder / "submissions", "-a", "attention"]
    code, said = run(*words, "-o", out, *options)
    assert code == 3, said


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What all nodes see: a course and a class, and beside them what one machine makes of it."""
    folder = tmp_path_factory.mktemp("shared")
    course, _ = write(folder / "course", name="attention")
    course.key()
    (folder / "submissions").mkdir()
    (folder / "submissions" / "empty_attention.ipynb").write_bytes(b"")
    for number, source in enumerate(OTHERS):
        path = folder / "submissions" / f"student{number}_attention.ipynb"
        path.write_bytes(notebook(source))
    for number in range(1, SHARDS + 1):
        names = (folder / "submissions" / f"slow{number}_{n}_attention.ipynb" for n in count())
        for path in slow_ones(names, Shard(number, SHARDS)):
            assert path.exists()
    grade(folder, folder / "alone")
    return folder


def slow_ones(names: Iterator[Path], shard: Shard) -> Iterator[Path]:
    """Write notebooks that take their time, until a shard has enough of them."""
    left = SLOW_ONES
    for path in names:
        path.write_bytes(notebook(SLOW.format(path.stem.split("_")[1])))
        if shard.holds(digest(path)):
            yield path
            left -= 1
        else:
            path.unlink()
        if not left:
            return


@pytest.fixture(scope="module")
def slurm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slurm]:
    with Slurm(tmp_path_factory.mktemp("slurm")) as nodes:
        yield nodes


def judged(shard: Path) -> int:
    """Return how many submissions a shard has judged until now."""
    if not (shard / NAME).exists():
        return 0
    with Store(shard / NAME) as store:
        return sum(entry.record is not None for entry in store.entries())


def standings(out: Path, to: Path) -> list[dict[str, object]]:
    """Return everything that is known of everybody, but for how long it took."""

    def timeless(said: object) -> object:
        if isinstance(said, dict):
            return {k: timeless(v) for k, v in said.items() if k not in ("seconds", "duration")}
        return [timeless(one) for one in said] if isinstance(said, list) else said

    assert run("results", out, to)[0] == 0
    return [timeless(json.loads(line)) for line in to.read_text().splitlines()]


def test_an_array_with_tasks_requeued_and_cancelled_gives_the_grades_of_one_machine(
    slurm, shared, tmp_path
):
    script, submit, repeat = recipe("Slurm", shared)
    (slurm.folder / "grade.sh").write_text(script)
    job, merge = slurm.ask(f"{submit}echo $job $merge").split()
    shards = {n: shared / "shards" / f"{n}" for n in range(1, SHARDS + 1)}

    waiting = {1, 2}
    while waiting:
        slurm.until(lambda: [number for number in waiting if judged(shards[number])])
        for number in [number for number in waiting if judged(shards[number])]:
            slurm.ask(f"scontrol requeue {job}_{number}")
            waiting.remove(number)
    slurm.until(lambda: judged(shards[3]))
    slurm.ask(f"scancel {job}_3")
    for number in (1, 2):  # or Slurm waits for two minutes
        slurm.ask(f"scontrol update jobid={job}_{number} starttime=now")
    again = slurm.ask(f"job={job}; merge={merge}; {repeat}echo $again").split()[-1]

    tasks = [*(f"{job}_{number}" for number in (1, 2, 4)), f"{again}_3"]
    ends = ("COMPLETED", "FAILED", "CANCELLED")
    slurm.until(lambda: slurm.about(merge)["JobState"] in ends)
    assert [slurm.about(task)["JobState"] for task in tasks] == ["COMPLETED"] * SHARDS
    assert slurm.about(f"{job}_3")["JobState"] == "CANCELLED"
    assert [slurm.about(task)["Restarts"] for task in tasks] == ["1", "1", "0", "0"]
    assert {slurm.about(task)["NodeList"] for task in tasks} == {"node1", "node2"}
    for task in (f"{job}_1", f"{job}_2", f"{again}_3"):
        said = (slurm.folder / f"slurm-{task}.out").read_text()
        before, left = re.search(r"(\d+) judged before; (\d+) to judge", said).groups()
        assert int(before) and int(left), f"{task} goes on in the middle: {said}"
    said = (slurm.folder / f"slurm-{merge}.out").read_text()
    assert slurm.about(merge)["ExitCode"] == "3:0", f"3, for one is empty: {said}"

    assert files(shared / "results") == files(shared / "alone")
    apart = [standings(shared / out, tmp_path / f"{out}.jsonl") for out in ("results", "alone")]
    assert apart[0] == apart[1]


def test_a_cluster_of_dask_jobqueue_under_tls_gives_the_grades_of_one_machine(
    slurm, shared, tmp_path
):
    certificates = re.findall(r"^    openssl .*\n.*\n    TLS=.*\n", SCALE, re.M)
    (tls,) = (found.replace("/shared", f"{shared}") for found in certificates)
    (shared / "tls").mkdir()
    (program,) = recipe("Slurm, with dask-jobqueue", shared)
    words = program.replace("cores=8", "cores=1").replace(f"jobs={SHARDS}", "jobs=2")
    (slurm.folder / "cluster.py").write_text(words)
    begin = f"{tls}echo $TLS\nexec python cluster.py"
    with slurm.start(begin, stdin=subprocess.PIPE) as cluster:
        said = iter(cluster.stdout.readline, "")
        options = next(line.strip() for line in said if line.startswith("--tls"))
        address = next(line.strip() for line in said if line.startswith("tls://10.77.0.1:"))
        slurm.until(lambda: slurm.ask("squeue -h -t R -o %N").split() == ["node1", "node2"])
        words = f"grader grade {shared}/submissions -a attention -o {shared}/cluster"
        slurm.ask(f"cd {shared}/course; {words} --cluster {address} {options} || [ $? = 3 ]")
        cluster.communicate("\n", timeout=PATIENCE)  # what input() waits for
    assert cluster.returncode == 0
    slurm.until(lambda: not slurm.ask("squeue -h"))
    assert files(shared / "cluster") == files(shared / "alone")
    apart = [standings(shared / out, tmp_path / f"{out}.jsonl") for out in ("cluster", "alone")]
    assert apart[0] == apart[1]
