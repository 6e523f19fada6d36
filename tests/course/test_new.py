"""A new assignment is whole: built, sound, and nothing was replaced for it."""

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from grader.cli.main import main
from grader.course.assignment import Assignment
from grader.course.build import build
from grader.course.course import Course, CourseError
from grader.course.new import new
from grader.course.release import release
from grader.verify.verify import verify


@pytest.fixture
def course(tmp_path: Path) -> Course:
    for folder in ("solutions", "autograder_tests"):
        (tmp_path / folder).mkdir()
    return Course(tmp_path)


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def files(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


def test_a_new_assignment_is_sound(course):
    """Every claim of `grader verify` holds, and every mistake is explained by its sentence."""
    new(course, "norms", "")
    evidence, claims = verify(course, "norms", draws=3, jobs=1, show=lambda **_: None)
    assert [str(claim) for claim in claims if claim.defect] == []
    figures = evidence.figures()
    assert len(claims) > 90
    assert figures["mistakes"] == figures["killed"] == figures["explained"] == 14


def test_its_notebook_is_built_and_can_be_released(course, tmp_path):
    new(course, "norms", "")
    assert build(course.solution("norms"), course.notebook("norms"), check=True)
    release(course, "norms", tmp_path / "norms.zip")


def test_its_checks_are_typed(course, tmp_path):
    """By what an author's mypy sees of the installed grader: `py.typed` is there."""
    new(course, "norms", "")
    cache = Path(__file__).parents[2] / ".mypy_cache"  # `make lint` has filled it: 20 s without
    options = ["--strict", f"--cache-dir={cache}", "--config-file="]
    checks = course.checks("norms") / "test_norms.py"
    wrong = checks.with_name("test_wrong.py")
    wrong.write_text(checks.read_text().replace("shapes=", "shape="))
    done = subprocess.run(
        [sys.executable, "-m", "mypy", *options, str(checks), str(wrong)],
        cwd=course.root, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1, done.stdout
    *errors, count = done.stdout.splitlines()
    assert errors and all("test_wrong.py" in line for line in errors)
    assert count.endswith("(checked 2 source files)")


def test_no_word_of_the_template_is_left(course):
    new(course, "norms", "Sizes")
    for name, data in files(course.root).items():
        assert b"NAME" not in data and b"TITLE" not in data and "NAME" not in name, name
    assert len(list((course.checks("norms") / "variants").glob("*.py"))) == 8


def test_nothing_for_the_author_reaches_students(course):
    new(course, "norms", "")
    assert "How to go on" in course.solution("norms").read_text()
    assert "How to go on" not in course.notebook("norms").read_text()


@pytest.mark.parametrize(
    ("title", "read"),
    [
        ('"Sizes" and \\n', '"Sizes" and \\n'),
        ("크기 √d 🙂", "크기 √d 🙂"),
        ("two\n lines", "two lines"),
        ("", "Two words"),
    ],
)
def test_any_title_is_read_back(course, title, read):
    new(course, "two_words", title)
    assert Assignment.read(course.solution("two_words")).title == read


def test_a_title_that_cannot_be_printed_is_refused(course):
    with pytest.raises(CourseError, match="cannot be printed"):
        new(course, "norms", "a\x7fb")
    assert files(course.root) == {}


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("hw1-attention", "such as hw1_attention."),
        ("Layer Norm", "such as layer_norm."),
        ("../up", "such as up."),
        ("1st", "such as st."),
        ("注意", "such as layer_norm."),
        ("", "such as layer_norm."),
        ("attention.py", "such as attention_py."),
    ],
)
def test_a_bad_name_is_refused_with_a_good_one(course, name, near):
    with pytest.raises(CourseError, match="cannot be the name of an assignment") as error:
        new(course, name, "")
    assert str(error.value).endswith(near)
    assert files(course.root) == {}


@pytest.mark.parametrize(
    "taken", ["solutions/norms.py", "autograder_tests/norms/mine.py", "assignments/norms.ipynb"]
)
def test_nothing_is_replaced(course, taken):
    (course.root / taken).parent.mkdir(exist_ok=True)
    (course.root / taken).write_text("mine")
    with pytest.raises(CourseError, match="is there already"):
        new(course, "norms", "")
    assert files(course.root) == {taken: b"mine"}


def test_two_new_assignments_live_side_by_side(course):
    new(course, "first", "")
    before = files(course.root)
    new(course, "second", "")
    assert course.names() == ["first", "second"]
    overview = {"assignments/README.md", "assignments/road.svg"}
    kept = {name: data for name, data in before.items() if name not in overview}
    assert kept.items() <= files(course.root).items()


def test_an_empty_folder_becomes_a_course(tmp_path):
    result = run("--course", str(tmp_path), "new", "norms")
    assert result.exit_code == 0, result.output
    assert "solutions/norms.py was written" in result.output
    assert Course.find(tmp_path).names() == ["norms"]


def test_below_a_course_it_is_that_course_which_gets_it(course):
    below = course.root / "solutions"
    assert run("--course", str(below), "new", "norms").exit_code == 0
    assert course.names() == ["norms"]
    assert not (below / "solutions").exists()


def test_a_refusal_is_a_sentence_and_exit_code_2(course):
    run("--course", str(course.root), "new", "norms")
    result = run("--course", str(course.root), "new", "norms")
    assert result.exit_code == 2
    assert "solutions/norms.py is there already" in " ".join(result.output.split())
