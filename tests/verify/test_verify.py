"""A sound set of tests is found sound, and every kind of defect is reported with its line."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from grader.cli.main import main
from grader.course.course import Course
from grader.model.result import Status
from grader.verify.claims import Claim
from grader.verify.evidence import Evidence
from grader.verify.finding import Finding
from grader.verify.finding import write as write_findings
from grader.verify.verify import verify

SOLUTION = '''\
# /// script
# [tool.grader]
# title = "Doubling & <halving>"
# ///

# %%
import torch

# %% question="double"
def double(x):
    """Return twice x."""
    # BEGIN SOLUTION
    return 2 * x
    # END SOLUTION

# %% tags=["check"]
def test_one_becomes_two(student):
    """One becomes two."""
    x = torch.ones(1)
    assert student.double(x).item() == 2

# %% question="halve"
def halve(x):
    """Return half of x."""
    # BEGIN SOLUTION
    return x / 2
    # END SOLUTION
'''
CHECKS = '''\
import torch
from grader.checks import Failure, agree, call, needs, points, pure, question

@question("double")
@points(1)
def test_double_keeps_the_shape(student, draw):
    """The shape stays."""
    call(student.double, draw(2, 3), shapes={"twice (n, m)": (2, 3)})

@question("double")
@points(9)
@needs(test_double_keeps_the_shape)
def test_double_is_a_sum(student, draw):
    """The result is the input plus itself."""
    agree(student.double, lambda x: x + x, draw(3))

@question("halve")
@points(9)
def test_halves_make_a_whole(student, draw):
    """Two halves make a whole."""
    agree(student.halve, lambda x: 0.5 * x, draw(3))

@question("halve")
@points(1)
@needs(test_halves_make_a_whole)
def test_halving_changes_nothing(student, draw):
    """The input stays what it was."""
    pure(student.halve, draw(3), takes=("x",))
'''
REFERENCES = """\
import numpy as np

def test_both(student, draw):
    x = draw(3)
    assert np.array_equal(student.double(x).numpy(), x.numpy() + x.numpy())
    assert np.array_equal(student.halve(x).numpy(), x.numpy() * 0.5)
"""
MISTAKES = [
    ("triple", "double", "it is three times x", "2 * x", "3 * x"),
    ("flattened", "double", "it is flattened", "2 * x", "(2 * x).flatten()"),
    ("quarter", "halve", "it is a quarter of x", "x / 2", "x / 4"),
    ("in_place", "halve", "x itself is halved", "x / 2", "x.mul_(0.5)"),
    ("a_sum", "double", "", "2 * x", "x + x"),
    ("shifted", "double", "1 is added", "return ", "return 1 + "),
]
VARIANTS = [
    "def double(x): return x * 2\ndef halve(x): return x / 2.0",
    "def double(x): return x + x\ndef halve(x): return 0.5 * x",
    "def double(x): return x.mul(2)\ndef halve(x): return x.div(2)",
    "def double(x): return x - (-x)\ndef halve(x): return x - x / 2",
    "def double(x): return (2 * x.float()).to(x.dtype)\ndef halve(x): return x.float() / 2",
    "import torch\ndouble = lambda x: torch.add(x, x)\nhalve = lambda x: torch.div(x, 2)",
    "def double(x): return x * 4 / 2\ndef halve(x): return x * 2 / 4",
    "def double(x): return sum([x, x])\ndef halve(x): return x * 2**-1",
]

SURVIVES = ("survives", "halve", "a scalar stays", "x / 2", "x / 2 if x.dim() else x")
SPREADS = ("spreads", "double", "it is four times x", "2 * x", "4 * x")
UNTOLD = ("untold", "double", "it is three times x, as a sum of products", "2 * x", "2 * x + x")
ALSO_TRIPLE = ("also_triple", "double", "it is a sum of three", "2 * x", "x + x + x")
WEAK = ("weak", "double", "it is a bit more", "2 * x", "2.000006 * x")
HANGS = ("hangs", "halve", "it never ends", "x / 2", "[x for _ in iter(int, 1)]")
ENDS = "5 * x if x.dtype == torch.float64 else [x for _ in iter(int, 1)]"
HANGS_IN_A_NOTEBOOK = ("hangs_in_a_notebook", "double", "it is five times x", "2 * x", ENDS)
EXITS = ("exits", "halve", "it ends Python", "x / 2", "__import__('os')._exit(7)")
CRASHES = ("crashes", "halve", "it raises", "x / 2", "x / nothing")
NO_SUM = ("no_sum", "double", "", "2 * x", "2 * x + 1")
LEFT_OUT = """
# %% question="negate"
def negate(x):
    signs = {}
    try:
        # BEGIN SOLUTION
        signs["minus"] = -1
        # END SOLUTION
    except NotImplementedError:
        pass
    return signs["minus"] * x
