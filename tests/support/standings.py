"""Standings that tests of pages and tables share."""

from dataclasses import fields, replace
from typing import Any

from grader.model.code import Code
from grader.model.guidance import Example, Guidance, Row
from grader.model.judgement import Judgement
from grader.model.picture import Grid, Reach, Shapes
from grader.model.result import Result, Status
from grader.model.standing import Arrival, Override, Standing

TRACEBACK = """Traceback (most recent call last):
  File "code cell 7", line 3, in forward
    return Q @ K
TypeError: unsupported operand"""

RESULTS = (
    Result("test_shape", "split_heads", Status.PASSED, 1, "`x` becomes (B, H, T, d_head)."),
    Result("test_values", "split_heads", Status.FAILED, 2, "Heads are apart.", "Heads are mixed."),
    Result("test_grad", "split_heads", Status.FAILED, 1, "Gradients flow.", "Heads are mixed."),
    Result("test_one", "split_heads", Status.NOT_RUN, 1, "One token.", "Wait for the values."),
    Result("test_two", "split_heads", Status.NOT_RUN, 2, "Two tokens.", "Wait for the values."),
    Result(
        "test_runs",
        "merge_heads",
        Status.STUDENT_ERROR,
        3,
        "It runs.",
        "Your code raised a TypeError.",
        public=True,
        traceback=TRACEBACK,
        error="TypeError",
    ),
)


PICTURES = (
    Grid("weights", ("n_Q", "n_K"), (5, 3), ("000", "012", "034", "111", "000"), ("B = 1",)),
    Grid("loss", ("", "B"), (1, 2), ("04",), over=("T",), gradient=True),
    Reach("x", "T", ("0", "1", "2", "3"), "0-24"),
    Reach("", "", ("Q", "K", "V"), "04-"),
    Shapes("out", ("B", "T", "H"), (2, 5, 4), (5, 2, 4)),
)


JUDGEMENT = Judgement(
    assignment="attention",
    title="Attention from scratch √",
    sha256="ab" * 32,
    questions=("split_heads", "merge_heads"),
    results=RESULTS,
    layers=("landlock", "seccomp"),
    code=(Code("merge_heads", 7, 2, "def merge_heads(x):\n    return Q @ K"),),
)
OF_JUDGEMENT = {field.name for field in fields(Judgement)}
OF_ARRIVAL = {field.name for field in fields(Arrival)}


def changed(standing: Standing, **changes: Any) -> Standing:
    """Return a Standing with other fields: its own, its judgement's or its arrival's."""
    judged = {name: changes.pop(name) for name in OF_JUDGEMENT & changes.keys()}
    came = {name: changes.pop(name) for name in OF_ARRIVAL & changes.keys()}
    judgement, arrival = replace(standing.judgement, **judged), replace(standing.arrival, **came)
    return replace(standing, **{"judgement": judgement, "arrival": arrival, **changes})


def a_standing(student: str = "kim.minjun", **changes: Any) -> Standing:
    return changed(Standing(student, "과제3.ipynb", JUDGEMENT), **changes)


def with_results(status: Status, **changes: Any) -> Standing:
    """Return a Standing whose every result ended in this status."""
    return a_standing(results=tuple(replace(r, status=status, **changes) for r in RESULTS))


def ours() -> Standing:
    """Return a Standing in which one check failed for a reason of ours."""
    broken = replace(RESULTS[1], status=Status.GRADER_ERROR, message="WHY", detail="DETAIL")
    return a_standing("oh.jimin", results=(RESULTS[0], broken, *RESULTS[2:]), output="PRINTED")


def drawn(text: str) -> Grid:
    """Return a drawing in which every text is this one."""
    return Grid(text, (text, text), (1, 2), ("04",), (text,), (text,))


def filled_with(text: str) -> Standing:
    """Return a Standing in which every text that can be chosen is this one."""
    results = tuple(
        replace(
            result,
            check=text,
            question=text,
            sentence=text,
            message=text,
            detail=text,
            status=status,
            picture=drawn(text),
            guidance=Guidance((text,), Example(text, (Row(text, text, text, False),))),
        )
        for result, status in zip(RESULTS * 2, Status, strict=False)
    )
    judgement = Judgement(
        text, text, text, (text,), results, (text,), text, (text,),
        output=text, code=(Code(text, 1, 1, text),),
    )  # fmt: skip
    return Standing(text, text, judgement)


def decided(points: float | None = 2.5, comment: str = "Well <argued>.") -> Standing:
    return a_standing(overrides=(Override("split_heads", points, comment),))


def a_class(size: int) -> list[Standing]:
    passed = tuple(replace(r, status=Status.PASSED, message="") for r in RESULTS)
    return [
        a_standing(f"student{i:03}", results=passed if i % 2 else RESULTS, output="PRINTED")
        for i in range(size)
    ]
