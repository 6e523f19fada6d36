"""The token goes to the site that the user has named, by https, and nowhere else."""

import logging
from pathlib import Path

import pytest

from grader.exchange.canvas.address import Address, guarded, origin
from grader.exchange.canvas.desk import Desk, Undocumented
from grader.exchange.canvas.line import CanvasError, Line, NoToken, Unreachable, token
from tests.support.canvas import TOKEN, Canvas, Fault


def line(canvas: Canvas) -> Line:
    return Line(canvas.site, pause=lambda _: None)


@pytest.mark.parametrize(
    ("text", "site"),
    [
        ("https://canvas.example.edu/courses/12/assignments/345", "https://canvas.example.edu"),
        (
            "https://canvas.example.edu:443/courses/12/assignments/345/",
            "https://canvas.example.edu",
        ),
        (
            "https://canvas.example.edu:8443/courses/12/assignments/345?module_item_id=6#x",
            "https://canvas.example.edu:8443",
        ),
        ("http://127.0.0.1:3000/courses/12/assignments/345/submissions", "http://127.0.0.1:3000"),
        ("http://[::1]:3000/courses/12/assignments/345", "http://[::1]:3000"),
    ],
)
def test_an_address_is_read_as_the_browser_shows_it(text, site):
    assert Address.read(text) == Address(site, 12, 345)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("https://canvas.example.edu/courses/12", "is not the address of an assignment"),
        ("https://kim:secret@canvas.example.edu/courses/12/assignments/3", "is not the address"),
        ("http://canvas.example.edu/courses/12/assignments/3", "does not begin with https"),
        ("http://127.0.0.1.example.edu/courses/12/assignments/3", "does not begin with https"),
        ("ftp://canvas.example.edu/courses/12/assignments/3", "does not begin with https"),
        ("https://[::1/courses/12/assignments/3", "is not the address"),
        ("", "is not the address"),
    ],
)
def test_another_address_is_refused(text, said):
    with pytest.raises(ValueError, match=said):
        Address.read(text)


def test_an_origin_is_scheme_host_and_port():
    assert origin("HTTPS://Canvas.example.edu:443/a") == origin("https://canvas.example.edu")
    assert origin("https://canvas.example.edu:444") != origin("https://canvas.example.edu")
    assert origin("file:///etc/passwd") == origin("https://a@b.example") == ""
    assert not guarded("http://10.0.0.1/") and guarded("http://localhost:1/")


@pytest.mark.parametrize("found", [None, "", "  "])
def test_without_a_token_the_message_says_where_one_is_made(monkeypatch, found):
    monkeypatch.delenv("CANVAS_TOKEN", raising=False)
    if found is not None:
        monkeypatch.setenv("CANVAS_TOKEN", found)
    with pytest.raises(NoToken, match="New Access Token"):
        token()


@pytest.mark.parametrize(
    "odd", [f"{TOKEN}\nX: y", f"{TOKEN} {TOKEN}", f"{TOKEN}é", f"{TOKEN}\x00"[:-1] + "\x07"]
)
def test_an_odd_token_is_refused_and_not_repeated(monkeypatch, odd):
    monkeypatch.setenv("CANVAS_TOKEN", odd)
    with pytest.raises(NoToken) as caught:
        Line("https://canvas.example.edu")
    assert TOKEN not in str(caught.value)


def test_a_token_with_a_line_end_behind_it_is_that_token(monkeypatch):
    monkeypatch.setenv("CANVAS_TOKEN", f"{TOKEN}\n")
    assert token() == TOKEN


@pytest.mark.parametrize("where", ["storage", "site"])
def test_a_redirect_takes_the_token_along_to_the_site_alone(canvas, where):
    target = f"{getattr(canvas, where)}/storage/9001"
    canvas.faults = [Fault("GET /files/1/download", 302, b"", {"Location": target})]
    line(canvas).get(f"{canvas.site}/files/1/download")
    assert canvas.storage_saw == [f"Bearer {TOKEN}" if where == "site" else ""]