"""
HERE_ONLY = '''
# %% tags=["check"]
def test_half_has_code(student):
    """What works in this process alone."""
    assert student.halve.__code__
'''
LIMITS = "# limits = { seconds = 1 }\n"
UNFAIR = '''
@question("negate")
@points(5)
def test_negate_keeps_the_shape(student, draw):
    """The shape stays."""
    call(student.negate, draw(3), shapes={"result (n)": (3,)})

@question("negate")
@points(5)
def test_negating_the_double(student, draw):
    """The negative of the double."""
    x = draw(3)
    agree(lambda x: student.negate(student.double(x)), lambda x: -2 * x, x)
'''


def write(
    folder: Path,
    mistakes: list[tuple[str, str, str, str, str]],
    variants: list[str],
    references: str = REFERENCES,
    solution: str = SOLUTION,
    checks: str = CHECKS,
) -> Course:
    """Write a course with one assignment, "doubling", and everything that tests its tests."""
    hidden = folder / "autograder_tests" / "doubling"
    (hidden / "variants").mkdir(parents=True)
    (folder / "solutions").mkdir()
    (folder / "solutions" / "doubling.py").write_text(solution)
    (hidden / f"test_{folder.name}.py").write_text(checks)
    (hidden / "references.py").write_text(references)
    entries = []
    for name, question, sentence, old, new in mistakes:
        entry = {"name": name, "question": question, "sentence": sentence or "-"}
        entry |= {"replace": old, "with": new}
        lines = ["[[mistake]]", *(f"{key} = {json.dumps(value)}" for key, value in entry.items())]
        entries.append("\n".join([*lines, *(["equivalent = true"] if not sentence else []), ""]))
    (hidden / "mistakes.toml").write_text("\n".join(entries))
    for number, source in enumerate(variants):
        (hidden / "variants" / f"v{number}.py").write_text(source)
    return Course(folder)


def verified(course: Course, seconds: float = 60) -> tuple[Evidence, list[Claim]]:
    seen = []
    found = verify(
        course, "doubling", draws=2, jobs=2, seconds=seconds, show=lambda **n: seen.append(n)
    )
    assert [n["completed"] for n in seen] == list(range(1, len(seen) + 1))
    assert seen[-1]["completed"] <= seen[-1]["total"]
    return found


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Evidence, list[Claim]]:
    return verified(write(tmp_path_factory.mktemp("sound"), MISTAKES, VARIANTS))


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Evidence, list[Claim]]:
    """What is found where everything is wrong that can be."""
    more = [
        SURVIVES,
        SPREADS,
        ALSO_TRIPLE,
        UNTOLD,
        WEAK,
        HANGS,
        HANGS_IN_A_NOTEBOOK,
        EXITS,
        CRASHES,
    ]
    more += [NO_SUM]
    wrong = ["def double(x): return 2 * x + 1", "def halve(x): return x / 2 * (1 + 1e-7)"]
    wrong += ["import torch\ntorch.nonsense\ndef halve(x): return x / 2"]
    course = write(
        tmp_path_factory.mktemp("planted"),
        [*MISTAKES[:3], *more],
        [*VARIANTS, *wrong],
        REFERENCES.replace("* 0.5", "* (0.5 if x[0] > -1 else 0.6)"),
        SOLUTION.replace("# ///\n\n", f"{LIMITS}# ///\n\n") + HERE_ONLY + LEFT_OUT,
        CHECKS + UNFAIR,
    )
    return verified(course)


def test_sound_tests_have_no_defect(sound):
    evidence, claims = sound
    assert [str(claim) for claim in claims if claim.defect] == []
    figures = evidence.figures()
    assert figures["mistakes"] == figures["killed"] == 5
    assert figures["explained"] == figures["mistakes"]
    likely = 1  # x itself is halved: no number is wrong, and an equal finding proves no cause
    assert figures["explanations"] == {
        "own": 5 - likely, "likely": likely, "ended": 0, "none": 0, "other": 0,
    }  # fmt: skip
    assert figures["pairs"] == {"own": 2, "likely": 0, "ended": 0, "none": 0, "other": 0}
    assert figures["correct runs"] == figures["correct runs that passed"] == 2 * (1 + 8 + 1)
    assert figures["draws of references"] == 1000
    assert figures["killers"] == {
        "test_double_keeps_the_shape": 1, "test_double_is_a_sum": 2,
        "test_halves_make_a_whole": 1, "test_halving_changes_nothing": 1,
    }  # fmt: skip
    assert figures["nearest right"] < 1e-6 < 1e4 < figures["farthest wrong"]
    assert 0 < figures["nearest right in float32"] < 0.1
    assert figures["best stub"] == 0.1


MISTAKES_TOML = "autograder_tests/doubling/mistakes.toml"
DEFECTS = {
    "a mistake that survives": f"{MISTAKES_TOML}: survives passes every hidden check of halve",
    "a mistake that fails another question": f"{MISTAKES_TOML}: spreads also fails test_negating",
    "a mistake explained by others": f"{MISTAKES_TOML}: untold is explained by triple and also_tri",
    "its twin": f"{MISTAKES_TOML}: triple is explained by also_triple and untold. Let a check",
    "its other twin": f"{MISTAKES_TOML}: also_triple is explained by triple and untold",
    "a mistake near the tolerance": rf"{MISTAKES_TOML}: weak differs by 3 × the tolerance only",
    "a mistake that hangs": f"{MISTAKES_TOML}: hangs does not end in test_halves_make_a_w",
    "a mistake that ends Python": rf"{MISTAKES_TOML}: exits ends Python \(code 7\)",
    "a public check that works here only": "doubling.py: the solution breaks test_half_has_code",
    "an equivalent one that fails": f"{MISTAKES_TOML}: no_sum fails test_double_is_a_sum",
    "an idle check": "autograder_tests/doubling: test_halving_changes_nothing is failed by no mist",
    "a variant that fails": r"variants/v8.py: the variant fails test_double_is_a_sum.*\(draw 0\)",
    "a variant near the tolerance": "variants/v9.py: the variant differs by 0.1 × the tolerance",
    "a variant that cannot be loaded": "variants/v10.py: the variant cannot be loaded: Attribute",
    "too few variants": "doubling/variants: negate has 0 of 8 variants",
    "a stub that earns": "doubling: a stub of zeros earns 50% of negate by test_negate_keeps_the_s",
    "a reference that differs": r"references.py: test_both differ on draw \d+: AssertionError",
    "a skeleton that raises": "solutions/doubling.py: the skeleton fails test_negate_keeps.*KeyErr",
}


@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS)
def test_the_defect_is_reported_once(planted, defect):
    _, claims = planted
    lines = [str(claim) for claim in claims if claim.defect and re.search(defect, str(claim))]
    assert len(lines) == 1, [str(claim) for claim in claims if claim.defect]
    assert lines[0].endswith(".") and "\n" not in lines[0]


def test_nothing_else_is_a_defect(planted):
    _, claims = planted
    known = [*DEFECTS.values(), "a stub of noise earns 50% of negate"]
    known += ["test_negate_keeps_the_shape is failed by no mistake"]
    known += [
        "(triple|also_triple|untold|weak|hangs_in_a_notebook) also fails test_negating"
    ]  # as `spreads` does
    lines = [str(claim) for claim in claims if claim.defect]
    assert [line for line in lines if not any(re.search(k, line) for k in known)] == []


def test_a_crash_is_explained_by_the_mistake_that_ends_in_it(planted):
    evidence, claims = planted
    told = [claim for claim in claims if claim.subject == "crashes"]
    assert "is explained by its own sentence, and no other" in [claim.states for claim in told]
    assert not any(claim.defect for claim in told)
    (row,) = (row for row in evidence.explained if row.name == "crashes")
    assert (row.said, row.verdict) == (["it raises"], "likely")


def test_a_mistake_that_hangs_explains_nothing_and_holds_nobody_up(planted):
    evidence, _ = planted
    (quarter,) = (row for row in evidence.explained if row.name == "quarter")
    assert (quarter.said, quarter.verdict) == (["it is a quarter of x"], "own")


def test_a_public_check_that_a_mistake_never_ends_is_ended(planted):
    evidence, _ = planted
    (outcome,) = evidence.of("mistake", "hangs_in_a_notebook")
    ended = {result.check: result.status for result in outcome.results}
    assert ended["test_one_becomes_two"] is Status.TIMED_OUT
    assert ended["test_double_is_a_sum"] is Status.FAILED


def test_the_report_is_written(planted, tmp_path):
    _, claims = planted
    write_findings([Finding.of(*planted, "")], tmp_path)
    page = (tmp_path / "verify.html").read_text("utf-8")
    assert "Content-Security-Policy" in page and "Doubling &amp; &lt;halving&gt;" in page
    assert "triple: failed in test_double_is_a_sum" in page
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot().find("testsuite")
    failures = suite.findall("testcase/failure")
    assert len(suite.findall("testcase")) == len(claims) == int(suite.get("tests"))
    assert len(failures) == sum(bool(claim.defect) for claim in claims) > len(DEFECTS) - 1
    results = json.loads((tmp_path / "results.json").read_text("utf-8"))["doubling"]
    assert results["killed by"]["spreads"] == ["test_double_is_a_sum", "test_negating_the_double"]
    assert results["killed by"]["survives"] == []
    assert len(results["defects"]) == len(failures)


def test_without_anything_to_test_them_with_tests_are_not_sound(tmp_path):
    course = write(tmp_path / "bare", [], [], references="")
    (course.checks("doubling") / "mistakes.toml").unlink()
    run = CliRunner().invoke(
        main, ["--course", str(course.root), "verify", "-j", "1", "-o", str(tmp_path / "out")]
    )
    assert run.exit_code == 1, run.output
    assert "references.py: it compares nothing" in run.output
    assert "test_double_is_a_sum is failed by no mistake" in run.output
    assert "double has 0 of 8 variants" in run.output
    assert "; 20 points: double 10, halve 10\n" in run.output
    assert (tmp_path / "out" / "verify.html").exists()


def test_right_answers_alone_are_counted_and_a_loss_is_told_with_its_draw(tmp_path):
    sometimes = "def double(x): return 2 * x + (x[0] < 0)\ndef halve(x): return x / 2"
    course = write(tmp_path / "right", MISTAKES, [VARIANTS[0], sometimes])
    options = ["verify", "--only-right", "--seeds", "5", "-j", "1", "-o", str(tmp_path / "out")]
    run = CliRunner().invoke(main, ["--course", str(course.root), *options])
    assert run.exit_code == 1, run.output
    lost = re.findall(r"✗ v1.py: fails test_double_is_a_sum: .* \(draw (\d)\)", run.output)
    assert lost == ["4"]
    said = "doubling: 19 of 20 runs of correct code had full marks, on draws 0 to 4"
    assert said in run.output
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (
            "mistakes.toml",
            "[[mistake]]\nname = 1\n",
            r"mistakes\.toml:1: .*Write all three of them",
        ),
        (
            "mistakes.toml",
            "\n[[example]]\nquestion = 'double'\ncode = 'student.double(hidden)'\n",
            r"mistakes\.toml:2: this example fails on the solution",
        ),
        ("variants/v0.py", "def double(x:\n", r"v0\.py:1: Python cannot read this"),
        ("references.py", "\n1 +\n", r"references\.py:2: Python cannot read this"),
        ("references.py", "import nowhere\ndef test_it(s, d): ...", r"references\.py:1: .*nowhere"),
        ("test_author.py", "import nowhere\n", r"test_author\.py:1: .*nowhere"),
    ],
)
def test_what_the_author_wrote_wrong_is_told_with_its_line(tmp_path, file, text, said):
    course = write(tmp_path / "author", [], [])
    (course.checks("doubling") / file).write_text(text)
    run = CliRunner().invoke(main, ["--course", str(course.root), "verify", "doubling", "-j", "1"])
    assert run.exit_code == 2
    assert re.search(said, run.output.replace("\n", "")), run.output


def test_the_page_loads_alone_and_in_silence(planted, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    from tests.report.test_browser import CHROMIUM, FLAGS

    if not CHROMIUM.exists():
        pytest.skip(f"no browser at {CHROMIUM}")
    write_findings([Finding.of(*planted, "")], tmp_path)
    address = (tmp_path / "verify.html").as_uri()
    surprises, requests = [], []
    with playwright.sync_playwright() as browsers:
        browser = browsers.chromium.launch(executable_path=str(CHROMIUM), args=FLAGS)
        page = browser.new_page(viewport={"width": 375, "height": 700})
        page.on("console", lambda message: surprises.append(message.text))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth") == 375
        assert page.locator("rect.fill-failed").count() > 10
        browser.close()
    assert surprises == [] and requests == [address]
