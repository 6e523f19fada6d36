"""The page of settings has every key with its default, and no other."""

import re
from dataclasses import fields
from pathlib import Path

import pytest

from grader.course.settings import LEVELS, LIMITS, SETTINGS, SHOWN
from grader.model.limits import LEAST_TOTAL, TOTAL, Limits

PAGE = (Path(__file__).parents[2] / "docs" / "settings.md").read_text("utf-8")
PARTS = dict(part.split("\n", 1) for part in PAGE.split("\n## ")[1:])


def rows(part: str) -> dict[str, list[str]]:
    lines = re.findall(r"(?m)^\| (`\w+` \|.*) \|$", PARTS[part])
    cells = ([cell.strip(" `") for cell in line.split(" | ")] for line in lines)
    return {key: rest for key, *rest in cells}


def test_every_setting_is_there_and_no_other():
    assert rows("`[tool.grader]`").keys() == SETTINGS.keys()
    assert rows("`limits`").keys() == LIMITS.keys()


@pytest.mark.parametrize("key", ["seconds", "memory_mb"])
def test_the_default_of_a_limit_is_that_of_the_code(key):
    (default,) = (field.default for field in fields(Limits) if field.name == key)
    assert rows("`limits`")[key][1] == f"{default}"


def test_the_whole_budget_is_that_of_the_code():
    said = f"{TOTAL} × the largest of `seconds`, at least {LEAST_TOTAL:g}"
    assert rows("`limits`")["total_seconds"][1] == said


def test_levels_of_visibility_and_of_difficulty_are_those_of_the_code():
    table = rows("`[tool.grader]`")
    assert set(re.findall(r"`?(\w+)`?(?:,|$)", table["visibility"][0])) >= {*SHOWN}
    assert table["level"][0] == f"{LEVELS[0]} to {LEVELS[-1]}"
