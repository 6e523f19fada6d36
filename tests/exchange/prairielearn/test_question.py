"""A question is of PrairieLearn's documented form, and is graded as PrairieLearn does it."""

import json
import os
import subprocess
import sys
from contextlib import nullcontext
from copy import copy
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import jsonschema
import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.settings import AssignmentError
from grader.exchange import container
from grader.exchange.prairielearn.autograde import run
from grader.exchange.prairielearn.question import prairielearn
from grader.exchange.prairielearn.results import MOST_BYTES, results
from grader.model.result import Status
from tests.support.small_course import NAME, RIGHT, SKELETON, SOLUTION, notebook, write
from tests.support.standings import RESULTS, a_standing, ours

INFO = {
    "type": "object",
    "required": ["uuid", "type", "title", "topic"],
    "additionalProperties": False,
    "properties": {
        "uuid": {"pattern": "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"},
        "type": {"const": "v3"},
        "title": {"type": "string"},
        "topic": {"type": "string"},
        "singleVariant": {"type": "boolean"},
        "gradingMethod": {"enum": ["Internal", "External", "Manual"]},
        "externalGradingOptions": {
            "type": "object",
            "required": ["image"],
            "additionalProperties": False,
            "properties": {
                "enabled": {"type": "boolean"},
                "image": {"type": "string"},
                "entrypoint": {"type": "string"},
                "timeout": {"type": "integer", "minimum": 1, "maximum": 600},
                "enableNetworking": {"type": "boolean"},
            },
        },
    },
}
"""What the page “Question Info” of PrairieLearn says of the properties that are used."""
TEST = {
    "type": "object",
    "required": ["name", "points", "max_points"],
    "properties": {
        "name": {"type": "string"},
        "description": {"type": "string"},
        "points": {"type": "number"},
        "max_points": {"type": "number"},
        "message": {"type": "string"},
        "output": {"type": "string"},
    },
    "additionalProperties": False,
}
GRADED = {
    "type": "object",
    "required": ["gradable", "score"],
    "properties": {
        "gradable": {"const": True},
        "score": {"type": "number", "minimum": 0, "maximum": 1},
        "message": {"type": "string"},
        "output": {"type": "string"},
        "tests": {"type": "array", "items": TEST},
    },
    "additionalProperties": False,
}
NOT_GRADABLE = {
    "type": "object",
    "required": ["gradable", "format_errors"],
    "properties": {
        "gradable": {"const": False},
        "format_errors": {"type": "array", "items": {"type": "string", "minLength": 1}},
    },
    "additionalProperties": False,
}
FORM = {"oneOf": [GRADED, NOT_GRADABLE]}
"""“Grading results” of the page on external grading."""
HIDDEN = '# visibility = { "test_double*" = "hidden", "test_halves*" = "visible" }\n# limits'


class Platform:
    """PrairieLearn's grader: lays out /grade, runs the entry point, and takes what it wrote."""

    def __init__(self, question: Path, root: Path) -> None:
        self.root = root
        options = json.loads((question / "info.json").read_text())["externalGradingOptions"]
        self.entry = options["entrypoint"]
        for path in (question / "tests").rglob("*"):
            if path.is_file():
                there = root / "tests" / path.relative_to(question / "tests")
                there.parent.mkdir(parents=True, exist_ok=True)
                there.write_bytes(path.read_bytes())
        (root / "data").mkdir()
        about = {"params": {}, "correct_answers": {}, "submitted_answers": {}, "options": {}}
        (root / "data" / "data.json").write_text(json.dumps(about))

    def hand_in(self, files: dict[str, bytes]) -> None:
        for old in (self.root / "student").glob("*"):
            old.unlink()
        (self.root / "student").mkdir(exist_ok=True)
        for name, data in files.items():
            (self.root / "student" / name).write_bytes(data)
        (self.root / "results" / "results.json").unlink(missing_ok=True)

    def start(self) -> str:
        """Run the entry point, in a process; return what the course team sees."""
        program, *words = self.entry.replace("/grade/", f"{self.root}/").split()
        os.chmod(program, 0o755)  # as documented
        path = f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin"
        done = subprocess.run(
            [program, *words], env={"PATH": path, "HOME": "/root"}, text=True, check=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd="/",
        )  # fmt: skip
        return done.stdout

    def results(self) -> dict:
        text = (self.root / "results" / "results.json").read_text()
        found = json.loads(text)
        jsonschema.validate(found, FORM)
        assert len(text.encode()) <= 1 << 20
        return found


