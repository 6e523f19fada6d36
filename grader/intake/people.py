"""Who has which id: two people with the same id are kept apart, and so are two ids of one person.

A group's submission is made by one person and counts for several.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..model.message import Message, Text
from .choice import File, listed
from .identity import apart, looks, safe, same

NOBODY: Mapping[str, str] = {}


@dataclass
class People:
    """Files by student id, and what a person must decide."""

    files: dict[str, list[File]] = field(default_factory=dict)
    doubts: list[Text] = field(default_factory=list)


def people(files: Iterable[File]) -> People:
    """Sort files by student; an id of two people goes to neither of them."""
    claimed: defaultdict[str, dict[tuple[str, str], list[File]]] = defaultdict(dict)
    for file in files:
        claim = file.claim
        who = same(claim.id), looks(claim.name).replace(" ", "")
        claimed[(claim.wanted or safe(claim.id)).casefold()].setdefault(who, []).append(file)
    found = People()
    for those in claimed.values():
        first = next(iter(those.values()))[0].claim
        wanted = first.wanted or safe(first.id)
        if len(those) == 1:
            (found.files[wanted],) = those.values()
            continue
        several_ids = len({one for one, _ in those}) > 1
        labels = [one if several_ids else name for one, name in those]
        named = apart(wanted, labels if len({*labels}) == len(labels) else map("/".join, those))
        found.files |= dict(zip(named, those.values(), strict=True))
        shown = listed([them[0].shown for them in those.values()])
        found.doubts.append(
            Message(
                "{n} claim the id {student}, so each has one of their own here: {names}",
                n=len(those),
                student=wanted,
                names=shown,
            )
        )
    _alike(found)
    _read_otherwise(found)
    found.files = dict(sorted(found.files.items()))
    return found


def share(
    found: People, groups: Mapping[str, str], known: Mapping[str, str] = NOBODY
) -> list[Text]:
    """Give a group's submission to those members who have none of their own.

    The platform names the group or one of its members; a member's files may be under another id
    that is `known` by the safe one. Returns a remark for each group.
    """
    members: defaultdict[str, list[str]] = defaultdict(list)
    for one, group in groups.items():
        members[group].append(known.get(safe(one), safe(one)))
    remarks: list[Text] = []
    for group, ids in members.items():
        lacking = [one for one in ids if one not in found.files]
        own = [file for one in ids for file in found.files.get(one, ())]
        named = safe(group) if safe(group) not in ids else ""
        if lacking and (files := found.files.pop(named, own)):
            found.files |= dict.fromkeys(lacking, files)
            remarks.append(
                Message(
                    "what the group {group} has submitted counts for {names}",
                    group=group,
                    names=listed(lacking),
                )
            )
    found.files = dict(sorted(found.files.items()))
    return remarks


def _alike(found: People) -> None:
    """Report ids that look alike."""
    seen: defaultdict[str, list[str]] = defaultdict(list)
    for student, files in found.files.items():
        seen[looks(files[0].claim.id)].append(student)
    for students in seen.values():
        if len(students) > 1 and not all("~" in student for student in students):
            found.doubts.append(Message("these ids look alike: {names}", names=listed(students)))


def _read_otherwise(found: People) -> None:
    """Report files whose own names imitate the platform's name of somebody else."""
    known = {same(files[0].claim.id) for files in found.files.values()} - {""}
    for student, files in found.files.items():
        for other in sorted({file.claim.also for file in files} & known):
            shown = listed([file.shown for file in files if file.claim.also == other])
            found.doubts.append(
                Message(
                    "what {student} has named like a file of {other} counts for {student}: {names}",
                    student=student,
                    other=other,
                    names=shown,
                )
            )
