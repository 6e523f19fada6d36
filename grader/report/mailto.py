"""The link by which a student asks for another look: a mail that names check, file and version."""

from urllib.parse import quote

from .. import __version__
from ..model.language import Say
from ..model.message import Message
from ..model.request import LONGEST, WRITE, About
from ..model.result import Result
from ..model.standing import SUBMISSION, Standing

PLEASE = Message("Please look again: {title}, {what}")


def mailto(standing: Standing, result: Result | None, say: Say) -> str:
    """Return the address of a mail about a result, or about the whole submission.

    RFC 6068: lines end with %0D%0A, and only the @ of the address stands as it is.
    """
    question, check = (result.question, result.check) if result else (SUBMISSION, "")
    judgement = standing.judgement
    about = About(standing.student, question, check, judgement.sha256, __version__)
    subject = PLEASE.format(title=judgement.title, what=check or standing.file)
    fields = {
        "subject": " ".join(say(subject).split())[:LONGEST],
        "body": f"{say(WRITE)}\n\n\n\n{about.lines()}\n".replace("\n", "\r\n"),
    }
    query = "&".join(f"{name}={quote(text, safe='')}" for name, text in fields.items())
    return f"mailto:{quote(standing.contact, safe='@')}?{query}"