@pytest.fixture(scope="module")
def question(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("prairielearn")
    course, name = write(folder / "course", solution=SOLUTION.replace("# limits", HIDDEN))
    return prairielearn(course, name, "our/torch-grader:1", folder / "questions")


@pytest.fixture(scope="module")
def platform(question: Path, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    return Platform(question, tmp_path_factory.mktemp("grade"))


@pytest.fixture
def submit(platform, monkeypatch, zygote):
    """Return a function that grades files in this process, with a zygote that is warm."""
    monkeypatch.setattr(container, "Zygote", lambda **_: nullcontext(copy(zygote)))
    monkeypatch.setattr(container, "prove", lambda _: "proved")

    def submit(files: dict[str, bytes]) -> dict:
        platform.hand_in(files)
        run(platform.root)
        return platform.results()

    return submit


def test_info_is_of_the_documented_form(question):
    info = json.loads((question / "info.json").read_text())
    jsonschema.validate(info, INFO)
    options = info["externalGradingOptions"]
    assert options["image"] == "our/torch-grader:1" and not options["enableNetworking"]
    assert options["entrypoint"] == "/grade/tests/run 105" and options["timeout"] == 120


def test_students_see_the_notebook_and_nothing_of_the_tests(question):
    seen = {path.name for path in question.rglob("*") if "tests" not in path.parts[-4:]}
    assert {"info.json", "question.html", f"{NAME}.ipynb"} <= seen
    public = (question / "clientFilesQuestion" / f"{NAME}.ipynb").read_text()
    for secret in ("half = x / 2", "test_double_is_a_sum", "the hidden text"):
        assert secret not in public + (question / "question.html").read_text()


def test_the_page_uploads_and_downloads_the_notebook(question):
    found: dict[str, dict[str, str | None]] = {}

    class Elements(HTMLParser):
        def handle_starttag(self, tag, attributes):
            found[tag] = dict(attributes)

    Elements().feed((question / "question.html").read_text())
    assert found["pl-file-upload"]["file-names"] == f"{NAME}.ipynb"
    download = found["pl-file-download"]
    assert (question / download["directory"] / download["file-name"]).exists()
    assert "pl-external-grader-results" in found


def test_the_same_course_gives_the_same_bytes(tmp_path):
    course, name = write(tmp_path / "course")
    for where in ("one", "two"):
        words = ["export", "prairielearn", name, "--image", "i", "-o", str(tmp_path / where)]
        done = CliRunner().invoke(main, ["--course", str(course.root), *words])
        assert done.exit_code == 0, done.output
    one, two = (
        {
            p.relative_to(tmp_path / w): p.read_bytes()
            for p in (tmp_path / w).rglob("*")
            if p.is_file()
        }
        for w in ("one", "two")
    )
    assert one == two and len(one) == 7


def test_a_visibility_of_no_check_is_refused(tmp_path):
    solution = SOLUTION.replace("# limits", '# visibility = { "test_gone" = "hidden" }\n# limits')
    course, name = write(tmp_path / "course", solution=solution)
    with pytest.raises(AssignmentError, match="test_gone"):
        prairielearn(course, name, "i", tmp_path / "questions")


def test_a_right_submission_gets_1_from_the_entry_point(platform):
    platform.hand_in({f"{NAME}.ipynb": notebook(RIGHT)})
    said = platform.start()
    found = platform.results()
    assert found["score"] == 1 and "5 of 5" in said
    assert [test["max_points"] for test in found["tests"]] == [0, 3, 2]
    modes = [path.stat().st_mode & 0o077 for path in (platform.root / "tests").rglob("*")]
    assert set(modes) == {0}


def test_hidden_checks_are_one_line_without_words(submit):
    found = submit({f"{NAME}.ipynb": notebook("def double(x): return x\ndef halve(x): return x")})
    *shown, unseen = found["tests"]
    assert found["score"] == 0
    assert unseen == {"name": "Checks that are not shown", "points": 0, "max_points": 2}
    assert [test["description"] for test in shown] == [
        "One becomes two.",
        "Two halves make a whole.",
    ]
    assert "plus itself" not in json.dumps(found) and "test_double" not in json.dumps(found)


def test_a_part_of_the_points_is_a_part_of_1(submit):
    half = RIGHT.replace("return 2 * x", "return 3 * x")
    assert submit({f"{NAME}.ipynb": notebook(half)})["score"] == 0.6


UNTOUCHED = {f"{NAME}.ipynb": notebook(SKELETON)}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "There is no notebook"), (UNTOUCHED, "Nothing is filled in"),
        ({f"{NAME}.ipynb": b'{"cells": ['}, "damaged or cut off"),
        ({"essay.pdf": b"%PDF"}, "you submitted essay.pdf"),
    ],
)  # fmt: skip
def test_what_is_no_notebook_costs_no_attempt(submit, files, words):
    found = submit(files)
    assert found["gradable"] is False
    assert words in found["format_errors"][0]


