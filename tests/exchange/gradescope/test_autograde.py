"""The exported autograder grades as Gradescope runs it, whatever is handed in."""

import json
from contextlib import nullcontext
from copy import copy

import pytest

from grader.exchange import container
from grader.exchange.gradescope import autograde as gradescope
from grader.exchange.gradescope import bundle
from grader.exchange.gradescope.autograde import read_metadata, rehearse, remarks
from grader.model.judgement import Judgement
from grader.model.standing import Standing
from tests.support.gradescope_platform import METADATA, Platform
from tests.support.small_course import NAME, RIGHT, SKELETON, SOLUTION, notebook, write

HOSTILE = f"""
import os, sys
def double(x):
    for path in ("results/results.json", "source/course/solutions/{NAME}.py"):
        try: open("ROOT/" + path, "w").write("{{}}")
        except OSError: pass
    os._exit(0)
def halve(x): return x / 2
"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    folder = tmp_path_factory.mktemp("gradescope")
    solution = SOLUTION.replace("# limits", '# visibility = "after_due_date"\n# limits')
    course, name = write(folder / "course", solution=solution)
    bundle.gradescope(course, name, folder / "doubling.zip")
    return Platform(folder / "autograder", folder / "doubling.zip")


@pytest.fixture
def here(monkeypatch, zygote) -> None:
    """Have the autograder judge in this process, with a zygote that is warm."""
    monkeypatch.setattr(container, "Zygote", lambda **_: nullcontext(copy(zygote)))
    monkeypatch.setattr(container, "prove", lambda _: "proved")


@pytest.fixture
def submit(platform, here, capsys):
    """Return a function that grades a submission; see Platform.submit, which starts a process."""

    def submit(files: dict[str, bytes], metadata: object = METADATA) -> tuple[dict, str]:
        platform.hand_in(files, metadata)
        gradescope.run(platform.root)
        return platform.results(), capsys.readouterr().out

    return submit


def lost(results: dict) -> set[str]:
    return {t["name"].partition(":")[0] for t in results["tests"] if t["score"] < t["max_score"]}


def test_a_right_submission_gets_all_points(platform):
    results, said = platform.submit({"doubling.ipynb": notebook(RIGHT)})
    assert (results["score"], lost(results)) == (5, set())
    assert "kim@example.edu: 5 of 5" in said
    assert "set its autograder points" not in said


def test_hidden_checks_appear_when_the_author_says_and_public_ones_always(submit):
    results, _ = submit({"doubling.ipynb": notebook(SKELETON)})
    assert (results["score"], lost(results)) == (0, {"double", "halve"})
    levels = {t["extra_data"]["check"]: t["visibility"] for t in results["tests"]}
    assert levels == {
        "test_one_becomes_two": "visible",
        "test_double_is_a_sum": "after_due_date",
        "test_halves_make_a_whole": "after_due_date",
    }


def test_a_missing_notebook_is_a_sentence_and_no_points(submit):
    results, _ = submit({"essay.pdf": b"%PDF-1.7"})
    assert results["score"] == 0
    wanted = "There is no notebook. Hand in doubling.ipynb; you submitted essay.pdf."
    assert results["output"] == wanted
    assert all(test["max_score"] >= test["score"] == 0 for test in results["tests"])


@pytest.mark.parametrize("data", [b"", b'{"cells": ['])
def test_a_malformed_notebook_is_a_sentence_and_no_points(submit, data):
    results, _ = submit({"doubling.ipynb": data})
    assert results["score"] == 0
    assert results["output"]


def test_a_hostile_submission_loses_its_own_points_and_changes_nothing(platform):
    before = (platform.root / "source/course/solutions/doubling.py").read_bytes()
    code = HOSTILE.replace("ROOT", str(platform.root))
    results, _ = platform.submit({"doubling.ipynb": notebook(code)})
    assert (results["score"], lost(results)) == (3, {"double"})
    assert (platform.root / "source/course/solutions/doubling.py").read_bytes() == before


def test_a_grader_that_fails_leaves_results_without_a_score(platform):
    checks = next((platform.root / "source/course/autograder_tests").rglob("test_*.py"))
    good = checks.read_text()
    checks.write_text("import nonsense_that_is_not_installed")
    try:
        results, said = platform.submit({"doubling.ipynb": notebook(RIGHT)})
    finally:
        checks.write_text(good)
    assert "nonsense_that_is_not_installed" in said
    assert "Our fault, not yours" in results["output"]
    assert results["tests"]  # without them and a score the platform shows an error of its own
    assert "score" not in json.dumps(results)


def test_unreadable_metadata_costs_nothing(submit):
    results, said = submit({"doubling.ipynb": notebook(RIGHT)}, metadata=["?"])
    assert results["score"] == 5
    assert "unknown: 5 of 5" in said


def test_the_rehearsal_grades_the_solution(platform, here):
    judgement = rehearse(platform.root).judgement
    assert judgement.earned == judgement.max_score == 5


def test_the_rehearsal_sees_a_solution_that_is_wrong(platform, here):
    path = platform.root / "source/course/solutions/doubling.py"
    good = path.read_text()
    path.write_text(good.replace("return 2 * x", "return 3 * x"))
    try:
        assert rehearse(platform.root).score == 3
    finally:
        path.write_text(good)


@pytest.mark.parametrize("text", ["", "[1]", "{", "null"])
def test_metadata_is_never_trusted_to_be_there(tmp_path, text):
    (tmp_path / "metadata.json").write_text(text)
    assert read_metadata(tmp_path / "metadata.json") == {}


def test_the_team_learns_when_the_points_of_the_assignment_differ():
    standing = Standing("kim", "a.ipynb", Judgement(NAME, NAME, "", (), ()))
    for points, count in (("0.0", 1), ("20.0", 2)):
        lines = remarks(standing, METADATA | {"assignment": {"total_points": points}})
        assert len(lines) == count
    assert "has 20.0 points in Gradescope, and the checks are worth 0" in lines[-1]
