"""Who binds and who changes what, over a whole notebook; see slice.py for what is followed."""

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterable, Sequence
from enum import IntEnum
from pathlib import PurePosixPath

from .effects import DEFINITIONS
from .names import Kind, installed, kinds_bound, modules, packages
from .root import root
from .shared import Shared
from .statement import Statement

FILES = "files on the disk"
"""What statements that read or write files use and change, as if it were a name."""
ANYTHING = "*"
"""Names that cannot be known: those of a star import, or made by `exec`."""
ELSEWHERE = {
    *dir(builtins),
    "__name__",
    "__file__",
    "__doc__",
    "get_ipython",
    "display",
    "In",
    "Out",
}
"""Names that no statement need bind."""


class How(IntEnum):
    """How a statement may come to touch a name's object."""

    SURE = 0
    """It binds the name, or changes its object before our eyes."""
    MAY = 1
    """A call in it may change the object, or something that may have got hold of it."""
    COULD = 2
    """It could be so in ways that are rare, or by training."""


class Web:
    """Who binds and who changes what, over a whole notebook."""

    def __init__(self, statements: Sequence[Statement]) -> None:
        self._statements = statements
        self._kinds: dict[str, Kind] = {}
        self._packages: dict[str, str] = {}
        self._sure = defaultdict[str, set[int]](set)
        """For each name, the numbers of the statements that surely bind or change it."""
        self._may = Shared()
        self._could = Shared()
        self._imports_made: set[int] = set()
        """Numbers of the statements that import what the notebook may have made itself."""
        self._written: set[str] = set()
        self._hints: set[int] = set()
        """Numbers of the statements that look at names as a table."""
        self._tables: set[str] = set()
        """Names of these tables: `g = globals()`."""
        self._binds: set[str] = set()
        self._writes = defaultdict[str, set[str]](set)
        """For each function, the globals that a call of it surely binds or changes."""
        self._may_write = defaultdict[str, set[str]](set)
        self._reads = defaultdict[str, set[str]](set)
        """For each function, the objects that a call of it gets hold of."""
        self._meddlers: set[str] = set()
        """Functions that change a function or class that they are given."""
        self._trainers: set[str] = set()
        """Functions whose calls train."""
        self._coaches: set[str] = set()
        """Classes that have methods which do, and objects made of these."""
        for one in statements:
            self._know(one)
            self._written |= {PurePosixPath(name).stem for name in one.effects.writes}
            self._written |= {part for name in one.effects.writes for part in name.split("/")}
        for number, one in enumerate(statements):
            self._define(one)
            self._enter(number, one)

    def needed(self, names: Iterable[str], how: How = How.MAY) -> list[Statement]:
        """Return the statements that `names` depend on, in the order of the notebook."""
        return [self._statements[number] for number in sorted(self._follow(names, how))]

    def left_out(self, names: Sequence[str]) -> list[Statement]:
        """Return what `needed` leaves out although it could matter."""
        rest = self._follow(names, How.COULD) - self._follow(names, How.MAY)
        found = [self._statements[number] for number in sorted(rest)]
        return [s for s in found if not s.imports and not isinstance(s.node, DEFINITIONS)]

    def _follow(self, names: Iterable[str], how: How) -> set[int]:
        """Return the numbers of the statements that `names` depend on."""
        taken: set[int] = set()
        seen: set[str] = set()
        wanted = [ANYTHING, *names]
        while wanted:
            if (name := wanted.pop()) not in seen:
                seen.add(name)
                for number in self._touching(name, how) - taken:
                    taken.add(number)
                    wanted += self._statements[number].uses
                    if self._statements[number].files or number in self._imports_made:
                        wanted.append(FILES)
                    if number in self._imports_made:
                        wanted.append("sys")  # sys.modules, sys.path
        return taken

    def _touching(self, name: str, how: How) -> set[int]:
        """Return the numbers of the statements that bind a name, or change what it stands for."""
        found = self._sure[name]
        if how is How.SURE:
            return found
        unknown = name not in self._binds and name not in ELSEWHERE
        if how is How.COULD or (unknown and name not in (FILES, ANYTHING)):
            found = found | self._hints
        shared = self._may if how is How.MAY else self._could
        return found | shared[name] | shared[self._packages.get(name, name)]

    def _know(self, one: Statement) -> None:
        """Remember what the names stand for that it binds."""
        self._binds |= one.binds
        for name, kind in kinds_bound(one, self._kinds).items():
            self._kinds[name] = max(kind, self._kinds.get(name, kind))
            if kind is Kind.IMPORT and isinstance(one.node, ast.Assign):  # `F = nn.functional`
                above = root(one.node.value)
                self._packages[name] = self._packages.get(above, above)
        self._packages |= packages(one.node)

    def _of(self, kind: Kind, names: Iterable[str]) -> set[str]:
        return {name for name in names if self._kinds.get(name) is kind}

    def _define(self, one: Statement) -> None:
        """Remember what calls of what it defines do."""
        for name, does in one.defined.items():
            known = one.uses - {name}
            patched = does.patches & {*one.uses, name}
            sure = set(patched)
            if does.anything:
                sure.add(ANYTHING)
            if isinstance(one.node, DEFINITIONS):
                sure |= one.binds - {name}
            may = sure | self._of(Kind.VALUE, does.changes & one.uses)
            if does.files:
                may.add(FILES)
            is_class = isinstance(one.node, ast.ClassDef)
            self._writes[name] = set() if is_class else sure.union(*_all(self._writes, known))
            self._may_write[name] = may.union(*_all(self._may_write, known))
            values = self._of(Kind.VALUE, one.uses)
            self._reads[name] = values.union(*_all(self._reads, known))
            if does.patches - one.uses - {"", "self"}:
                self._meddlers.add(name)
            if does.trains or (self._trainers | self._coaches) & one.uses:
                (self._coaches if is_class else self._trainers).add(name)

    def _enter(self, number: int, one: Statement) -> None:
        """Enter what a statement binds and changes."""
        does = one.effects
        mentions = does.mentions | one.calls
        if self._written and self._written & modules(one.node):
            self._imports_made.add(number)
        if not all(installed(package) for _, package in packages(one.node)):
            self._imports_made.add(number)
        sure = {*one.binds, *one.patches, *([FILES] if does.writes else [])}.union(
            *_all(self._writes, one.calls)
        )
        if does.hints and isinstance(one.node, ast.Assign):
            self._tables |= one.binds
        if does.anything or self._tables & (one.patches | does.changes):
            sure.add(ANYTHING)
        acts = mentions if does.calls or does.changes else set[str]()
        may = {*one.patches}.union(*_all(self._may_write, acts), self._changed(one))
        could = may | self._of(Kind.DEFINITION, does.passes)
        if self._meddlers & one.calls:
            may |= could
        if not isinstance(one.node, DEFINITIONS):
            if does.hints:
                self._hints.add(number)
            self._hold(one, mentions, may)
            if self._trains(one):
                self._could.add(number, sure | could)
                return
        for name in sure:
            self._sure[name].add(number)
        self._may.add(number, may)
        self._could.add(number, could)

    def _changed(self, one: Statement) -> set[str]:
        """Return what its own calls may change, files included."""
        does = one.effects
        found = self._of(Kind.VALUE, does.changes) | self._of(Kind.DEFINITION, does.parts)
        modules = self._of(Kind.IMPORT, does.settings | one.patches)
        found |= {self._packages.get(name, name) for name in modules}
        return found | {FILES} if does.files else found

    def _hold(self, one: Statement, mentions: set[str], may: set[str]) -> None:
        """Remember what may have got hold of what: what it binds, of whatever it mentions."""
        bound = self._of(Kind.VALUE, one.binds)
        values = bound | self._of(Kind.VALUE, mentions | may)
        if bound:  # a class under another name is the class
            values |= self._of(Kind.DEFINITION, one.effects.holds)
        self._may.join(values)
        self._could.join(values.union(*_all(self._reads, mentions)))
        if written := set().union(*_all(self._may_write, mentions)):
            for name in one.binds:  # `trainer = Trainer()`: its methods write what Trainer's do
                self._may_write[name] |= written
        if self._coaches & mentions:
            self._coaches |= bound
        if self._trainers & one.effects.holds:
            self._trainers |= one.binds

    def _trains(self, one: Statement) -> bool:
        """Whether running it trains."""
        does = one.effects
        if does.trains or self._trainers & one.calls or self._coaches & does.passes:
            return True
        return bool(self._coaches & one.calls) and not one.binds  # `Trainer(net).fit()`


def _all(table: dict[str, set[str]], names: Iterable[str]) -> list[set[str]]:
    return [table[name] for name in names if name in table]
