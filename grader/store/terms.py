"""Deadline, roster and the like: a folder of results remembers them, and says so.

An option holds for later commands on the folder until it is given again; `none` clears it.
Otherwise the same command without its deadline would choose another file of a student.
"""

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from ..intake.deadline import Deadline
from ..intake.due import Due, own, read_dues
from ..intake.intake import Intake, take_in
from ..intake.roster import compare, listed, read_groups, read_roster
from ..model.message import Message, Text, counted
from .store import Store

ANONYMOUS = "yes"
NONE = "none"
"""Clears a setting on the command line."""


@dataclass(frozen=True)
class Terms:
    """The options of a class; empty means none."""

    names: str = ""
    deadline: str = ""
    late: str = ""
    language: str = ""
    roster: str = ""
    """The roster as JSON: the file, and names by id; or only the file, not yet read."""
    anonymous: str = ""
    """ANONYMOUS if pages are to leave out the names of the roster."""
    contact: str = ""
    """Address to which students' pages offer a mail about a check."""
    pages: str = ""
    """Whose pages are written, see report/whose.py; empty: everybody's."""

    @classmethod
    def of(cls, store: Store) -> Self:
        """Return the terms in a store."""
        return cls(*(store.setting(name) for name in cls.__dataclass_fields__))

    @classmethod
    def at(cls, path: Path) -> Self:
        """Return the terms in a store's file, or none if it does not exist."""
        if not path.exists():
            return cls()
        with Store(path) as store:
            return cls.of(store)

    def given(self, **said: str | None) -> Self:
        """Return these terms with new values; None keeps the old one."""
        return replace(self, **{name: value for name, value in said.items() if value is not None})

    def keep(self, store: Store) -> None:
        """Write them into a store."""
        for name, value in asdict(self).items():
            store.set(name, value)

    @property
    def when(self) -> Deadline | None:
        """The deadline, if there is one."""
        return Deadline.read(self.deadline) if self.deadline else None

    @property
    def people(self) -> dict[str, str] | None:
        """Names in the roster by id, if there is one."""
        return json.loads(self.roster)["people"] if self.roster else None

    @property
    def groups(self) -> dict[str, str]:
        """Groups by id."""
        return json.loads(self.roster).get("groups", {}) if self.roster else {}

    @property
    def due(self) -> Due:
        """When work is due: the deadline, and the dates that the roster has for some."""
        dates = json.loads(self.roster).get("dues", {}) if self.roster.startswith("{") else {}
        return Due(self.when, own(dates))

    def with_people(self) -> tuple[Self, list[Text]]:
        """Read the roster again, if its file still exists; also return remarks on it.

        Raises TableError.
        """
        if not self.roster:
            return self, []
        known = json.loads(self.roster) if self.roster.startswith("{") else {"file": self.roster}
        path = Path(known["file"])
        if "people" in known and not path.is_file():
            gone = Message(
                "{file} is gone: the roster is as it was when that was read last", file=path
            )
            return self, [gone]
        roster, remarks = read_roster(path)
        read = {"file": known["file"], "people": roster, "groups": read_groups(path)}
        if dues := read_dues(path):
            read["dues"] = dues
            own_dates = counted(
                "{n} student is due on the date that {file} has for them",
                "{n} students are due on the dates that {file} has for them",
                n=len(dues), file=path,
            )  # fmt: skip
            remarks.append(own_dates)
        said = json.dumps(read, ensure_ascii=False)
        return replace(self, roster=said), [*remarks]

    def take_in(
        self, paths: Iterable[Path], assignment: str, out: Path, questions: Sequence[str]
    ) -> Intake:
        """Take in what a class has handed in, on these terms; who is in the roster has a name.

        The roster is as `with_people` has read it. Raises as intake.take_in does.
        """
        intake = take_in(
            paths, assignment, out, self.names, self.when, self.groups, questions, self.due.own,
            self.people or {},
        )  # fmt: skip
        if (people := self.people) is not None:
            students = [student for student, _ in intake.submissions]
            intake.remarks += compare(students, people)
            for student, one in listed(students, people).items():
                intake.arrivals[student] = replace(intake.arrivals[student], name=people[one])
        return intake

    def __str__(self) -> str:
        return ", ".join(_option(name, value) for name, value in asdict(self).items() if value)

    def remembered(self, given: Mapping[str, str | None]) -> Text:
        """Return a line on the terms that apply although they were not `given` now, or nothing."""
        kept = replace(self, **{name: "" for name, value in given.items() if value is not None})
        return Message("As before: {options}", options=kept) if f"{kept}" else ""

    def changes(self, before: Self) -> list[Text]:
        """Return a line for each term that differs from `before`."""
        old = asdict(before)
        return [
            Message(
                "changed: {now}, before: {before}",
                now=_option(name, new),
                before=_shown(name, old[name]),
            )
            for name, new in asdict(self).items()
            if old[name] and old[name] != new
        ]


def _option(name: str, value: str) -> str:
    return f"--{'lang' if name == 'language' else name} {_shown(name, value)}"


def _shown(name: str, value: str) -> str:
    """Return a setting as people write it."""
    if name == "roster" and value:
        known = json.loads(value)
        return f"{known['file']} ({len(known['people'])})"
    if name == "anonymous":
        return value
    if name == "pages":
        return value or "all"
    return shlex.quote(value) if value else NONE
