"""Requests for another look: each beside its submission, and a decision is the answer."""

import hashlib
import html
import re
from dataclasses import replace
from pathlib import Path

import pytest

from grader.csv_table import TableError
from grader.model.request import About
from grader.report.pages import feedback_html
from grader.store.store import Store
from grader.view.desk import Desk
from tests.intake.test_requests import a_mail, a_mailbox
from tests.report.test_mailto import mails
from tests.view.conftest import CODE, Client, fill
from tests.view.test_deciding import decide
from tests.view.test_looking import EVIL, address, people, text

FUTURE = "Mon, 30 Nov 2099 10:00:00 +0000"


def digest(folder: Path, student: str) -> str:
    with Store(folder / "grades.sqlite") as store:
        entry = store.entry(student)
        assert entry
        return entry.digest


@pytest.fixture
def asking(opened, tmp_path):
    """Open a class in which these have written: (what it is about, words) each."""

    def make(*mails: tuple[About, str], **headers: str) -> tuple[Desk, Client]:
        desk, client = opened()
        letters = (a_mail(f"{words}\n{about.lines()}\n", **headers) for about, words in mails)
        desk.requests.__init__(a_mailbox(tmp_path, *letters))
        return desk, client

    return make


def listed(client: Client) -> str:
    return text(client.get("/requests").text)


def test_a_request_stands_beside_its_question_and_needs_a_person(asking, tmp_path):
    about = About("bob", "merge_heads", "test_runs", "", "0.1.0")
    _, client = asking((about, "Mine <is> right."), From="bob@x.edu")
    assert people(client) == ["bob", "dee"], "who asks needs a person"
    page = client.get("/requests").text
    assert "1 request is open" in page and "Mine &lt;is&gt; right." in page
    (link,) = re.findall(r'<a href="(/student/[^"]*)">bob</a>', page)
    student = client.get(html.unescape(link)).text
    assert "<title>bob · merge_heads</title>" in student
    assert "Wants another look bob@x.edu test_runs Mine <is> right." in text(student)
    assert "another look" not in client.get(address(client, "bob", "on=split_heads")).text
    assert "another look" in client.get(address(client, "bob")).text, "it begins with that question"


def test_a_decision_is_the_answer_and_until_then_it_stays_open(asking):
    _, client = asking((About("bob", "split_heads"), "Look."), Date=FUTURE)
    assert people(client) == ["bob", "dee"]
    decide(client, "bob", "1", question="merge_heads")
    assert "1 request is open" in listed(client), "that was about another question"
    decide(client, "bob", "", "It is as it was.")
    said = listed(client)
    assert "0 requests are open" in said and "Decided since" in said and "It is as it was." in said
    assert people(client) == ["dee"]


def test_a_decision_made_before_is_no_answer(opened, tmp_path):
    desk, client = opened()
    decide(client, "bob", "2")
    desk.requests.__init__(a_mailbox(tmp_path, a_mail(About("bob", "split_heads").lines())))
    assert "1 request is open" in listed(client)


def test_the_submission_says_whom_it_is_about_and_what_does_not_fit_is_said(asking, tmp_path):
    fill(tmp_path, ())
    desk, client = asking()
    ada, bob = digest(tmp_path, "ada"), digest(tmp_path, "bob")
    asks = {
        "by file": About(file=ada), "by both": About("ADA ", file=ada), "by id": About("cem"),
        "stolen": About("cem", file=bob), "unknown": About("bob", file="0" * 64),
        "nobody": About("eve", file="1" * 64), "nothing": About(), "no such": About("cem", "q9"),
    }  # fmt: skip
    letters = (a_mail(f"{words}\n{about.lines()}") for words, about in asks.items())
    desk.requests.__init__(a_mailbox(tmp_path, *letters))
    with desk.store() as store:
        found = {one.request.text: one for one in desk.requests.of(store, desk.everybody(store))}
    assert {words: one.person and one.person.row.student for words, one in found.items()} == {
        "by file": "ada", "by both": "ada", "by id": "cem", "stolen": None, "unknown": "bob",
        "nobody": None, "nothing": None, "no such": "cem",
    }  # fmt: skip
    assert [words for words, one in found.items() if not one.remark] == [
        "by file",
        "by both",
        "by id",
    ]
    said = listed(client)
    assert "look who asks" in said and "Nobody’s as it stands" in said and "nothing" in said


