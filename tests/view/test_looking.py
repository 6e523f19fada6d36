"""What a reviewer sees: who is to be looked at, and of each the code beside its checks."""

import html
import re
from dataclasses import replace

import pytest

from grader.model.standing import Override
from grader.store.store import Store
from grader.store.terms import Terms
from tests.support.standings import a_standing, filled_with
from tests.view.conftest import CLASS, CODE, SWAPPED, Client, fill

ON = "on=split_heads"


def text(page: str) -> str:
    """Return a page's text without tags."""
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def people(client: Client, query: str = "") -> list[str]:
    """Return who is in a queue, in its order."""
    (listed,) = re.findall(r'<ol class="people".*?</ol>', client.get(f"/?{query}").text, re.DOTALL)
    return re.findall(r'<a href="/student[^>]*>([^<]*)</a>', listed)


def student(client: Client, name: str, query: str = "") -> str:
    """Return the page of a student."""
    return client.get(address(client, name, query)).text


def address(client: Client, name: str, query: str = "") -> str:
    (found,) = re.findall(
        rf'<a href="(/student/\w+)\?[^"]*">{name}</a>', client.get("/?by=name").text
    )
    return f"{found}?{query}"


def test_a_queue_begins_with_who_needs_a_person(client):
    assert people(client) == ["dee"] and "Not a &lt;notebook&gt;." in client.get("/").text
    assert people(client, "by=name") == ["ada", "bob", "cem", "dee"]
    assert people(client, "by=score") == ["ada", "bob", "dee", "cem"]
    assert people(client, "by=score&question=split_heads") == ["ada", "bob", "dee", "cem"]
    assert people(client, "by=mistakes")[:2] == ["ada", "bob"]
    assert people(client, "by=nonsense") == ["dee"]


def test_people_are_found_by_id_name_and_mistake(opened):
    desk, client = opened()
    with Store(desk.folder / "grades.sqlite") as store:
        Terms(roster='{"file": "r.csv", "people": {"bob": "Müller, Bob"}}').keep(store)
    assert people(client, "by=name&search=AD") == ["ada"]
    assert people(client, "by=name&search=müller") == ["Müller, Bob · bob"]
    assert people(client, "by=name&search=swapped") == ["ada", "Müller, Bob · bob"]
    assert people(client, "by=name&search=nobody") == []


def test_mistakes_are_listed_by_how_many_make_them(client):
    page = client.get("/?by=mistakes&question=split_heads").text
    assert "2 the axes are swapped split_heads" in text(page)
    (link,) = re.findall(r'<a href="(/mistake\?[^"]*)">the axes', page)
    words = text(client.get(html.unescape(link)).text)
    assert "2 students fail alike" in words and "ada" in words and "cem" not in words
    assert client.get("/mistake?question=split_heads&mistake=none").status_code == 404
    assert client.get("/mistake?question=split_heads&mistake=").status_code == 404


def test_a_student_shows_code_beside_checks_and_where_one_stopped(client):
    page = student(client, "ada", "on=merge_heads")
    (stopped,) = re.findall(r'<span class="line stopped" id="([\w-]+)">(.*?)\n', page, re.DOTALL)
    assert stopped[0] == "line-2-2" and "return x.nope() ← It runs." in text(stopped[1])
    assert '<a href="#line-2-2">code cell 2, line 2</a>' in page
    assert '<span class="keyword">def</span>' in page
    assert re.search(r'class="line idle" id="line-2-3"', page), "of another question"
    assert "&lt;b&gt;no&lt;/b&gt;" in page and "<b>no" not in page
    words = text(page)
    assert "Your code raised a TypeError." in words and "Points of 3" in words


def test_a_student_begins_with_what_is_wrong_and_keeps_the_queue(client):
    page = student(client, "ada", "by=mistakes")
    assert "<title>ada · split_heads</title>" in page
    assert re.search(r'data-key="next" href="/student/\w+\?question=&amp;by=mistakes', page)
    assert "1 of 4" in text(page) and 'data-key="prev"' not in page
    for name in ("by=person", "by=name&search=bob"):
        assert "1 of" not in text(student(client, "ada", name)), "is not in this queue"


def test_what_was_printed_and_what_was_not_run_stand_with_the_student(client):
    assert "printed &lt;i&gt;" in student(client, "bob")
    assert "not judged" in text(student(client, "bob"))
    assert "does not count here" in text(student(client, "bob", ON)), "the cell of imports"
    assert "Where weights is off" in text(student(client, "bob", ON)), "its drawing"


def test_the_next_students_code_is_read_while_this_one_is_looked_at(opened):
    desk, client = opened()
    assert "x.nope" in student(client, "ada", f"by=name&{ON}")
    desk.sources._thread.submit(str).result()  # it reads one after the other
    with desk.store() as store:
        digests = {entry.digest: entry.student for entry in store.entries()}
    assert [digests[digest] for digest in desk.sources._known] == ["ada", "bob"]


