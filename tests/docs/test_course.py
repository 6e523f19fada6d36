"""The page on the course has every notebook, and names only questions that they ask."""

import re
from pathlib import Path

from grader.course.assignment import Assignment
from tests.support.own_course import OURS

PAGE = Path(__file__).parents[2] / "docs" / "course.md"
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in PAGE.read_text("utf-8").splitlines()
    if re.match(r"\| \d+ \|", line)
]


def test_it_has_sixteen_topics_and_every_notebook():
    assert [row[0] for row in ROWS] == [f"{number}" for number in range(1, 17)]
    named = {name for row in ROWS for name in re.findall(r"`(\w+)`", row[2])}
    assert {*OURS.names()} <= named


def test_a_question_that_it_names_is_asked_in_a_notebook_of_its_row():
    for _, topic, notebooks, writing in ROWS:
        there = re.findall(r"`(\w+)`", notebooks)
        if not {*there} <= {*OURS.names()}:
            continue  # a road that is still being built
        asked = {q for name in there for q in Assignment.read(OURS.solution(name)).questions}
        assert {*re.findall(r"`(\w+)`", writing)} <= asked, topic
