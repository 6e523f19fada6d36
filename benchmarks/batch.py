"""One batch as a TA grades it, every sandbox layer in force.

Prints JSON: seconds from the first report to the last, how many came in between, and their layers.
`python benchmarks/batch.py JOBS FILE...`
"""

import json
import sys
import time
from pathlib import Path

from grader.course.course import Course
from grader.judging.grade import grade
from grader.judging.job import Job, Task


def main(jobs: int, files: list[Path]) -> None:
    course = Course.find(Path(__file__).parent)
    job = Job(course.solution("attention"), course.checks("attention"), b"benchmark")
    times, layers = [], ()
    for task, judgement in grade([Task(path) for path in files], job, jobs):
        assert judgement.earned == judgement.max_score, (task.path, judgement.earned)
        times.append(time.monotonic())
        layers = judgement.layers
    warm = times[jobs:]  # the first of each judge warm up imports and caches
    print(json.dumps({"seconds": warm[-1] - times[jobs - 1], "count": len(warm), "layers": layers}))


if __name__ == "__main__":
    main(int(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