def test_a_link_to_another_site_gets_no_token(canvas):
    line(canvas).get(f"{canvas.storage}/storage/9001", headers={"Authorization": "Bearer x"})
    assert canvas.storage_saw == [""]


def test_the_users_netrc_is_left_alone(canvas, tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine localhost login kim password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    line(canvas).get(f"{canvas.storage}/storage/9001")
    assert canvas.storage_saw == [""]


@pytest.mark.parametrize(
    "url", ["http://10.9.8.7/a", "http://evil.example/a", "ftp://evil.example/a"]
)
def test_nothing_is_sent_without_https(canvas, url):
    with pytest.raises(Unreachable, match="nothing was sent there"):
        line(canvas).get(url) if url.startswith("http") else line(canvas).send(prepared(url))


def prepared(url: str):
    from requests import PreparedRequest

    made = PreparedRequest()
    made.method, made.url, made.headers = "GET", url, {}
    return made


def test_a_site_elsewhere_does_not_lead_to_this_machine(canvas):
    with pytest.raises(Unreachable, match="nothing was sent there"):
        Line("https://canvas.example.edu").get(f"{canvas.site}/storage/9001")
    assert canvas.asked == []


@pytest.mark.parametrize(
    ("status", "headers", "remedy"),
    [
        (401, {"WWW-Authenticate": "Bearer"}, "The token in CANVAS_TOKEN is not accepted"),
        (401, {}, "takes the role of a teacher"),
        (403, {}, "takes the role of a teacher"),
        (404, {}, "compare the address with that in the browser"),
        (422, {}, "Canvas does not take what was asked. too long"),
        (500, {}, "Canvas has a problem"),
        (200, {"Content-Type": "text/html"}, "That is not Canvas's API"),
    ],
)
def test_errors_name_status_endpoint_and_remedy(canvas, status, headers, remedy):
    said = b'{"errors":[{"message":"too long"}]}'
    canvas.faults = [Fault("GET .*/345", status, said, headers, times=9)]
    with pytest.raises(CanvasError, match=remedy) as caught:
        Desk(Address.read(canvas.address), line(canvas))
    where = f"Canvas answers {status} to GET /api/v1/courses/12/assignments/345."
    assert str(caught.value).startswith(where)


def test_a_site_that_is_not_there_says_so_after_some_tries(monkeypatch):
    monkeypatch.setenv("CANVAS_TOKEN", TOKEN)
    waits: list[float] = []
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1:9 does not answer"):
        Line("http://127.0.0.1:9", pause=waits.append).get("http://127.0.0.1:9/api/v1/x")
    assert len(waits) == 6


def test_no_log_and_no_attribute_has_the_token(canvas, caplog):
    caplog.set_level(logging.DEBUG)
    made = line(canvas)
    desk = Desk(Address.read(canvas.address), made)
    list(desk.submissions())
    assert caplog.records and TOKEN not in caplog.text
    assert TOKEN not in repr([vars(made), vars(desk), vars(desk.submissions)])


def test_the_token_is_in_no_file_of_ours(canvas):
    source = Path(__file__).parents[3] / "grader" / "exchange" / "canvas"
    assert [path.name for path in source.glob("*.py") if "Bearer" in path.read_text()] == [
        "line.py"
    ]


@pytest.mark.parametrize(
    ("fits", "body", "headers"),
    [
        ("GET .*/submissions", b"[]", {"Link": '<https://evil.example/api/v1/x>; rel="next"'}),
        ("GET .*/submissions", b'{"message": "no list"}', {}),
        ("GET .*/submissions", b"[7]", {}),
        ("GET .*/345", b"[]", {}),
        ("GET .*/345", b"{", {}),
    ],
)
def test_an_answer_of_another_form_is_a_sentence(canvas, fits, body, headers):
    said = {"Content-Type": "application/json", **headers}
    canvas.faults = [Fault(fits, 200, body, said)]
    with pytest.raises(Undocumented, match="is not of the documented form"):
        list(Desk(Address.read(canvas.address), line(canvas)).submissions())
    assert not any("evil" in path for _, path, _ in canvas.asked)
