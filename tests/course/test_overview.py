"""Beside the notebooks stand a table and a picture of them, which the author may replace."""

from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.overview import MARK, page, picture, write
from grader.course.road import Stop, road
from tests.support.own_course import OURS
from tests.support.small_course import write as write_course

SVG = "{http://www.w3.org/2000/svg}"


def stop(name: str, place: int, *builds_on: str, title: str = "") -> Stop:
    return Stop(name, title or name.title(), "It.", 2, 2, builds_on, 3, 100, place)


STOPS = [stop("a", 0), stop("b", 0), stop("c", 1, "a"), stop("d", 2, "b", "c")]


@pytest.fixture
def course(tmp_path):
    return write_course(tmp_path)[0]


def build(course, *options: str):
    return CliRunner().invoke(main, ["--course", str(course.root), "build", *options])


def test_a_row_says_what_a_notebook_asks_and_leads_to_it():
    text = page([*STOPS, stop("e", 0, title="One | two")])
    assert text.startswith(MARK)
    assert "5 notebooks, about 10 hours.\n" in text
    row = "| 4 | [D](d.ipynb) | It. | 2 | ★★ | [b](b.ipynb), [c](c.ipynb) | 3 | 100 |"
    assert row in text and r"[One \| two]" in text


def test_the_picture_has_a_box_for_each_and_a_line_for_each_base():
    root = ElementTree.fromstring(picture(STOPS))
    assert len(root.findall(f".//{SVG}rect")) == 4 and len(root.findall(f"{SVG}path")) == 3
    assert "prefers-color-scheme: dark" in root.find(f"{SVG}style").text


def test_no_two_boxes_share_a_place_and_no_line_runs_behind_one():
    root = ElementTree.fromstring(picture(road(OURS)))
    boxes = [(int(r.get("x")), int(r.get("y"))) for r in root.iter(f"{SVG}rect")]
    assert len({*boxes}) == len(boxes) >= 8
    for path in root.iter(f"{SVG}path"):
        start, _, rest = path.get("d").removeprefix("M").partition(" H")
        x, y = map(int, start.split())
        along = range(x, int(rest.split()[0]))
        assert not [box for box in boxes if box[1] < y < box[1] + 46 and box[0] in along]


def test_titles_cannot_break_the_picture():
    text = picture([stop("a", 0, title="<script>&")])
    assert "<script>" not in text and ElementTree.fromstring(text) is not None


def test_building_writes_both_and_a_check_says_when_they_are_stale(course):
    assert "assignments/README.md is stale: run `grader build`" in build(course, "--check").output
    assert "assignments/README.md was written" in build(course).output
    fresh = build(course, "--check")
    assert fresh.exit_code == 0 and "README" not in fresh.output
    source = course.solution("doubling")
    source.write_text(source.read_text().replace('title = "', 'title = "Other ', 1))
    stale = build(course, "--check")
    assert stale.exit_code == 1 and "README.md is stale" in stale.output


def test_a_page_of_the_authors_own_is_left_as_it_is(course):
    own = course.root / "assignments" / "README.md"
    own.parent.mkdir()
    own.write_text("# Mine\n")
    assert write(course) == ["road.svg"] and own.read_text() == "# Mine\n"


def test_our_own_are_up_to_date():
    assert write(OURS, check=True) == []
