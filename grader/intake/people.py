"""Who stands behind an id: two people with one are kept apart, and two ids of one person, too."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from .choice import File, listed
from .identity import apart, looks, safe, same


@dataclass
class People:
    """Files by the id of their student, and what a person must decide."""

    files: dict[str, list[File]] = field(default_factory=dict)
    doubts: list[str] = field(default_factory=list)


def people(files: Iterable[File]) -> People:
    """Sort files by student; an id for which two people stand is given to neither of them."""
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
            f"{len(those)} claim the id {wanted}, so each has one of their own here: {shown}"
        )
    _alike(found)
    _read_otherwise(found)
    found.files = dict(sorted(found.files.items()))
    return found


def _alike(found: People) -> None:
    """Doubt ids that nobody can tell apart."""
    seen: defaultdict[str, list[str]] = defaultdict(list)
    for student, files in found.files.items():
        seen[looks(files[0].claim.id)].append(student)
    for students in seen.values():
        if len(students) > 1 and not all("~" in student for student in students):
            found.doubts.append(f"these ids look alike: {listed(students)}")


def _read_otherwise(found: People) -> None:
    """Doubt files whose own names read like the platform's name of somebody else's."""
    known = {same(files[0].claim.id) for files in found.files.values()}
    for student, files in found.files.items():
        for other in sorted({file.claim.also for file in files} & known):
            shown = listed([file.shown for file in files if file.claim.also == other])
            found.doubts.append(
                f"what {student} has named like a file of {other} counts for {student}: {shown}"
            )
