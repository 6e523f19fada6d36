"""The code of a submission as fingerprints, parsed in the sandbox; nothing is run."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..intake.submission import Refused, Submission
from ..model.message import Text, said
from ..sandbox.host.reader import Reader
from .fingerprint import Fingerprints


@dataclass(frozen=True)
class Document:
    """The code of one submission."""

    student: str
    code: str
    prints: Fingerprints
    archived: bool = False
    """Whether it is from an earlier year: compared with new ones, not with others of its kind."""


class Parser(Reader):
    """Parses notebooks in a sandbox. Use it as a context manager."""

    def document(self, student: str, data: bytes, *, archived: bool = False) -> Document:
        """Return the fingerprints of a notebook. Raises Refused if it is not one."""
        seen = self.read("fingerprint_tokens", data)
        tokens, lines = seen["tokens"].flatten().numpy(), seen["lines"].flatten().numpy()
        code = bytes(seen["code"].flatten().tolist()).decode("utf-8", "replace")
        size = min(len(tokens), len(lines))
        return Document(student, code, Fingerprints.of(tokens[:size], lines[:size]), archived)


def documents(
    submissions: Sequence[tuple[str, Path]],
    archive: Sequence[tuple[str, Path]],
    skeleton: bytes,
    show: Callable[[], None] = lambda: None,
) -> tuple[list[Document], list[tuple[str, Text]]]:
    """Parse all notebooks; return documents, and (student, reason) for what could not be read.

    Fingerprints of the skeleton are left out. `show` is called after each notebook.
    """
    found: list[Document] = []
    unread: list[tuple[str, Text]] = []
    with Parser() as parser:
        given = set(parser.document("skeleton", skeleton).prints.lines)
        for student, path, archived in [
            *((s, p, False) for s, p in submissions),
            *((f"{s} (archive)", p, True) for s, p in archive),
        ]:
            try:
                data = Submission.read(path).data
                document = parser.document(student, data, archived=archived)
                prints = document.prints.without(given)
                found.append(Document(student, document.code, prints, archived))
            except (Refused, OSError) as error:
                unread.append((student, said(error)))
            show()
    return found, unread
