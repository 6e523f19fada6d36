"""Who has decided what and when; nobody overwrites anybody unseen, and every act can be undone."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.model.standing import Override
from grader.store.act import Overtaken, decide, decisions, latest, undo
from grader.store.entry import Entry
from grader.store.store import Store
from tests.store.test_store import STANDING, keep

HALF, FULL = Override("one", 0.5, "Nearly."), Override("one", 1)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "grades.sqlite", make=True) as store:
        yield store


def counting(store: Store) -> dict[str, Override]:
    """Return what counts on question one, by student."""
    made = (latest(store, student, "one") for student in ("kim", "lee"))
    return {one.student: one.made for one in made if one and one.made != Override("one")}


def test_an_act_is_known_with_who_and_when(store):
    before = time.time()
    act = decide(store, [("kim", HALF), ("lee", FULL)], "TA Ärger")
    lee, kim = decisions(store)
    assert [(d.student, d.made, d.act, d.who) for d in (kim, lee)] == [
        ("kim", HALF, act, "TA Ärger"),
        ("lee", FULL, act, "TA Ärger"),
    ]
    assert before <= kim.moment == lee.moment <= time.time()
    assert decisions(store, "kim") == [kim] and decisions(store, most=1) == [lee]
    assert decide(store, [("kim", FULL)], "b") > act


def test_what_somebody_has_not_seen_is_not_overwritten(store):
    seen = decide(store, [("kim", HALF)], "a")
    decide(store, [("kim", FULL), ("lee", HALF)], "a", seen)
    with pytest.raises(Overtaken) as refused:
        decide(store, [("kim", Override("one", 0)), ("lee", Override("one", 0))], "b", seen)
    assert [(other.student, other.made) for other in refused.value.others] == [
        ("kim", FULL),
        ("lee", HALF),
    ]
    assert counting(store) == {"kim": FULL, "lee": HALF}, "all of an act is stored, or none"
    decide(store, [("kim", Override("two", 1))], "b", seen)  # of another question: no conflict
    decide(store, [("kim", FULL)], "b", seen)  # the same twice is no conflict
    assert [d.who for d in decisions(store, "kim")] == ["b", "b", "a", "a"]


def test_an_act_about_many_is_undone_as_one_and_that_as_well(store):
    decide(store, [("kim", HALF)], "a")
    act = decide(store, [("kim", FULL), ("lee", FULL)], "a")
    assert undo(store, act, "b") == ["kim", "lee"]
    assert counting(store) == {"kim": HALF}
    assert undo(store, decisions(store)[0].act, "b") == ["kim", "lee"]
    assert counting(store) == {"kim": FULL, "lee": FULL}
    assert len(decisions(store)) == 7, "the history keeps everything"


def test_what_does_not_count_any_more_is_not_undone(store):
    act = decide(store, [("kim", HALF), ("lee", HALF)], "a")
    decide(store, [("lee", FULL)], "b")
    with pytest.raises(Overtaken) as refused:
        undo(store, act, "a")
    assert [(other.student, other.who) for other in refused.value.others] == [("lee", "b")]
    assert counting(store) == {"kim": HALF, "lee": FULL}
    assert undo(store, 999, "a") == []


def test_what_is_decided_reaches_the_entry(store):
    keep(store, STANDING)
    decide(store, [(STANDING.student, HALF)], "a")
    entry = store.entry(STANDING.student)
    assert isinstance(entry, Entry) and entry.overrides == (HALF,)
