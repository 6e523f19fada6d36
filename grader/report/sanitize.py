"""Sanitize text for display, and remove from Standings what only the course team may see.

Any string of a Standing may come from a student. It is cleaned once where it enters a page, a table
or a terminal, and escaped on output.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from operator import attrgetter
from typing import Any

from ..model.code import Code
from ..model.guidance import Example, Guidance, Row
from ..model.judgement import Judgement
from ..model.language import DEFAULT, Say, speaker
from ..model.message import Message, Text
from ..model.picture import Grid, Reach, Shapes
from ..model.result import Result, Status
from ..model.standing import Arrival, Override, Standing

ENGLISH = speaker(DEFAULT)
LONGEST = 10_000  # characters of one text; a recursion error's traceback is about 3,000
OUR_FAULT = Message(
    "Our fault, not yours: the course team will look at it. Until then there is no score."
)

_ESCAPES = re.compile(  # ECMA-48: strings (title, clipboard, link), then CSI, then the short ones
    r"\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|\x1b[ -/]*[0-~]"
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_INVISIBLE = re.compile(r"[\ud800-\udfff\u202a-\u202e\u2066-\u2069]")
_ODD = re.compile(f"{_CONTROLS.pattern}|{_INVISIBLE.pattern}")
"""Matches every text that cleaning changes, unless it is too long: about one in 1,000."""


def clean(text: str) -> str:
    """Return text that is safe to show in a page, a table or a terminal.

    Terminal escapes and control characters go (newline and tab stay); lone surrogates and
    bidirectional overrides, which hide or reorder what is read, become visible as ``⟨U+202E⟩``;
    of a text longer than `LONGEST` the beginning and the end stay. Cleaning twice changes nothing.
    """
    if len(text) <= LONGEST and not _ODD.search(text):
        return text
    text = _CONTROLS.sub("", re.sub(r"\r\n?", "\n", _ESCAPES.sub("", text)))
    text = _INVISIBLE.sub(lambda found: f"⟨U+{ord(found[0]):04X}⟩", text)
    if len(text) <= LONGEST:
        return text
    half = LONGEST // 2 - 50  # leaves room for the line between
    return f"{text[:half]}\n⋯ {len(text) - 2 * half} characters left out ⋯\n{text[-half:]}"


PARTS: dict[type, Callable[[Any], tuple[Any, ...]]] = {
    kind: attrgetter(*(field.name for field in fields(kind)))
    for kind in (
        Standing,
        Judgement,
        Arrival,
        Override,
        Result,
        Code,
        Guidance,
        Example,
        Row,
        Grid,
        Reach,
        Shapes,
    )
}
"""Types that may contain text, and how to map it."""


def cleaned(value: Any) -> Any:
    """Clean every string inside a Standing.

    Almost all Standings are clean, which one search in all their texts shows.
    """
    texts = list(_texts(value))
    if max(map(len, texts), default=0) <= LONGEST and not _ODD.search("\n".join(texts)):
        return value
    return _cleaned(value)


def _texts(whole: Any) -> Iterator[str]:
    todo = [whole]
    while todo:
        value = todo.pop()
        if type(value) is str:
            yield value
        elif type(value) is tuple:
            todo += value
        elif parts := PARTS.get(type(value)):
            todo += parts(value)


def _cleaned(value: Any) -> Any:
    if type(value) is str:
        return clean(value)
    if type(value) is tuple:
        return tuple(map(_cleaned, value))
    if parts := PARTS.get(type(value)):
        names = (field.name for field in fields(value))
        return replace(value, **dict(zip(names, map(_cleaned, parts(value)), strict=True)))
    return value


def worded(standing: Standing, say: Say) -> Standing:
    """Return a Standing in words of a language, what the author has written included."""
    judgement, translated = standing.judgement, standing.translations.of(say.language)

    def said(text: Text) -> str:
        return say(translated(text))

    in_words = replace(
        judgement, title=said(judgement.title),
        results=tuple(_in_words(r, said, bool(translated.words)) for r in judgement.results),
        notes=tuple(map(said, judgement.notes)), problem=said(judgement.problem),
    )  # fmt: skip
    return replace(standing, judgement=in_words)


def _in_words(result: Result, say: Callable[[Text], str], translated: bool) -> Result:
    texts = (result.sentence, result.message, result.hypothesis, *result.notes)
    if not translated and all(isinstance(text, str) for text in texts):
        return result  # of a class's results, most
    sentence, message, hypothesis, *notes = map(say, texts)
    guidance, picture = result.guidance, result.picture
    return replace(
        result, sentence=sentence, message=message, hypothesis=hypothesis, notes=tuple(notes),
        guidance=guidance and _guidance_in_words(guidance, say),
        picture=picture and replace(picture, name=say(picture.name)),
    )  # fmt: skip


def _guidance_in_words(guidance: Guidance, say: Callable[[Text], str]) -> Guidance:
    example = guidance.example
    if example:
        rows = (replace(row, name=say(row.name)) for row in example.rows)
        example = replace(example, rows=tuple(rows))
    return Guidance(tuple(map(say, guidance.hints)), example)


def shown(standing: Standing, say: Say = ENGLISH) -> Standing:
    """Return a Standing in words of a language, and clean."""
    return cleaned(worded(standing, say))  # type: ignore[no-any-return]


def _for_student(result: Result) -> Result:
    """Remove what only the course team may see, such as the text of a fault of ours."""
    if result.status is Status.GRADER_ERROR and not result.refused:
        return replace(result, detail="", traceback="", message=OUR_FAULT)
    return replace(result, detail="")


def for_student(standing: Standing, say: Say = ENGLISH) -> Standing:
    """Return a Standing as `shown`, without what only the course team may see."""
    results = tuple(map(_for_student, standing.judgement.results))
    judgement = replace(standing.judgement, output="", results=results)
    return shown(replace(standing, judgement=judgement), say)


def whole(result: Result) -> str:
    """Return everything that a student reads about a check: words, then the traceback."""
    return "\n".join(filter(None, (f"{result.message}", result.traceback)))
