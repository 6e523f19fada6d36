"""The store gives back exactly what it was given, forgets nothing, and says what it cannot do."""

from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.versions import Versions
from grader.model.judgement import Judgement
from grader.model.limits import Limits
from grader.model.result import Result, Status
from grader.model.standing import Override, Standing
from grader.store.act import in_force
from grader.store.entry import Entry
from grader.store.store import PAGE, Store
from tests.support.standings import changed

VERSIONS = Versions({"test_one": "v1", "test_two": "v2"}, "other", "plan")
RESULTS = (
    Result("test_one", "one", Status.PASSED, 2, "One holds.", seconds=0.1 + 0.2),
    Result(
        "test_two[a-1]", "two", Status.FAILED, 3, "Two √ holds.", "Not \ud800 so.", "detail\0",
        public=True, seconds=1e-9, mistake="no_scale", notes=("A remark.",),
    ),
)  # fmt: skip
JUDGEMENT = Judgement(
    "doubling", "Doubling", "ab" * 32, ("one", "two"), RESULTS, ("A remark.",), "",
    ("landlock 6", "seccomp"), ("torch.add",), "printed \x1b[31m\udfff", 1.5,
)  # fmt: skip
STANDING = Standing("kim", "kim.ipynb", JUDGEMENT)


@pytest.fixture
def store(tmp_path: Path):
    with Store(tmp_path / "out" / "grades.sqlite", make=True) as made:
        yield made


def keep(store: Store, standing: Standing, *students: str, versions: Versions = VERSIONS) -> None:
    """Hand in, judge and record."""
    path, judgement = Path("/somewhere") / standing.file, standing.judgement
    store.hand_in(Entry(s, path, judgement.sha256) for s in students or [standing.student])
    store.record(judgement.sha256, judgement, versions, Limits(), b"seed")


def test_a_standing_comes_back_exactly(store):
    keep(store, STANDING)
    assert list(store.standings()) == [STANDING]
    with Store(store.path) as again:
        assert list(again.standings()) == [STANDING]


def test_the_same_bytes_are_kept_once_and_everybody_gets_the_judgement(store):
    keep(store, STANDING, "kim", "lee")
    assert [standing.student for standing in store.standings()] == ["kim", "lee"]
    assert store.db.execute("SELECT count(*) FROM judgements").fetchone() == (1,)


def test_a_later_judgement_takes_the_place_of_an_earlier_one_and_both_are_kept(store):
    keep(store, STANDING)
    keep(store, changed(STANDING, results=RESULTS[:1]))
    assert [len(standing.judgement.results) for standing in store.standings()] == [1]
    assert [len(store.read(number).judgement.results) for number in (1, 2)] == [2, 1]


def test_a_later_submission_takes_the_place_of_an_earlier_one(store):
    keep(store, STANDING)
    keep(store, changed(STANDING, sha256="cd" * 32))
    assert [standing.judgement.sha256 for standing in store.standings()] == ["cd" * 32]
    assert [entry.digest for entry in store.entries("ab" * 32)] == []


def test_a_submission_that_is_not_judged_yet_has_no_standing(store):
    store.hand_in([Entry("kim", Path("/kim.ipynb"), "ab")])
    (entry,) = store.entries()
    assert store.standing(entry) is None and list(store.standings()) == []


@pytest.mark.parametrize(
    ("change", "unsafe", "settled"),
    [
        ({}, False, True),
        ({"results": (replace(RESULTS[0], status=Status.GRADER_ERROR),)}, False, False),
        ({"layers": ("UNSANDBOXED", "seccomp")}, False, False),
        ({"layers": ("UNSANDBOXED", "seccomp")}, True, True),
    ],
)
def test_what_was_our_fault_or_unsafe_is_not_settled(store, change, unsafe, settled):
    keep(store, changed(STANDING, **change))
    assert store.settled(STANDING.judgement.sha256, "plan", unsafe=unsafe) is settled
    assert not store.settled(STANDING.judgement.sha256, "another plan", unsafe=unsafe)


def test_a_decision_survives_a_regrade_and_can_be_changed_and_lifted(store):
    keep(store, STANDING)
    store.override([("kim", Override("two", 2.5, "Nearly.")), ("nobody", Override("two", 1.0))])
    keep(store, changed(STANDING, results=RESULTS[:1]))
    (standing,) = store.standings()
    assert standing.overrides == (Override("two", 2.5, "Nearly."),) and standing.score == 4.5
    store.override([("kim", Override("two", 1.0))])
    assert next(iter(store.standings())).score == 3
    store.override([("kim", Override("two"))])
    assert next(iter(store.standings())).overrides == ()


def test_who_asks_for_one_student_reads_the_decisions_about_that_one_alone(store):
    store.hand_in(Entry(one, Path("/in", one), one[0]) for one in ("kim", "kim2", "lee"))
    decided = {one: Override("two", float(n)) for n, one in enumerate(("kim", "kim2", "lee"))}
    store.override(decided.items())
    store.override([("kim", Override("two")), ("lee", Override("one", 1))])
    assert store.entry("kim").overrides == ()
    assert store.entry("lee").overrides == (decided["lee"], Override("one", 1))
    assert [entry.overrides for entry in store.entries("k")] == [(), (decided["kim2"],)]
    assert in_force(store.db, student="kim2") == {"kim2": (decided["kim2"],)}
    assert in_force(store.db).keys() == {"kim2", "lee"}


def test_a_decision_settles_what_was_our_fault():
    ours = changed(STANDING, results=(replace(RESULTS[0], status=Status.GRADER_ERROR), RESULTS[1]))
    assert ours.score is None
    assert replace(ours, overrides=(Override("two", 3.0),)).score is None
    decided = replace(ours, overrides=(Override("one", 2.0),))
    assert decided.judged and decided.score == 2
    assert replace(ours, overrides=(Override("one", None, "Sorry."),)).score is None


def test_a_class_of_several_pages_is_kept_whole_and_in_order(store):
    names = [f"s{n:04}" for n in range(2 * PAGE + 1)]
    class_ = [Entry(name, Path("/in", name), name) for name in reversed(names)]
    store.hand_in(class_)
    store.hand_in([*class_, Entry("s0007", Path("/in/late"), "later")])
    assert [entry.student for entry in store.entries()] == names
    assert store.db.execute("SELECT count(*) FROM submissions").fetchone() == (len(names) + 1,)
    assert store.entry("s0007") == Entry("s0007", Path("/in/late"), "later")
    assert store.entry("nobody") is None


def test_between_two_pages_one_may_write(store):
    store.hand_in(Entry(f"s{n:04}", Path("/in"), "same") for n in range(PAGE + 1))
    for entry in store.entries("same"):
        store.override([(entry.student, Override("one", 1.0))])
    assert len(in_force(store.db)) == PAGE + 1


def test_standings_can_be_walked_again(store):
    keep(store, STANDING)
    standings = store.standings()
    assert list(standings) == list(standings) == [STANDING]
