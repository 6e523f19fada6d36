"""A column of grades.csv from new data is a field, the line that finds it, and an entry."""

import csv
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path

import pytest

from grader.model.standing import Arrival
from grader.report.columns import AFTER, BEFORE
from grader.report.export import Export
from grader.report.sanitize import PARTS
from grader.store.entry import Entry
from grader.store.store import Store
from tests.store.test_store import STANDING, keep


@dataclass(frozen=True)
class Counted(Arrival):
    """An arrival with one fact more."""

    attempt: int | None = None


@pytest.fixture
def store(tmp_path: Path, monkeypatch):
    """A store of a grader whose arrivals know the attempt."""
    monkeypatch.setattr("grader.store.entry.Arrival", Counted)
    monkeypatch.setitem(PARTS, Counted, attrgetter("hours_late", "moment", "name", "attempt"))
    monkeypatch.setitem(AFTER, "attempt", lambda standing: standing.arrival.attempt)
    with Store(tmp_path / "grades.sqlite", make=True) as made:
        keep(made, STANDING)
        yield made


def hand_in(store: Store, arrival: Arrival) -> dict[str, str]:
    """Hand the same file in again, write all files, and return the student's row."""
    entry = store.entry("kim")
    store.hand_in([Entry("kim", entry.path, entry.digest, arrival)])
    Export(store, store.path.parent).write()
    (row,) = csv.DictReader((store.path.parent / "grades.csv").open(newline=""))
    return row


def test_a_field_and_an_entry_are_a_column(store):
    row = hand_in(store, Counted(attempt=3))
    assert list(row) == [*BEFORE, "one", "two", *AFTER] and row["attempt"] == "3"


def test_its_files_are_made_anew_where_it_changes_and_what_is_known_is_kept(store):
    hand_in(store, Counted(attempt=3))
    assert hand_in(store, Counted(attempt=4))["attempt"] == "4"
    assert hand_in(store, Counted(hours_late=2.0))["attempt"] == "4"
    assert hand_in(store, Counted())["hours late"] == "2.0"
