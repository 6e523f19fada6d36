"""What programs import is small, typed and documented; `import grader` is cheap."""

import re
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

import grader
from grader.model.errors import GraderError
from grader.model.plugin import plugins
from grader.model.standing import Override
from grader.store.store import NAME as STORE
from grader.store.store import Store
from tests.support.small_course import NAME, RIGHT, notebook, write

PAGE = Path(__file__).parents[1] / "docs" / "api.md"
PLUGINS = Path(__file__).parent / "plugins"
SPY = "import sys\ndef double(x):\n    assert not [m for m in sys.modules if 'campus' in m]\n" \
      "    return 2 * x\n\ndef halve(x):\n    return x / 2"  # fmt: skip


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A folder with a course, and files that were handed in, one of them twice."""
    folder = tmp_path_factory.mktemp("api")
    (folder / "course").mkdir()
    write(folder / "course")
    downloads = folder / "downloads"
    downloads.mkdir()
    for student in ("kim", "lee"):
        (downloads / f"{student}@campus~{NAME}.ipynb").write_bytes(notebook(RIGHT))
    (downloads / f"spy@campus~{NAME}.ipynb").write_bytes(notebook(SPY))
    (downloads / f"park@campus~{NAME}.ipynb").write_bytes(b"{}")
    (downloads / "holiday.jpg").write_bytes(b"")
    return folder


@pytest.fixture(scope="module", autouse=True)
def campus() -> Iterator[None]:
    """Another package is installed, whose names the files have."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(PLUGINS)
        plugins.cache_clear()
        yield
    plugins.cache_clear()


@pytest.fixture(scope="module")
def graded(place, campus) -> tuple[list[grader.Grade], list[str]]:
    """What is yielded, and what is warned of."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = [*grader.grade(place / "downloads", NAME, course=place / "course",
                               out=place / "results", names="campus")]  # fmt: skip
    return found, [f"{warning.message}" for warning in said]


def test_everybody_is_yielded_once(graded):
    assert sorted(grade.student for grade in graded[0]) == ["kim", "lee", "park", "spy"]


def test_a_grade_has_points_checks_and_words(graded):
    kim, park = ({g.student: g for g in graded[0]}[name] for name in ("kim", "park"))
    assert kim.score == kim.max_score == sum(kim.points.values()) and kim.problem == ""
    assert {check.status for check in kim.checks} == {"passed"}
    assert all(check.points == check.max_points and check.sentence for check in kim.checks)
    assert park.problem and not park.score


def test_another_package_that_was_imported_here_is_in_no_worker(graded):
    assert "campus_names" in sys.modules
    (spy,) = (grade for grade in graded[0] if grade.student == "spy")
    assert spy.score == spy.max_score


def test_a_file_that_is_not_graded_is_a_warning(graded):
    assert any("holiday.jpg" in warning for warning in graded[1])


def test_what_was_judged_is_not_judged_again(place, graded):
    again = grader.grade([place / "downloads" / f"kim@campus~{NAME}.ipynb"], NAME,
                         course=place / "course", out=place / "results")  # fmt: skip
    with pytest.warns(UserWarning, match="not among these files"):
        (kim,) = again
    assert kim == next(grade for grade in graded[0] if grade.student == "kim")


def test_the_roster_that_a_command_has_given_holds(place, graded):
    kept = place / "with_roster"
    (place / "roster.csv").write_text("id,name\nkim,Kim Minjun\nlee,Lee Seoyeon\nann,Ann Ahn\n")
    with Store(kept / STORE, make=True) as store:
        store.set("roster", f"{place / 'roster.csv'}")
    grades = grader.grade(place / "downloads", NAME, course=place / "course", out=kept,
                          names="campus")  # fmt: skip
    with pytest.warns(UserWarning) as said:
        named = {grade.student: grade.name for grade in grades}
    assert named["kim"] == "Kim Minjun" and named["lee"] == "Lee Seoyeon" and named["park"] == ""
    told = "\n".join(f"{warning.message}" for warning in said)
    assert "ann" in told and "not in the roster: park" in told


def test_a_store_is_read_with_what_people_decided(place, graded):
    with Store(place / "results" / STORE) as store:
        store.override([("lee", Override("double", 0.5))])
    grades = {grade.student: grade for grade in grader.read(place / "results")}
    assert [*grades] == ["kim", "lee", "park", "spy"]
    assert grades["lee"].points["double"] == 0.5
    korean = {grade.student: grade for grade in grader.read(place / "results", language="ko")}
    assert korean["park"].problem != grades["park"].problem


def test_what_cannot_be_used_is_an_error_with_a_remedy(place, tmp_path):
    with pytest.raises(GraderError, match="There is no assignment 'nope'"):
        next(grader.grade(place / "downloads", "nope", course=place / "course"))
    with pytest.raises(GraderError, match="grader grade"):
        next(grader.read(tmp_path))


def test_the_example_of_the_documentation_runs(place, graded, monkeypatch, capsys):
    example = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)[0]
    monkeypatch.chdir(place)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(example.replace('"attention"', repr(NAME)), str(PAGE), "exec"), {})
    assert "kim" in capsys.readouterr().out


@pytest.mark.parametrize("kind", [grader.Grade, grader.Check])
def test_the_documentation_has_every_field(kind):
    assert [name for name in kind.__dataclass_fields__ if f"`{name}`" not in PAGE.read_text()] == []


def test_importing_the_package_imports_nothing_else():
    code = "import sys, grader; print([m for m in sys.modules if m.startswith('grader.')])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
    assert said == "[]\n"


def test_a_name_that_is_not_there_is_an_ordinary_error():
    with pytest.raises(AttributeError, match="no attribute 'grades'"):
        grader.grades  # noqa: B018
