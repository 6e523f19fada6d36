"""Merge what several machines have judged into one store: complete, consistent, and idempotent.

Every shard's store knows the whole class and holds judgements of its share, so a missing shard
leaves students without a judgement, and is noticed.

    the same bytes, judged in two shards    must have the same statuses and points; of these, what
                                            is not a fault of ours counts, then one from a sandbox
    the same student in two shards          must have submitted the same bytes
    a decision about the same question      must be the same; taken if OUT has none
    how the class was asked for             must be the same in all shards, see terms.py
    what counts in the end                  must follow one plan: checks, settings, key, versions
    what OUT has already judged             stays in its history; a shard's judgement is later
    the layers around submissions           may differ, and then a person is told which shard's do

If one of these does not hold, a message says so and OUT is unchanged. A merge that was interrupted
continues with the same command; a second one changes nothing.
"""

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from sys import intern

from ..model.errors import GraderError
from ..model.judgement import UNSANDBOXED
from ..model.message import Message, joined
from ..model.result import Status
from .act import Decision, latest, put
from .store import PAGE, Entry, Store
from .terms import Terms

JUDGEMENT = "assignment, digest, plan, seed, limits, layers, grader, torch, said"
RESULT = 'place, "check", version, question, status, points, seconds, said'


OTHER_VERSIONS = Message("Install the same versions on all machines.")
OTHER_FILES = Message("The versions are the same, so the course's files or its .grader/key differ.")


class Conflict(GraderError):
    """Stores contradict each other; the message says where."""


@dataclass(frozen=True, slots=True)
class Found:
    """A judgement, as far as two of them are compared."""

    store: Store
    number: int
    student: str
    """One of the students with these bytes."""
    plan: str
    made_by: str
    """Versions of grader and torch, in words."""
    layers: str
    verdict: str
    """A digest of every check's status and points."""
    fault: bool

    @classmethod
    def read(cls, store: Store, entry: Entry) -> "Found | None":
        """Read what a store holds about a submission, if it is judged."""
        if entry.record is None:
            return None
        plan, layers, grader, torch = store.db.execute(
            "SELECT plan, layers, grader, torch FROM judgements WHERE id = ?", (entry.record,)
        ).fetchone()
        rows = store.db.execute(
            'SELECT "check", status, points FROM results WHERE judgement = ? ORDER BY place',
            (entry.record,),
        ).fetchall()
        return cls(
            store, entry.record, entry.student, intern(plan),
            intern(f"grader {grader}, torch {torch}"), intern(layers),
            hashlib.sha256(json.dumps(rows).encode()).hexdigest(),
            any(status == Status.GRADER_ERROR for _, status, _ in rows),
        )  # fmt: skip

    @property
    def worth(self) -> tuple[bool, bool]:
        """Of two, the greater one counts."""
        return not self.fault, UNSANDBOXED not in self.layers

    def adds_to(self, other: "Found | None") -> bool:
        """Whether it differs from an earlier judgement of the same bytes."""
        said = (self.plan, self.verdict, self.layers)
        return other is None or said != (other.plan, other.verdict, other.layers)


