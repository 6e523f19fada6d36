"""Scores and feedback reach Canvas once, and what a person has graded there stays."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from grader.course.versions import Versions
from grader.exchange.canvas.address import Address
from grader.exchange.canvas.desk import Desk
from grader.exchange.canvas.journal import NAME, Journal, Unread
from grader.exchange.canvas.line import CanvasError, Line, Unreachable
from grader.exchange.canvas.plan import Fate, Plan, Row
from grader.exchange.canvas.push import Sent, push
from grader.model.judgement import Judgement
from grader.model.limits import Limits
from grader.model.result import Status
from grader.model.standing import Arrival, Override
from grader.store.entry import Entry
from grader.store.store import Store
from tests.exchange.canvas.conftest import FILE
from tests.support.canvas import THROTTLED, Canvas, Fault
from tests.support.judges import RESULTS

FAILED = (replace(RESULTS[0], status=Status.FAILED, message="Not a sum."), *RESULTS[1:])
GRADED = r"PUT .*/submissions/4711"


@pytest.fixture
def store(tmp_path: Path):
    """Kim has 5 of 5 points, and Lee 3."""
    with Store(tmp_path / "grades.sqlite", make=True) as store:
        give(store, "4711", "kimminjun_4711_9001_doubling.ipynb", RESULTS)
        give(store, "4712", "leeseoyeon_4712_9002_doubling.ipynb", FAILED)
        yield store


def give(store: Store, student: str, file: str, results) -> None:
    sha256 = f"{file.split('_')[2:3]}{results[0].status}"
    judgement = Judgement(
        "doubling", "Doubling", sha256, ("double", "halve"), results, ("seccomp",)
    )
    store.hand_in([Entry(student, store.path.parent / file, sha256, Arrival(0.0))])
    store.record(sha256, judgement, Versions({}, "", "plan"), Limits(), b"")


def plan(canvas: Canvas, store: Store) -> Plan:
    desk = Desk(Address.read(canvas.address), Line(canvas.site, pause=lambda _: None))
    made = Plan(store, desk, Journal(store.path.parent / NAME, canvas.address))
    made.make()
    return made


def sent(canvas: Canvas, store: Store) -> Sent:
    given = Sent()
    push(plan(canvas, store), given)
    return given


def fates(canvas: Canvas, store: Store) -> dict[str, Fate]:
    return {",".join(row.students): row.fate for row in plan(canvas, store).rows}


def scores(canvas: Canvas) -> dict[int, float | None]:
    return {user: one["score"] for user, one in canvas.submissions.items()}


def one(canvas: Canvas, store: Store, student: str = "4711") -> Row:
    return next(row for row in plan(canvas, store).rows if student in row.students)


def test_score_comment_and_page_arrive(canvas, store):
    store.override([("4712", Override("double", 1.5, "Well argued."))])
    assert sent(canvas, store) == Sent(2)
    assert scores(canvas) == {4711: 5, 4712: 4.5, 4713: None}
    (comment,) = canvas.comments(4712)
    assert comment["comment"] == "4.5 of 5 points\ndouble: Well argued."
    (attached,) = comment["attachments"]
    name, page = canvas.uploads[attached["id"]]
    assert name.startswith("feedback-") and name.endswith(".html")
    assert "Well argued." in page.decode() and "4712" in page.decode()
    assert canvas.storage_saw == ["", ""]


def test_an_upload_may_end_with_201_and_a_place(canvas, store):
    canvas.confirms = False
    assert sent(canvas, store).students == 2 and len(canvas.comments(4711)) == 1


def test_a_plan_sends_nothing(canvas, store):
    assert fates(canvas, store) == {"4711": Fate.NEW, "4712": Fate.NEW}
    assert {method for method, *_ in canvas.asked} == {"GET"}


def test_the_same_again_sends_nothing(canvas, store):
    sent(canvas, store)
    canvas.asked.clear()
    assert sent(canvas, store) == Sent(0)
    assert {method for method, *_ in canvas.asked} == {"GET"}
    assert set(fates(canvas, store).values()) == {Fate.SAME}


def test_a_regrade_replaces_what_was_sent_and_says_where_it_is_lower(canvas, store):
    sent(canvas, store)
    store.override([("4711", Override("double", 0)), ("4712", Override("double", 2))])
    assert fates(canvas, store) == {"4711": Fate.LOWER, "4712": Fate.HIGHER}
    sent(canvas, store)
    assert scores(canvas) == {4711: 3, 4712: 5, 4713: None}


def test_new_feedback_with_the_same_score_leaves_the_grade_alone(canvas, store):
    sent(canvas, store)
    store.override([("4711", Override("double", None, "Elegant."))])
    assert one(canvas, store).fate is Fate.FEEDBACK
    canvas.asked.clear()
    canvas.submissions[4711]["grader_id"] = 77
    sent(canvas, store)
    assert len(canvas.comments(4711)) == 2 and canvas.submissions[4711]["grader_id"] == 77


@pytest.mark.parametrize("theirs", [1, 4.99, 9])
@pytest.mark.parametrize("before", [False, True])
def test_what_a_person_has_graded_in_canvas_stays(canvas, store, theirs, before):
    if before:
        sent(canvas, store)
    canvas.grade_by_hand(4711, theirs)
    assert one(canvas, store).fate is Fate.KEPT
    sent(canvas, store)
    assert scores(canvas)[4711] == theirs


def test_a_person_who_has_given_the_same_score_gets_the_feedback_besides(canvas, store):
    canvas.grade_by_hand(4711, 5)
    assert one(canvas, store).fate is Fate.FEEDBACK
    sent(canvas, store)
    assert canvas.submissions[4711]["grader_id"] == 77 and len(canvas.comments(4711)) == 1


def test_a_grade_that_was_deleted_in_canvas_is_given_again(canvas, store):
    sent(canvas, store)
    canvas.submissions[4711] |= {"score": None, "entered_score": None}
    assert one(canvas, store).fate is Fate.NEW


def test_an_answer_that_is_lost_is_not_asked_for_twice(canvas, store):
    canvas.faults = [Fault(GRADED, 0, handled=True)]
    with pytest.raises(Unreachable, match="the same command goes on"):
        sent(canvas, store)
    assert scores(canvas)[4711] == 5 and one(canvas, store).fate is Fate.SAME
    sent(canvas, store)
    assert len(canvas.comments(4711)) == len(canvas.comments(4712)) == 1


def test_after_a_lost_answer_a_regrade_still_counts_as_ours(canvas, store):
    canvas.faults = [Fault(GRADED, 0, handled=True)]
    with pytest.raises(Unreachable):
        sent(canvas, store)
    store.override([("4711", Override("double", 1))])
    assert one(canvas, store).fate is Fate.LOWER


def test_a_request_that_was_never_handled_is_made_again(canvas, store):
    canvas.faults = [Fault(GRADED, 0)]
    with pytest.raises(Unreachable):
        sent(canvas, store)
    sent(canvas, store)
    assert [len(canvas.comments(user)) for user in (4711, 4712)] == [1, 1]


@pytest.mark.parametrize("status", [401, 403, 500, 503])
def test_what_ends_the_command_keeps_what_was_acknowledged(canvas, store, status):
    canvas.faults = [Fault(r"PUT .*/submissions/4712", status)]
    with pytest.raises(CanvasError, match=f"Canvas answers {status} to PUT /api/v1/courses/12"):
        sent(canvas, store)
    assert fates(canvas, store) == {"4711": Fate.SAME, "4712": Fate.NEW}


def test_a_throttled_grade_is_sent_once_it_may_be(canvas, store):
    canvas.faults = [Fault(GRADED, 403, THROTTLED, times=2), Fault("POST .*/files", 429)]
    assert sent(canvas, store) == Sent(2)
    assert len(canvas.comments(4711)) == 1


def test_one_whom_canvas_refuses_is_named_and_the_others_are_served(canvas, store):
    canvas.faults = [Fault(GRADED, 400, b'{"errors":[{"message":"grading period is closed"}]}')]
    given = sent(canvas, store)
    assert given.students == 1
    (doubt,) = map(str, given.doubts)
    assert doubt.startswith("4711: Canvas answers 400 to PUT /api/v1/courses/12/assignments/345")
    assert doubt.endswith("grading period is closed")


def test_whoever_is_left_out_is_named(canvas, store):
    give(store, "x7Yz1", "anon_x7Yz1_9011_a.ipynb", RESULTS)
    give(store, "99", "who_99_1_a.ipynb", RESULTS)
    give(store, "4713", "b.ipynb", (replace(RESULTS[0], status=Status.GRADER_ERROR),))
    canvas.submissions[4712]["excused"] = True
    why = {row.students[0]: str(row.why) for row in plan(canvas, store).rows if row.why}
    assert why == {
        "x7Yz1": "this id is not one of Canvas's numbers",
        "99": "Canvas does not have this student in the assignment",
        "4713": "no score yet",
        "4712": "is excused in Canvas",
    }


def test_a_comment_is_on_the_attempt_that_was_graded_and_a_later_one_is_named(canvas, store):
    canvas.hand_in(4711, "Kim Minjun", FILE)
    assert str(one(canvas, store).why) == "attempt 1 was graded, and there is attempt 2"
    sent(canvas, store)
    assert [c["attempt"] for user in (4711, 4712) for c in canvas.comments(user)] == ["1", "1"]


def test_points_follow_the_assignment_of_canvas(canvas, store):
    canvas.assignment["points_possible"] = 30
    made = plan(canvas, store)
    assert made.scale == 6 and [row.after for row in made.rows] == [30, 18]


def test_points_that_canvas_takes_for_lateness_are_named(canvas, store):
    canvas.late_policy = 0.5
    assert "4711: Canvas's own late policy takes 0.5 points more" in str(
        sent(canvas, store).doubts[0]
    )
    assert fates(canvas, store) == {"4711": Fate.SAME, "4712": Fate.SAME}


@pytest.fixture
def group(canvas, store):
    """Kim and Lee are a group, which has one grade."""
    canvas.assignment["group_category_id"] = 3
    for user in (4711, 4712):
        canvas.submissions[user]["group"] = {"id": 8, "name": "Team A"}
    give(store, "4712", "leeseoyeon_4712_9001_doubling.ipynb", RESULTS)
    return canvas


def test_a_group_with_one_grade_gets_it_once(group, store):
    assert sent(group, store) == Sent(2)
    assert scores(group) == {4711: 5, 4712: 5, 4713: None}
    assert [len(group.comments(user)) for user in (4711, 4712)] == [1, 1]
    assert len(group.uploads) == 1


def test_a_group_that_is_graded_individually_gets_two(group, store):
    group.assignment["grade_group_students_individually"] = True
    store.override([("4712", Override("double", 1))])
    group.assignment["group_category_id"] = None  # as Canvas then behaves
    assert sent(group, store) == Sent(2)
    assert scores(group) == {4711: 5, 4712: 4, 4713: None}


def test_a_group_whose_members_differ_is_named_and_gets_nothing(group, store):
    store.override([("4712", Override("double", 1))])
    (row,) = plan(group, store).rows
    assert row.fate is Fate.LEFT and "the group has one grade in Canvas" in str(row.why)


def test_a_torn_last_line_is_not_a_line(canvas, store):
    sent(canvas, store)
    path = store.path.parent / NAME
    *whole, last = path.read_bytes().splitlines(keepends=True)
    for end in range(len(last) - 1):
        path.write_bytes(b"".join(whole) + last[:end])
        journal = Journal(path, canvas.address)
        assert journal.acknowledged(4712) is None and len(journal.open(4712)) == 1
    journal.note(4712, 3, "a.html", acknowledged=True)
    assert Journal(path, canvas.address).acknowledged(4712).file == "a.html"


def test_a_journal_that_says_nonsense_is_refused_with_its_line(canvas, store):
    sent(canvas, store)
    path = store.path.parent / NAME
    path.write_bytes(path.read_bytes() + b'{"user": 1}\n')
    with pytest.raises(Unread, match=r"canvas\.jsonl:5: this is not a line of the journal"):
        Journal(path, canvas.address)


def test_the_journal_of_another_assignment_says_nothing_of_this_one(canvas, store):
    sent(canvas, store)
    assert Journal(store.path.parent / NAME, "https://elsewhere").acknowledged(4711) is None
    lines = (store.path.parent / NAME).read_text().splitlines()
    assert [json.loads(line)["acknowledged"] for line in lines] == [False, True, False, True]
