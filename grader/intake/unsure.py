"""What is unsure about names and folders, for a person to look at."""

from ..model.message import Message, Text
from .choice import differ, listed
from .identity import safe
from .named import Pattern
from .people import People
from .platform import Platform
from .walk import Walk

NOTHING = "nothing"
"""Stands for the file that is not there."""


def by_name_alone(found: People) -> list[Text]:
    """Return a line on each id with several files, where no platform says that they are theirs."""
    return [
        Message(
            "only their names say that these are all of {student}: {names}",
            student=student,
            names=listed([file.shown for file in files]),
        )
        for student, files in found.files.items()
        if differ(files)
    ]


def with_nothing(walked: Walk, reader: Platform, found: People) -> list[Text]:
    """Return a line on each student with a folder that has nothing in it but what programs made."""
    known = {student.partition("~")[0].casefold() for student in found.files}
    lines: dict[str, Text] = {}
    for folder, parts in walked.empty:  # those above come first
        if isinstance(reader, Pattern) and reader.depth != len(parts) + 1:
            continue  # a pattern is of the last folders, and these may be a student's
        for claim in reader.claims(folder / NOTHING, (*parts, NOTHING)):
            if (student := safe(claim.id)).casefold() not in known:
                empty = Message(
                    "nothing can be graded of {student}: {folder} is empty",
                    student=student,
                    folder="/".join(parts),
                )
                lines.setdefault(student, empty)
    return [*lines.values()]


NO_UTF8 = Message(
    "not in UTF-8, so that ids lack letters: {names}. Give the archive in the folder's place."
)
NO_LOCALE = Message(
    "this machine's language setting has no letters for names, so that ids lack them: {names}. Set "
    "PYTHONUTF8=1 and run the same command again."
)


def in_no_encoding(walked: Walk) -> list[Text]:
    """Return a line on names that cannot be read as text: their ids lack what is odd."""
    names = ["/".join(parts) for _, parts in walked.files]
    odd = [name.encode("utf-8", "surrogateescape") for name in names if not _is_utf8(name)]
    read = [name.decode("utf-8", "backslashreplace") for name in odd]
    here = all(name.encode() == found for name, found in zip(read, odd, strict=True))
    return [(NO_LOCALE if here else NO_UTF8).format(names=listed(read))] * bool(odd)


def _is_utf8(name: str) -> bool:
    try:
        return bool(name.encode())
    except UnicodeEncodeError:  # of bytes that Python has kept as surrogates
        return False
