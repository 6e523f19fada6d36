"""Count the messages that a right submission exchanges with its worker, check by check.

    python benchmarks/exchanges.py [--checks]

An exchange costs two processes a turn each, 1 ms of CPU time on a slow machine, whatever is in it.
An earlier commit is counted by its own file of this name.
"""

import argparse
import contextlib
import os
from collections import Counter
from pathlib import Path
from typing import Any

from grader.checking.collect import run_session
from grader.checking.session import Session
from grader.course.assignment import Assignment
from grader.course.course import Course
from grader.judging.judge import judge
from grader.model.result import Status
from grader.sandbox.host.sandbox import Sandbox
from grader.sandbox.host.zygote import Zygote

HERE = Path(__file__).parents[1]
NAMES = ("attention", "lstm_mnist")


def count(name: str) -> tuple[Counter[str], Counter[str]]:
    """Return how many requests of each kind a right submission takes, and each of its checks."""

    course = Course(HERE)
    assignment = Assignment.read(course.solution(name))
    kinds, checks = Counter[str](), Counter[str]()
    ask = Sandbox.ask

    def counted(self: Sandbox, do: str, **request: Any) -> Any:
        kinds[do] += 1
        return ask(self, do, **request)

    def serve(session: Session) -> None:
        with Zygote(trains=assignment.trains) as zygote:
            path = course.solution(name)
            judge(path, session, zygote, b"a key")
            Sandbox.ask = counted  # type: ignore[method-assign]
            results = session.results

            def told(*given: Any) -> Any:
                before = 0
                for result in results(*given):
                    checks[result.check] = kinds.total() - before - checks.total()
                    yield result

            session.results = told  # type: ignore[method-assign]
            found = judge(path, session, zygote, b"a key")
            lost = [r.check for r in found.results if r.points and r.status is not Status.PASSED]
            assert not lost, lost

    try:
        with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere):
            run_session(assignment, course.checks(name), serve)
    finally:
        Sandbox.ask = ask  # type: ignore[method-assign]
    return kinds, checks


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--checks", action="store_true", help="show those of every check as well")
    options = parser.parse_args()
    for name in NAMES:
        kinds, checks = count(name)
        kinds_said = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
        print(f"{name}: {kinds.total()} exchanges ({kinds_said})")
        for check, number in checks.items() if options.checks else ():
            print(f"  {number:4} {check}")


if __name__ == "__main__":
    main()
