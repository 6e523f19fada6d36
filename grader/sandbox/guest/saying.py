"""What this side says to people: a template with values, as Message is on the other one.

It is a str, in English, since it ends up in exceptions, which a student's code may catch and print.
Across the border goes what `wired` makes of it; put into another language it is over there.
"""

from typing import Any, Self

LONGEST = 8000
"""Characters of a text; of what a student has written, no more is told."""


class Saying(str):
    """A text of ours: ``Saying("{name} is not allowed here", name="torch.bmm")``."""

    template: str
    """In English, a literal: catalogues of other languages are made from it."""
    values: dict[str, str]
    """What stands in the place of {names}; each may be a Saying."""

    def __new__(cls, template: str, /, **values: object) -> Self:
        """Take the values; what is not text becomes text."""
        texts = {name: v if isinstance(v, str) else str(v) for name, v in values.items()}
        made = super().__new__(cls, template.format(**texts) if texts else template)
        made.template, made.values = template, texts
        return made


def wired(text: str) -> Any:
    """Return a text as it is sent: a str, or a dict with values, and the template without a name.

    Lone surrogates, which a student may write and UTF-8 cannot, are replaced.
    """
    if isinstance(text, Saying):
        return {"": text.template, **{name: wired(value) for name, value in text.values.items()}}
    return text.encode("utf-8", "replace").decode()[:LONGEST]


def said(error: BaseException) -> str:
    """Return the message of an error: the Saying that it was raised with, if it was one."""
    first = error.args[0] if error.args else ""
    try:
        return first if isinstance(first, Saying) else str(error)
    except BaseException:  # methods of an exception are student code
        return "(its message cannot be shown)"
