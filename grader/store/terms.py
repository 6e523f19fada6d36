"""How a class is asked for: a folder of results remembers it, and says so.

What was given once holds for later commands on the folder until something else is given; `none`
forgets it. Otherwise the same command without its deadline would take another file of a student.
"""

import json
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

from ..intake.deadline import Deadline
from ..intake.roster import read_groups, read_roster
from ..model.words import Say
from .store import Store

NONE = "none"
"""What forgets a setting on the command line."""


@dataclass(frozen=True)
class Terms:
    """What was asked for; empty is nothing."""

    names: str = ""
    deadline: str = ""
    late: str = ""
    language: str = ""
    roster: str = ""
    """Who belongs to the class, as JSON: the file, and names by id; or the file alone, unread."""

    @classmethod
    def of(cls, store: Store) -> Self:
        """Return what a store remembers."""
        return cls(*(store.setting(name) for name in cls.__dataclass_fields__))

    @classmethod
    def at(cls, path: Path) -> Self:
        """Return what the store in a file remembers: nothing while there is none."""
        if not path.exists():
            return cls()
        with Store(path) as store:
            return cls.of(store)

    def given(self, **said: str | None) -> Self:
        """Return these terms with what is said now; None says nothing."""
        return replace(self, **{name: value for name, value in said.items() if value is not None})

    def keep(self, store: Store) -> None:
        """Let a store remember them."""
        for name, value in asdict(self).items():
            store.set(name, value)

    @property
    def when(self) -> Deadline | None:
        """The deadline, if there is one."""
        return Deadline.read(self.deadline) if self.deadline else None

    @property
    def people(self) -> dict[str, str] | None:
        """Names by id of everybody in the roster, if there is one."""
        return json.loads(self.roster)["people"] if self.roster else None

    @property
    def groups(self) -> dict[str, str]:
        """The group of everybody who is in one, by id."""
        return json.loads(self.roster).get("groups", {}) if self.roster else {}

    def with_people(self) -> tuple[Self, list[str]]:
        """Read the roster anew, if its file is still there; return remarks on it, too.

        Raises TableError.
        """
        if not self.roster:
            return self, []
        known = json.loads(self.roster) if self.roster.startswith("{") else {"file": self.roster}
        path = Path(known["file"])
        if "people" in known and not path.is_file():
            return self, [f"{path} is gone: the roster is as it was when that was read last"]
        roster, remarks = read_roster(path)
        read = {"file": known["file"], "people": roster, "groups": read_groups(path)}
        said = json.dumps(read, ensure_ascii=False)
        return replace(self, roster=said), remarks

    def __str__(self) -> str:
        return ", ".join(_option(name, value) for name, value in asdict(self).items() if value)

    def remembered(self, given: Mapping[str, str | None], say: Say) -> str:
        """Return a line on what counts here though it is not `given` now, or nothing."""
        kept = replace(self, **{name: "" for name, value in given.items() if value is not None})
        return say("As before: {options}").format(options=kept) if f"{kept}" else ""

    def changes(self, before: Self) -> list[str]:
        """Return a line for everything that is not as `before`."""
        old = asdict(before)
        return [
            f"changed: {_option(name, new)}, before: {_shown(name, old[name])}"
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
    return shlex.quote(value) if value else NONE
