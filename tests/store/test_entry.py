"""A submission is kept once, and with all that was ever known of these bytes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.model.standing import Arrival
from grader.store.entry import Entry
from grader.store.store import Store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "grades.sqlite", make=True) as store:
        yield store


def test_who_has_handed_in_the_same_again_adds_nothing(store):
    for _ in range(2):
        store.hand_in([Entry("kim", Path("/kim.ipynb"), "ab")])
    assert store.db.execute("SELECT count(*) FROM submissions").fetchone() == (1,)


def test_a_file_name_that_is_no_unicode_comes_back(store):
    path = Path("/in/\udcff\udc80.ipynb")
    store.hand_in([Entry("kim", path, "ab")])
    assert [entry.path for entry in store.entries()] == [path]


def test_what_is_not_known_now_stays_as_it_was_known_of_these_bytes(store):
    here, there = Path("/kim.ipynb"), Path("/other.ipynb")
    store.hand_in([Entry("kim", here, "ab", Arrival(2.0, 10.0))])
    store.hand_in([Entry("kim", there, "cd", Arrival(moment=20.0))])
    store.hand_in([Entry("kim", here, "ab", Arrival(name="Kim"))])
    assert [entry.arrival for entry in store.entries()] == [Arrival(2.0, 10.0, "Kim")]
