"""How long each action of `grader view` takes with a class: `python benchmarks/view.py [students]`.

A synthetic class, a real server as a process of its own, one reviewer; several tries of each.
The code of submissions is read in the sandbox.
"""

import http.client
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode, urlsplit

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from grader.model.result import Result, Status  # noqa: E402
from tests.support.small_course import notebook  # noqa: E402
from tests.support.standings import JUDGEMENT, PICTURES, a_standing  # noqa: E402
from tests.view.conftest import fill  # noqa: E402

TRIES = 12
QUESTIONS = ("split_heads", "merge_heads", "attention", "MultiHeadAttention")
LIMIT = 200
"""Milliseconds that an action may take."""


def a_class(size: int) -> list:
    """Return students with 28 checks, of whom most fail some in one of 12 ways."""
    judgement = replace(JUDGEMENT, questions=QUESTIONS)
    found = []
    for number in range(size):
        results = tuple(
            Result(
                f"test_{place}", QUESTIONS[place % 4],
                Status.FAILED if (place + number) % 5 == 0 else Status.PASSED, 3,
                f"Property {place} holds.", f"It does not: {place}." * 4, detail="assert x\n" * 8,
                mistake=f"mistake_{number % 12}", hypothesis="the axes are swapped",
                picture=PICTURES[place % 5], seconds=0.1,
            )
            for place in range(28)
        )  # fmt: skip
        found.append(
            a_standing(f"s{number:04}", assignment=judgement.assignment,
                       questions=QUESTIONS, results=results, output="printed\n" * 50)
        )  # fmt: skip
    return found


CODE = notebook(
    "import torch\nfrom torch import nn",
    *(
        f"def {name}(x):\n" + "".join(f"    y{i} = x @ x.mT / {i + 1}  # {i}\n" for i in range(40))
        for name in QUESTIONS
    ),
)


class Browser:
    """One reviewer's."""

    def __init__(self, address: str) -> None:
        entrance = urlsplit(address)
        self.host, self.cookie = entrance.netloc, ""
        self.connection = http.client.HTTPConnection(self.host)
        answer = self._ask("GET", f"{entrance.path}?{entrance.query}", None)
        self.cookie = answer.headers["set-cookie"].partition(";")[0]
        answer.read()

    def _ask(self, method: str, path: str, body: str | None) -> http.client.HTTPResponse:
        headers = {"Cookie": self.cookie, "Origin": f"http://{self.host}"}
        self.connection.request(method, path, body, headers)
        return self.connection.getresponse()

    def get(self, path: str) -> str:
        answer = self._ask("GET", path, None)
        text = answer.read().decode()
        assert answer.status == 200, (answer.status, path)
        return text

    def post(self, path: str, fields: dict) -> None:
        answer = self._ask("POST", path, urlencode(fields, doseq=True))
        said = answer.read()
        assert answer.status == 303, (answer.status, said)


def measure(browser: Browser) -> dict[str, list[float]]:
    """Return how many milliseconds each action took."""
    found: dict[str, list[float]] = {}

    def timed(name: str, act: Callable[[], object]) -> None:
        start = time.perf_counter()
        act()
        found.setdefault(name, []).append(1000 * (time.perf_counter() - start))

    listed = browser.get("/?by=name&question=attention")
    handles = re.findall(r'<a href="/student/(\w+)\?', listed)
    browser.get(f"/student/{handles[-1]}?on=attention")  # the sandbox has started
    mistake = "/mistake?question=attention&by=mistakes&mistake=mistake_3"
    for number, handle in enumerate(handles[:TRIES]):
        for by in ("person", "mistakes", "score", "name"):
            timed(f"queue by {by}", lambda by=by: browser.get(f"/?by={by}&question=attention"))
        timed("search", lambda: browser.get("/?by=name&search=s00"))
        at = f"/student/{handle}?by=name&on=attention"
        timed("student, first look", lambda at=at: browser.get(at))
        timed("student, again", lambda at=at: browser.get(at))
        page = browser.get(at)
        seen = re.findall(r'name="seen" value="(\d+)"', page)[0]
        fields = {"student": handle, "question": "attention", "points": f"{number % 5}",
                  "comment": "Look at the axes.", "seen": seen, "on": "attention",
                  "then": "next"}  # fmt: skip
        timed("decide", lambda at=at, fields=fields: browser.post(at, fields))
        page = browser.get(mistake)
        timed("mistake", lambda: browser.get(mistake))
        many = fields | {"student": re.findall(r'name="student" value="(\w+)" ', page)[:25]}
        many = many | {"seen": re.findall(r'name="seen" value="(\d+)"', page)[0], "on": ""}
        many["student"] = re.findall(r'type="checkbox" name="student" value="(\w+)"', page)
        timed(f"decide for {len(many['student'])}", lambda many=many: browser.post(mistake, many))
        act = re.findall(r'name="act" value="(\d+)"', browser.get("/history"))[0]
        timed("history", lambda: browser.get("/history"))
        timed("undo", lambda act=act: browser.post("/undo", {"act": act, "back": "/history"}))
    return found


def main(size: int) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        fill(Path(scratch), a_class(size), CODE)
        command = [sys.executable, "-m", "grader.cli.main", "view", scratch, "--no-browser"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as server:
            assert server.stdout is not None
            start = time.perf_counter()
            browser = Browser(server.stdout.readline().strip())
            browser.get("/")
            opened = time.perf_counter() - start
            found = measure(browser)
            server.send_signal(signal.SIGINT)
    print(f"{size} students, 28 checks each; opened in {opened:.1f} s; milliseconds of {TRIES}\n")
    print("| action | median | longest |\n|---|---|---|")
    for name, times in found.items():
        print(f"| {name} | {statistics.median(times):.0f} | {max(times):.0f} |")
    longest = max(max(times) for times in found.values())
    print(f"\nThe longest action: {longest:.0f} ms, of {LIMIT} allowed.")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 300)
