"""Manual grades, from a table that any spreadsheet can write.

    id,question,points,comment
    kim_12345,split_heads,2.5,"The idea is right, the axes are swapped."
    lee_67890,split_heads,,"Have a look at einops."
    park_11111,(late),0,was ill

Points replace those of the question's checks, now and after regrading. With only a comment, the
checks count. A line with neither removes an earlier decision. For the question (late), points are
the hours after the deadline that count; for (submission), they are added to those of the questions,
a bonus, or taken where negative.
"""

import math
import re
from collections.abc import Mapping
from pathlib import Path

from ..csv_table import TableError, rows
from ..intake.ids import Ids
from ..model.late import EXCUSED
from ..model.message import Message, Text, counted, said
from ..model.standing import SUBMISSION, Override, Standing, whole

COLUMNS = ("id", "question", "points", "comment")
THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?")
UNCLEAR = Message(
    "points cannot be {points}, which is a thousand to some and one to others: write them without "
    "a comma"
)


def read(
    path: Path, standings: Mapping[str, Standing]
) -> tuple[list[tuple[str, Override]], list[Text]]:
    """Read all decisions about these students, and remark on duplicates.

    Raises TableError before any of them counts.
    """
    decisions: dict[tuple[str, str], Override] = {}
    remarks, known = list[Text](), Ids(standings)
    for place, row in rows(path, COLUMNS):
        question = row["question"]
        try:
            student, points = _student(row["id"], known), read_points(row["points"])
            require(student, question, points, standings[student])
            decision = Override(question, points, row["comment"])
            if decisions.setdefault((student, question), decision) is not decision:
                if decisions[student, question] != decision:
                    raise ValueError(
                        Message(
                            "there is another second line on {question} of {student}",
                            question=question,
                            student=student,
                        )
                    )
                remarks.append(
                    Message(
                        "{place} repeats an earlier line: {line}",
                        place=place,
                        line=f"{student}, {question}",
                    )
                )
        except ValueError as error:
            raise TableError(Message("{place}: {error}.", place=place, error=said(error))) from None
    return [(student, decision) for (student, _), decision in decisions.items()], remarks


def _student(cell: str, known: Ids) -> str:
    """Return the student with this id. Raises ValueError, which names similar ids."""
    if student := known.same(cell):
        return student
    near = known.alike(cell)
    if near:
        raise ValueError(
            Message(
                "there is no judged submission of {student}; similar, and perhaps somebody else: "
                "{others}",
                student=repr(cell),
                others=near,
            )
        )
    raise ValueError(Message("there is no judged submission of {student}", student=repr(cell)))


def read_points(text: str) -> float | None:
    """Read points, or None from an empty cell. Raises ValueError."""
    if not text:
        return None
    if THOUSANDS.fullmatch(text):
        raise ValueError(UNCLEAR.format(points=repr(text)))
    try:
        if "_" in text:  # Python reads 1_0 as 10
            raise ValueError(text)
        points = float(text.replace(",", "."))  # a decimal comma, as German spreadsheets write
    except ValueError:
        raise ValueError(
            Message("points cannot be {points}; they are a number such as 2.5", points=repr(text))
        ) from None
    if not math.isfinite(points):
        raise ValueError(Message("points cannot be {points}", points=text))
    return whole(points)


def require(student: str, question: str, points: float | None, standing: Standing) -> None:
    """Raise ValueError if a decision is about no question, or has too many points or too few."""
    judgement = standing.judgement
    if question == SUBMISSION:
        if points is not None and abs(points) > judgement.max_score:
            raise ValueError(
                counted(
                    "the submission is worth {n} point, so {points} is too many to add or take",
                    "the submission is worth {n} points, so {points} is too many to add or take",
                    n=judgement.max_score,
                    points=f"{points:g}",
                )
            )
        return
    if points is not None and points < 0:
        raise ValueError(Message("points cannot be {points}", points=f"{points:g}"))
    if question == EXCUSED:
        if points is not None and points > standing.hours_late:
            raise ValueError(
                Message(
                    "{student} was {hours} hours late, not {points}",
                    student=student,
                    hours=f"{standing.hours_late:g}",
                    points=f"{points:g}",
                )
            )
        return
    if question not in judgement.questions:
        raise ValueError(
            Message(
                "there is no question {question}; there are {known}",
                question=repr(question),
                known=list(judgement.questions),
            )
        )
    most = sum(result.points for result in judgement.of(question))
    if points is not None and points > most:
        raise ValueError(
            counted(
                "{question} is worth {n} point, so {points} is too many",
                "{question} is worth {n} points, so {points} is too many",
                n=most,
                question=question,
                points=f"{points}",
            )
        )
