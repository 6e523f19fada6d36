"""What several tests need.

Zygotes: one per arrangement of layers, started when a test first needs it. A class of three, and
judges who are no processes.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import grader.course.notebook_format  # noqa: F401  # first: it spares a second of importing nbformat
from grader.sandbox.host.zygote import Zygote
from tests.support import walls
from tests.support.judges import Judges, here
from tests.support.small_course import write

Start = Callable[..., Zygote]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share out tests for `make test`; for any other --dist, xdist does."""
    if config.option.dist != "loadscope":
        return None
    from tests.support.shares import Shares

    return Shares(config, log)


@pytest.fixture(scope="session")
def start() -> Iterator[Start]:
    """Return the zygote with these layers. Skips the test where the machine cannot have them."""
    started: dict[tuple[walls.Layers, bool], Zygote] = {}

    def zygote(layers: walls.Layers, trains: bool = False) -> Zygote:
        if reason := walls.missing(layers):
            pytest.skip(reason)
        if (layers, trains) not in started:
            started[layers, trains] = Zygote(list(layers), unsafe=True, trains=trains)
        return started[layers, trains]

    yield zygote
    for zygotes in started.values():
        zygotes.close()


@pytest.fixture(scope="session", params=walls.ARRANGEMENTS, ids="+".join)
def each(request: pytest.FixtureRequest, start: Start) -> Zygote:
    """Every arrangement that holds submissions, one after the other."""
    return start(request.param)


@pytest.fixture(scope="session")
def zygote(start: Start) -> Zygote:
    """The best arrangement of this machine."""
    return start(walls.best())


@pytest.fixture(scope="session")
def training_zygote(start: Start) -> Zygote:
    """The same with warm optimizers: without, every worker that makes one imports for 1.5 s."""
    return start(walls.best(), trains=True)


@pytest.fixture
def judges(monkeypatch) -> Judges:
    made = Judges()
    monkeypatch.setattr("grader.judging.batch.grade", made.grade)
    return made


@pytest.fixture
def judged_here(monkeypatch, zygote) -> None:
    """Have real judging done in this process, where processes are not what is tested."""
    monkeypatch.setattr("grader.judging.batch.grade", here(zygote))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A course, and a class of three of whom two have handed in the same."""
    write(tmp_path)
    for student, data in {"kim": "one", "lee": "one", "park": "two"}.items():
        (tmp_path / f"{student}.ipynb").write_text(data)
    return tmp_path