def test_code_that_is_gone_or_changed_is_not_shown(opened):
    desk, client = opened()
    (desk.folder / "handed_in" / "0.ipynb").write_text("{}")
    (desk.folder / "handed_in" / "1.ipynb").unlink()
    for name in ("ada", "bob"):
        page = student(client, name, ON)
        assert "has changed or is gone since it was judged" in page and "x.nope" not in page


def test_names_are_hidden_on_request(client):
    client.post("/names", data={"hidden": "yes", "back": "/?by=name"})
    for page in (client.get("/?by=name").text, client.get("/history").text):
        assert not re.search("ada|bob|cem|dee", page)
    shown = people(client, "by=name")
    assert shown == [f"Student {number}" for number in (1, 2, 3, 4)]
    (link,) = re.findall(r'<a href="(/student/[^"]*)">Student 2<', client.get("/?by=name").text)
    page = client.get(html.unescape(link)).text
    assert not re.search(r"\b(ada|bob|cem|dee)\b|과제3", page) and "Student 2" in page
    assert people(client, "by=name&search=ada") == [], "nor are they searched"
    client.post("/names", data={"hidden": "no"})
    assert people(client, "by=name") == ["ada", "bob", "cem", "dee"]


def test_what_was_said_of_the_same_mistake_is_offered_first(opened):
    given = (Override("split_heads", 2, "The axes."),)
    other = (Override("split_heads", None, "Well."),)
    first = a_standing("ada", results=SWAPPED)
    rest = (replace(CLASS[1], overrides=given), replace(CLASS[2], overrides=other))
    _, client = opened((first, *rest))
    offers = re.findall(r'data-comment="([^"]*)" data-points="([^"]*)"', student(client, "ada", ON))
    assert offers == [("The axes.", "2"), ("Well.", "")]
    assert not re.findall("data-comment", student(client, "ada", "on=merge_heads"))


EVIL = "<script>alert(1)</script>\"' onx=1 \u202e\x1b[31m{{7*7}}"


def test_what_students_wrote_is_text_on_every_page(opened):
    evil = replace(filled_with(EVIL), overrides=(Override(EVIL, 1, EVIL),))
    desk, client = opened(())
    fill(desk.folder, (evil, *CLASS), CODE.replace(b"torch", b"<script>alert(2)</script>"))
    (link, *_) = re.findall(r'<a href="(/student/[^"]*)">&lt;', client.get("/?by=name").text)
    at = html.unescape(link)
    pages = [client.get(f"/?by={by}").text for by in ("person", "mistakes", "score", "name")]
    pages += [client.get(f"{at}&on={on}").text for on in ("(submission)", "split_heads", "")]
    pages += [client.get("/history").text, client.get("/?search=" + EVIL[:20]).text]
    for page in pages:
        assert "alert(" in page, "it is there"
        assert re.findall("<script[^>]*>", page) == ['<script src="/script.js" defer>']
        assert "onx=1 " not in re.sub(r'"[^"]*"', "", " ".join(re.findall("<[^!][^>]*>", page)))
        assert not re.search("[\x1b\u202e]", page) and "49" not in re.findall("{{|49}}", page)
        assert not re.search(r"\sstyle=|<style|javascript:|\son\w+=\"", page)


def test_unknown_addresses_are_nothing(client):
    for path in ("/student/0123456789abcdef", "/student/x?on=y", "/nothing", "/student/"):
        assert client.get(path).status_code == 404


def test_styles_and_script_are_ours(client):
    assert client.get("/style.css").headers["content-type"].startswith("text/css")
    assert "--paper: #17191c" in client.get("/style.css").text, "dark where wanted"
    script = client.get("/script.js")
    assert script.headers["content-type"].startswith("text/javascript")
    assert not re.search(r"innerHTML|eval\(|https?://", script.text)
    page = client.get("/").text
    assert not re.search(r'(?:src|href|action)="(?!/|#)', page), "nothing from elsewhere"


@pytest.mark.parametrize("size", [0, 1])
def test_a_class_of_none_or_one_has_a_page(opened, size):
    _, client = opened(CLASS[:size])
    assert client.get("/").status_code == 200 and len(people(client, "by=name")) == size


def test_what_was_raised_is_said_without_unfolding_and_in_the_queue(opened):
    raised = replace(SWAPPED[-1], message="")
    _, client = opened([a_standing("ada", results=(*SWAPPED[:-1], raised))])
    assert '<p class="message">E: &lt;b&gt;no&lt;/b&gt;</p>' in student(
        client, "ada", "on=merge_heads"
    )
    assert "stopped with an error: merge_heads" in text(client.get("/?by=name").text)
