"""Gradescope gets every Standing in its own words, and no score while one is ours to repair."""

import json
from dataclasses import replace

from grader.model.result import Status
from grader.report.results_json import results_json
from tests.support.standings import RESULTS, a_standing, decided, ours


def test_gradescope_gets_every_field_in_its_own_type() -> None:
    whole = json.loads(results_json(a_standing(notes=("Cell 2 was left out.",))))
    assert whole["score"] == 1
    assert whole["output"] == "Cell 2 was left out."
    assert whole["extra_data"] == {"sha256": "ab" * 32, "layers": ["landlock", "seccomp"]}
    first, second, *_, last = whole["tests"]
    assert first["name"] == "split_heads: `x` becomes (B, H, T, d_head)."
    assert (first["number"], second["number"], last["number"]) == ("1.1", "1.2", "2.1")
    assert (first["score"], first["max_score"], first["status"]) == (1, 1, "passed")
    assert (second["score"], second["max_score"], second["status"]) == (0, 2, "failed")
    assert second["output"] == "Heads are mixed."
    assert last["extra_data"] == {"check": "test_runs", "status": "student_error"}
    assert sum(test["score"] for test in whole["tests"]) == whole["score"]


def test_a_check_that_works_in_the_notebook_only_is_neither_passed_nor_failed() -> None:
    elsewhere = replace(RESULTS[-1], status=Status.NOT_RUN, points=0, counted=False)
    whole = json.loads(results_json(a_standing(results=(RESULTS[0], elsewhere))))
    first, last = whole["tests"]
    assert first["status"] == "passed"
    assert not last.keys() & {"status", "score", "max_score"} and "It runs." in last["name"]


def test_gradescope_shows_hidden_checks_when_the_author_says() -> None:
    standing = a_standing()
    hidden = [result.check for result in standing.judgement.results if not result.public]
    levels = {hidden[0]: "hidden", "test_*": "after_due_date"}  # the first that fits
    tests = json.loads(results_json(standing, levels))["tests"]
    seen = {test["extra_data"]["check"]: test["visibility"] for test in tests}
    assert seen.pop(hidden[0]) == "hidden"
    for result in standing.judgement.results:
        if result.check in seen:
            assert seen[result.check] == ("visible" if result.public else "after_due_date")


def test_gradescope_is_told_to_render_no_html() -> None:
    whole = json.loads(results_json(a_standing()))
    assert whole["output_format"] == "text"  # the default there is simple_format, which is HTML
    for test in whole["tests"]:
        assert test["output_format"] == test["name_format"] == "text"
        assert test["visibility"] == "visible"


def test_gradescope_gets_no_score_at_all_while_a_result_is_ours_to_repair() -> None:
    text = results_json(ours())
    assert '"score"' not in text and '"max_score"' not in text
    whole = json.loads(text)
    assert "no score" in whole["output"]
    assert "status" not in whole["tests"][1]
    assert whole["tests"][1]["extra_data"]["status"] == "grader_error"


def test_an_unreadable_submission_tells_gradescope_why() -> None:
    whole = json.loads(results_json(a_standing(results=(), problem="The file is empty.")))
    assert (whole["output"], whole["tests"], whole["score"]) == ("The file is empty.", [], 0)


def test_the_parts_that_gradescope_gets_add_up_with_a_decision() -> None:
    whole = json.loads(results_json(decided()))
    first, second, *_ = whole["tests"]
    assert whole["score"] == 2.5 == sum(test.get("score", 0) for test in whole["tests"])
    assert (first["score"], first["max_score"]) == (2.5, 7) and first["output"] == "Well <argued>."
    assert "score" not in second and second["status"] == "passed"
