"""Kill a process that writes into a store, again and again: `python tests/kills.py 500`.

The victim prints a student's id once the store has acknowledged the report. At a random moment it
is ended by SIGKILL; then everything that was printed must be in the store, whole, and the next
victim goes on from there.
"""

import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from grader.course.versions import Versions  # noqa: E402
from grader.model.judgement import Judgement  # noqa: E402
from grader.model.limits import Limits  # noqa: E402
from grader.model.result import Result, Status  # noqa: E402
from grader.model.standing import Standing  # noqa: E402
from grader.store.entry import Entry  # noqa: E402
from grader.store.store import Store  # noqa: E402

MOST_SECONDS = 0.15  # to live after the first report; about 10 are written in that time
VERSIONS = Versions({}, "v", "plan")


def judged(student: str) -> Standing:
    """Return the Standing of 28 results, as of an attention submission; from 3 to 60 kB."""
    size = random.Random(student).randrange(60)
    results = tuple(
        Result(f"test_{n}", "q", Status.FAILED, n, "A sentence.", "√" * 10 * size, seconds=n / 7)
        for n in range(28)
    )
    digest = f"{int(student):064}"
    judgement = Judgement("doubling", "Doubling", digest, ("q",), results)
    return Standing(student, f"{student}.ipynb", judgement)


def victim(path: Path) -> None:
    """Write judgements of ever new students, and print each that is acknowledged."""
    with Store(path, make=True) as store:
        number = len(list(store.entries()))
        while True:
            made = judged(f"{number}")
            sha256 = made.judgement.sha256
            store.hand_in([Entry(made.student, Path("/in", made.file), sha256)])
            store.record(sha256, made.judgement, VERSIONS, Limits(), b"seed")
            print(made.student, flush=True)
            number += 1


def survives(kills: int, folder: Path, seed: int = 0) -> tuple[int, int]:
    """Return how many judgements were acknowledged, and how many of them were lost or changed."""
    draw, path = random.Random(seed), folder / "grades.sqlite"
    acknowledged: set[str] = set()
    for _ in range(kills):
        command = [sys.executable, __file__, "--victim", str(path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            first = process.stdout.readline()
            assert first, "the victim cannot work"
            time.sleep(draw.uniform(0, MOST_SECONDS))
            process.send_signal(signal.SIGKILL)
            said = (first + process.stdout.read()).split("\n")
        acknowledged |= set(said[:-1])  # the last line may be cut
        with Store(path) as store:
            assert store.db.execute("PRAGMA quick_check").fetchone() == ("ok",)
    with Store(path) as store:
        kept = {made.student: made for made in store.standings()}
    lost = [who for who in acknowledged if kept.get(who) != judged(who)]
    return len(acknowledged), len(lost)


if __name__ == "__main__":
    if sys.argv[1] == "--victim":
        victim(Path(sys.argv[2]))
    with tempfile.TemporaryDirectory() as scratch:
        count, lost = survives(int(sys.argv[1]), Path(scratch))
    print(f"{sys.argv[1]} kills, {count} acknowledged judgements, {lost} lost")
    sys.exit(1 if lost else 0)
