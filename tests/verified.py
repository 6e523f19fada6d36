"""Verify assignments as `grader verify` does, without keeping or writing anything: a proof of CI.

    python -m tests.verified attention rnn

It needs no command line, store or page, so a change of these puts no assignment in doubt.
"""

import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from grader.course.course import Course
from grader.verify.verify import verify

DRAWS = 3
"""What `grader verify` takes."""


def main(names: Sequence[str], course: Course) -> int:
    """Print what is wrong with these assignments; return 1 if anything is, otherwise 0."""
    jobs, defects = len(os.sched_getaffinity(0)), 0
    for name in names:
        began = time.monotonic()
        evidence, claims = verify(course, name, draws=DRAWS, jobs=jobs, show=lambda **_: None)
        found = [f"{claim}" for claim in claims if claim.defect]
        defects += len(found)
        print(*(f"✗ {defect}" for defect in found), sep="\n", end="\n" if found else "")
        counts = f"{len(claims)} claims, {len(evidence.mistakes)} mistakes, {len(found)} defects"
        print(f"{name}: {counts}, {time.monotonic() - began:.0f} s", flush=True)
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], Course(Path(__file__).parents[1])))
