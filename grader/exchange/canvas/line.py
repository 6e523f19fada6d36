"""The line to Canvas: each request passes here, signed, in turn, and asked again where that is due.

The token is in the environment alone. It is sent to the site that the user has named, and to no
other, whatever redirects, pages' links and submissions' URLs say; requests and canvasapi never hold
it, so neither can log it. Throttled requests have not been handled, so they are asked again; one
that broke down may have been, so only those that change nothing are.
Sources: https://canvas.instructure.com/doc/api/file.throttling.html and file.oauth.html there
"""

import os
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlsplit

import requests

from ...model.errors import ExitCode, GraderError
from ...model.message import Message, Text
from .address import guarded, here, origin

TOKEN = "CANVAS_TOKEN"
WAITS = (1, 2, 4, 8, 16, 32)
"""Seconds before a request is sent again; Canvas refills the quota of a token all the time."""
LONGEST = 60
LOW = 50.0
"""Of the quota, which begins at some 700: below, there is a pause of a second."""
TIMEOUT = (10, 60)
"""Seconds to connect, and to wait for the next bytes."""

REMEDIES = {
    401: Message(
        "The token in CANVAS_TOKEN is not accepted: in Canvas, Account, Settings, “New Access "
        "Token”."
    ),
    403: Message(
        "Whose token this is may not do that: it takes the role of a teacher or TA who may see and "
        "change grades."
    ),
    404: Message(
        "That is not there, or whose token this is may not see it: compare the address with that "
        "in the browser."
    ),
    429: Message("Canvas has had too many requests: give the same command again in some minutes."),
}
ELSE = Message("Canvas does not take what was asked.")
DOWN = Message("Canvas has a problem: give the same command again later.")


class CanvasError(GraderError):
    """Canvas refuses; the message names the status, the endpoint and the remedy."""

    def __init__(self, what: Text = "", remedy: Text = "", status: int = 0) -> None:
        super().__init__(what, remedy)
        self.status = status


class Unreachable(GraderError):
    """Canvas does not answer; what it has acknowledged is kept, and the same command goes on."""

    exit_code = ExitCode.FILE


class NoToken(GraderError):
    """There is no token in the environment, or one that cannot be sent."""


def token() -> str:
    """Return the token. Raises NoToken, which does not repeat it."""
    found = os.environ.get(TOKEN, "").strip()
    if not found:
        raise NoToken(
            Message("There is no token in the environment variable CANVAS_TOKEN."),
            Message(
                "In Canvas: Account, Settings, “New Access Token”; then in the shell: "
                "read -rs CANVAS_TOKEN && export CANVAS_TOKEN"
            ),
        )
    if not (found.isascii() and found.isprintable() and " " not in found):
        raise NoToken(
            Message(
                "What is in CANVAS_TOKEN is not a token: it has characters that no token has. Copy "
                "it again."
            )
        )
    return found


class Line(requests.Session):  # type: ignore[misc]
    """A session that signs what goes to one site.

    `pause` waits for some seconds; `told` is called before a long wait.
    """

    def __init__(
        self,
        site: str,
        pause: Callable[[float], object] = time.sleep,
        told: Callable[[Text], object] = lambda _: None,
    ) -> None:
        super().__init__()
        self.site = site
        self.auth = self._sign  # also keeps requests from looking into ~/.netrc
        self._pause, self._told = pause, told
        token()

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send a request, again if it was throttled. Raises CanvasError and Unreachable."""
        url, method = request.url or "", request.method or ""
        if not guarded(url) or (here(url) and not here(self.site)):
            raise Unreachable(
                Message(
                    "Canvas leads to {url}, which is not https: nothing was sent there.",
                    url=origin(url) or url.partition("?")[0],
                )
            )
        self._sign(request)
        kwargs["timeout"] = TIMEOUT
        for wait in self._waits():
            try:
                response = super().send(request, **kwargs)
            except requests.RequestException as error:
                if wait is None or method != "GET":
                    raise _unreachable(url, error) from None
            else:
                broken = response.status_code >= 500 and method == "GET"
                if not (broken or self._throttled(response)):
                    break
                if wait is None:
                    break
                wait = _asked(response) or wait
            self._told(Message("Canvas asks to wait: {n} s", n=round(wait)))
            self._pause(wait)
        self._slow_down(response)
        return self._checked(response, method, url)

    def rebuild_auth(
        self, prepared_request: requests.PreparedRequest, response: requests.Response
    ) -> None:
        """Sign a redirected request anew, if it goes to the site."""
        self._sign(prepared_request)

    def _sign(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.pop("Authorization", None)
        if origin(request.url or "") == self.site:
            request.headers["Authorization"] = f"Bearer {token()}"
        return request

    def _waits(self) -> Iterator[float | None]:
        yield from WAITS
        yield None

    def _throttled(self, response: requests.Response) -> bool:
        """Whether the request was turned away unhandled because there were too many."""
        if response.status_code == 403 and origin(response.url) == self.site:
            return "rate limit exceeded" in response.text[:1000].lower()
        return bool(response.status_code == 429)

    def _slow_down(self, response: requests.Response) -> None:
        try:
            remaining = float(response.headers["X-Rate-Limit-Remaining"])
        except (KeyError, ValueError):
            return
        if remaining < LOW:
            self._pause(1)

    def _checked(self, response: requests.Response, method: str, url: str) -> requests.Response:
        """Return a response that is one of Canvas's API, if that was asked."""
        status = response.status_code
        if self._throttled(response):
            raise _refusal(status, method, url, REMEDIES[429])
        if status >= 400:
            signed_in = status == 401 and "WWW-Authenticate" not in response.headers
            remedy = REMEDIES.get(403 if signed_in else status) or _said(response)
            raise _refusal(status, method, url, remedy)
        asked_for_json = origin(url) == self.site and urlsplit(url).path.startswith("/api/")
        if asked_for_json and "json" not in response.headers.get("Content-Type", ""):
            raise _refusal(
                status, method, url, Message("That is not Canvas's API: is the address right?")
            )
        return response


def _asked(response: requests.Response) -> float:
    """Return how many seconds the server asks to wait, if it does."""
    said = response.headers.get("Retry-After", "")
    return float(min(int(said), LONGEST)) if said.isascii() and said.isdigit() else 0.0


def _said(response: requests.Response) -> Text:
    """Return what is wrong, in Canvas's words if it has some."""
    if response.status_code >= 500:
        return DOWN
    try:
        errors = response.json()["errors"]
        words = "; ".join(str(error["message"]) for error in errors)[:300]
    except (ValueError, LookupError, TypeError):
        return ELSE
    return Message("{what} {words}", what=ELSE, words=words)


def _refusal(status: int, method: str, url: str, remedy: Text) -> CanvasError:
    endpoint = f"{method} {urlsplit(url).path}"
    what = Message("Canvas answers {status} to {endpoint}.", status=status, endpoint=endpoint)
    return CanvasError(what, remedy, status)


def _unreachable(url: str, error: Exception) -> Unreachable:
    return Unreachable(
        Message(
            "{site} does not answer ({kind}). What it has acknowledged is kept; the same command "
            "goes on.",
            site=origin(url),
            kind=type(error).__name__,
        )
    )
