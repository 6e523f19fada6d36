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

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from functools import reduce
from itertools import islice
from operator import or_
from pathlib import Path

from ..model.errors import GraderError
from ..model.message import Message, joined
from .act import Decision, latest, put
from .entry import Entry
from .found import Found
from .store import PAGE, Store
from .terms import Terms
from .together import Held, side_by_side

OTHER_VERSIONS = Message("Install the same versions on all machines.")
OTHER_FILES = Message("The versions are the same, so the course's files or its .grader/key differ.")


class Conflict(GraderError):
    """Stores contradict each other; the message says where."""


class Merge:
    """The content of several shards, checked for contradictions. Raises Conflict.

    All stores are walked side by side, so that a large class takes no memory.
    """

    def __init__(self, shards: Sequence[Store]) -> None:
        self.shards = shards
        self._plans: dict[str, Found] = {}
        """The first that followed each plan."""
        self._layers: dict[str, dict[Path, None]] = {}
        """The shards with judgements that count, by the layers around those."""
        for _, held in side_by_side(shards):
            one = self._judged(self._handed_in(held))
            self._decided(held)
            if one:
                self._plans.setdefault(one.plan, one)
            if one and not one.fault:
                self._layers.setdefault(one.layers, {})[_name(one.store)] = None

    def into(self, out: Store) -> int:
        """Write into a store what it lacks; return the number of new judgements."""
        self._refuse_other_assignments([*self.shards, out])
        self._refuse_mixture(out)
        Terms.of(out).given(**self._agreed()).keep(out)
        theirs = (shard.translations for shard in self.shards)
        out.translations = reduce(or_, theirs, out.translations)
        out.hand_in(self._new_to(out))
        count, everybody = 0, side_by_side(self.shards)
        while page := list(islice(everybody, PAGE)):
            with out.transaction() as db:
                for _, held in page:
                    count += self._add(self._handed_in(held), out)
                    for one in self._decided(held):
                        if latest(out, one.student, one.made.question) is None:
                            put(db, [(one.student, one.made)], one.who, one.moment)
        return count

    def layers(self) -> dict[tuple[str, ...], list[Path]]:
        """Return the layers within which submissions were judged, and the shards of each."""
        return {tuple(json.loads(layers)): list(names) for layers, names in self._layers.items()}

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

    def _new_to(self, out: Store) -> Iterator[Entry]:
        """Yield what was handed in; of bytes that OUT has, the file stays where it was."""
        for _, held in side_by_side([out, *self.shards]):
            known = held.pop(out, None)
            if held:
                entry = self._handed_in(held)
                if known and known.digest == entry.digest:
                    entry = replace(entry, path=known.path)
                yield entry

    def _add(self, entry: Entry, out: Store) -> bool:
        """Write the judgement of a submission, if it is new."""
        one = self._judged(entry)
        if one is None or not one.adds_to(Found.read(out, entry)):
            return False
        one.copy(out)
        return True

    def _handed_in(self, held: Held) -> Entry:
        """Return what a student has handed in, of which no two shards have different bytes."""
        (one, first), *others = held.items()
        for other, entry in others:
            if entry.digest != first.digest:
                raise Conflict(
                    Message(
                        "{one} and {other} have different submissions of {student}. Grade all "
                        "shards from the same files.",
                        one=_name(one),
                        other=_name(other),
                        student=entry.student,
                    )
                )
        return first

    def _decided(self, held: Held) -> list[Decision]:
        """Return the decisions about a student, of which no two contradict each other."""
        found: dict[str, Decision] = {}
        for shard, entry in held.items():
            for made in entry.overrides:
                one = latest(shard, entry.student, made.question)
                if one and found.setdefault(made.question, one).made != made:
                    raise Conflict(
                        Message(
                            "there are two decisions about {question} of {student}, one of them in "
                            "{folder}. Repeat the one that counts there.",
                            question=made.question,
                            student=entry.student,
                            folder=_name(shard),
                        )
                    )
        return list(found.values())

    def _judged(self, entry: Entry) -> Found | None:
        """Return the best judgement of these bytes; all shards agree on the verdict."""
        best: Found | None = None
        for one in filter(None, (Found.read(shard, entry) for shard in self.shards)):
            if best and best.verdict != one.verdict and not (best.fault or one.fault):
                raise Conflict(
                    Message(
                        "{one} and {other} have judged the submission of {student}, and do not "
                        "agree. Look at both pages, regrade it in the folder that is wrong, and "
                        "tell the author of the check.",
                        one=_name(best.store),
                        other=_name(one.store),
                        student=one.student,
                    )
                )
            if best is None or one.worth > best.worth:
                best = one
        return best

    def _refuse_mixture(self, out: Store) -> None:
        """Raise Conflict if current judgements would follow different plans."""
        plans = dict(self._plans)
        for _, held in side_by_side([out, *self.shards]):
            if (
                [*held] == [out]
                and not self._judged(held[out])
                and (one := Found.read(out, held[out]))
            ):
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


def _name(store: Store) -> Path:
    return store.path.parent