def test_a_hostile_submission_changes_nothing(submit, platform):
    code = f"""
import os
def double(x):
    for path in ("results/results.json", "tests/course/solutions/{NAME}.py"):
        try: open("{platform.root}/" + path, "w").write("x")
        except OSError: pass
    os._exit(0)
def halve(x): return x / 2
"""
    before = (platform.root / "tests/course/solutions" / f"{NAME}.py").read_bytes()
    assert submit({f"{NAME}.ipynb": notebook(code)})["score"] == 0.6
    assert (platform.root / "tests/course/solutions" / f"{NAME}.py").read_bytes() == before


def test_a_grader_that_fails_costs_no_attempt(platform):
    checks = next((platform.root / "tests/course/autograder_tests").rglob("test_*.py"))
    good = checks.read_text()
    checks.write_text("import nonsense_that_is_not_installed")
    platform.hand_in({f"{NAME}.ipynb": notebook(RIGHT)})
    try:
        said = platform.start()
    finally:
        checks.write_text(good)
    assert "nonsense_that_is_not_installed" in said
    assert "Our fault, not yours" in platform.results()["format_errors"][0]


def test_a_fault_of_ours_is_not_gradable():
    found = json.loads(results(ours(), {}))
    jsonschema.validate(found, NOT_GRADABLE)
    assert "DETAIL" not in json.dumps(found)


def test_what_waits_for_a_hidden_check_does_not_quote_it():
    waiting = replace(
        RESULTS[3], message="Cannot be judged until this holds: SECRET", waits_for="test_values"
    )
    standing = a_standing(results=(*RESULTS[:3], waiting))
    text = results(standing, {"test_values": "hidden"})
    assert "SECRET" not in text and "another check does not hold" in text
    assert "SECRET" in results(standing, {})


def test_results_stay_below_the_platforms_size():
    long = replace(RESULTS[5], traceback="x" * 9000, status=Status.STUDENT_ERROR)
    standing = a_standing(results=tuple(replace(long, check=f"test_{i}") for i in range(150)))
    text = results(standing, {})
    assert len(text) <= MOST_BYTES and "Some texts are shortened." in text
    jsonschema.validate(json.loads(text), GRADED)
