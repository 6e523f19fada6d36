"""`grader diff` says whose score moved, and gives the reason."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.versions import Versions
from grader.model.limits import Limits
from grader.model.result import Status
from grader.model.standing import Arrival, Override
from grader.store.diff import between, since
from grader.store.entry import Entry
from grader.store.history import mark
from grader.store.store import Store
from tests.store.test_store import RESULTS, STANDING, VERSIONS, keep
from tests.support.standings import changed
from tests.support.words import words

ONE, TWO = RESULTS
TWO = replace(TWO, check="test_two")
BOTH = changed(STANDING, results=(ONE, TWO))
RIGHT = changed(BOTH, results=(ONE, replace(TWO, status=Status.PASSED)))
CHANGED = Versions({"test_one": "v1", "test_two": "v3"}, "other", "plan 2")


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[Store, Store]]:
    with (
        Store(tmp_path / "old.sqlite", make=True) as old,
        Store(tmp_path / "new.sqlite", make=True) as new,
    ):
        keep(old, BOTH)
        yield old, new


def said(stores: tuple[Store, Store]) -> list[str]:
    (move,) = between(*stores)
    assert move.student == "kim" and move.before == 2
    return [f"{move.before} → {move.after}", *tuple(words(move.reasons))]


def test_nobody_moves_between_a_store_and_its_backup(stores, tmp_path):
    stores[0].back_up(tmp_path / "backup.sqlite")
    with Store(tmp_path / "backup.sqlite") as backup:
        assert list(between(backup, stores[0])) == []


def test_a_changed_check_is_a_reason(stores):
    keep(stores[1], RIGHT, versions=CHANGED)
    assert said(stores) == [
        "2 → 5",
        "two, test_two: failed (0 of 3) → passed (3 of 3), because the check has changed",
    ]


def test_the_same_check_on_the_same_bytes_is_suspicious(stores):
    keep(stores[1], RIGHT)
    assert "though check and submission are the same" in said(stores)[1]


def test_a_fault_of_ours_is_a_reason_though_no_points_move(stores):
    ours = changed(BOTH, results=(ONE, replace(TWO, status=Status.GRADER_ERROR)))
    keep(stores[1], ours)
    assert said(stores) == [
        "2 → None", "two, test_two: failed (0 of 3) → grader error (0 of 3), a fault of ours",
    ]  # fmt: skip


def test_what_was_not_run_moves_with_what_it_builds_on(stores):
    keep(stores[1], changed(BOTH, results=(replace(ONE, status=Status.NOT_RUN), TWO)))
    assert said(stores)[1].endswith("because another check that it builds on has moved")


def test_another_file_is_a_reason(stores):
    keep(stores[1], changed(RIGHT, sha256="cd" * 32, file="second.ipynb"))
    assert said(stores) == [
        "2 → 5",
        "handed in another file: kim.ipynb → second.ipynb",
        "two, test_two: failed (0 of 3) → passed (3 of 3)",
    ]


def test_a_person_is_a_reason(stores):
    keep(stores[1], RIGHT)
    stores[1].override([("kim", Override("two", 1.5))])
    assert said(stores) == ["2 → 3.5", "two: 0 → 1.5, set by a person"]


def test_checks_that_come_and_go_are_reasons(stores):
    keep(stores[1], changed(BOTH, results=(replace(ONE, check="test_new", points=1),)))
    assert said(stores) == [
        "2 → 1",
        "one, test_one: is gone, 2 of 2 points",
        "two, test_two: is gone, 0 of 3 points",
        "one, test_new: is new, 1 of 1 points",
    ]


def test_students_who_come_and_go_have_moved(stores):
    keep(stores[1], BOTH, "lee")
    assert [(m.student, m.before, m.after, tuple(words(m.reasons))) for m in between(*stores)] == [
        ("kim", 2, None, ("not judged any more",)),
        ("lee", None, 2, ("judged since",)),
    ]


def test_who_is_judged_in_neither_store_has_not_moved(stores):
    for store in stores:
        store.hand_in([Entry("lee", Path("/lee.ipynb"), "ef")])
    keep(stores[1], BOTH)
    assert list(between(*stores)) == []


def test_a_store_alone_tells_what_the_last_command_moved(stores):
    old, _ = stores
    mark(old)
    assert since(old) == ([], "")
    keep(old, RIGHT, versions=CHANGED)
    mark(old)
    (move,), _ = since(old)
    assert (move.student, move.before, move.after) == ("kim", 2, 5)
    assert VERSIONS != CHANGED and len(tuple(words(move.reasons))) == 1


def test_who_is_judged_for_the_first_time_has_not_been_moved_by_a_command(stores):
    old, _ = stores
    mark(old)
    keep(old, changed(BOTH, sha256="cd" * 32), "lee")
    assert since(old) == ([], "")


def test_once_scores_have_left_the_folder_that_is_what_counts(stores):
    old, _ = stores
    mark(old, "the scores were written into up.csv")
    keep(old, RIGHT, versions=CHANGED)
    mark(old)
    keep(old, changed(BOTH, sha256="cd" * 32), "lee")
    mark(old)
    moves, published = since(old)
    assert published == "the scores were written into up.csv"
    assert [(m.student, m.before, m.after) for m in moves] == [("kim", 2, 5), ("lee", None, 2)]


def test_a_command_that_was_ended_belongs_to_the_one_that_goes_on(stores):
    old, _ = stores
    keep(old, changed(BOTH, sha256="cd" * 32), "lee")
    mark(old)
    keep(old, RIGHT)  # and the command ends here: no mark
    keep(old, changed(RIGHT, sha256="cd" * 32), "lee")
    mark(old)
    assert [move.student for move in since(old)[0]] == ["kim", "lee"]


def test_decisions_and_late_rules_of_before_are_known(stores):
    old, _ = stores
    old.hand_in([Entry("kim", Path("/somewhere/kim.ipynb"), BOTH.judgement.sha256, Arrival(5.0))])
    old.override([("kim", Override("two", 3))])
    mark(old)
    old.override([("kim", Override("two", 1))])
    old.late_rule = "score / 2"
    mark(old)
    (move,), _ = since(old)
    assert (move.before, move.after) == (5, 1.5)
    assert tuple(words(move.reasons)) == (
        "the late rule: none → score / 2",
        "two: 3 → 1, set by a person",
    )


def test_another_file_is_listed_though_no_points_move(stores):
    old, _ = stores
    day = 86400.0
    old.hand_in(
        [Entry("kim", Path("/in/kim.ipynb"), BOTH.judgement.sha256, Arrival(moment=20000 * day))]
    )
    mark(old)
    again = changed(BOTH, sha256="cd" * 32)
    old.record(again.judgement.sha256, again.judgement, VERSIONS, Limits(), b"seed")
    old.hand_in([Entry("kim", Path("/in/kim-1.ipynb"), "cd" * 32, Arrival(moment=20001 * day))])
    (move,), _ = since(old)
    assert move.before == move.after == 2
    (reason,) = tuple(words(move.reasons))
    assert reason.startswith("handed in another file: kim.ipynb (2024-10-0")
    assert " → kim-1.ipynb (2024-10-0" in reason


def test_files_of_the_same_name_are_told_apart_by_their_bytes(stores):
    keep(stores[1], changed(RIGHT, sha256="cd" * 32))
    assert said(stores)[1] == (
        "handed in another file: kim.ipynb (sha256 abababab…) → kim.ipynb (sha256 cdcdcdcd…)"
    )


def test_another_time_is_listed(stores):
    old, _ = stores
    for hour in (10, 11):
        old.hand_in(
            [Entry("kim", Path("/k.ipynb"), BOTH.judgement.sha256, Arrival(moment=hour * 3600.0))]
        )
        mark(old)
    (move,), _ = since(old)
    assert words(move.reasons)[0].startswith("handed in at another time: 1970-01-0")


def test_points_for_the_submission_are_a_reason(stores):
    for store in stores:
        keep(store, BOTH)
    stores[1].override([("kim", Override("(submission)", 1.5))])
    assert said(stores) == ["2 → 3.5", "points beside the questions: 0 → 1.5, set by a person"]


def test_a_late_rule_and_an_excuse_are_reasons(stores):
    for store in stores:
        store.hand_in(
            [Entry("kim", Path("/somewhere/kim.ipynb"), BOTH.judgement.sha256, Arrival(5.0))]
        )
    keep(stores[1], BOTH)
    stores[1].hand_in(
        [Entry("kim", Path("/somewhere/kim.ipynb"), BOTH.judgement.sha256, Arrival(5.0))]
    )
    stores[1].late_rule = "score / 2"
    assert said(stores) == ["2 → 1", "the late rule: none → score / 2"]
    stores[0].late_rule = "score / 2"
    stores[1].override([("kim", Override("(late)", 0, "was ill"))])
    (move,) = between(*stores)
    assert (move.before, move.after) == (1, 2)
    assert tuple(words(move.reasons)) == ("hours late that count: 5 → 0",)
