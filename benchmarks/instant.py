"""`grader grade` with judges who answer at once: what is left costs all but judging.

    python benchmarks/instant.py RECORDED FOLDER OUT [OPTION…]

RECORDED is a folder that `grader grade` has filled. Every notebook in FOLDER gets one of its
Judgements in turn, under its own bytes. The last line is this process' peak memory in bytes.
"""

import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import cycle
from pathlib import Path

from peak import run

from grader.judging import batch
from grader.judging.job import Job, Task
from grader.model.judgement import Judgement
from grader.store.store import NAME, Store


def answer(recorded: Path) -> None:
    """Let judges know the Judgement of every submission already."""
    store = Store(recorded / NAME)
    records = {entry.record for entry in store.entries()}
    numbers = cycle(sorted(number for number in records if number))
    read = cache(store.read)

    def grade(tasks: Iterable[Task], job: Job, jobs: int) -> Iterator[tuple[Task, Judgement]]:
        for task, number in zip(tasks, numbers, strict=False):
            yield task, replace(read(number).judgement, sha256=batch.digest(task.path))

    batch.grade = grade


if __name__ == "__main__":
    recorded, folder, out, *options = sys.argv[1:]
    answer(Path(recorded))
    run(["grade", folder, "-a", "attention", "-o", out, *options])
