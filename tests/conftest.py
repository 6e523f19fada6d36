"""Zygotes for all tests: one per arrangement of layers, started when a test first needs it."""

from collections.abc import Callable, Iterator

import pytest

from grader.sandbox import Zygote
from tests import walls

Start = Callable[[walls.Layers], Zygote]


@pytest.fixture(scope="session")
def start() -> Iterator[Start]:
    """Return the zygote with these layers. Skips the test where the machine cannot have them."""
    started: dict[walls.Layers, Zygote] = {}

    def zygote(layers: walls.Layers) -> Zygote:
        if reason := walls.missing(layers):
            pytest.skip(reason)
        if layers not in started:
            started[layers] = Zygote(list(layers), unsafe=True)
        return started[layers]

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
    possible = [layers for layers in walls.ARRANGEMENTS if not walls.missing(layers)]
    return start(possible[0] if possible else walls.NAMESPACES)
