"""Decisions are those of `grader override`, at once; nobody's is overwritten unseen."""

import csv
import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from grader.model.standing import Override
from grader.report.export import Export
from grader.store import act
from grader.store.act import decisions
from grader.store.decisions import read
from grader.store.store import Store
from tests.support.standings import changed
from tests.view.conftest import CLASS, Client, fill
from tests.view.test_looking import address, student, text

MISTAKE = "/mistake?question=split_heads&by=mistakes&mistake=swapped"


def form(page: str, question: str = "split_heads") -> dict[str, str]:
    """Return the hidden fields of the form about a question."""
    forms = re.findall(r'<form class="decide.*?</form>', page, re.DOTALL)
    fields = [
        dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', one)) for one in forms
    ]
    (found,) = [one for one in fields if one["question"] == question]
    return found


def decide(
    client: Client, name: str, points: str, comment: str = "", question: str = "split_heads",
    then: str = "stay", query: str = "by=name", **changes: str,
):  # fmt: skip
    """Fill in the form of a student's page, and send it."""
    at = address(client, name, f"{query}&on={question}")
    fields = form(client.get(at).text, question) | {"points": points, "comment": comment}
    return client.post(at, data=fields | {"then": then} | changes)


def given(folder: Path) -> dict[str, tuple[Override, ...]]:
    """Return what counts, by student."""
    with Store(folder / "grades.sqlite") as store:
        return {entry.student: entry.overrides for entry in store.entries() if entry.overrides}


def test_a_decision_is_the_one_of_override_in_every_file(opened, tmp_path):
    desk, client = opened()
    for points, question in (("2,5", "split_heads"), ("-1", "(submission)")):
        answer = decide(client, "ada", points, "Nearly.\r\nSo.", question)
        assert answer.status_code == 303
        assert "Saved." in client.get(answer.headers["location"]).text
    desk.writer.close()
    other = tmp_path / "other"
    other.mkdir()
    fill(other, CLASS)
    table = other / "decisions.csv"
    table.write_text(
        'id,question,points,comment\nada,split_heads,2.5,"Nearly.\nSo."\n'
        'ada,(submission),-1,"Nearly.\nSo."\n'
    )
    with Store(other / "grades.sqlite") as store:
        store.override(read(table, store.by_student())[0])
        Export(store, other).write()
    assert given(tmp_path) == given(other) != {}
    for name in ("grades.csv", "ada/feedback.html", "ada/results.json", "report.html"):
        assert (tmp_path / name).read_bytes() == (other / name).read_bytes()
    with (tmp_path / "grades.csv").open(newline="") as file:
        ada = next(csv.DictReader(file))
    assert (ada["score"], ada["split_heads"], ada["(submission)"]) == ("1.5", "2.5", "-1")


def test_it_is_in_the_store_when_it_is_answered_with_who_and_when(opened, tmp_path):
    _, client = opened(who="Müller")
    decide(client, "ada", "2", "Well <argued>.")
    with Store(tmp_path / "grades.sqlite") as store:
        (line,) = decisions(store)
    assert (line.student, line.who, line.made) == (
        "ada", "Müller", Override("split_heads", 2, "Well <argued>."),
    )  # fmt: skip
    page = student(client, "ada", "on=split_heads")
    assert "decided by Müller at 20" in page and "Well &lt;argued&gt;." in page


def test_save_and_next_goes_on_in_the_queue_as_it_was(client):
    answer = decide(client, "ada", "2", then="next")
    assert address(client, "bob").rstrip("?") in answer.headers["location"]
    answer = decide(client, "dee", "1", then="next", query="by=person")
    assert address(client, "dee").rstrip("?") in answer.headers["location"], "it was the last"
    assert "Nobody." in client.get("/?by=person").text, "who is decided needs nobody"


@pytest.mark.parametrize(
    ("points", "words"),
    [("8", "is worth 7 points, so 8 is too many"), ("-1", "points cannot be -1"),
     ("many", "points cannot be 'many'"), ("", "Nothing has changed")],
)  # fmt: skip
def test_what_cannot_count_is_said_and_what_was_typed_stays(client, tmp_path, points, words):
    typed = "I typed <this>." if points else ""
    answer = decide(client, "ada", points, typed)
    assert answer.status_code == 422 and words in html.unescape(answer.text)
    assert f'value="{points}"' in answer.text and html.escape(typed) in answer.text
    assert given(tmp_path) == {}
    assert decide(client, "ada", "7", typed).status_code == 303


def test_an_unknown_student_question_or_number_decides_nothing(client, tmp_path):
    assert decide(client, "ada", "1", student="0" * 16).status_code == 422
    assert decide(client, "ada", "1", question_="x", question="split_heads").status_code == 303
    at = address(client, "ada")
    fields = form(client.get(at).text) | {"points": "1", "question": "no such"}
    answer = client.post(at, data=fields)
    assert answer.status_code == 422 and "there is no question" in answer.text
    assert given(tmp_path).keys() == {"ada"}
    big = client.post(at, content=b"comment=" + b"x" * 1_100_000)
    assert big.status_code == 413


