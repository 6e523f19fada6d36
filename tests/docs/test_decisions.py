"""Records of decisions are short, dated, and all in their index."""

import re
from pathlib import Path

import pytest

FOLDER = Path(__file__).parents[2] / "docs" / "decisions"
RECORDS = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")


@pytest.mark.parametrize("record", RECORDS, ids=lambda path: path.stem)
def test_a_record_has_a_title_and_a_date_and_is_short(record):
    lines = record.read_text("utf-8").splitlines()
    assert re.fullmatch(r"# \w.*[^.]", lines[0])
    assert re.fullmatch(r"2026-\d\d-\d\d", lines[2])
    assert len(lines) <= 15 and len("\n".join(lines)) <= 1800


def test_the_index_has_every_record_once_by_its_title():
    links = re.findall(r"^- \[(.+)\]\((.+)\)$", (FOLDER / "README.md").read_text("utf-8"), re.M)
    titles = [(path.read_text("utf-8").partition("\n")[0][2:], path.name) for path in RECORDS]
    assert sorted(links) == sorted(titles), "Add a line to docs/decisions/README.md"
