"""Whether a verdict depends on chance or on neighbours: the same class, graded again and again.

Every sample of tests/submissions that is right, wrong or hostile is graded in SHUFFLES orders, by
one judge and by two in turn, every sandbox layer in force. Prints what changed for the honest ones:
a status or a score, or a word of what the student reads.

    python benchmarks/determinism.py [SHUFFLES]
"""

import random
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))
from grader.course.course import Course
from grader.judging.grade import grade
from grader.judging.job import Job, Task
from grader.model.judgement import Judgement
from tests import classroom

HONEST = ("right", "wrong")


def main(shuffles: int) -> int:
    course = Course.find(Path(__file__).parent)
    job = Job(course.solution("attention"), course.checks("attention"), b"determinism")
    verdicts, words = defaultdict(set), defaultdict(set)
    graded, results, layers, start = 0, 0, (), time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        handins = classroom.build(Path(folder))
        chosen = [name for name in handins if name.startswith((*HONEST, "hostile"))]
        honest = [name for name in chosen if name.startswith(HONEST)]
        for n in range(shuffles):
            random.Random(n).shuffle(chosen)
            todo = [Task(handins[name].path, name) for name in chosen]
            for (_, name, *_), judgement in grade(todo, job, jobs=1 + n % 2):
                if name.startswith(HONEST):
                    assert not judgement.faulty, [result.detail for result in judgement.results]
                    verdicts[name].add(verdict(judgement))
                    words[name].add(tuple(result.message for result in judgement.results))
                    graded, results = graded + 1, results + len(judgement.results)
                    layers = judgement.layers
    changed = {name: len(found) - 1 for name, found in verdicts.items()}
    worded = {name: len(found) - 1 for name, found in words.items()}
    print(
        f"{len(honest)} honest submissions beside {len(chosen) - len(honest)} hostile ones in "
        f"{shuffles} orders: {graded} gradings, {results} results in "
        f"{time.monotonic() - start:.0f} s ({', '.join(layers)})\n"
        f"verdicts that changed: {sum(changed.values())}\n"
        f"messages that changed: {sum(worded.values())}"
    )
    for name in filter(lambda name: changed[name] or worded[name], changed):
        print(f"  {name}: {len(verdicts[name])} verdicts, {len(words[name])} wordings")
    return 1 if any(changed.values()) else 0


def verdict(judgement: Judgement) -> tuple[object, ...]:
    """Return what must not depend on chance: the score, and how every check ended."""
    return judgement.earned, *((result.check, result.status) for result in judgement.results)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20))
