"""The store gives back exactly what it was given, forgets nothing, and says what it cannot do."""

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.course.versions import Versions
from grader.model.limits import Limits
from grader.model.result import Result, Status
from grader.model.verdict import Override, Report
from grader.store.store import PAGE, Entry, Store

VERSIONS = Versions({"test_one": "v1", "test_two": "v2"}, "other", "plan")
RESULTS = (
    Result("test_one", "one", Status.PASSED, 2, "One holds.", seconds=0.1 + 0.2),
    Result(
        "test_two[a-1]", "two", Status.FAILED, 3, "Two √ holds.", "Not \ud800 so.", "detail\0",
        public=True, seconds=1e-9, mistake="no_scale", notes=("A remark.",),
    ),
)  # fmt: skip
REPORT = Report(
    "doubling", "Doubling", "kim", "kim.ipynb", "ab" * 32, ("one", "two"), RESULTS, ("A remark.",),
    "", ("landlock 6", "seccomp"), ("torch.add",), "printed \x1b[31m\udfff", 1.5,
)  # fmt: skip


@pytest.fixture
def store(tmp_path: Path):
    with Store(tmp_path / "out" / "grades.sqlite", make=True) as made:
        yield made


def keep(store: Store, report: Report, *students: str, versions: Versions = VERSIONS) -> None:
    """Hand in, judge and record."""
    path = Path("/somewhere") / report.file
    store.hand_in(Entry(s, path, report.sha256, None) for s in students or [report.student])
    store.record(report.sha256, report, versions, Limits(), b"seed")


def test_a_report_comes_back_exactly(store):
    keep(store, REPORT)
    assert list(store.reports()) == [REPORT]
    with Store(store.path) as again:
        assert list(again.reports()) == [REPORT]


texts = st.text(st.characters(exclude_categories=()), max_size=20)


@given(st.builds(
    Result, texts, texts, st.sampled_from(Status), st.integers(0, 1000), texts, texts, texts,
    st.booleans(), st.floats(0, 1e9), texts, st.lists(texts, max_size=2).map(tuple),
))  # fmt: skip
def test_any_text_that_a_student_can_write_survives(tmp_path_factory, result):
    named = replace(result, check="test_one", question="one")  # names are the author's
    report = replace(REPORT, results=(named,), output=result.message, problem=result.detail)
    with Store(tmp_path_factory.mktemp("any") / "grades.sqlite", make=True) as store:
        keep(store, report)
        assert list(store.reports()) == [report]


def test_the_same_bytes_are_kept_once_and_everybody_gets_the_report(store):
    keep(store, REPORT, "kim", "lee")
    assert [report.student for report in store.reports()] == ["kim", "lee"]
    assert store.db.execute("SELECT count(*) FROM judgements").fetchone() == (1,)


def test_a_later_judgement_takes_the_place_of_an_earlier_one_and_both_are_kept(store):
    keep(store, REPORT)
    keep(store, replace(REPORT, results=RESULTS[:1]))
    assert [len(report.results) for report in store.reports()] == [1]
    assert [len(store.judgement(number).report.results) for number in (1, 2)] == [2, 1]


def test_a_later_submission_takes_the_place_of_an_earlier_one(store):
    keep(store, REPORT)
    keep(store, replace(REPORT, sha256="cd" * 32))
    assert [report.sha256 for report in store.reports()] == ["cd" * 32]
    assert [entry.digest for entry in store.entries("ab" * 32)] == []


def test_who_has_handed_in_the_same_again_adds_nothing(store):
    for _ in range(2):
        keep(store, REPORT)
    assert store.db.execute("SELECT count(*) FROM submissions").fetchone() == (1,)


def test_a_submission_that_is_not_judged_yet_has_no_report(store):
    store.hand_in([Entry("kim", Path("/kim.ipynb"), "ab", None)])
    (entry,) = store.entries()
    assert store.report(entry) is None and list(store.reports()) == []


def test_a_file_name_that_is_no_unicode_comes_back(store):
    path = Path("/in/\udcff\udc80.ipynb")
    store.hand_in([Entry("kim", path, "ab", None)])
    assert [entry.path for entry in store.entries()] == [path]


def test_every_result_has_its_version_limits_layers_and_seed(store):
    keep(store, REPORT)
    assert store.judgement(1).versions == ("v1", "v2")
    query = "SELECT limits, layers, seed FROM judgements"
    limits, layers, seed = store.db.execute(query).fetchone()
    assert json.loads(limits) == asdict(Limits())
    assert layers == '["landlock 6", "seccomp"]' and bytes.fromhex(seed) == b"seed"


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
    keep(store, replace(REPORT, **change))
    assert store.settled(REPORT.sha256, "plan", unsafe=unsafe) is settled
    assert not store.settled(REPORT.sha256, "another plan", unsafe=unsafe)


def test_a_decision_survives_a_regrade_and_can_be_changed_and_lifted(store):
    keep(store, REPORT)
    store.override([("kim", Override("two", 2.5, "Nearly.")), ("nobody", Override("two", 1.0))])
    keep(store, replace(REPORT, results=RESULTS[:1]))
    (report,) = store.reports()
    assert report.overrides == (Override("two", 2.5, "Nearly."),) and report.score == 4.5
    store.override([("kim", Override("two", 1.0))])
    assert next(iter(store.reports())).score == 3
    store.override([("kim", Override("two"))])
    assert next(iter(store.reports())).overrides == ()


def test_a_decision_settles_what_was_our_fault():
    ours = replace(REPORT, results=(replace(RESULTS[0], status=Status.GRADER_ERROR), RESULTS[1]))
    assert ours.score is None
    assert replace(ours, overrides=(Override("two", 3.0),)).score is None
    decided = replace(ours, overrides=(Override("one", 2.0),))
    assert decided.judged and decided.score == 2
    assert replace(ours, overrides=(Override("one", None, "Sorry."),)).score is None


def test_a_class_of_several_pages_is_kept_whole_and_in_order(store):
    names = [f"s{n:04}" for n in range(2 * PAGE + 1)]
    class_ = [Entry(name, Path("/in", name), name, None) for name in reversed(names)]
    store.hand_in(class_)
    store.hand_in([*class_, Entry("s0007", Path("/in/late"), "later", None)])
    assert [entry.student for entry in store.entries()] == names
    assert store.db.execute("SELECT count(*) FROM submissions").fetchone() == (len(names) + 1,)
    assert store.entry("s0007") == Entry("s0007", Path("/in/late"), "later", None)
    assert store.entry("nobody") is None


def test_between_two_pages_one_may_write(store):
    store.hand_in(Entry(f"s{n:04}", Path("/in"), "same", None) for n in range(PAGE + 1))
    for entry in store.entries("same"):
        store.override([(entry.student, Override("one", 1.0))])
    assert len(store._overrides()) == PAGE + 1


def test_reports_can_be_walked_again(store):
    keep(store, REPORT)
    reports = store.reports()
    assert list(reports) == list(reports) == [REPORT]
