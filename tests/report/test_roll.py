"""The roll of a class, of which few are read in full."""

from grader.report.roll import Roll
from grader.report.row import Row
from tests.support.standings import RESULTS, a_class


def test_a_roll_shows_checks_by_the_first_who_was_judged_by_them():
    asked: list[str] = []
    standings = {standing.student: standing for standing in a_class(3)}

    def standing(student: str):
        asked.append(student)
        return standings[student]

    roll = Roll([Row.of(s) for s in standings.values()], standing)
    sentences = [[check.sentence for check in roll.checks(row)] for row in roll]
    assert sentences == [[result.sentence for result in RESULTS]] * 3 and asked == ["student000"]
