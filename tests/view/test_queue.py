"""A queue has an order, an address, and somebody before and after."""

from types import SimpleNamespace

import pytest

from grader.view.queue import Queue, beside

PEOPLE = [SimpleNamespace(handle=letter, waits=letter == "b") for letter in "abc"]


def test_an_address_brings_back_the_queue():
    queue = Queue("split & heads", "score", "김 <x>")
    from urllib.parse import parse_qs

    asked = {name: value for name, (value,) in parse_qs(queue.address()).items()}
    assert Queue.read(asked, []) == queue
    assert "by=name" in queue.address(by="name")


@pytest.mark.parametrize(
    ("handle", "found"),
    [("a", (1, None, "b")), ("b", (2, "a", "c")), ("c", (3, "b", None)), ("x", (0, None, "a"))],
)
def test_who_is_beside_somebody(handle, found):
    at, before, after = beside(PEOPLE, handle)
    assert (at, before and before.handle, after and after.handle) == found


def test_nobody_is_beside_somebody_in_an_empty_queue():
    assert beside([], "a") == (0, None, None)


def test_it_begins_where_a_person_is_needed_or_with_mistakes():
    assert Queue.read({}, PEOPLE).by == "person"
    assert Queue.read({}, PEOPLE[:1]).by == "mistakes"
    assert Queue.read({"by": "name"}, PEOPLE).by == "name"
