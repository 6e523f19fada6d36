"""Drawings are plain data that survives the store, and say in words where something is wrong."""

import json
from dataclasses import asdict, replace

import pytest

from grader.model.picture import Grid, Shapes, read
from grader.report.sanitize import cleaned
from grader.store.store import Store
from tests.store.test_store import STANDING, keep
from tests.support.standings import PICTURES, a_standing, changed, drawn


@pytest.mark.parametrize("picture", PICTURES)
def test_a_picture_is_read_as_it_was_written(picture):
    assert read(json.loads(json.dumps(asdict(picture)))) == picture
    assert read(None) is None


def test_a_store_keeps_pictures(tmp_path):
    results = tuple(replace(STANDING.judgement.results[0], picture=p) for p in (*PICTURES, None))
    with Store(tmp_path / "grades.sqlite", make=True) as store:
        keep(store, changed(STANDING, results=results), "kim")
        (standing,) = store.standings()
    assert [r.picture for r in standing.judgement.results] == [*PICTURES, None]


def test_results_from_before_there_were_pictures_are_read(tmp_path):
    with Store(tmp_path / "grades.sqlite", make=True) as store:
        keep(store, STANDING, "kim")
        store.db.execute("UPDATE results SET said = json_remove(said, '$.picture')")
        (standing,) = store.standings()
    assert [r.picture for r in standing.judgement.results] == [None] * len(
        STANDING.judgement.results
    )


def test_texts_in_a_picture_are_cleaned():
    standing = a_standing(
        results=(replace(STANDING.judgement.results[0], picture=drawn("a\x1b[31mb")),)
    )
    assert cleaned(standing).judgement.results[0].picture == drawn("ab")


@pytest.mark.parametrize(
    ("size", "row", "places"),
    [
        (5, "00000", ""),
        (5, "10000", "0"),
        (5, "01110", "1–3"),
        (5, "10211", "0, 2–4"),
        (28, "0" * 15 + "1", "26–27"),
        (20, "1" + "0" * 15, "0–1"),
    ],
)
def test_wrong_places_are_told_as_ranges(size, row, places):
    found = Grid("x", ("", "T"), (1, size), (row,)).wrong()
    assert found == ([("0", places)] if places else [])


@pytest.mark.parametrize(
    ("due", "have", "pairs"),
    [
        ((2, 5, 4), (5, 2, 4), [(0, 1), (1, 0), (2, 2)]),
        ((2, 5, 4), (2, 20), [(0, 0)]),
        ((3, 3), (3, 4), [(0, 0)]),
        ((1, 5, 3), (5, 3), [(1, 0), (2, 1)]),
    ],
)
def test_axes_of_the_same_size_belong_together(due, have, pairs):
    assert Shapes("x", ("",) * len(due), due, have).pairs() == pairs
