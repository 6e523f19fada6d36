"""What a student has written for a question. Plain data, no torch."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Code:
    """The definition that a notebook has for a question; text of a student's, as is every line."""

    question: str
    cell: int
    """Its number among the code cells, from 1."""
    line: int
    """Which line of the cell is the first of the text, from 1."""
    text: str
