"""What is said to people: a template with values, put into words where it is shown.

    Message("`{name}` has shape {have}, not {due}", name="out", have=(2, 3), due=(3, 2))

The template is English and stands in the code as a literal, so that catalogues of other languages
can be made from it (`make languages`); str() of a message is English, and `speaker` of language.py
says it in another language. What an author or a student writes is a plain str, and stays as it is.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

FIELD = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, init=False)
class Message:
    """One thing to say: where two of them are equal, the same is said."""

    template: str
    """In English, with {names} of values; nothing but names stands between braces."""
    values: tuple[tuple[str, "str | int | Message"], ...]
    """By name, in the order in which they were given."""
    plural: str
    """The template where the value `n` is not 1; empty where no number decides. See `counted`."""

    def __init__(self, template: str, plural: str = "", /, **values: object) -> None:
        """Take the values: numbers, messages, text, and lists of them, which get commas.

        Args:
            template: a literal, for that is what catalogues are made from.
            plural: see `counted`.
            values: what to put in the place of its {names}.
        """
        object.__setattr__(self, "template", template)
        object.__setattr__(self, "values", tuple((n, _value(v)) for n, v in values.items()))
        object.__setattr__(self, "plural", plural)

    def format(self, **values: object) -> "Message":
        """Return this message with further values."""
        return Message(self.template, self.plural, **{**dict(self.values), **values})

    def words(self, find: Callable[[str, str, int], str]) -> str:
        """Return the words; `find` translates a template, given its plural and the number."""
        values = dict(self.values)
        number = values.get("n", 1)
        template = find(self.template, self.plural, number if isinstance(number, int) else 1)

        def said(found: re.Match[str]) -> str:
            value = values.get(found[1], found[0])
            return value.words(find) if isinstance(value, Message) else str(value)

        return FIELD.sub(said, template)

    def __str__(self) -> str:
        return self.words(english)


Text = str | Message
"""What may be said: a message of ours, or what somebody has written, word by word."""


def english(template: str, plural: str, n: int) -> str:
    """Return the template that a number asks for in English."""
    return plural if plural and n != 1 else template


def counted(one: str, many: str, /, n: int, **values: object) -> Message:
    """Return a message that depends on a number: ``counted("{n} file", "{n} files", n=2)``."""
    return Message(one, many, n=n, **values)


def joined(separator: str, parts: Iterable[Text]) -> Text:
    """Return several texts as one, with a separator that is the same in all languages."""
    parts = [part for part in parts if part]
    if len(parts) == 1:
        return parts[0]
    if all(isinstance(part, str) for part in parts):
        return separator.join(map(str, parts))
    template = separator.join(f"{{{place}}}" for place in range(len(parts)))
    return Message(template, **{f"{place}": part for place, part in enumerate(parts)})


def some(names: Iterable[object], most: int) -> Text:
    """Return the first of many names, with commas, and how many others there are."""
    names = list(names)
    first = joined(", ", map(_text, names[:most]))
    if (more := len(names) - most) <= 0:
        return first
    return counted("{names} and {n} more", "{names} and {n} more", n=more, names=first)


def lines(*parts: Text) -> Text:
    """Return texts below one another; empty ones are left out."""
    return joined("\n", parts)


def said(error: BaseException) -> Text:
    """Return what an error says: the message that it was raised with, if it was one of ours."""
    first = error.args[0] if error.args else ""
    return first if isinstance(first, Message) else str(error)


def read(value: Any) -> Text:
    """Return the text that JSON has kept of one, as `dataclasses.asdict` gives it."""
    if not isinstance(value, dict):
        return str(value)
    values = {name: v if isinstance(v, int) else read(v) for name, v in value["values"]}
    return Message(value["template"], value["plural"], **values)


def _value(value: object) -> "str | int | Message":
    match value:
        case Message() | int():
            return value
        case list():
            return joined(", ", (_text(part) for part in value))
        case BaseException():
            return said(value)
    return str(value)


def _text(part: object) -> Text:
    return part if isinstance(part, Message) else str(part)