def test_one_about_an_earlier_submission_says_so(asking, tmp_path):
    desk, client = asking()
    before = digest(tmp_path, "ada")
    path = tmp_path / "handed_in" / "0.ipynb"
    path.write_bytes(CODE + b"\n\n")
    fill_again(tmp_path, path)
    desk.requests.__init__(a_mailbox(tmp_path, a_mail(About("ada", file=before).lines())))
    assert "It is about an earlier submission" in listed(client)


def fill_again(folder: Path, path: Path) -> None:
    """Have ada hand in another file, which is judged like the first."""
    with Store(folder / "grades.sqlite") as store:
        entry = store.entry("ada")
        assert entry
        new = hashlib.sha256(path.read_bytes()).hexdigest()
        with store.transaction() as db:
            db.execute("UPDATE judgements SET digest = ? WHERE digest = ?", (new, entry.digest))
        store.hand_in([replace(entry, path=path, digest=new)])


def test_the_mail_that_a_students_page_offers_finds_its_submission_and_question(opened, tmp_path):
    desk, _ = opened()
    with desk.store() as store:
        store.set("contact", "ta@course.edu")
        page = feedback_html(store.by_student()["bob"])
    first, *_ = mails(page)
    letter = a_mail(first["body"].replace("\r\n", "\n"), To=first["to"], Subject=first["subject"])
    desk.requests.__init__(a_mailbox(tmp_path, letter))
    with desk.store() as store:
        (found,) = desk.requests.of(store, desk.everybody(store))
    assert found.person and found.person.row.student == "bob" and found.remark == ""
    assert (found.question, found.request.about.check) == ("split_heads", "test_values")
    assert found.request.about.file == digest(tmp_path, "bob")


def test_a_file_that_changes_is_read_again_and_one_that_breaks_says_so(asking, tmp_path):
    desk, client = asking((About("bob"), "First."))
    assert "First." in listed(client)
    a_mailbox(tmp_path, a_mail("Second one, without our lines."), a_mail("Third."))
    assert "2 requests are open" in listed(client) and "Second one" in listed(client)
    desk.requests.path.write_bytes(b"when,what\n1,2\n")
    said = listed(client)
    assert "needs a column `id` or `file`" in said and "Second one" in said


def test_without_an_address_it_is_said_how_students_get_one(asking, tmp_path):
    _, client = asking()
    assert "--contact ADDRESS" in listed(client)
    with Store(tmp_path / "grades.sqlite") as store:
        store.set("contact", "ta@course.edu")
    assert "--contact" not in listed(client)


def test_hostile_requests_are_text_and_names_stay_hidden(asking):
    plain = EVIL.replace("\x1b", "")
    headers = {"From": f"{plain[:40]} <ada@x>", "Subject": "ada"}
    about = About("ada", EVIL, EVIL)
    _, client = asking((about, EVIL), (About(EVIL, EVIL), EVIL), **headers)
    (link, *_) = re.findall(r'<a href="(/student/[^"]*)"', client.get("/requests").text)
    for page in (client.get("/requests").text, client.get(html.unescape(link)).text):
        assert "alert(1)" in page and not re.search("[\x1b\u202e]", page)
        assert re.findall("<script[^>]*>", page) == ['<script src="/script.js" defer>']
    client.post("/names", data={"hidden": "yes"})
    assert not re.search("ada", client.get("/requests").text)


def test_a_file_that_names_nobody_is_refused_at_the_start(tmp_path):
    table = tmp_path / "form.csv"
    table.write_text("when,what\n1,2\n")
    with pytest.raises(TableError, match="needs a column"):
        Desk(tmp_path, "Kim", asked=table)


def test_without_a_file_nothing_is_said_of_requests(client):
    assert "/requests" not in client.get("/").text


def test_the_requests_are_looked_through_once_for_a_page(asking, monkeypatch):
    desk, client = asking((About("bob", "merge_heads"), "Mine is right."))
    at, looked = address(client, "bob"), []
    of = desk.requests.of
    monkeypatch.setattr(desk.requests, "of", lambda *about: looked.append(1) or of(*about))
    assert "Mine is right." in client.get(at).text and looked == [1]
