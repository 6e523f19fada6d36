"""What a reviewer works at: the store, what was looked up of it, and what goes on beside it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qs

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from ..model.language import speaker
from ..model.message import Message, Text
from ..report.page import template
from ..report.sanitize import clean
from ..store.store import NAME, Store
from .people import People, Person
from .regrading import Regrading
from .requests import Asked, Requests
from .source import Sources
from .writer import Writer

PAGES = Path(__file__).parents[1] / "templates" / "view"
MOST_BYTES = 1_000_000
"""Of a form: a class of 10,000 has 200 kB of handles."""


@dataclass
class Desk:
    """What a reviewer works at. Use it as a context manager."""

    folder: Path
    who: str
    """By which name decisions are kept."""
    command: Sequence[str] = ()
    """Begins a command of the grader, for judging again."""
    hidden: bool = False
    """Whether names are hidden."""
    asked: Path | None = None
    """The file of requests for another look; raises GraderError if it cannot be read."""

    def __post_init__(self) -> None:
        self.requests = Requests(self.asked)
        self.people, self.sources, self.writer = People(), Sources(), Writer(self.folder)
        self.regrading = Regrading(self.command, self.folder)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.regrading.close()
        self.writer.close()
        self.sources.close()

    def store(self) -> Store:
        """Open the store: each request has its own, in its own thread, and sees what is now."""
        return Store(self.folder / NAME)

    def everybody(self, store: Store) -> list[Person]:
        """Return everybody who is judged, with their requests for another look."""
        people = self.people.of(store)
        theirs: dict[str, list[Asked]] = {}
        for one in self.requests.of(store, people):
            if one.person:
                theirs.setdefault(one.person.handle, []).append(one)
        return [
            replace(person, requests=tuple(theirs[person.handle]))
            if person.handle in theirs
            else person
            for person in people
        ]

    def page(
        self, request: Request, store: Store, name: str, status: int = 200, **context: Any
    ) -> Response:
        """Return a page of templates/view/."""
        query = f"?{request.url.query}" if request.url.query else ""
        here = f"{request.url.path}{query}" if request.method == "GET" else "/"
        say = speaker(store.language)
        page = template(f"view/{name}.html", store.language).render(
            desk=self, here=here, when=when, called=lambda person: clean(say(self.called(person))),
            done=number(request.query_params.get("done", "")), **context,
        )  # fmt: skip
        return HTMLResponse(page, status)

    def called(self, person: Person) -> Text:
        """Return what somebody is called at present."""
        return person.called(self.hidden)


@dataclass(frozen=True)
class Form:
    """What a form has sent."""

    fields: dict[str, list[str]]

    @classmethod
    async def read(cls, request: Request) -> Self:
        """Read a form as browsers send it. Raises ValueError for one that is too large."""
        data = bytearray()
        async for piece in request.stream():
            data += piece
            if len(data) > MOST_BYTES:
                raise ValueError
        text = data.decode("utf-8", "replace")
        return cls(parse_qs(text, keep_blank_values=True, errors="replace"))

    def one(self, name: str) -> str:
        """Return a field's value, or nothing; line breaks are as Python has them."""
        return self.fields.get(name, [""])[0].replace("\r\n", "\n")

    def all(self, name: str) -> list[str]:
        """Return all values of a field."""
        return self.fields.get(name, [])

    def back(self) -> str:
        """Return the address on this page to go back to, and no other."""
        back = self.one("back")
        outside = not back.startswith("/") or back.startswith(("//", "/\\"))
        return "/" if outside or any(letter < " " for letter in back) else back


def when(moment: float) -> str:
    """Return a moment as the clock here shows it."""
    return f"{datetime.fromtimestamp(moment):%Y-%m-%d %H:%M:%S}"


def number(text: str) -> int:
    """Return a number that an address or a form has, or 0."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def styles(language: str) -> str:
    """Return the style sheet of all pages."""
    return template("view/style.css", language).render()


def warm_up(language: str) -> None:
    """Compile all pages, so that nobody waits for that at the first look at one."""
    for page in PAGES.glob("*.html"):
        template(f"view/{page.name}", language)


def script() -> str:
    """Return the script of all pages."""
    return (PAGES / "script.js").read_text("utf-8")


NOT_THERE = Message("There is nothing here.")