def test_two_reviewers_see_both_values_and_neither_is_lost(opened, tmp_path):
    _, kim = opened(who="Kim")
    _, lee = opened(None, who="Lee")
    at = address(kim, "ada", "by=name&on=split_heads")
    page = lee.get(at).text
    decide(kim, "ada", "2", "Kim says.")
    mine = form(page) | {"points": "5", "comment": "Lee says.", "then": "stay"}
    answer = lee.post(at, data=mine)
    words = text(answer.text)
    assert answer.status_code == 409 and "Somebody was faster" in words
    assert "2 Kim says." in words and "5 Lee says." in words and "Kim · 20" in words
    assert given(tmp_path)["ada"] == (Override("split_heads", 2, "Kim says."),)
    again = dict(re.findall(r'name="(\w+)" value="([^"]*)"', answer.text.split("<table>")[1]))
    assert lee.post(at, data=again).status_code == 303, "knowing it, one may"
    assert given(tmp_path)["ada"] == (Override("split_heads", 5, "Lee says."),)
    other = decide(kim, "ada", "1", question="merge_heads", seen=mine["seen"])
    assert other.status_code == 303, "another question is no conflict"


def members(client: Client) -> tuple[dict[str, object], str]:
    page = client.get(MISTAKE).text
    ticked = re.findall(r'name="student" value="(\w+)" checked', page)
    return form(page) | {"student": ticked, "points": "3", "comment": "The axes."}, page


def test_one_decision_counts_for_a_whole_cluster_and_is_undone_as_one(client, tmp_path):
    fields, _ = members(client)
    answer = client.post(MISTAKE, data=fields)
    assert answer.status_code == 303
    made = (Override("split_heads", 3, "The axes."),)
    assert given(tmp_path) == {"ada": made, "bob": made}
    page = client.get(answer.headers["location"]).text
    undo = dict(re.findall(r'name="(act|back)" value="([^"]*)"', page.split("Saved.")[1]))
    assert client.post("/undo", data=undo).headers["location"].startswith("/mistake?")
    assert given(tmp_path) == {}
    acts = text(client.get("/history").text)
    assert acts.count("2 students") == 2 and "Kim" in acts
    with Store(tmp_path / "grades.sqlite") as store:
        last = decisions(store)[0].act
    client.post("/undo", data={"act": f"{last}", "back": "/history"})
    assert given(tmp_path) == {"ada": made, "bob": made}, "undoing is undone as well"


def test_who_was_decided_alone_is_not_ticked(client, tmp_path):
    decide(client, "bob", "6", "Mine.")
    fields, page = members(client)
    assert len(fields["student"]) == 1 and "decided before: 6 Mine." in text(page)
    client.post(MISTAKE, data=fields)
    assert given(tmp_path)["bob"] == (Override("split_heads", 6, "Mine."),)


def test_a_cluster_that_somebody_has_touched_meanwhile_is_not_decided(opened, tmp_path):
    _, kim = opened(who="Kim")
    _, lee = opened(None, who="Lee")
    fields, _ = members(lee)
    decide(kim, "bob", "6", "Kim's.")
    answer = lee.post(MISTAKE, data=fields)
    assert answer.status_code == 409 and "6 Kim's." in text(answer.text)
    assert given(tmp_path) == {"bob": (Override("split_heads", 6, "Kim's."),)}, "all or none"
    assert lee.post(MISTAKE, data=fields | {"student": []}).status_code == 422


def test_what_was_decided_since_cannot_be_undone(client, tmp_path):
    decide(client, "ada", "2")
    decide(client, "ada", "3")
    answer = client.post("/undo", data={"act": "1", "back": "/history"})
    assert answer.status_code == 409 and "Not undone" in answer.text
    assert given(tmp_path)["ada"] == (Override("split_heads", 3),)


def test_an_empty_decision_removes_one(client, tmp_path):
    decide(client, "ada", "2")
    assert decide(client, "ada", "").status_code == 303
    assert given(tmp_path) == {}


def test_hours_can_be_excused(opened, tmp_path):
    late = changed(replace(CLASS[0]), hours_late=5.0)
    _, client = opened((late,))
    at = address(client, "ada", "on=(submission)")
    fields = form(client.get(at).text, "(late)") | {"points": "0", "comment": "Was ill."}
    assert client.post(at, data=fields).status_code == 303
    assert given(tmp_path)["ada"] == (Override("(late)", 0, "Was ill."),)
    assert client.post(at, data=fields | {"points": "6"}).status_code == 422


@pytest.mark.parametrize(
    "back", ["//evil.example", "https://evil.example", "/\\evil.example", "x", "", "/a\r\nb: c"]
)
def test_back_stays_on_this_page(client, back):
    assert client.post("/names", data={"hidden": "no", "back": back}).headers["location"] == "/"
    answer = client.post("/names", data={"hidden": "no", "back": "/history?x=1"})
    assert answer.headers["location"] == "/history?x=1"


def test_nothing_is_decided_by_a_request_from_elsewhere(client, tmp_path):
    at = address(client, "ada", "on=split_heads")
    fields = form(client.get(at).text) | {"points": "1"}
    for origin in ("http://evil.example", "null"):
        assert client.post(at, data=fields, headers={"origin": origin}).status_code == 403
    assert client.get(f"{at}&points=1").status_code == 200 and given(tmp_path) == {}
    assert client.post(at, data=fields).status_code == 303


def test_the_history_of_a_table_says_which_question_each_line_is_about(opened):
    desk, client = opened()
    made = [("ada", Override("split_heads", 1.0, "Well.")), ("bob", Override("merge_heads", 2.0))]
    with desk.store() as store:
        act.decide(store, made, "Kim")
    page = text(client.get("/history").text)
    assert "merge_heads split_heads · 2 students" in page
    assert "ada split_heads : 1 Well." in page and "bob merge_heads : 2 " in page