class Merge:
    """The content of several shards, checked for contradictions. Raises Conflict."""

    def __init__(self, shards: Sequence[Store]) -> None:
        self.shards = shards
        self.entries: dict[str, tuple[str, Store]] = {}
        """By student, the digest of the submission, and a store that has it."""
        self.found: dict[str, Found] = {}
        """By digest."""
        self.decisions: dict[tuple[str, str], Decision] = {}
        """By student and question."""
        for shard in shards:
            seen = set[str]()
            for entry in shard.entries():
                self._take(entry, shard)
                if entry.digest not in seen and (one := Found.read(shard, entry)):
                    self._choose(entry.digest, one)
                seen.add(entry.digest)

    def into(self, out: Store) -> int:
        """Write into a store what it lacks; return the number of new judgements."""
        self._refuse_other_assignments([*self.shards, out])
        self._refuse_mixture(out)
        Terms.of(out).given(**self._agreed()).keep(out)
        out.hand_in(self._handed_in(out))
        new = (f for digest, f in self.found.items() if f.adds_to(_latest(out, digest)))
        count = 0
        while page := list(islice(new, PAGE)):
            with out.transaction():
                for one in page:
                    _copy(one, out)
            count += len(page)
        new_ones = [
            decision for key, decision in self.decisions.items() if latest(out, *key) is None
        ]
        with out.transaction() as db:
            for new_one in new_ones:
                put(db, [(new_one.student, new_one.made)], new_one.who, new_one.moment)
        return count

    def layers(self) -> dict[tuple[str, ...], list[Path]]:
        """Return the layers within which submissions were judged, and the shards of each."""
        found: dict[str, dict[Path, None]] = {}
        for one in self.found.values():
            if not one.fault:
                found.setdefault(one.layers, {})[_name(one.store)] = None
        return {tuple(json.loads(layers)): list(names) for layers, names in found.items()}

    def _refuse_other_assignments(self, stores: Sequence[Store]) -> None:
        """Raise Conflict if two stores are about different assignments."""
        names = {store.assignment: store for store in stores if store.assignment}
        if len(names) > 1:
            held = [f"{_name(store)}: {name}" for name, store in names.items()]
            raise Conflict(Message("these are different assignments: {held}.", held=held))

    def _agreed(self) -> dict[str, str]:
        """Return the terms of all shards, but for the pages that each has. Raises Conflict."""
        asked = {replace(Terms.of(store), pages=""): store for store in self.shards}
        if len(asked) > 1:
            said = (
                joined(": ", (f"{_name(store)}", f"{terms}" or Message("nothing")))
                for terms, store in asked.items()
            )
            raise Conflict(
                Message(
                    "the shards were not asked for in the same way: {terms}.",
                    terms=joined("; ", said),
                )
            )
        return {name: value for name, value in asdict(next(iter(asked))).items() if value}

    def _take(self, entry: Entry, shard: Store) -> None:
        """Collect submissions and decisions."""
        digest, other = self.entries.setdefault(entry.student, (entry.digest, shard))
        if digest != entry.digest:
            raise Conflict(
                Message(
                    "{one} and {other} have different submissions of {student}. Grade all shards "
                    "from the same files.",
                    one=_name(other),
                    other=_name(shard),
                    student=entry.student,
                )
            )
        for decision in entry.overrides:
            key = entry.student, decision.question
            one = latest(shard, *key)
            if one and self.decisions.setdefault(key, one).made != decision:
                raise Conflict(
                    Message(
                        "there are two decisions about {question} of {student}, one of them in "
                        "{folder}. Repeat the one that counts there.",
                        question=decision.question,
                        student=entry.student,
                        folder=_name(shard),
                    )
                )

    def _choose(self, digest: str, one: Found) -> None:
        """Keep the better one of two judgements of the same bytes that agree."""
        other = self.found.setdefault(digest, one)
        if other.verdict != one.verdict and not (other.fault or one.fault):
            raise Conflict(
                Message(
                    "{one} and {other} have judged the submission of {student}, and do not agree. "
                    "Look at both pages, regrade it in the folder that is wrong, and tell the "
                    "author of the check.",
                    one=_name(other.store),
                    other=_name(one.store),
                    student=one.student,
                )
            )
        if one.worth > other.worth:
            self.found[digest] = one

    def _refuse_mixture(self, out: Store) -> None:
        """Raise Conflict if current judgements would follow different plans."""
        stay = (
            Found.read(out, entry)
            for entry in out.entries()
            if entry.digest not in self.found and entry.student not in self.entries
        )
        plans: dict[str, Found] = {}
        for one in (*self.found.values(), *filter(None, stay)):
            plans.setdefault(one.plan, one)
        if len(plans) > 1:
            made = (f"{_name(f.store)}: {f.student}, {f.made_by}" for f in plans.values())
            versions = {found.made_by for found in plans.values()}
            raise Conflict(
                Message(
                    "not all were judged by the same checks, settings, key and versions: {made}. "
                    "{why} Grade those again that are not up to date.",
                    made="; ".join(made),
                    why=OTHER_VERSIONS if len(versions) > 1 else OTHER_FILES,
                )
            )

    def _handed_in(self, out: Store) -> Iterator[Entry]:
        for student, (digest, shard) in self.entries.items():
            known = out.entry(student)
            if (known is None or known.digest != digest) and (entry := shard.entry(student)):
                yield entry


def _latest(store: Store, digest: str) -> Found | None:
    """Return a store's last judgement of these bytes."""
    entry = next(store.entries(digest), None)
    return Found.read(store, entry) if entry else None


def _copy(one: Found, out: Store) -> None:
    """Write a judgement unchanged, under a new number."""
    query = f"SELECT {JUDGEMENT} FROM judgements WHERE id = ?"
    row = one.store.db.execute(query, (one.number,)).fetchone()
    number = out.db.execute(
        f"INSERT INTO judgements ({JUDGEMENT}) VALUES ({', '.join('?' * len(row))})", row
    ).lastrowid
    rows = one.store.db.execute(f"SELECT {RESULT} FROM results WHERE judgement = ?", (one.number,))
    out.db.executemany(
        f"INSERT INTO results (judgement, {RESULT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((number, *row) for row in rows),
    )


def _name(store: Store) -> Path:
    return store.path.parent
