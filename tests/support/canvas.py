"""Canvas, as far as its API is documented, on this machine: for one assignment.

Lists come in pages, linked by headers; files are given and taken by another host, which must not
see the token; each request is noted. A fault takes the place of the answer to the next request
that it fits. Sources: https://canvas.instructure.com/doc/api/: submissions.html,
file.pagination.html, file.file_uploads.html, file.throttling.html
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

TOKEN = "canary-7f3a9c-token"
PAGE = 2
ASSIGNMENT = "/api/v1/courses/12/assignments/345"
Answer = tuple[int, dict[str, str], bytes]


@dataclass
class Fault:
    """What happens to the next request that fits."""

    fits: str
    """A pattern of "METHOD path"."""
    status: int
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    handled: bool = False
    """Whether the request is handled, and only its answer is lost."""
    times: int = 1


THROTTLED = b"403 Forbidden (Rate Limit Exceeded)\n"


class Canvas:
    """One assignment, and who has handed in what."""

    site = storage = ""

    def __init__(self) -> None:
        self.empty()

    def empty(self) -> None:
        """Forget everybody, and everything that was asked."""
        self.assignment: dict[str, Any] = {
            "id": 345, "name": "Doubling", "points_possible": 5, "overrides": [],
            "due_at": "2026-11-20T14:59:59Z", "group_category_id": None,
            "grade_group_students_individually": False,
        }  # fmt: skip
        self.submissions: dict[int, dict[str, Any]] = {}
        self.files: dict[int, bytes] = {}
        self.uploads: dict[int, tuple[str, bytes]] = {}
        self.faults: list[Fault] = []
        self.asked: list[tuple[str, str, bool]] = []
        """Method, path, and whether the token came along."""
        self.storage_saw: list[str] = []
        """The Authorization of what the other host was asked; it must be empty."""
        self.quota = 700.0
        self.late_policy = 0.0
        self.confirms = True
        """Whether an upload ends with a redirect; otherwise with 201 and a Location."""

    def hand_in(self, user: int, name: str, *files: tuple[str, bytes], **more: Any) -> None:
        """Have a student hand in an attempt; without files, note that there is none."""
        before = self.submissions.get(user, {})
        attempt = (before.get("attempt") or 0) + 1 if files else None
        numbers = [len(self.files) + 9001 + i for i in range(len(files))]
        self.files |= dict(zip(numbers, (data for _, data in files), strict=True))
        attachments = [
            {
                "id": number, "display_name": shown, "filename": shown, "size": len(data),
                "url": f"{self.site}/files/{number}/download?download_frd=1&verifier=v{number}",
            }
            for number, (shown, data) in zip(numbers, files, strict=True)
        ]  # fmt: skip
        one = {
            "user_id": user, "attempt": attempt, "attachments": attachments, "late": False,
            "submitted_at": "2026-11-20T10:00:00Z" if files else None,
            "submission_type": "online_upload" if files else None, "score": None,
            "entered_score": None, "grader_id": None, "excused": False, "points_deducted": None,
            "workflow_state": "submitted" if files else "unsubmitted",
            "cached_due_date": self.assignment["due_at"],
        }  # fmt: skip
        one |= more
        history = [*before.get("submission_history", []), dict(one)]
        family, _, given = name.partition(" ")
        self.submissions[user] = one | {
            "user": {"id": user, "name": name, "sortable_name": f"{family}, {given}"},
            "submission_history": history,
            "submission_comments": before.get("submission_comments", []),
        }

    def grade_by_hand(self, user: int, score: float) -> None:
        """Have a person give a grade in Canvas."""
        self.submissions[user] |= {"score": score, "entered_score": score, "grader_id": 77}

    def comments(self, user: int) -> list[dict[str, Any]]:
        return self.submissions[user]["submission_comments"]

    @property
    def address(self) -> str:
        return f"{self.site}/courses/12/assignments/345"

    def answer(self, method: str, path: str, headers: Any, body: bytes) -> Answer | None:
        """Answer a request; None hangs up."""
        bare = urlsplit(path).path
        authorization = headers.get("Authorization", "")
        self.asked.append((method, path, TOKEN in authorization))
        fault = next((f for f in self.faults if re.fullmatch(f.fits, f"{method} {bare}")), None)
        if fault:
            fault.times -= 1
            if not fault.times:
                self.faults.remove(fault)
            if fault.handled:
                self._handle(method, path, headers, body)
                return None
            return (fault.status, fault.headers, fault.body) if fault.status else None
        if bare.startswith("/storage/"):
            self.storage_saw.append(authorization)
        elif authorization != f"Bearer {TOKEN}":
            said = {"WWW-Authenticate": 'Bearer realm="canvas-lms"', **JSON}
            return 401, said, b'{"errors":[{"message":"Invalid access token."}]}'
        return self._handle(method, path, headers, body)

    def _handle(self, method: str, path: str, headers: Any, body: bytes) -> Answer:
        parts = urlsplit(path)
        for pattern, handler in self._routes().items():
            if found := re.fullmatch(pattern, f"{method} {parts.path}"):
                return handler(found, parse_qs(parts.query), headers, body)
        return 404, JSON, b'{"errors":[{"message":"The specified resource does not exist."}]}'

    def _routes(self) -> dict[str, Callable[..., Answer]]:
        return {
            f"GET {ASSIGNMENT}": lambda *_: self._json(self.assignment),
            f"GET {ASSIGNMENT}/submissions": self._list,
            f"PUT {ASSIGNMENT}/submissions/(\\d+)": self._grade,
            f"POST {ASSIGNMENT}/submissions/(\\d+)/comments/files": self._begin,
            r"GET /files/(\d+)/download": self._download,
            r"GET /storage/(\d+)": lambda found, *_: (200, {}, self.files[int(found[1])]),
            r"POST /storage/upload": self._take,
            r"GET /api/v1/files/(\d+)/create_success": self._confirm,
        }

    def _json(self, what: Any, status: int = 200, **headers: str) -> Answer:
        self.quota -= 1
        said = {"X-Request-Cost": "1.0", "X-Rate-Limit-Remaining": f"{self.quota}", **JSON}
        return status, said | headers, json.dumps(what).encode()

    def _list(self, _: Any, query: dict[str, list[str]], *__: Any) -> Answer:
        page, size = int(query.get("page", ["1"])[0]), PAGE
        everybody = [self.submissions[user] for user in sorted(self.submissions)]
        included = query.get("include[]", [])
        shown = [
            {k: v for k, v in one.items() if k in included or k not in OPTIONAL}
            for one in everybody[(page - 1) * size : page * size]
        ]
        asked = "&".join(f"include[]={name}" for name in included)
        url = f"{self.site}{ASSIGNMENT}/submissions?{asked}&per_page={size}&page="
        links = [f'<{url}{page}>; rel="current"', f'<{url}1>; rel="first"']
        if page * size < len(everybody):
            links.append(f'<{url}{page + 1}>; rel="next"')
        return self._json(shown, Link=",".join(links))

    def _grade(self, found: Any, _: Any, __: Any, body: bytes) -> Answer:
        user, form = int(found[1]), dict(parse_qsl(body.decode(), keep_blank_values=True))
        group = self.submissions[user].get("group", {}).get("id")
        together = self.assignment["group_category_id"] and group
        for other, one in self.submissions.items():
            shared = together and one.get("group", {}).get("id") == group
            if other != user and not shared:
                continue
            if "submission[posted_grade]" in form:
                score = float(form["submission[posted_grade]"])
                one |= {"entered_score": score, "score": score - self.late_policy, "grader_id": 5}
                one["points_deducted"] = self.late_policy or None
            if other == user or form.get("comment[group_comment]") == "true":
                number = int(form.get("comment[file_ids][]", 0))
                attached = [{"id": number, "display_name": self.uploads[number][0]}]
                one["submission_comments"].append(
                    {
                        "comment": form.get("comment[text_comment]"), "attachments": attached,
                        "attempt": form.get("comment[attempt]"),
                    }
                )  # fmt: skip
        return self._json(self.submissions[user])

    def _begin(self, found: Any, _: Any, __: Any, body: bytes) -> Answer:
        form = dict(parse_qsl(body.decode()))
        params = {"key": f"{found[1]}/{form['name']}", "size": form["size"]}
        return self._json({"upload_url": f"{self.storage}/storage/upload", "upload_params": params})

    def _take(self, _: Any, __: Any, headers: Any, body: bytes) -> Answer:
        parts = fields(headers["Content-Type"], body)
        (name, data), (_, size) = parts["file"], parts["size"]
        assert len(data) == int(size), "what comes is not what was announced"
        number = len(self.uploads) + 501
        self.uploads[number] = name, data
        where = {"Location": f"{self.site}/api/v1/files/{number}/create_success?uuid=u{number}"}
        return (303, where, b"") if self.confirms else (201, where | JSON, b"{}")

    def _confirm(self, found: Any, *_: Any) -> Answer:
        return self._json({"id": int(found[1]), "url": f"{self.site}/files/{found[1]}/download"})

    def _download(self, found: Any, query: dict[str, list[str]], *_: Any) -> Answer:
        if query.get("verifier") != [f"v{found[1]}"] or int(found[1]) not in self.files:
            return 404, {"Content-Type": "text/html"}, b"<h1>Page not found</h1>"
        return 302, {"Location": f"{self.storage}/storage/{found[1]}"}, b""


JSON = {"Content-Type": "application/json; charset=utf-8"}
OPTIONAL = {"user", "group", "submission_history", "submission_comments"}


def fields(kind: str, body: bytes) -> dict[str, tuple[str, bytes]]:
    """Return file name and content of each part of a form."""
    boundary = kind.partition("boundary=")[2].encode()
    found = {}
    for part in body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.strip(b"\r\n").partition(b"\r\n\r\n")
        named = dict(re.findall(rb'(\w+)="([^"]*)"', head))
        found[named[b"name"].decode()] = named.get(b"filename", b"").decode(), content
    return found


@contextmanager
def serving() -> Iterator[Canvas]:
    """Serve one; its own name and that of the other host differ, though both are this machine."""
    canvas = Canvas()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one piece: in two, the second waits 40 ms for an ACK

        def _any(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = canvas.answer(self.command, self.path, self.headers, body)
            if answer is None:
                self.close_connection = True
                return
            status, headers, content = answer
            self.send_response(status)
            for name, value in {"Content-Length": f"{len(content)}", **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = _any

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    canvas.site = f"http://127.0.0.1:{server.server_port}"
    canvas.storage = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield canvas
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
