"""Who has submitted what, and who is missing.

    unpack → walk → claims of the platform → people → one file each

Names by a platform are read by lms.py; otherwise each file is a submission of its own (alone.py).
Every file is graded, or named in a remark with the reason.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..model.message import Message, Text
from ..model.standing import Arrival
from .alone import Alone
from .archive import packed, unpack
from .canvas import RECEIPTS
from .choice import File, choose, likeness, listed
from .classroom import SCORES
from .deadline import Deadline
from .due import Due
from .gradescope import METADATA
from .identity import safe
from .lateness import lateness, times_are_known
from .lms import CANVAS, platform, proposal, recognised
from .nbgrader import Nbgrader
from .people import People, people, share
from .platform import IntakeError, Platform
from .roster import listed as on_roster
from .unsure import by_name_alone, in_no_encoding, with_nothing
from .walk import Walk, walk

OF_PLATFORMS = {METADATA, SCORES, RECEIPTS, "index.html"}
"""What platforms add to an export beside the students' folders."""
FOLDERS = "{id}/*"
"""The pattern for submissions that all have the same name, in a folder per student."""
NO_GROUPS: Mapping[str, str] = {}
NO_DATES: Mapping[str, Deadline] = {}
NO_ROSTER: Mapping[str, str] = {}
NO_NAMES = Message("--deadline needs --names, which tells whose files are compared with it.")
NO_NAMES_FOR_DATES = Message(
    "The dates in the column `due` of the roster need --names, which tells whose files are "
    "compared with them."
)
ITSELF = Message(
    "{folder} holds the submissions, and is to hold the results: choose another folder for those."
)


@dataclass
class Intake:
    """What is to be graded, and what a person should know about the rest."""

    submissions: list[tuple[str, Path]] = field(default_factory=list)
    remarks: list[Text] = field(default_factory=list)
    doubts: list[Text] = field(default_factory=list)
    """What a person must look at: work that could be missing, or belong to somebody else."""
    arrivals: dict[str, Arrival] = field(default_factory=dict)
    """What is known of how the file of each student came in."""


def take_in(
    paths: Iterable[Path],
    assignment: str,
    out: Path,
    names: str = "",
    deadline: Deadline | None = None,
    groups: Mapping[str, str] = NO_GROUPS,
    questions: Sequence[str] = (),
    own: Mapping[str, Deadline] = NO_DATES,
    roster: Mapping[str, str] = NO_ROSTER,
) -> Intake:
    """Unpack archives into `out`, and choose one file for each student, see choice.py.

    `groups` has the group of each student who is in one, `questions` the graded names, `own` the
    due dates of students who have one of their own, by their safe ids, and `roster` the names by
    the ids that groups and dates are about: an id of the files may be an address of one of them.
    `out` is in the folder of results. Raises IntakeError and, for an archive, Refused.
    """
    intake = Intake()
    places = []
    for path in paths:
        if not os.path.lexists(path):
            raise IntakeError(Message("{file} does not exist.", file=path))
        if os.path.realpath(path) == os.path.realpath(out.parent):
            raise IntakeError(ITSELF.format(folder=path))
        if packed(path):
            path, remarks, doubts = unpack(path, out)
            intake.remarks += remarks
            intake.doubts += doubts
        places.append(path)
    walked = walk(places)
    names = names or _found(walked, assignment, intake)
    if (deadline or own) and not names:
        raise IntakeError(NO_NAMES if deadline else NO_NAMES_FOR_DATES)
    reader = platform(names, walked.files, assignment) if names else Alone(assignment, walked.files)
    sorted_out = people(_files(walked, reader, assignment, intake))
    if isinstance(reader, Alone):
        sorted_out.doubts += by_name_alone(sorted_out)
        intake.doubts += in_no_encoding(walked)
    else:
        sorted_out.doubts += with_nothing(walked, reader, sorted_out)
    known = {safe(one): s for s, one in on_roster(sorted_out.files, roster).items() if "~" not in s}
    due = Due(deadline, dict(own) | {known[one]: own[one] for one in own.keys() & known.keys()})
    intake.remarks += share(sorted_out, groups, known)
    _say_what_is_left(walked, sorted_out, assignment, out.parent, intake)
    _take(sorted_out, assignment, questions, due, intake)
    return intake


