"""What a class of 100,000 costs in shards without pages: memory, disk, time; is anybody lost?

    python benchmarks/shards.py [MANY [SHARDS]]

As in scale.py, but each shard judges its share with --pages none, and `grader merge` merges them.
Classes of FEW and of MANY are compared. Prints figures of docs/scale.md.
"""

import csv
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from scale import (
    HERE,
    Seconds,
    classroom,
    command,
    decide,
    grade,
    hand_in,
    now,
    program,
    since,
    table,
)

from grader.store.store import NAME, Store

FEW, MANY, SHARDS = 1_000, 100_000, 4
PERFECT = 0.12
"""Seconds on a core to judge a right answer, see docs/benchmarks.md."""


@dataclass(frozen=True)
class Cost:
    """What a class has cost."""

    count: int
    shards: list[Seconds]
    memory: int
    """The greatest peak of a shard's trusted process, in bytes."""
    merge: Seconds
    merge_memory: int
    again: Seconds
    """The same `grader merge` once more."""
    decision: Seconds
    """`grader override` with one line."""
    store: int
    files: int
    """Beside the store."""
    lost: int

    @property
    def each(self) -> float:
        """Seconds of CPU of one process that takes in and keeps, per submission that it judges."""
        return sum(shard.cpu for shard in self.shards) / self.count


LINES = {
    "peak memory of a shard's trusted process, MB": lambda c: f"{c.memory / 2**20:.1f}",
    "peak memory of `grader merge`, MB": lambda c: f"{c.merge_memory / 2**20:.1f}",
    "CPU of a shard, ms per submission that it judges": lambda c: f"{1000 * c.each:.1f}",
    "cores that one such process keeps busy, at 0.12 s": lambda c: f"{PERFECT / c.each:.0f}",
    "CPU of `grader merge`, ms per submission": lambda c: f"{1000 * c.merge.cpu / c.count:.1f}",
    "the same `grader merge` again, s of CPU": lambda c: f"{c.again.cpu:.1f}",
    "one decision, s of CPU": lambda c: f"{c.decision.cpu:.1f}",
    "store, bytes per submission": lambda c: f"{c.store // c.count:,}",
    "files beside it": lambda c: f"{c.files:,}",
    "lost": lambda c: f"{c.lost}",
}


def main(many: int, shards: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = classroom.build(folder / "sample").values()
        files = [submission.path.read_bytes() for submission in made]
        grade(folder / "sample", folder / "recorded", "-j", 1)
        costs = [measure(folder, files, count, shards) for count in (FEW, many)]
    table(costs, LINES)


def measure(folder: Path, files: list[bytes], count: int, shards: int) -> Cost:
    """Judge a class in shards, merge them, and look at what is there then."""
    submissions, out = hand_in(folder, files, count), folder / f"out_{count}"
    each, peaks, parts = [], [], []
    for number in range(1, shards + 1):
        parts.append(folder / f"shard_{count}_{number}")
        share = ("--shard", f"{number}/{shards}", "--pages", "none")
        start = now()
        said = program(HERE / "instant.py", folder / "recorded", submissions, parts[-1], *share)
        each.append(since(start))
        peaks.append(int(said.split()[-1]))
    start = now()
    said = program(HERE / "peak.py", "merge", out, *parts, "--pages", "none")
    merge = since(start)
    start = now()
    assert "0 judgements are new" in command("merge", out, *parts)
    again = since(start)
    decision = decide(folder, out)
    with Store(out / NAME) as store:
        students = {entry.student for entry in store.entries() if entry.record}
    with (out / "grades.csv").open(newline="") as rows:
        students &= {row["student"] for row in csv.DictReader(rows)}
    return Cost(
        count=count,
        shards=each,
        memory=max(peaks),
        merge=merge,
        merge_memory=int(said.split()[-1]),
        again=again,
        decision=decision,
        store=(out / NAME).stat().st_size,
        files=sum(1 for path in out.rglob("*") if path.is_file() and NAME not in path.name),
        lost=count - len(students),
    )


if __name__ == "__main__":
    main(*map(int, [*sys.argv[1:], *map(str, (MANY, SHARDS)[len(sys.argv) - 1 :])]))
