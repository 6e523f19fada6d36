"""A class at a reviewer's desk, and their browser: no sandbox, no server."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from grader.model.limits import Limits
from grader.model.result import Status
from grader.model.standing import Standing
from grader.sandbox.guest.submission import Submission
from grader.sandbox.host.reader import Reader
from grader.store.entry import Entry
from grader.store.store import NAME, Store
from grader.view.app import app
from grader.view.desk import Desk
from tests.store.test_store import VERSIONS
from tests.support.small_course import notebook
from tests.support.standings import PICTURES, RESULTS, a_standing

HOST = "127.0.0.1:8123"
ORIGIN = f"http://{HOST}"
MISTAKE = replace(
    RESULTS[1], mistake="swapped", hypothesis="the axes are swapped", picture=PICTURES[0]
)
STOPPED = replace(
    RESULTS[-1], traceback='Traceback:\n  File "code cell 2", line 2, in merge_heads\nE: <b>no</b>'
)
SWAPPED = (RESULTS[0], MISTAKE, *RESULTS[2:5], STOPPED)
RIGHT = tuple(replace(result, status=Status.PASSED, message="") for result in RESULTS)
CODE = notebook("import torch", "def merge_heads(x):\n    return x.nope()\ndef split_heads(x): 0")

Client = TestClient


class Here:
    """Takes the place of a worker: parses in this process."""

    alive = True

    def ask(self, how: str, **more: Any) -> dict[str, Any]:
        answer: dict[str, Any] = getattr(Submission(), how)(**more)
        return answer


class Reading(Reader):
    """Reads without a sandbox; only for code that a test has written."""

    def __init__(self) -> None:
        self._worker = Here()

    def __exit__(self, *exc_info: object) -> None: ...


def fill(folder: Path, standings: Sequence[Standing], data: bytes = CODE) -> None:
    """Put a class into a folder's store, each with a file of their own."""
    with Store(folder / NAME, make=True) as store:
        for number, made in enumerate(standings):
            path = folder / "handed_in" / f"{number}.ipynb"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data + b" " * number)
            digest = hashlib.sha256(path.read_bytes()).hexdigest()
            judgement = replace(made.judgement, sha256=digest)
            store.hand_in([Entry(made.student, path, digest, made.arrival)])
            store.record(digest, judgement, VERSIONS, Limits(), b"seed")
            store.override((made.student, given) for given in made.overrides)


CLASS = (
    a_standing("ada", results=SWAPPED),
    a_standing("bob", results=SWAPPED, output="printed <i>"),
    a_standing("cem", results=RIGHT),
    a_standing("dee", problem="Not a <notebook>.", results=RESULTS[:1]),
)


@pytest.fixture
def opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., tuple[Desk, Client]]]:
    """Open a class for review: `opened()`, or `opened(standings, who)`; more than once at need."""
    monkeypatch.setattr("grader.view.source._start", Reading)
    desks: list[Desk] = []

    def make(standings: Sequence[Standing] | None = CLASS, who: str = "Kim") -> tuple[Desk, Client]:
        if standings is not None:
            fill(tmp_path, standings)
        desk = Desk(tmp_path, who)
        desks.append(desk)
        door = app(desk, HOST, "en")
        client = TestClient(door, base_url=ORIGIN, follow_redirects=False)
        assert client.get(door.address).status_code == 303
        client.headers["origin"] = ORIGIN
        return desk, client

    yield make
    for desk in desks:
        desk.__exit__()


@pytest.fixture
def client(opened: Callable[..., tuple[Desk, Client]]) -> Client:
    """A reviewer's browser."""
    return opened()[1]
