"""Figures that can be counted are those of the files, and the front page has those of the pages."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
VALIDITY = (ROOT / "docs" / "validity.md").read_text("utf-8")
FRONT = (ROOT / "docs" / "README.md").read_text("utf-8")
BANKS = sorted((ROOT / "autograder_tests").glob("*/mistakes.toml"))


def wrong(bank: Path) -> int:
    """Return how many mistakes of a bank are to be caught."""
    mistakes = tomllib.loads(bank.read_text("utf-8"))["mistake"]
    return sum(not mistake.get("equivalent", False) for mistake in mistakes)


@pytest.mark.parametrize("bank", BANKS, ids=lambda bank: bank.parent.name)
def test_the_table_of_validity_has_the_mistakes_of_each_bank(bank):
    assert re.search(rf"(?m)^\| {bank.parent.name} \| [\d,]+ \| {wrong(bank)} \|", VALIDITY)


def test_the_sum_stands_there_and_on_the_front_page():
    number = f"{sum(map(wrong, BANKS)):,}"
    assert f"| **{number}** |" in VALIDITY
    assert f"{number} known mistakes" in FRONT


def test_the_front_page_has_as_many_attacks_as_were_measured():
    (measured,) = set(
        re.findall(
            r"\d+ of (\d+) attacks stopped", (ROOT / "docs" / "security.md").read_text("utf-8")
        )
    )
    assert f"{measured} attacks" in FRONT
