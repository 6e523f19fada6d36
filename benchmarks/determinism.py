"""Whether a verdict depends on chance: the same submissions, graded again and again.

Every right and wrong sample of tests/submissions is graded REPETITIONS times, in shuffled order,
by one judge and by two, every sandbox layer in force. Prints what changed: a status or a score,
or a word of what the student reads. `python benchmarks/determinism.py [REPETITIONS]`
"""

import random
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from grader.course import Course
from grader.grade import grade
from grader.orders import Orders, Work
from grader.verdict import Report
from tests import classroom

JOBS = (1, 2)


def main(repetitions: int) -> int:
    course = Course.find(Path(__file__).parent)
    orders = Orders(course.solution("attention"), course.checks("attention"), b"determinism")
    verdicts, words = defaultdict(set), defaultdict(set)
    graded, layers, start = 0, (), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        handins = classroom.build(Path(folder))
        chosen = {
            name: handins[name].path for name in handins if name.startswith(("right", "wrong"))
        }
        for jobs in JOBS:
            todo = [
                Work(f"{name} {n}", path)
                for name, path in chosen.items()
                for n in range(repetitions)
            ]
            random.Random(jobs).shuffle(todo)
            for report in grade(todo, orders, jobs):
                assert report.judged, [result.detail for result in report.results]
                verdicts[report.file].add(verdict(report))
                words[report.file].add(tuple(result.message for result in report.results))
                graded, layers = graded + 1, report.layers
    changed = {name: len(found) - 1 for name, found in verdicts.items()}
    worded = {name: len(found) - 1 for name, found in words.items()}
    print(
        f"{len(chosen)} submissions × {repetitions} repetitions × {JOBS} judges, shuffled: "
        f"{graded} gradings, {graded * len(report.results)} results in "
        f"{time.monotonic() - start:.0f} s ({', '.join(layers)})\n"
        f"verdicts that changed: {sum(changed.values())}\n"
        f"messages that changed: {sum(worded.values())}"
    )
    for name in filter(lambda name: changed[name] or worded[name], changed):
        print(f"  {name}: {len(verdicts[name])} verdicts, {len(words[name])} wordings")
    return 1 if any(changed.values()) else 0


def verdict(report: Report) -> tuple[object, ...]:
    """Return what must not depend on chance: the score, and how every check ended."""
    return report.score, *((result.check, result.status) for result in report.results)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
