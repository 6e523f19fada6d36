"""A Canvas on this machine, with a class of three."""

from collections.abc import Iterator

import pytest

from tests.support.canvas import TOKEN, Canvas, serving
from tests.support.small_course import RIGHT, notebook

BOOK = notebook(RIGHT)
FILE = ("doubling.ipynb", BOOK)


@pytest.fixture(scope="module")
def server() -> Iterator[Canvas]:
    with serving() as canvas:
        yield canvas


@pytest.fixture
def canvas(server: Canvas, monkeypatch: pytest.MonkeyPatch) -> Canvas:
    """Two have handed in, and one has not."""
    monkeypatch.setenv("CANVAS_TOKEN", TOKEN)
    server.empty()
    server.hand_in(4711, "Kim Minjun", FILE)
    server.hand_in(4712, "Lee Seoyeon", FILE)
    server.hand_in(4713, "이 서연")
    return server