def _found(walked: Walk, assignment: str, intake: Intake) -> str:
    """Return the platform that named the files, if that is certain."""
    if found := recognised(walked.files, assignment):
        intake.remarks.append(
            Message(
                "the names are those of {platform}: read as with --names {platform}",
                platform=found,
            )
        )
    elif sum(bool(CANVAS.claims(*one)) for one in walked.files) * 2 > len(walked.files):
        intake.remarks.append(
            Message("the names look like those of canvas: is --names canvas missing?")
        )
    elif likely := recognised(walked.files, assignment, share=5):
        intake.remarks.append(
            Message(
                "some names look like those of {platform}: is --names {platform} missing?",
                platform=likely,
            )
        )
    return found


def _files(walked: Walk, reader: Platform, assignment: str, intake: Intake) -> list[File]:
    """Return each file with its owner; remark on those without one."""
    found: list[File] = []
    elsewhere: list[str] = []
    for path, parts in walked.files:
        if isinstance(reader, Nbgrader) and reader.of_another(parts):
            elsewhere.append("/".join(parts))
            continue
        claims = reader.claims(path, parts)
        found += [File(path, "/".join(parts), claim) for claim in claims]
        if not claims and not (parts[-1] in OF_PLATFORMS and len(parts) < 3):
            why = _nobodys("/".join(parts), reader, proposal(path, parts, assignment))
            (intake.doubts if likeness(path) else intake.remarks).append(why)
    if elsewhere:
        intake.remarks.append(Message("not of this assignment: {names}", names=listed(elsewhere)))
    return found


def _nobodys(name: str, reader: Platform, better: str) -> Message:
    """Say why a file is not graded; another value of --names may be `better`."""
    if isinstance(reader, Alone):
        return Message("not graded, because nobody submits such a file: {name}", name=name)
    if better:
        return Message(
            "not graded, because its name does not fit: {name} (it fits --names {names})",
            name=name, names=repr(better),
        )  # fmt: skip
    return Message("not graded, because its name does not fit: {name}", name=name)


def _say_what_is_left(
    walked: Walk, found: People, assignment: str, out: Path, intake: Intake
) -> None:
    """Remark on what is not graded, or goes to a person; `out` is the folder of these results."""
    if walked.litter:
        made = Message("left out, because programs made it: {names}", names=listed(walked.litter))
        intake.remarks.append(made)
    for folder in walked.results:
        held = Message("left out, because it holds results: {folder}", folder=folder)
        mine = os.path.realpath(folder) == os.path.realpath(out)
        (intake.remarks if mine else intake.doubts).append(held)
    intake.doubts += [
        Message("not graded, because it is hidden: {name}", name=name) for name in walked.hidden
    ]
    intake.doubts += [
        Message("cannot be looked into: {folder}", folder=folder) for folder in walked.closed
    ]
    intake.doubts += found.doubts
    if len(found.files) > 1 and all(s.startswith(f"{assignment}~") for s in found.files):
        intake.doubts.append(
            Message(
                "the names of the files do not say whose they are: perhaps --names {names} does",
                names=repr(FOLDERS),
            )
        )


def _take(
    found: People, assignment: str, questions: Sequence[str], due: Due, intake: Intake
) -> None:  # fmt: skip
    """Choose a file for each student, and note how late it is."""
    known, doubts = times_are_known(found, due) if due else (False, [])
    intake.doubts += doubts
    stamped = any(file.claim.attempt for files in found.files.values() for file in files)
    for student, files in found.files.items():
        held = due.of(student) if known else None
        choice = choose(student, files, assignment, held, questions)
        claim = choice.file.claim
        intake.submissions.append((student, choice.file.path))
        intake.remarks += choice.remarks
        if choice.tied:
            shown = listed([file.shown for file in (choice.file, *choice.tied)])
            intake.doubts.append(
                Message(
                    "nothing says which file of {student} is the last: {names}",
                    student=student,
                    names=shown,
                )
            )
        if choice.more:
            intake.doubts.append(
                Message(
                    "of {student}, {chosen} counts, and there are other answers in {names}",
                    student=student,
                    chosen=choice.file.shown,
                    names=listed([file.shown for file in choice.more]),
                )
            )
        hours = None if held is None or claim.moment is None else held.hours_late(claim.moment)
        intake.arrivals[student] = Arrival(hours, claim.moment)
        late, unsure = lateness(student, claim, hours, stamped=stamped, due=bool(due))
        if late:
            (intake.doubts if unsure else intake.remarks).append(late)
