"""Reports that tests of pages and tables share."""

from dataclasses import replace
from typing import Any

from grader.model.picture import Grid, Reach, Shapes
from grader.model.result import Result, Status
from grader.model.verdict import Override, Report

TRACEBACK = """Traceback (most recent call last):
  File "cell 7", line 3, in forward
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


def a_report(student: str = "kim.minjun", **changes: Any) -> Report:
    whole = Report(
        assignment="attention",
        title="Attention from scratch √",
        student=student,
        file="과제3.ipynb",
        sha256="ab" * 32,
        questions=("split_heads", "merge_heads"),
        results=RESULTS,
        layers=("landlock", "seccomp"),
    )
    return replace(whole, **changes)


def with_results(status: Status, **changes: Any) -> Report:
    """Return a report whose every result ended in this status."""
    return a_report(results=tuple(replace(r, status=status, **changes) for r in RESULTS))


def ours() -> Report:
    """Return a report in which one check failed for a reason of ours."""
    broken = replace(RESULTS[1], status=Status.GRADER_ERROR, message="WHY", detail="DETAIL")
    return a_report("oh.jimin", results=(RESULTS[0], broken, *RESULTS[2:]), output="PRINTED")


def drawn(text: str) -> Grid:
    """Return a drawing in which every text is this one."""
    return Grid(text, (text, text), (1, 2), ("04",), (text,), (text,))


def filled_with(text: str) -> Report:
    """Return a report in which every text that can be chosen is this one."""
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
        )
        for result, status in zip(RESULTS * 2, Status, strict=False)
    )
    return Report(
        text, text, text, text, text, (text,), results, (text,), text, (text,), output=text
    )


def decided(points: float | None = 2.5, comment: str = "Well <argued>.") -> Report:
    return a_report(overrides=(Override("split_heads", points, comment),))


def a_class(size: int) -> list[Report]:
    passed = tuple(replace(r, status=Status.PASSED, message="") for r in RESULTS)
    return [
        a_report(f"student{i:03}", results=passed if i % 2 else RESULTS, output="PRINTED")
        for i in range(size)
    ]
