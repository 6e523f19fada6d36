"""Who may see the pages: one browser on this machine, given a one-time token; and no site.

A page of any other site may send requests here, and may have its name point here. So Host must be
ours to the letter (against DNS rebinding), whatever changes something must come from our own pages
(Origin), and the session's cookie goes with no request from elsewhere (SameSite=Strict).
"""

import secrets
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs

from starlette.datastructures import MutableHeaders
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.types import Message as Event

from ..model.language import Say
from ..model.message import Message

ENTRANCE = "/enter"
CLOSED = Message(
    "This page is open only to the browser that `grader view` has opened. Its link works once: "
    "stop the command with Ctrl-C and start it again for another one."
)
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; "
    "require-trusted-types-for 'script'; trusted-types 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
    # not no-referrer, with which a browser hides the Origin of our own forms as well
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}
"""What every answer has."""


class Door:
    """Lets in who has the token, once, and from then on their browser."""

    def __init__(self, app: ASGIApp, host: str, say: Say) -> None:
        """`host` is address and port, as browsers send them."""
        self._app, self._host, self._say = app, host, say
        self._token: str = secrets.token_urlsafe(32)
        self._session = secrets.token_urlsafe(32)
        self._cookie = f"grader-view-{host.rpartition(':')[2]}"  # cookies do not tell ports apart

    @property
    def address(self) -> str:
        """The address that lets one browser in."""
        return f"http://{self._host}{ENTRANCE}?token={self._token}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or hand it on."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return

        async def closed(message: Event) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
            await send(message)

        await (self._refusal(scope) or self._app)(scope, receive, closed)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to who is not let in, or to who is let in now."""
        found: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            found.setdefault(name.decode("latin-1"), []).append(value.decode("latin-1"))
        if found.get("host") != [self._host]:
            return PlainTextResponse("Not this host.", 421)
        reads = scope["method"] in ("GET", "HEAD")
        if not reads and found.get("origin") != [f"http://{self._host}"]:
            return PlainTextResponse("Not from another page.", 403)
        if scope["path"] == ENTRANCE:
            return self._enter(scope) if reads else PlainTextResponse("", 405)
        if not self._knows(found.get("cookie", [])):
            return PlainTextResponse(self._say(CLOSED), 403)
        return None

    def _enter(self, scope: Scope) -> Response:
        """Take the token for a cookie, the first time."""
        (given, *_) = parse_qs(scope["query_string"].decode("latin-1")).get("token", [""])
        if not (self._token and secrets.compare_digest(given.encode(), self._token.encode())):
            return PlainTextResponse(self._say(CLOSED), 403)
        self._token = ""
        answer = RedirectResponse("/", 303)
        answer.set_cookie(self._cookie, self._session, httponly=True, samesite="strict", path="/")
        return answer

    def _knows(self, cookies: list[str]) -> bool:
        try:
            found = SimpleCookie("; ".join(cookies)).get(self._cookie)
        except CookieError:
            return False
        given = found.value if found else ""
        return secrets.compare_digest(given.encode(), self._session.encode())
