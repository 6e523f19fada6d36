"""Everything that goes back at once, and who is left out."""

import io
import stat
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ...files import LONG_AGO, replace_file
from ...model.message import Message, some
from ...model.standing import Standing
from ...store.entry import Entry
from ...store.store import Store
from .form import Elsewhere, Form

FEW, MANY = 5, 100
"""Ids in a line: of those who handed in together, and of those whom the form cannot reach."""
NO_SCORE = Message("no score yet: {student}")
NOT_RETURNED = Message("not returned: {student}: {why}")
NOT_THE_SAME = Message(
    "They handed in together, but their points, comments or lateness differ; `--for files` has a "
    "page for each."
)


@dataclass
class Parcel:
    """The feedback of a class, in the form of a platform."""

    form: Form
    files: dict[str, str | bytes] = field(default_factory=dict)
    left: list[Message] = field(default_factory=list)
    """Who gets nothing, and why."""
    students: int = 0
    """How many get something."""

    def pack(self, store: Store) -> None:
        """Add the feedback of everybody whose submission is judged."""
        for entries in self._together(store):
            self._pack(entries, store)
        if self.students:
            self.files |= self.form.besides(store.language)

    def write(self, target: Path) -> None:
        """Write a zip, or the files into a folder. Raises Unwritable."""
        if self.form.zipped:
            replace_file(target, self._zip())
            return
        for name, content in sorted(self.files.items()):
            replace_file(target / name, content)

    def _together(self, store: Store) -> Iterator[list[Entry]]:
        """Yield those who handed in together, in the order of the first one's id."""
        places: dict[str, list[Entry]] = defaultdict(list)
        others: dict[str, tuple[Elsewhere, list[str]]] = {}
        for entry in store.entries():
            try:
                places[self.form.place(entry)].append(entry)
            except Elsewhere as error:
                others.setdefault(f"{error}", (error, []))[1].append(entry.student)
        for why, students in others.values():
            self._leave(students, NOT_RETURNED.format(why=why), MANY)
        yield from places.values()

    def _pack(self, entries: list[Entry], store: Store) -> None:
        names = [entry.student for entry in entries]
        found = [store.standing(entry) for entry in entries]
        standings = [made for made in found if made and made.score is not None]
        if len(standings) < len(names):
            scored = {standing.student for standing in standings}
            self._leave([name for name in names if name not in scored], NO_SCORE)
        if not standings:
            return
        if len({apart_from_the_name(standing) for standing in standings}) > 1:
            self._leave([s.student for s in standings], NOT_RETURNED.format(why=NOT_THE_SAME))
            return
        known = ", ".join(s.name for s in standings if s.name)
        arrival = replace(standings[0].arrival, name=known or None)
        one = replace(
            standings[0], student=", ".join(s.student for s in standings), arrival=arrival
        )
        try:
            self.files |= self.form.files(entries[0], one, store.language)
        except Elsewhere as error:
            self._leave([s.student for s in standings], NOT_RETURNED.format(why=error))
            return
        self.students += len(standings)

    def _leave(self, students: list[str], why: Message, most: int = FEW) -> None:
        self.left.append(why.format(student=some(students, most)))

    def _zip(self) -> bytes:
        with zipfile.ZipFile(packed := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in sorted(self.files.items()):
                about = zipfile.ZipInfo(name, LONG_AGO)
                runs = isinstance(content, bytes) and content.startswith(b"#!")
                about.external_attr = (stat.S_IFREG | (0o755 if runs else 0o644)) << 16
                about.compress_type = zipfile.ZIP_DEFLATED
                archive.writestr(about, content)
        return packed.getvalue()


def apart_from_the_name(standing: Standing) -> Standing:
    """Return what must be the same of those who get one page and one grade together."""
    return replace(standing, student="", file="", arrival=replace(standing.arrival, name=None))
