"""Hidden and public checks are plain pytest, run on the solutions."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from grader.checking.plugin import solution_of
from grader.course.course import seed
from tests.support.small_course import CHECKS, SOLUTION, write

MORE = """
seen = []

@question("double")
@points(1)
@pytest.mark.parametrize("n", [1, 2])
def test_draws(student, draw, n):
    \"\"\"Draws follow from the name of the check and of the case.\"\"\"
    seen.append(draw(1).item())
    assert torch.get_default_dtype() == torch.float64
    assert len(set(seen)) == len(seen)

def test_the_draws_of_two_cases_differ():
    assert len(seen) == 2

def test_defaults_are_torchs_own_where_no_student_is_asked_for():
    assert torch.get_default_dtype() == torch.float32
"""


def run(folder: Path, *arguments: str) -> tuple[int, str]:
    """Run pytest as a course team does; return its exit code and last lines."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    command = [sys.executable, "-m", "pytest", "-W", "error", "-q"]
    ended = subprocess.run(
        [*command, "-p", "no:cacheprovider", "--import-mode=importlib", *arguments],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    return ended.returncode, ended.stdout + ended.stderr


def test_hidden_and_public_checks_pass_on_the_solution(tmp_path):
    plots = SOLUTION + "\n# %%\nraise RuntimeError('plots are not run')\n"
    write(tmp_path, "import pytest\n" + CHECKS + MORE, plots)
    code, said = run(tmp_path, "autograder_tests", "solutions")
    assert "7 passed" in said, said
    assert code == 0


def test_a_wrong_solution_fails_and_a_broken_one_is_an_error_with_its_line(tmp_path):
    write(tmp_path, CHECKS, SOLUTION.replace("2 * x", "3 * x"))
    broken = SOLUTION.replace("    return half", "    return half\n\n1 +")
    (tmp_path / "solutions" / "broken.py").write_text(broken, "utf-8")
    code, said = run(tmp_path, "--continue-on-collection-errors", "autograder_tests", "solutions")
    assert "2 failed, 1 passed, 1 error" in said, said
    assert "the public text" in said
    assert "`twice` is 1.5 × what it should be" in said
    assert "broken.py:" in said and "Python cannot read this cell" in said
    assert code == 1


def test_a_folder_of_that_name_in_another_project_is_left_alone(tmp_path):
    (tmp_path / "solutions").mkdir()
    (tmp_path / "solutions" / "test_mine.py").write_text("def test_mine(): pass\n")
    code, said = run(tmp_path, "solutions")
    assert (code, "1 passed" in said) == (0, True), said


@pytest.mark.parametrize(
    "test", ["solutions/attention.py", "autograder_tests/attention/test_it.py"]
)
def test_a_check_knows_its_solution(test):
    assert solution_of(Path("course") / test) == Path("course/solutions/attention.py")


def test_seeds_differ_by_key_and_by_check():
    seeds = {seed(key, check) for key in (b"", b"key") for check in ("test_a", "test_a[1]")}
    assert len(seeds) == 4
    assert seed(b"key", "test_a") == seed(b"key", "test_a")
