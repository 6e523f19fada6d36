"""An assignment in Canvas: what is handed in there, and what is given back.

Sources: https://canvas.instructure.com/doc/api/assignments.html, submissions.html (“List assignment
submissions”, “Grade or comment on a submission”), file.pagination.html, file.file_uploads.html,
submission_comments.html (“Upload a file”) there
"""

from collections.abc import Iterable, Iterator
from typing import IO, Any, cast

from canvasapi.paginated_list import PaginatedList
from canvasapi.requester import Requester
from canvasapi.util import combine_kwargs

from ...model.errors import GraderError
from ...model.message import Message
from .address import Address
from .attempt import Attempt, File, Json, due_for, of_sections
from .line import Line

INCLUDED = ("user", "group", "submission_history", "submission_comments")


class Undocumented(GraderError):
    """Canvas's answer is not of the documented form."""


class Signed(Requester):  # type: ignore[misc]
    """What canvasapi asks through: our line, which alone has the token."""

    def __init__(self, line: Line) -> None:
        super().__init__(line.site, "signed by the line")
        self._session = line


class Desk:
    """One assignment. Raises CanvasError and Unreachable, see line.py, from each method."""

    def __init__(self, address: Address, line: Line) -> None:
        self.address, self._line = address, line
        self._signed = Signed(line)
        self._place = f"courses/{address.course}/assignments/{address.assignment}"
        self._about = self._json("GET", self._place, include=["overrides"])

    @property
    def title(self) -> str:
        """The assignment's name."""
        return str(self._about.get("name") or self.address.assignment)

    @property
    def points(self) -> float:
        """The points that Canvas gives at most; 0 if it gives none."""
        return float(self._about.get("points_possible") or 0)

    @property
    def together(self) -> bool:
        """Whether members of a group always have the same grade."""
        return bool(self._about.get("group_category_id")) and not self._about.get(
            "grade_group_students_individually"
        )

    @property
    def sections(self) -> list[str]:
        """Sections with a date of their own that nothing tells us; see Attempt.due."""
        return list(of_sections(self._about))

    def submissions(self) -> Iterator[tuple[Attempt, list[Attempt]]]:
        """Yield each student's latest attempt, and all attempts; page by page."""
        pages = PaginatedList(
            lambda _, said: said, self._signed, "GET", f"{self._place}/submissions",
            _kwargs=combine_kwargs(include=list(INCLUDED)),
        )  # fmt: skip
        for said in _as_documented(pages):
            try:
                due = due_for(said, self._about)
                whole = Attempt.read(said, due)
                earlier = [
                    Attempt.read({**said, "attachments": (), **one}, due)
                    for one in said.get("submission_history") or []
                ]
            except (LookupError, TypeError, ValueError) as error:
                raise Undocumented(
                    Message(
                        "A submission in Canvas's answer is not of the documented form ({kind}). "
                        "An assignment that is graded anonymously names nobody: show the names in "
                        "Canvas first.",
                        kind=type(error).__name__,
                    )
                ) from None
            yield whole, [one for one in earlier if one.attempt] or [whole]

    def open(self, file: File) -> IO[bytes]:
        """Open a file of a submission for reading, as it comes."""
        response = self._line.get(file.url, stream=True)
        response.raw.decode_content = True
        return cast(IO[bytes], response.raw)

    def upload(self, user: int, name: str, page: bytes) -> int:
        """Upload a file for a comment on a submission, in three steps; return its number."""
        files = f"{self._place}/submissions/{user}/comments/files"
        told = self._json("POST", files, name=name, size=len(page), content_type="text/html")
        try:
            answer = self._line.post(
                told["upload_url"],
                data=told["upload_params"],
                files={told.get("file_param") or "file": (name, page, "text/html")},
                allow_redirects=False,
            )
            if "Location" in answer.headers:
                answer = self._line.get(answer.headers["Location"])
            return int(answer.json()["id"])
        except (LookupError, TypeError, ValueError):
            raise Undocumented(
                Message("Canvas's answer to an upload is not of the documented form.")
            ) from None

    def grade(self, user: int, score: float | None, comment: Json) -> float:
        """Give a student a score, unless it is None, and a comment; when this returns, it is there.

        Returns the points that Canvas's own late policy takes from it.

        Args:
            user: Canvas's number of the student.
            score: in Canvas's points.
            comment: text_comment, file_ids, attempt, group_comment.
        """
        given: dict[str, Any] = {"comment": comment}
        if score is not None:
            given |= {
                "submission": {"posted_grade": f"{score:g}"},
                "prefer_points_over_scheme": True,
            }
        said = self._json("PUT", f"{self._place}/submissions/{user}", **given)
        return float(said.get("points_deducted") or 0)

    def _json(self, method: str, endpoint: str, **given: Any) -> Json:
        """Make a request; return the object that answers it."""
        asked = combine_kwargs(**given)
        (said,) = _as_documented([self._signed.request(method, endpoint, _kwargs=asked)], "json")
        return cast(Json, said)


def _as_documented(answers: Iterable[Any], call: str = "") -> Iterator[Any]:
    """Yield what Canvas says, of a list in pages or of one answer. Raises Undocumented."""
    try:
        for answer in answers:
            said = getattr(answer, call)() if call else answer
            if not isinstance(said, dict):
                raise TypeError(f"a {type(said).__name__}")
            yield said
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise Undocumented(
            Message(
                "Canvas's answer is not of the documented form ({kind}): is the address that of "
                "Canvas itself, and not of another name for it?",
                kind=type(error).__name__,
            )
        ) from None
