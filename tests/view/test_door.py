"""Only the browser with the one-time token comes in, from this host and from our own pages alone.

Each refusal has its control: the same request, but for what is refused, is answered.
"""

import re

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from grader.model.language import speaker
from grader.view.door import HEADERS, Door

HOST = "127.0.0.1:8123"
ORIGIN = f"http://{HOST}"


def page(request):
    if request.url.path == "/broken":
        raise RuntimeError
    return PlainTextResponse("the class", headers={"cache-control": "public"})


@pytest.fixture
def door() -> Door:
    routes = [Route(path, page, methods=["GET", "POST", "PUT"]) for path in ("/", "/broken")]
    return Door(Starlette(routes=routes), HOST, speaker())


@pytest.fixture
def stranger(door) -> TestClient:
    return TestClient(door, base_url=ORIGIN, follow_redirects=False, raise_server_exceptions=False)


@pytest.fixture
def inside(door, stranger) -> TestClient:
    stranger.get(door.address)
    assert stranger.get("/").text == "the class"
    return stranger


def test_without_the_token_nothing_is_shown(stranger):
    for path in ("/", "/broken", "/nothing", "/style.css"):
        answer = stranger.get(path)
        assert answer.status_code == 403 and "the class" not in answer.text
    assert "`grader view`" in stranger.get("/").text


def test_the_token_lets_one_browser_in_and_no_second_one(door, stranger):
    address = door.address
    assert re.fullmatch(rf"{ORIGIN}/enter\?token=[\w-]{{43}}", address)
    answer = stranger.get(address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert stranger.get("/").text == "the class"
    other = TestClient(door, base_url=ORIGIN, follow_redirects=False)
    assert other.get(address).status_code == 403 and "set-cookie" not in other.get(address).headers
    assert other.get("/").status_code == 403


@pytest.mark.parametrize("token", ["", "token=", "token=x", "token=é", "other=1"])
def test_another_token_lets_nobody_in_and_uses_nothing_up(door, stranger, token):
    assert stranger.get(f"/enter?{token}").status_code == 403
    assert stranger.get(door.address).status_code == 303


def test_the_cookie_is_strict_and_out_of_reach_of_scripts(door, stranger):
    cookie = stranger.get(door.address).headers["set-cookie"]
    assert re.fullmatch(r"grader-view-8123=[\w-]{43}; HttpOnly; Path=/; SameSite=strict", cookie), (
        cookie
    )
    assert door.address.endswith("token="), "the token is not the cookie, and is gone"


@pytest.mark.parametrize("cookie", ["grader-view-8123=", "grader-view-8123=x", "x=y", "=;=", "é"])
def test_a_cookie_that_is_made_up_opens_nothing(inside, stranger, cookie):
    inside.cookies.clear()
    assert inside.get("/", headers={"cookie": cookie.encode()}).status_code == 403


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:8124", "localhost:8123", "evil.example", "evil.example:8123",
     "127.0.0.1:8123.evil.example", "[::1]:8123", ""],
)  # fmt: skip
def test_another_host_is_refused_cookie_or_not(inside, host):
    answer = inside.get("/", headers={"host": host})
    assert (answer.status_code, answer.text) == (421, "Not this host.")
    assert inside.get("/", headers={"host": HOST}).text == "the class"


@pytest.mark.parametrize(
    "origin",
    [None, "null", "http://127.0.0.1", "http://127.0.0.1:8124", "https://127.0.0.1:8123",
     "http://localhost:8123", "http://evil.example", f"{ORIGIN}.evil.example", f"{ORIGIN}/"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_what_changes_something_must_come_from_our_pages(inside, method, origin):
    headers = {} if origin is None else {"origin": origin}
    assert inside.request(method, "/", headers=headers).status_code == 403
    assert inside.request(method, "/", headers={"origin": ORIGIN}).text == "the class"


def test_a_token_cannot_be_posted(door, stranger):
    assert stranger.post(door.address, headers={"origin": ORIGIN}).status_code == 405
    assert stranger.get(door.address).status_code == 303


def test_every_answer_has_the_headers_refusals_and_failures_as_well(door, stranger):
    answers = [stranger.get("/"), stranger.get("/", headers={"host": "x"}), stranger.get("/enter")]
    answers += [stranger.post("/"), stranger.get(door.address)]
    answers += [stranger.get(path) for path in ("/", "/broken", "/nothing")]
    assert [answer.status_code for answer in answers] == [403, 421, 403, 403, 303, 200, 500, 404]
    for answer in answers:
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    policy = HEADERS["content-security-policy"]
    assert policy.startswith("default-src 'none';") and "unsafe" not in policy
    assert {"'self'", "'none'", "'script'"} == set(re.findall(r"'[^']*'", policy))


def test_no_websocket_is_opened(inside):
    with pytest.raises(WebSocketDisconnect), inside.websocket_connect("/"):
        pass
